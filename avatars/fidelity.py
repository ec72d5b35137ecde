"""How close a synthetic population is to its source, and whether it gives real persons away.

Measures and gates: largest difference of a correlation at most .10; AUC of a random forest that
tells real from synthetic persons at most .70; AUC of a membership attack at most .55. A gate is worth
something only if it can fail: the same procedure without correlations, and with copied rows, must.

The attack scores a real person by the distance to the closest synthetic one and asks whether persons
that were learnt from lie closer than persons that were not (Houssiau F et al., TAPAS, arXiv
2211.06550). Distance to the closest record by itself is no evidence of privacy (Yao Z et al., arXiv
2505.01524): the comparison with held-out persons is.
"""

from dataclasses import dataclass

import numpy as np

from avatars.population import Population
from avatars.synthesis import Method, bootstrap, independent

GATES = {"max_abs_rho_difference": 0.10, "two_sample_auc": 0.70, "membership_auc": 0.55}
EVALUATED = 10_000  # synthetic persons for correlations: the generator is judged, not chance
MOST = 2_000  # persons a side for the classifier
FOLDS = 3
FORESTS = 3  # splits on which a forest is grown; the attack, which is cheap and noisy, runs on all


@dataclass(frozen=True)
class Marginal:
    """One column: Kolmogorov-Smirnov distance (numbers) or total variation (words), and summaries."""

    column: str
    unit: str
    reference: str
    sample: str
    distance: float


@dataclass(frozen=True)
class Correlations:
    """Pearson correlations of numbers and of indicators of words; shape (d, d) each."""

    names: list[str]
    reference: np.ndarray
    sample: np.ndarray

    @property
    def largest(self) -> float:
        """Largest absolute difference; 0 for fewer than two columns."""
        return float(np.abs(self.reference - self.sample).max()) if len(self.names) else 0.0


@dataclass(frozen=True)
class Scores:
    """The three measures of one method; None where a measure does not apply."""

    method: str
    max_abs_rho_difference: float
    two_sample_auc: float | None
    membership_auc: float | None

    def gates(self) -> dict[str, bool]:
        """Each measure that applies -> within its gate."""
        values = {name: getattr(self, name) for name in GATES}
        return {name: value <= GATES[name] for name, value in values.items() if value is not None}

    @property
    def passed(self) -> bool:
        """All gates passed."""
        return all(self.gates().values())


def matrix(population: Population, names: list[str], words: dict[str, list[str]]) -> np.ndarray:
    """Numbers as they are, words as one indicator for each level but the first, shape (n, d)."""
    columns = [population.column(name) for name in names]
    columns += [(population.column(name) == level).astype(float) for name, levels in words.items() for level in levels]
    return np.column_stack(columns)


def levels(population: Population) -> dict[str, list[str]]:
    """Word column -> its levels but the first."""
    return {
        name: np.unique(values)[1:].tolist() for name, values in population.columns.items() if values.dtype.kind != "f"
    }


def correlations(reference: Population, sample: Population) -> Correlations:
    """Pearson correlations of both populations over the columns that vary in the reference."""
    numbers, words = reference.numbers(), levels(reference)
    names = numbers + [f"{name}={level}" for name, found in words.items() for level in found]
    both = [matrix(p, numbers, words) for p in (reference, sample)]
    varies = both[0].std(axis=0) > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        made = [np.nan_to_num(np.corrcoef(m[:, varies], rowvar=False)) for m in both]
    made = [np.atleast_2d(m) for m in made]
    for m in made:
        np.fill_diagonal(m, 1.0)
    return Correlations([n for n, v in zip(names, varies, strict=True) if v], *made)


def marginals(reference: Population, sample: Population) -> list[Marginal]:
    """Every column of the reference beside the sample's."""
    found = []
    for name, values in reference.columns.items():
        other = sample.column(name)
        if values.dtype.kind == "f":
            distance = kolmogorov_smirnov(values, other)
            ours, theirs = (f"{v.mean():.4g} ± {v.std():.3g}" for v in (values, other))
        else:
            kinds = np.unique(np.concatenate([values, other]))
            shares = np.array([[np.mean(v == k) for k in kinds] for v in (values, other)])
            distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
            ours, theirs = (
                ", ".join(f"{k} {100 * s:.1f} %" for k, s in zip(kinds, row, strict=True)) for row in shares
            )
        found.append(Marginal(name, reference.units[name], ours, theirs, distance))
    return found


