"""The coordinator's side of a federation: asks every site, adds, never sees a row.

At least three sites: with two, each could subtract its own part. A site is anything with
`answer(request) -> reply`: in this process (`federate_site.Site`), or behind any carrier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from twin_engine.errors import InputError

FEWEST_SITES = 3
TOLERANCE, MOST_STEPS = 1e-12, 50


class Answering(Protocol):
    """A site, near or far."""

    name: str

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One reply, or federate_site.Refusal."""


@dataclass(frozen=True)
class Moments:
    """n, means and covariances (n - 1) of all sites together."""

    n: int
    mean: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True)
class Fit:
    """A regression: estimates, their covariance, log likelihood, Newton steps."""

    names: tuple[str, ...]
    estimate: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    steps: int


def ask(sites: Sequence[Answering], **request: Any) -> list[dict[str, Any]]:
    """Every site's reply to one request.

    Raises
    ------
    InputError
        Fewer than three sites.
    """
    if len(sites) < FEWEST_SITES:
        raise InputError("too few sites", "sites", len(sites), f"at least {FEWEST_SITES}",
                         "with two, each could subtract its own part")  # fmt: skip
    return [site.answer(request) for site in sites]


def count(sites: Sequence[Answering]) -> int:
    """Persons of all sites."""
    return sum(int(r["n"]) for r in ask(sites, ask="count"))


def moments(sites: Sequence[Answering], columns: Sequence[str]) -> Moments:
    """Means and covariances, exact at any offset (Chan, Golub & LeVeque 1983, Am Stat 37:242)."""
    replies = ask(sites, ask="moments", columns=list(columns))
    n = sum(r["n"] for r in replies)
    # Differences from the first site's mean keep an offset of 1e6 out of the sums.
    origin = np.array(replies[0]["mean"])
    shifts = [np.array(r["mean"]) - origin for r in replies]
    shift = sum(r["n"] * s for r, s in zip(replies, shifts, strict=True)) / n
    comoment = sum(np.array(r["comoment"]) + r["n"] * np.outer(s - shift, s - shift)
                   for r, s in zip(replies, shifts, strict=True))  # fmt: skip
    return Moments(n, origin + shift, np.asarray(comoment) / (n - 1))


def quantile(sites: Sequence[Answering], column: str, q: float) -> tuple[float, float]:
    """The interval of the public grid that holds a quantile: a bound, for the exact value is a person's.

    Returns
    -------
    float, float
        Neighbouring points that all sites gave; minus or plus infinity at the ends.
    """
    replies = ask(sites, ask="grid", column=column)
    common = sorted(set.intersection(*(set(r["edges"]) for r in replies)))
    n = sum(r["n"] for r in replies)
    below = [sum(r["below"][r["edges"].index(e)] for r in replies) for e in common]
    low, high = -np.inf, np.inf
    for edge, b in zip(common, below, strict=True):
        if b < q * n:
            low = edge
        else:
            high = edge
            break
    return float(low), float(high)


def survival(sites: Sequence[Answering], time: str, event: str, grid: Sequence[float]) -> np.ndarray:
    """Kaplan-Meier over the public time grid, shape (points,)."""
    replies = ask(sites, ask="survival", time=time, event=event)
    events = np.sum([r["events"] for r in replies], axis=0)
    at_risk = np.sum([r["at_risk"] for r in replies], axis=0)
    if len(events) != len(grid):
        raise InputError(
            "another grid than the sites'", "grid", len(grid), f"{len(events)} points", "use the agreed grid"
        )
    factors = np.where(at_risk > 0, 1.0 - events / np.maximum(at_risk, 1), 1.0)
    return np.cumprod(factors)


def logistic(sites: Sequence[Answering], columns: Sequence[str], outcome: str) -> Fit:
    """Logistic regression by Newton's method; equal to the pooled fit."""
    names = ("intercept", *columns)
    return _newton(sites, names, {"ask": "logistic", "columns": list(columns), "outcome": outcome})


def cox(sites: Sequence[Answering], columns: Sequence[str], time: str, event: str) -> Fit:
    """Cox regression stratified by site (Efron ties); equal to the pooled stratified fit.

    Stratified, because the unstratified sums over risk sets are single patients' covariates
    wherever one person dies alone.
    """
    request = {"ask": "cox", "columns": list(columns), "time": time, "event": event}
    return _newton(sites, tuple(columns), request)


def _newton(sites: Sequence[Answering], names: tuple[str, ...], request: dict[str, Any]) -> Fit:
    beta = np.zeros(len(names))
    value, step = -np.inf, np.zeros(len(names))
    for steps in range(MOST_STEPS):
        replies = ask(sites, **request, beta=beta.tolist())
        found = float(sum(r["log_likelihood"] for r in replies))
        gradient = np.sum([r["gradient"] for r in replies], axis=0)
        information = np.sum([r["information"] for r in replies], axis=0)
        if not np.isfinite(found) or found < value - 1e-9 * abs(value):
            # Too long a step: half of it.
            step = step / 2
            beta = beta - step
            continue
        value = found
        step = np.linalg.solve(information, gradient)
        if float(gradient @ step) < TOLERANCE:
            return Fit(names, beta + step, np.linalg.inv(information), value, steps + 1)
        beta = beta + step
    raise InputError("the regression does not converge", "columns", ", ".join(names), "columns that are not collinear",
                     "leave out a column")  # fmt: skip


def ridge(sites: Sequence[Answering], columns: Sequence[str], outcome: str, penalty: float) -> Fit:
    """Ridge regression on standardised columns: the prognostic model of a trial, learnt at all sites.

    Equal to scikit-learn's Ridge(alpha=penalty) on the pooled standardised columns; the estimate is
    in the columns' own units, the intercept first.
    """
    found = moments(sites, [*columns, outcome])
    k = len(columns)
    comoment = found.covariance * (found.n - 1)
    scale = np.sqrt(np.diag(comoment)[:k] / found.n)
    scale = np.where(scale > 0, scale, 1.0)
    gram = comoment[:k, :k] / np.outer(scale, scale)
    standard = np.linalg.solve(gram + penalty * np.eye(k), comoment[:k, k] / scale)
    slopes = standard / scale
    intercept = found.mean[k] - slopes @ found.mean[:k]
    residual = comoment[k, k] - 2 * standard @ (comoment[:k, k] / scale) + standard @ gram @ standard
    variance = residual / max(found.n - k - 1, 1)
    covariance = variance * np.linalg.inv(gram + penalty * np.eye(k)) / np.outer(scale, scale)
    return Fit(("intercept", *columns), np.concatenate([[intercept], slopes]), covariance, float("nan"), 1)
