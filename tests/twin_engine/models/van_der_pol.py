"""Van der Pol oscillator, mu 1000."""

from typing import Any

from twin_engine.quantities import quantities

TITLE = "Van der Pol oscillator, mu 1000"
SOURCE = "Mazzia & Magherini 2008, Test Set for Initial Value Problem Solvers, release 2.4"
TIME = "s"
State = quantities("State", x="1", v="1")
Param = quantities("Param")
Input = quantities("Input")
Output = quantities("Output", first="1")
METHOD = "stiff"
SCALES = {"v": 1e-3}


def initial(p: Any) -> Any:
    return State(2.0, 0.0)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    return State(y.v, 1000.0 * (1.0 - y.x * y.x) * y.v - y.x)


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    return Output(y[0])