def kolmogorov_smirnov(a: np.ndarray, b: np.ndarray) -> float:
    """Largest distance of two empirical distribution functions."""
    at = np.concatenate([a, b])
    ranks = [np.searchsorted(np.sort(v), at, side="right") / len(v) for v in (a, b)]
    return float(np.abs(ranks[0] - ranks[1]).max())


def two_sample_auc(reference: Population, sample: Population, seed: int) -> float:
    """Cross-validated AUC of a random forest that tells the two apart; .5 means it cannot."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    numbers, words = reference.numbers(), levels(reference)
    n = min(len(reference), len(sample), MOST)
    x = np.concatenate([matrix(_some(p, n, seed), numbers, words) for p in (reference, sample)])
    y = np.repeat([0, 1], n)
    forest = RandomForestClassifier(n_estimators=100, min_samples_leaf=3, random_state=seed % 2**32)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed % 2**32)
    probability = cross_val_predict(forest, x, y, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(y, probability))


def membership_auc(learnt: Population, held_out: Population, sample: Population) -> float:
    """AUC of the attack: are persons that were learnt from closer to a synthetic person?"""
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import NearestNeighbors

    numbers, words = learnt.numbers(), levels(learnt)
    made = [matrix(p, numbers, words) for p in (learnt, held_out, sample)]
    scale = np.concatenate(made[:2]).std(axis=0)
    scale[scale == 0] = 1.0
    near = NearestNeighbors(n_neighbors=1).fit(made[2] / scale)
    distance = near.kneighbors(np.concatenate(made[:2]) / scale)[0][:, 0]
    return float(roc_auc_score(np.repeat([1, 0], [len(learnt), len(held_out)]), -distance))


def judge(
    method: Method, source: Population, strata: tuple[str, ...], seed: int, repeats: int | None = None
) -> Scores:
    """The three measures of a method on a real table.

    The table is split by chance. The method learns one half and draws as many persons; the classifier
    compares them with the other half, which it never saw, and the attack compares both halves. Small
    tables are split several times and the AUCs averaged (`repeats`, by default `splits`), for one split
    would judge its own luck. Correlations are those of a large sample learnt from the whole table.
    """
    whole = method(source, strata)
    rho = correlations(source, whole.draw(max(EVALUATED, len(source)), seed))
    told_apart, found_out = [], []
    for repeat in range(repeats or splits(len(source))):
        learnt, held_out = halves(source, seed, repeat)
        synthetic = method(learnt, strata).draw(len(learnt), seed + repeat)
        found_out.append(membership_auc(learnt, held_out, synthetic))
        if repeat < FORESTS:
            told_apart.append(two_sample_auc(held_out, synthetic, seed))
    return Scores(whole.method, rho.largest, float(np.mean(told_apart)), float(np.mean(found_out)))


def splits(n: int) -> int:
    """How often a table of n persons is split: 1 from 4,000 persons, 10 below 400."""
    return int(np.clip(np.ceil(4000 / n), 1, 10))


def controls(source: Population, strata: tuple[str, ...], seed: int) -> list[Scores]:
    """The two methods that must fail: without correlations, and with copied rows."""
    return [judge(method, source, strata, seed, repeats=1) for method in (independent, bootstrap)]


def halves(source: Population, seed: int, repeat: int = 0) -> tuple[Population, Population]:
    """The persons in two halves by chance; a person's chance depends on the id, not on the row."""
    from twin_engine.streams import uniforms

    order = np.argsort(uniforms(seed, repeat, source.ids, "fidelity half", 1)[:, 0], kind="stable")
    return source.take(np.sort(order[: len(order) // 2])), source.take(np.sort(order[len(order) // 2 :]))


def _some(population: Population, n: int, seed: int) -> Population:
    from twin_engine.streams import uniforms

    order = np.argsort(uniforms(seed, 0, population.ids, "fidelity subset", 1)[:, 0], kind="stable")
    return population.take(np.sort(order[:n]))
