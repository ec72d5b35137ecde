"""Calibrates a twin to one person's measurements: posterior draws, never one number.

Random effects are log-normal factors on a model's parameters, with the model's own between-person
SD as prior. One free parameter: a grid of 61 points is exact. Several: draws from the prior are
weighted (importance sampling); while they are too few, a t proposal with 4 degrees of freedom is
fitted to them and the step repeated (Cappé et al. 2004, J Comput Graph Stat 13:907, population
Monte Carlo). All persons and all points go through one solve.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin_engine.cohort import solve_cohort
from twin_engine.doses import Dose, DoseTable
from twin_engine.errors import InputError
from twin_engine.model import Model
from twin_engine.persons import parameter_rows
from twin_engine.streams import stream

GRID_POINTS, GRID_SD = 61, 4.0
DRAWS, ENOUGH, ROUNDS, T_DF = 800, 100.0, 4, 4.0
# A posterior nearly as wide as the prior: the data said nothing about this parameter.
NOT_INFORMED = 0.9


@dataclass(frozen=True)
class Measured:
    """What is known of one person.

    Parameters
    ----------
    table : mapping
        Covariates and parameters, as in `solve_cohort`.
    doses : sequence of Dose
    outputs : sequence of str
        Which output each value measures.
    times : ndarray, shape (k,)
        In the model's TIME, ascending.
    values : ndarray, shape (k,)
    sds : ndarray, shape (k,)
        SD of the measurement: of its logarithm where `logs`, else in its own unit.
    logs : bool
        Errors multiply (a measured INR) rather than add (a blood pressure).
    """

    table: Mapping[str, Any]
    doses: Sequence[Dose]
    outputs: Sequence[str]
    times: np.ndarray
    values: np.ndarray
    sds: np.ndarray
    logs: bool = True


@dataclass(frozen=True)
class Posterior:
    """What the measurements leave possible.

    Parameters
    ----------
    names : tuple of str
        Free parameters.
    effects : ndarray, shape (k, parameters)
        Log factors on the person's typical values.
    typical : ndarray, shape (parameters,)
        Values the covariates alone give.
    weights : ndarray, shape (k,)
        Sum to 1.
    ess : float
        Effective sample size; infinite on a grid.
    prior_sd : ndarray, shape (parameters,)
    """

    names: tuple[str, ...]
    effects: np.ndarray
    typical: np.ndarray
    weights: np.ndarray
    ess: float
    prior_sd: np.ndarray

    def width_ratio(self) -> dict[str, float]:
        """Posterior SD / prior SD of each log factor."""
        mean = self.weights @ self.effects
        sd = np.sqrt(self.weights @ (self.effects - mean) ** 2)
        return dict(zip(self.names, (sd / self.prior_sd).tolist(), strict=True))

    def not_informed(self) -> list[str]:
        """Parameters about which the measurements said next to nothing."""
        return [name for name, ratio in self.width_ratio().items() if ratio > NOT_INFORMED]

    def interval(self, name: str, level: float = 0.9) -> tuple[float, float]:
        """A central credible interval of a parameter, in its own unit."""
        i = self.names.index(name)
        low, high = quantiles(self.effects[:, i], self.weights, (0.5 - level / 2, 0.5 + level / 2))
        return float(self.typical[i] * np.exp(low)), float(self.typical[i] * np.exp(high))

    def draws(self, n: int, seed: int, person: int) -> dict[str, np.ndarray]:
        """n posterior draws of each parameter, in its own unit."""
        chance = stream(seed, 0, person, "posterior draws")
        if np.isinf(self.ess):  # a grid: draw between its points too
            smooth = quantiles(self.effects[:, 0], self.weights, chance.random(n))
            return {self.names[0]: self.typical[0] * np.exp(smooth)}
        rows = chance.choice(len(self.weights), size=n, p=self.weights)
        values = self.typical * np.exp(self.effects[rows])
        return {name: values[:, i] for i, name in enumerate(self.names)}


def quantiles(values: np.ndarray, weights: np.ndarray, at: Sequence[float] | np.ndarray) -> np.ndarray:
    """Quantiles of weighted values, between their mid-weights."""
    order = np.argsort(values)
    mass = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(at, mass, values[order])


def prior(model: Model, free: Sequence[str], table: Mapping[str, Any]) -> np.ndarray:
    """The between-person SDs of the free parameters, on the log scale.

    Raises
    ------
    InputError
        The model publishes no variability of one of them.
    """
    published = model.variability
    values = model.sets[str(table.get("set", "")) or model.default_set].values()
    lacking = [n for n in free if n not in published or not values[published[n]] > 0]
    if lacking:
        raise InputError("no published variability", model.name, ", ".join(lacking),
                         ", ".join(published), "free only parameters whose spread is known")  # fmt: skip
    return np.array([values[published[name]] for name in free])


def predict(model: Model, people: Sequence[Measured], free: Sequence[str], effects: np.ndarray,
            ahead: float | None = None) -> tuple[list[np.ndarray], np.ndarray]:  # fmt: skip
    """Outputs of every person under every effect, in one solve.

    Parameters
    ----------
    effects : ndarray, shape (persons, points, parameters)
    ahead : float, optional
        One more time, of the first measured output.

    Returns
    -------
    list of ndarray
        Per person the predicted measurements, shape (points, measurements [+ 1]).
    ndarray, shape (persons, parameters)
        Typical values.
    """
    n, points = effects.shape[:2]
    columns = {name: _column(people, name) for name in people[0].table}
    place = [list(model.params).index(name) for name in free]
    typical = parameter_rows(model, columns, n)[:, place]
    longest = max(len(p.times) for p in people) + (ahead is not None)
    at = np.full((n, longest), np.nan)
    for i, person in enumerate(people):
        at[i, : len(person.times)] = person.times
        if ahead is not None:
            at[i, len(person.times)] = ahead
    table = {name: np.repeat(values, points) for name, values in columns.items()}
    for j, name in enumerate(free):
        table[name] = (typical[:, None, j] * np.exp(effects[:, :, j])).ravel()
    found = solve_cohort(model, table, until=np.repeat(np.nanmax(at, axis=1), points),
                         at=np.repeat(at, points, axis=0), doses=_doses(people, points))  # fmt: skip
    made = []
    for i, person in enumerate(people):
        names = [*person.outputs, *([person.outputs[0]] if ahead is not None else [])]
        rows = slice(i * points, (i + 1) * points)
        made.append(np.stack([found.outputs[o][rows, j] for j, o in enumerate(names)], axis=1))
    return made, typical


def _column(people: Sequence[Measured], name: str) -> np.ndarray:
    return np.array([p.table[name] for p in people])


def _doses(people: Sequence[Measured], points: int) -> DoseTable:
    who, when, how_much = [], [], []
    for i, person in enumerate(people):
        times = np.array([d.time for d in person.doses])
        amounts = np.array([d.amount for d in person.doses])
        who.append(np.repeat(np.arange(i * points, (i + 1) * points), len(times)))
        when.append(np.tile(times, points))
        how_much.append(np.tile(amounts, points))
    return DoseTable(np.concatenate(who), np.concatenate(when), np.concatenate(how_much))


def log_likelihood(person: Measured, predicted: np.ndarray) -> np.ndarray:
    """Of each point, shape (points,); a failed solve is impossible."""
    k = len(person.values)
    seen, model = person.values, predicted[:, :k]
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.log(seen) - np.log(model) if person.logs else seen - model
        value = -0.5 * np.sum((error / person.sds) ** 2, axis=1)
    return np.where(np.isfinite(value), value, -np.inf)


def _normalised(log_weights: np.ndarray) -> np.ndarray:
    top = log_weights.max()
    if not np.isfinite(top):
        return np.full(len(log_weights), 1.0 / len(log_weights))
    w = np.exp(log_weights - top)
    return w / w.sum()


def on_grid(model: Model, people: Sequence[Measured], free: str, *,
            ahead: float | None = None) -> tuple[list[Posterior], np.ndarray]:  # fmt: skip
    """Exact posteriors of one free parameter, for many persons in one solve.

    Returns
    -------
    list of Posterior
    ndarray, shape (persons, points)
        The output at `ahead` at every point; empty without it.
    """
    sd = prior(model, [free], people[0].table)
    nodes = np.linspace(-GRID_SD, GRID_SD, GRID_POINTS)
    effects = np.broadcast_to((nodes * sd[0])[None, :, None], (len(people), GRID_POINTS, 1))
    predicted, typical = predict(model, people, [free], effects, ahead)
    made, later = [], np.empty((len(people), GRID_POINTS if ahead is not None else 0))
    for i, person in enumerate(people):
        weights = _normalised(log_likelihood(person, predicted[i]) - 0.5 * nodes**2)
        made.append(Posterior((free,), effects[i], typical[i], weights, np.inf, sd))
        if ahead is not None:
            later[i] = predicted[i][:, -1]
    return made, later


def by_sampling(model: Model, person: Measured, free: Sequence[str], *, seed: int,
                identity: int = 0, draws: int = DRAWS) -> Posterior:  # fmt: skip
    """Posterior of several free parameters of one person.

    Raises
    ------
    InputError
        A free parameter has no published variability.
    """
    sd = prior(model, free, person.table)
    _, typical = predict(model, [person], free, np.zeros((1, 1, len(free))))

    def likelihood(effects: np.ndarray) -> np.ndarray:
        predicted, _ = predict(model, [person], free, effects[None])
        return log_likelihood(person, predicted[0])

    return sample(tuple(free), typical[0], sd, likelihood, seed=seed, identity=identity, draws=draws)


def sample(names: tuple[str, ...], typical: np.ndarray, sd: np.ndarray,
           likelihood: Callable[[np.ndarray], np.ndarray], *, seed: int, identity: int = 0,
           draws: int = DRAWS) -> Posterior:  # fmt: skip
    """Weighted draws from a posterior with log-normal priors.

    Parameters
    ----------
    names : tuple of str
    typical, sd : ndarray, shape (parameters,)
        Values without an effect; prior SDs of the log effects.
    likelihood : callable
        Effects, shape (draws, parameters) -> log likelihood, shape (draws,).
    """
    chance = stream(seed, 0, identity, "calibration")
    effects = chance.standard_normal((draws, len(names))) * sd
    log_proposal = _log_normal(effects, sd)
    best: Posterior | None = None
    for _ in range(ROUNDS):
        weights = _normalised(likelihood(effects) + _log_normal(effects, sd) - log_proposal)
        ess = 1.0 / float(np.sum(weights**2))
        if best is None or ess > best.ess:
            best = Posterior(names, effects, typical, weights, ess, sd)
        if ess >= min(ENOUGH, draws / 4):
            break
        effects, log_proposal = _t_proposal(best, sd, draws, chance)
    assert best is not None
    return best


def _log_normal(effects: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return -0.5 * np.sum((effects / sd) ** 2, axis=1)


def _t_proposal(
    best: Posterior, sd: np.ndarray, draws: int, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draws of a multivariate t round the weighted draws, and their log density (without constant)."""
    k = len(sd)
    mean = best.weights @ best.effects
    centred = best.effects - mean
    # Few effective draws underestimate the spread: a tenth of the prior keeps every direction open.
    spread = (best.weights[:, None] * centred).T @ centred + np.diag((0.1 * sd) ** 2)
    root = np.linalg.cholesky(spread)
    z = chance.standard_normal((draws, k)) @ root.T
    effects = mean + z / np.sqrt(chance.chisquare(T_DF, draws) / T_DF)[:, None]
    distance = np.sum(np.linalg.solve(root, (effects - mean).T) ** 2, axis=0)
    return effects, -0.5 * (T_DF + k) * np.log1p(distance / T_DF)
