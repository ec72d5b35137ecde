"""What a solution is: times, named outputs with units, where it ended, and how it went."""

from dataclasses import dataclass

import numpy as np

from twin_engine.errors import InputError
from twin_engine.model import Model

REASONS = {
    0: "",
    1: "the solution is not finite",
    2: "the step became too small",
    3: "too many steps",
}


@dataclass(frozen=True)
class CohortSolution:
    """The solution of many persons.

    Attributes
    ----------
    time : ndarray, shape (n, m)
        Visits, in the model's TIME.
    outputs : dict of str to ndarray, shape (n, m)
        NaN from the time at which a person's integration failed.
    final : ndarray, shape (n, states)
        State at the end; pass the solution itself as `initial` to go on from there.
    final_inputs, memory : ndarray
        Inputs at the end, and the memory of a model with ticks.
    parameters : ndarray, shape (n, parameters)
    outcome : ndarray of int, shape (n, 2)
        Status and steps.
    failed_at : ndarray, shape (n,)
        Time of failure; NaN for those without.
    states : ndarray, shape (n, m, states), or None
    jacobian : str
        How the stiff method got it: exact, given, or differences (slower: see
        `twin_engine.jacobian`); "" for the other method.
    """

    model: Model
    time: np.ndarray
    outputs: dict[str, np.ndarray]
    final: np.ndarray
    final_inputs: np.ndarray
    memory: np.ndarray
    parameters: np.ndarray
    outcome: np.ndarray
    failed_at: np.ndarray
    states: np.ndarray | None = None
    jacobian: str = ""

    @property
    def status(self) -> np.ndarray:
        """0, or the number of the reason of a failure, shape (n,)."""
        return self.outcome[:, 0]

    @property
    def steps(self) -> np.ndarray:
        """Steps tried, shape (n,)."""
        return self.outcome[:, 1]

    @property
    def failed(self) -> np.ndarray:
        """Whose integration failed, shape (n,)."""
        return self.status != 0

    @property
    def reason(self) -> list[str]:
        """Why, for each person; "" for those without failure."""
        finite = np.isfinite(self.parameters).all(axis=1)
        return [
            REASONS[int(s)] if s == 0 or ok else "a parameter is not finite"
            for s, ok in zip(self.status, finite, strict=True)
        ]

    def __len__(self) -> int:
        return len(self.status)


@dataclass(frozen=True)
class Solution:
    """The solution of one person.

    Attributes
    ----------
    time : ndarray, shape (m,)
    outputs, states : dict of str to ndarray, shape (m,)
    parameters : dict of str to float
    final : CohortSolution
        Pass it as `initial` to go on from the end.
    """

    model: Model
    time: np.ndarray
    outputs: dict[str, np.ndarray]
    states: dict[str, np.ndarray]
    parameters: dict[str, float]
    final: CohortSolution

    def __getitem__(self, name: str) -> np.ndarray:
        if name in self.outputs:
            return self.outputs[name]
        if name in self.states:
            return self.states[name]
        raise InputError("unknown output", self.model.name, name,
                         ", ".join([*self.outputs, *self.states]), "use one of these names")  # fmt: skip

    def unit(self, name: str) -> str:
        """Unit of an output or state."""
        m = self.model.module
        units: dict[str, str] = m.State.units | m.Output.units
        return units[name]

    @property
    def steps(self) -> int:
        """How many steps were tried."""
        return int(self.final.steps[0])


def of_one(cohort: CohortSolution) -> Solution:
    """The solution of a cohort of one; raises where its integration failed.

    Raises
    ------
    InputError
        The integration failed: these values lead the model out of what it can describe.
    """
    model = cohort.model
    if cohort.status[0]:
        raise InputError("the integration failed", model.name,
                         f"{cohort.reason[0]} at {cohort.failed_at[0]:.6g} {model.time}",
                         "a finite solution", "check parameters and doses")  # fmt: skip
    assert cohort.states is not None
    states = {name: cohort.states[0, :, j] for j, name in enumerate(model.states)}
    return Solution(
        model=model, time=cohort.time[0], outputs={k: v[0] for k, v in cohort.outputs.items()},
        states=states, parameters=dict(zip(model.params, map(float, cohort.parameters[0]),
                                           strict=True)), final=cohort,
    )  # fmt: skip
