"""High irradiance responses of photomorphogenesis."""

from typing import Any

from twin_engine.quantities import quantities

TITLE = "High irradiance responses of photomorphogenesis"
SOURCE = "Mazzia & Magherini 2008, Test Set for Initial Value Problem Solvers, release 2.4"
TIME = "s"
State = quantities("State", y1="1", y2="1", y3="1", y4="1", y5="1", y6="1", y7="1", y8="1")
Param = quantities("Param")
Input = quantities("Input")
Output = quantities("Output", first="1")
METHOD = "stiff"
SCALES = dict.fromkeys(State._fields, 1e-3)


def initial(p: Any) -> Any:
    return State(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    bound = 280.0 * y.y6 * y.y8 - 1.81 * y.y7
    return State(
        -1.71 * y.y1 + 0.43 * y.y2 + 8.32 * y.y3 + 0.0007,
        1.71 * y.y1 - 8.75 * y.y2,
        -10.03 * y.y3 + 0.43 * y.y4 + 0.035 * y.y5,
        8.32 * y.y2 + 1.71 * y.y3 - 1.12 * y.y4,
        -1.745 * y.y5 + 0.43 * y.y6 + 0.43 * y.y7,
        -280.0 * y.y6 * y.y8 + 0.69 * y.y4 + 1.71 * y.y5 - 0.43 * y.y6 + 0.69 * y.y7,
        bound,
        -bound,
    )


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    return Output(y[0])
