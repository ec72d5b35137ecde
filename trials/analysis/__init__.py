"""Analyses: one method one file, found by file name.

A method is `trials/analysis/<name>.py` with `analyse(data: Data, plan: Analysis) -> list[Estimate]`,
one estimate for each arm that is not the control. The one final analysis of a trial uses the
well-kept library; kernels for many replicates are elsewhere and must equal it.
"""

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trials.design import Analysis
from twin_engine.errors import InputError


@dataclass(frozen=True)
class Data:
    """What an analysis sees: those randomised, nothing latent.

    Parameters
    ----------
    arm : ndarray of int, shape (n,)
        Index of the assigned arm.
    outcome : ndarray, shape (n,)
        The endpoint, or the follow-up time of a time to event; NaN where not observed.
    covariates : dict of str to ndarray, each of shape (n,)
    arms : tuple of str
    control : int
    event : ndarray of bool, shape (n,), optional
        The event happened, for a time to event.
    day : float, optional
        Day of the endpoint; a time to event is followed until then.
    repeated : ndarray, shape (n, visits), optional
        The outcome at every planned visit, NaN where not seen, for repeated-measures models.
    """

    arm: np.ndarray
    outcome: np.ndarray
    covariates: dict[str, np.ndarray]
    arms: tuple[str, ...]
    control: int
    event: np.ndarray | None = None
    day: float = np.inf
    repeated: np.ndarray | None = None


@dataclass(frozen=True)
class Estimate:
    """One comparison with the control; scale: difference, hazard_ratio, odds_ratio, rate_ratio."""

    arm: str
    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    standard_error: float
    scale: str
    n: int
    method: str
    details: dict[str, Any] = field(default_factory=dict)


def names() -> list[str]:
    """The methods that can be named in a design."""
    folder = Path(__file__).resolve().parent
    return sorted(
        f.stem for f in folder.glob("[!_]*.py") if "\ndef analyse(" in f.read_text(encoding="utf-8")
    )


def analyse(data: Data, plan: Analysis) -> list[Estimate]:
    """Run the method that the design names.

    Raises
    ------
    InputError
        No such method.
    """
    check_method(plan.method)
    return importlib.import_module(f"trials.analysis.{plan.method}").analyse(data, plan)


def check_method(method: str) -> None:
    """Refuse a method that has no file."""
    if method not in names():
        raise InputError("unknown analysis", "analysis.method", method, ", ".join(names()),
                         "choose one of them or add a file to trials/analysis")  # fmt: skip


TIME_TO_EVENT = ("survival", "maxcombo", "rmst")


def method_for(method: str, kind: str) -> str:
    """The design's method where it suits the kind of endpoint, else the plain one that does."""
    if kind == "time_to_event":
        return method if method in TIME_TO_EVENT else "survival"
    return "ancova" if method in TIME_TO_EVENT else method


def columns_of(covariates: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Covariates as numbers: words become indicators of every level but the first."""
    made: dict[str, np.ndarray] = {}
    for name, values in covariates.items():
        if values.dtype.kind in "fiub":
            made[name] = values.astype(float)
            continue
        for level in np.unique(values)[1:]:
            made[f"{name} {level}"] = (values == level).astype(float)
    return made
