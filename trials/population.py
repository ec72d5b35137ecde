"""The persons a trial draws from: built by `avatars`, split and ordered for the trial."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trials.design import Design
from trials.people import People
from trials.treatment import Treatment
from trials.twins import treatments


@dataclass(frozen=True)
class Pool:
    """Who may be enrolled, in the order of arrival.

    Parameters
    ----------
    people : People
    treatments : list of Treatment
        One for each arm.
    prognosis : ndarray, shape (n,), or None
        Predicted untreated outcome of each person: the digital control.
    fidelity : list of dict
        Checks of the avatars against their source: check, value, gate, passed.
    notes : list of str
        Sentences about the population for the report.
    """

    people: People
    treatments: list[Treatment]
    prognosis: np.ndarray | None = None
    fidelity: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def build(design: Design, seed: int) -> Pool:
    people = _temporary(design)
    made = treatments(design)
    from twin_engine.streams import uniforms
    order = np.argsort(uniforms(seed, 0, people.ids, "order of arrival", 1)[:, 0], kind="stable")
    people = people.take(order).check("x")
    h = design.digital_control.historical
    old, new = people.take(np.arange(h)), people.take(np.arange(h, len(people)))
    X = lambda p: np.column_stack([np.ones(len(p))] + [p.columns[c] for c in p.columns if c != design.twin.outcome])
    b = np.linalg.lstsq(X(old), old[design.twin.outcome], rcond=None)[0]
    return Pool(new, made, X(new) @ b)


def _temporary(design: Design) -> People:
    from sklearn.datasets import load_diabetes
    d = load_diabetes(scaled=False)
    cols = {n: d.data[:, i].astype(float) for i, n in enumerate(d.feature_names)}
    cols["progression"] = d.target.astype(float)
    return People(np.arange(442), cols, {n: "1" for n in cols}, {n: ("measured", "Efron 2004") for n in cols})
