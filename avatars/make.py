"""From a specification to a population with its fidelity report: what commands and trials call."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from avatars import copula, csv_table, fidelity, real, sample
from avatars.fidelity import Correlations, Marginal, Scores
from avatars.population import Population
from avatars.spec import Spec, Table, find, load
from avatars.synthesis import Method, gaussian_copula, method
from twin_engine.errors import InputError

# Largest Kolmogorov-Smirnov distance of a right sample but one in 10,000 (Massart P, Ann Probab
# 1990;18:1269): sqrt(ln(2 / 1e-4) / (2 n)).
CHANCE = float(np.sqrt(np.log(2e4) / (2 * fidelity.EVALUATED)))


@dataclass(frozen=True)
class Fidelity:
    """How close a population is to what it stands for.

    Parameters
    ----------
    against : str
        "table" (real persons) or "specification" (published distributions).
    reference : Population
        The real persons, or the specified distributions themselves, column by column.
    marginals : list of Marginal
        The delivered population beside the reference.
    correlations : Correlations
    scores : Scores
    controls : list of Scores
        Methods that must fail; empty for published distributions.
    """

    against: str
    reference: Population
    marginals: list[Marginal]
    correlations: Correlations
    scores: Scores
    controls: list[Scores] = field(default_factory=list)
    marginal_gate: float | None = None
    largest_marginal: float = 0.0

    def checks(self) -> list[dict[str, Any]]:
        """Every gate: check, value, gate, passed."""
        rows = [
            {"check": name, "value": getattr(self.scores, name), "gate": fidelity.GATES[name], "passed": passed}
            for name, passed in self.scores.gates().items()
        ]
        if self.marginal_gate is not None:
            passed = self.largest_marginal <= self.marginal_gate
            rows.append({"check": "max_marginal_distance", "value": self.largest_marginal, "gate": self.marginal_gate,
                         "passed": passed})  # fmt: skip
        return rows

    @property
    def gates_passed(self) -> bool:
        """Every gate passed and every control failed, as it must."""
        return all(row["passed"] for row in self.checks()) and not any(c.passed for c in self.controls)


@dataclass(frozen=True)
class Made:
    """A population made from a specification.

    Parameters
    ----------
    spec : Spec
    population : Population
    candidates : int
        Candidates that were drawn, or real persons in the table.
    acceptance : float
        Share of the candidates that were eligible.
    refused : dict of str to int
        Candidates that each eligibility rule refused.
    fidelity : Fidelity or None
        None where it was not asked for.
    """

    spec: Spec
    population: Population
    candidates: int
    acceptance: float
    refused: dict[str, int]
    fidelity: Fidelity | None


def make(name: str, n: int, seed: int, *, judged: bool = True) -> Made:
    """Make n persons of a specification.

    Parameters
    ----------
    name : str
        A shipped specification ("warfarin-europe") or the path of a YAML file.
    n : int
    seed : int
    judged : bool
        Measure the fidelity too (seconds for a real table: forests are grown).

    Raises
    ------
    InputError
        Whatever is wrong with the specification, the table or n.
    """
    spec = load(name)
    where = find(name).name
    if n < 1:
        raise InputError("no persons", "-n", n, "at least one person", "raise the number")
    if spec.table is not None:
        return _from_table(spec, spec.table, find(name).parent, n, seed, judged)
    drawn = sample.draw(spec, n, seed, where)
    found = against_specification(spec, drawn.population, seed, where) if judged else None
    return Made(spec, drawn.population, drawn.attempts, n / drawn.attempts, drawn.refused, found)


def source(table: Table, folder: Path) -> Population:
    """The real persons that a specification names.

    Raises
    ------
    InputError
        No such table or file, a missing column, a gap.
    """
    if ":" in table.source and not (folder / table.source).exists():
        found = real.load(table.source)
    else:
        found = csv_table.read(folder / table.source, words=table.words, drop_missing=table.missing == "drop")
    if not table.columns:
        return found
    return found.select([*table.columns, *(name for name in table.strata if name not in table.columns)])


def _from_table(spec: Spec, table: Table, folder: Path, n: int, seed: int, judged: bool) -> Made:
    """Learn from the eligible persons: what is drawn between their values is eligible too."""
    everyone = source(table, folder)
    for rule in spec.eligibility:
        everyone.column(rule.column)
    hits = sample.broken_rules(spec, everyone.columns)
    eligible = ~np.any(hits, axis=0) if hits else np.ones(len(everyone), bool)
    if not eligible.any():
        raise InputError("nobody meets the eligibility", f"{table.source}: eligibility", spec.eligibility[0].reason,
                         "at least one eligible person", "widen the rules")  # fmt: skip
    persons = everyone.take(eligible)
    learn = method(table.method)
    made = learn(persons, table.strata).draw(n, seed)
    refused = {rule.reason: int(hit.sum()) for rule, hit in zip(spec.eligibility, hits, strict=True)}
    found = against_table(persons, table.strata, made, seed, learn) if judged else None
    return Made(spec, made, len(everyone), float(eligible.mean()), refused, found)


def against_table(persons: Population, strata: tuple[str, ...], delivered: Population, seed: int,
                  learn: Method = gaussian_copula) -> Fidelity:  # fmt: skip
    """Gates and controls of a method on a real table; marginals of the delivered persons."""
    drawn = learn(persons, strata).draw(max(fidelity.EVALUATED, len(persons)), seed)
    return Fidelity("table", persons, fidelity.marginals(persons, delivered), fidelity.correlations(persons, drawn),
                    fidelity.judge(learn, persons, strata, seed),
                    fidelity.controls(persons, strata, seed))  # fmt: skip


def against_specification(spec: Spec, delivered: Population, seed: int, where: str) -> Fidelity:
    """Sampled against specified: distributions and correlations before eligibility.

    No real person stands behind a published distribution, so no classifier and no attack apply.
    """
    drawn = sample.candidates(spec, fidelity.EVALUATED, seed, where)
    target = specified(spec)
    rows = fidelity.marginals(target, drawn)
    names = spec.names()
    largest = Correlations([], np.empty((0, 0)), np.empty((0, 0)))
    for level in spec.strata.levels if spec.strata else [None]:
        inside = drawn if level is None or spec.strata is None else drawn.take(drawn[spec.strata.column] == level)
        varying = [name for name in names if len(np.unique(inside[name])) > 1]
        found = _normal_scores(spec, inside, varying)
        largest = found if found.largest >= largest.largest else largest
    scores = Scores("published distributions", largest.largest, None, None)
    return Fidelity("specification", target, fidelity.marginals(target, delivered), largest, scores,
                    marginal_gate=CHANCE, largest_marginal=max(row.distance for row in rows))  # fmt: skip


def _normal_scores(spec: Spec, inside: Population, names: list[str]) -> Correlations:
    """Correlations of normal scores, as the specification implies and as found."""
    order = [spec.names().index(name) for name in names]
    codes = [np.unique(inside[name], return_inverse=True)[1] for name in names]
    return Correlations(names, *copula.score_correlations(codes, spec.correlation_matrix()[np.ix_(order, order)]))


def specified(spec: Spec) -> Population:
    """The specified distributions as evenly spaced quantiles, strata in their shares.

    Columns are independent here: this population serves for marginals only.
    """
    from scipy.special import ndtri

    levels = list(spec.strata.levels) if spec.strata else [None]
    shares = spec.strata.shares() if spec.strata else np.ones(1)
    sizes = np.maximum(np.round(shares * fidelity.EVALUATED).astype(int), 1)
    columns = {}
    for name in spec.names():
        parts = [
            spec.column(name, level).distribution.quantile(ndtri((np.arange(size) + 0.5) / size))
            for level, size in zip(levels, sizes, strict=True)
        ]
        columns[name] = np.concatenate(parts)
    if spec.strata:
        columns[spec.strata.column] = np.repeat(np.array(levels), sizes)
    return sample.labelled(spec, columns, "specification")
