"""The persons a trial draws from: built by `avatars`, split and ordered for the trial."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from avatars.population import Population
from trials.design import Design
from trials.treatment import Treatment
from trials.twins import treatments
from twin_engine.errors import InputError
from twin_engine.text import tr

if TYPE_CHECKING:
    from avatars.make import Made


@dataclass(frozen=True)
class Pool:
    """Who may be enrolled, in the order of arrival.

    Parameters
    ----------
    people : Population
    treatments : list of Treatment
        One for each arm.
    prognosis : ndarray, shape (n,), or None
        Predicted untreated outcome of each person: the digital control.
    fidelity : list of dict
        Checks of the avatars against their source: check, value, gate, passed.
    marginals : list of dict
        Each column beside its source: column, unit, reference, sample, distance.
    notes : list of str
        Sentences about the population for the report.
    """

    people: Population
    treatments: list[Treatment]
    prognosis: np.ndarray | None = None
    fidelity: list[dict[str, Any]] = field(default_factory=list)
    marginals: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def build(design: Design, seed: int) -> Pool:
    """The avatars of a design, in a random order of arrival.

    Raises
    ------
    InputError
        The source cannot be read, holds too few persons, or lacks a column.
    """
    made = treatments(design)
    source = _source(design, seed)
    people, notes = source.population, source.notes
    if design.twin.model == "record":
        people.column(design.twin.outcome)
    people = people.take(_arrival(people, seed))
    plan = design.digital_control
    if plan is None:
        return Pool(people, made, None, source.fidelity, source.marginals, notes)
    old, new = people.take(np.arange(plan.historical)), people.take(
        np.arange(plan.historical, len(people)))  # fmt: skip
    from avatars.prognosis import learn

    model = learn(old, design.twin.outcome, seed=seed)
    notes.append(tr("{old} other persons taught the prognostic model (out-of-fold R² {r2}); the "
                    "trial never sees them, and the model never saw the trial.",
                    old=len(old), r2=f"{model.r2:.2f}"))  # fmt: skip
    checks = _drift(old, new, design.twin.outcome)
    return Pool(new, made, model.predict(new), checks, [], notes)


@dataclass(frozen=True)
class _Source:
    """Persons before the trial orders them, and what the report says of them."""

    population: Population
    notes: list[str]
    fidelity: list[dict[str, Any]] = field(default_factory=list)
    marginals: list[dict[str, Any]] = field(default_factory=list)


def _source(design: Design, seed: int) -> _Source:
    """Real persons as they are, or avatars made from a specification."""
    from avatars import csv_table, real
    from avatars.make import make

    name, n = design.population.source, design.population.persons
    if name in real.TABLES or name.endswith(".csv"):
        everyone = real.load(name) if name in real.TABLES else csv_table.read(Path(name))
        if len(everyone) < n:
            raise InputError("more persons than the table holds", "population.persons", n,
                             f"at most {len(everyone)}", "lower the number")  # fmt: skip
        note = tr("Every avatar is one real person of the table: nothing is sampled or imputed.")
        return _Source(everyone.take(np.arange(n)), [note])
    made = make(name, n, seed)
    notes = [tr(made.spec.title), *([tr(made.spec.about.strip())] if made.spec.about else [])]
    assert made.fidelity is not None
    marginals = [asdict(row) for row in made.fidelity.marginals]
    return _Source(made.population, notes, _fidelity(made), marginals)


def _fidelity(made: "Made") -> list[dict[str, Any]]:
    """The gates of a sampled population."""
    assert made.fidelity is not None
    return [
        {"check": tr(row["check"].replace("_", " ")),
         "value": "–" if row["value"] is None else f"{row['value']:.3f}",
         "gate": f"≤ {row['gate']:.3f}", "passed": tr("yes") if row["passed"] else tr("no")}
        for row in made.fidelity.checks()
    ]  # fmt: skip


def _arrival(people: Population, seed: int) -> np.ndarray:
    from twin_engine.streams import uniforms

    return np.argsort(uniforms(seed, 0, people.ids, "order of arrival", 1)[:, 0], kind="stable")


def _drift(old: Population, new: Population, outcome: str) -> list[dict[str, Any]]:
    """Standardised mean differences between those who taught the model and the trial.

    The gate is what chance alone exceeds once in twenty: 1.96 sqrt(1/m + 1/n).
    """
    gate = 1.96 * float(np.sqrt(1 / len(old) + 1 / len(new)))
    rows = []
    for name in new.numbers():
        a, b = old[name], new[name]
        spread = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        smd = float((b.mean() - a.mean()) / spread) if spread > 0 else 0.0
        label = tr("trial and historical persons, standardised difference of {name}", name=name)
        rows.append({"check": label, "value": f"{smd:+.2f}", "gate": f"± {gate:.2f}",
                     "passed": tr("yes") if abs(smd) <= gate else tr("no")})  # fmt: skip
    return rows
