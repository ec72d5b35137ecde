"""Brusselator."""

from typing import Any

from twin_engine.quantities import quantities

TITLE = "Brusselator"
SOURCE = "Hairer, Norsett & Wanner 1993, Solving Ordinary Differential Equations I, I.16"
TIME = "s"
State = quantities("State", x="1", y="1")
Param = quantities("Param")
Input = quantities("Input")
Output = quantities("Output", first="1")
MAX_STEP = 1.0


def initial(p: Any) -> Any:
    return State(1.5, 3.0)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    made = y.x * y.x * y.y
    return State(1.0 + made - 4.0 * y.x, 3.0 * y.x - made)


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    return Output(y[0])
