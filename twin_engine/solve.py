"""Solve one model for one person."""

from collections.abc import Mapping, Sequence
from typing import Any

from twin_engine.cohort import solve_cohort
from twin_engine.doses import Dose
from twin_engine.model import Model
from twin_engine.persons import checked
from twin_engine.solution import Solution, of_one

__all__ = ["Dose", "solve"]


def solve(
    model: Model,
    settings: Mapping[str, Any] | None = None,
    *,
    until: float,
    start: float = 0.0,
    at: Any = None,
    doses: Sequence[Dose] = (),
    initial: Any = None,
    tolerance: float = 1e-6,
    method: str | None = None,
) -> Solution:
    """Solve a model for one person.

    Parameters
    ----------
    model : Model
    settings : mapping, optional
        Parameter or covariate name -> value, checked against its plausible range; "set" -> name of
        a parameter set.
    until, start : float
        In the model's TIME.
    at : array_like, shape (m,), optional
        Visits, ascending; default: the end.
    doses : sequence of Dose
    initial : array_like of states, Solution.final or None
    tolerance : float
    method : {"tsit5", "rodas4"}, optional

    Raises
    ------
    InputError
        Unknown names, implausible values, impossible doses, or a failed integration.
    """
    table = checked(model, settings or {})
    if initial is not None and not hasattr(initial, "final"):
        initial = [list(initial)]
    return of_one(
        solve_cohort(model, table, until=until, start=start, at=at, doses=doses, initial=initial,
                     tolerance=tolerance, method=method, workers=1, states=True)
    )  # fmt: skip
