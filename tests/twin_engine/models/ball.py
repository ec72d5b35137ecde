"""Bouncing ball: half the speed is lost at each bounce."""

from typing import Any

from twin_engine.quantities import quantities

TITLE = "Bouncing ball: half the speed is lost at each bounce"
SOURCE = "elementary mechanics"
TIME = "s"
State = quantities("State", height="m", speed="m/s")
Param = quantities("Param")
Input = quantities("Input")
Output = quantities("Output", first="1")
MAX_STEP = 0.05


def initial(p: Any) -> Any:
    return State(1.0, 0.0)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    return State(y.speed, -9.81)


def guard(t: float, y: Any, p: Any, u: Any) -> float:
    return -y.height


def jump(t: float, y: Any, p: Any, u: Any) -> Any:
    return State(0.0, -0.5 * y.speed)


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    return Output(y[0])
