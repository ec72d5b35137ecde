"""A tick that counts, and holds its count as the input of the next period."""

from typing import Any

from twin_engine.quantities import quantities

TITLE = "Ticks with memory"
SOURCE = "test model"
TIME = "s"
State = quantities("State", sum="1")
Param = quantities("Param")
Input = quantities("Input", level="1", given="1/s")
Output = quantities("Output", level="1", sum="1")
DOSES = {"dose": "given"}
TICK = 0.5
MEMORY = 1


def initial(p: Any) -> Any:
    return State(0.0)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    return State(u.level + u.given)


def tick(t: float, y: Any, p: Any, u: Any, memory: Any) -> Any:
    memory[0] += 1.0
    return Input(memory[0], 0.0)


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    return Output(u.level, y.sum)
