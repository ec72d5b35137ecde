"""Robertson's chemical reactions."""

from typing import Any

from twin_engine.quantities import quantities

TITLE = "Robertson's chemical reactions"
SOURCE = "Mazzia & Magherini 2008, Test Set for Initial Value Problem Solvers, release 2.4"
TIME = "s"
State = quantities("State", y1="1", y2="1", y3="1")
Param = quantities("Param")
Input = quantities("Input")
Output = quantities("Output", first="1")
METHOD = "stiff"
SCALES = {"y1": 1e-4, "y2": 1e-10, "y3": 1e-4}


def initial(p: Any) -> Any:
    return State(1.0, 0.0, 0.0)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    slow = 0.04 * y.y1 - 1e4 * y.y2 * y.y3
    fast = 3e7 * y.y2 * y.y2
    return State(-slow, slow - fast, fast)


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    return Output(y[0])
