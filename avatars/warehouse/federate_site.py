"""The data owner's side of a federation: a request comes in, a sum goes out, or a refusal.

The limits live here, with the data, and no request can loosen or filter anything: the persons are
fixed once per project, for two answers over cohorts that differ by one person show that person.
Limits after DataSHIELD and OpenSAFELY (minimum cell, parameters per person); requests and replies
are plain JSON values, so any carrier will do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Request = Mapping[str, Any]
Reply = dict[str, Any]


@dataclass(frozen=True)
class Policy:
    """What the owner allows.

    Parameters
    ----------
    fewest_persons : int
        Below, the site answers nothing.
    fewest_in_cell : int
        Smallest count other than zero that leaves the site.
    most_parameters_share : float
        Parameters of a regression per person (DataSHIELD: nfilter.glm .33).
    most_requests : int
        Answers per project: many sums are a system of equations.
    """

    fewest_persons: int = 20
    fewest_in_cell: int = 5
    most_parameters_share: float = 0.33
    most_requests: int = 200


class Refusal(Exception):
    """The owner does not answer; the message holds a rule and no value."""


class Site:
    """One hospital's persons of one project.

    Parameters
    ----------
    name : str
    columns : mapping of str to ndarray, shape (n,)
        Numbers; the persons are fixed from here on.
    policy : Policy
    grids : mapping of str to sequence of float
        Public grids, agreed before the project: quantiles and survival use no other points.
    """

    def __init__(self, name: str, columns: Mapping[str, np.ndarray], policy: Policy | None = None,
                 grids: Mapping[str, Sequence[float]] | None = None) -> None:  # fmt: skip
        self.name, self.policy = name, policy or Policy()
        self._columns = {k: np.asarray(v, float).copy() for k, v in columns.items()}
        self._grids = {k: np.asarray(v, float) for k, v in (grids or {}).items()}
        self._n = len(next(iter(self._columns.values())))
        self._answered = 0
        self._answers = {
            "count": self._count, "moments": self._moments, "grid": self._grid,
            "survival": self._survival, "logistic": self._logistic, "cox": self._cox,
        }  # fmt: skip

    def answer(self, request: Request) -> Reply:
        """A sum over this site's persons.

        Raises
        ------
        Refusal
            The policy forbids it, or nothing of this name may be asked.
        """
        ask = str(request.get("ask"))
        if ask in ("quantile", "risk_sets", "rows", "minimum", "maximum"):
            raise Refusal(f"{ask}: that is one person's value")
        if ask not in self._answers:
            raise Refusal("an unknown question")
        allowed = {"ask", "columns", "column", "outcome", "time", "event", "beta"}
        if set(request) - allowed:
            raise Refusal("a request cannot choose persons or change limits")
        if self._n < self.policy.fewest_persons:
            raise Refusal("too few persons")
        self._answered += 1
        if self._answered > self.policy.most_requests:
            raise Refusal("too many questions in this project")
        return self._answers[ask](request)

    # ---- single answers ------------------------------------------------------------------

    def _count(self, request: Request) -> Reply:
        return {"n": self._n}

    def _moments(self, request: Request) -> Reply:
        """n, means, and co-moments about the site's own means (no cancellation at any offset)."""
        x = self._matrix(request)
        mean = x.mean(axis=0)
        return {"n": self._n, "mean": mean.tolist(), "comoment": ((x - mean).T @ (x - mean)).tolist()}

    def _grid(self, request: Request) -> Reply:
        """Persons up to each point of the public grid; points that would cut off a small group are left out."""
        name = str(request.get("column"))
        edges, values = self._public(name), self._column(name)
        below = np.searchsorted(np.sort(values), edges, side="right")
        kept_edges, kept, last = [], [], 0
        for edge, count in zip(edges, below, strict=True):
            enough = count == last or count - last >= self.policy.fewest_in_cell
            rest = self._n - count
            if enough and (rest == 0 or rest >= self.policy.fewest_in_cell):
                kept_edges.append(float(edge))
                kept.append(int(count))
                last = count
        return {"n": self._n, "edges": kept_edges, "below": kept}

    def _survival(self, request: Request) -> Reply:
        """Events and persons at risk at each point of the public time grid (times rounded up to it)."""
        edges = self._public(str(request.get("time")))
        time, event = self._column(str(request.get("time"))), self._event(request)
        place = np.searchsorted(edges, time, side="left")
        events = np.bincount(place[event], minlength=len(edges) + 1)[: len(edges)]
        at_risk = self._n - np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(edges) + 1))])[: len(edges)]
        small = self.policy.fewest_in_cell
        for counts in (events, at_risk):
            if ((counts > 0) & (counts < small)).any():
                raise Refusal("a time interval holds too few persons: use a wider grid")
        return {"events": events.tolist(), "at_risk": at_risk.tolist()}

    def _logistic(self, request: Request) -> Reply:
        """Log likelihood, gradient and information at beta."""
        x, y = self._design(request), self._binary(str(request.get("outcome")))
        beta = self._beta(request, x.shape[1])
        linear = x @ beta
        p = 1.0 / (1.0 + np.exp(-linear))
        value = float(np.sum(y * linear - np.logaddexp(0.0, linear)))
        return {"n": self._n, "log_likelihood": value, "gradient": (x.T @ (y - p)).tolist(),
                "information": ((x * (p * (1 - p))[:, None]).T @ x).tolist()}  # fmt: skip

    def _cox(self, request: Request) -> Reply:
        """Partial log likelihood of this site's own stratum (Efron), gradient and information."""
        x = self._matrix(request)
        self._few_parameters(x.shape[1])
        event = self._event(request)
        self._both(event)
        value, gradient, information = efron(
            x, self._column(str(request.get("time"))), event, self._beta(request, x.shape[1])
        )
        return {"n": self._n, "log_likelihood": value, "gradient": gradient.tolist(),
                "information": information.tolist()}  # fmt: skip

    # ---- checks --------------------------------------------------------------------------

    def _column(self, name: str) -> np.ndarray:
        if name not in self._columns:
            raise Refusal("an unknown column")
        return self._columns[name]

    def _matrix(self, request: Request) -> np.ndarray:
        names = request.get("columns") or []
        if not names or len(set(names)) != len(names):
            raise Refusal("columns are missing or doubled")
        x = np.column_stack([self._column(str(n)) for n in names])
        for j in range(x.shape[1]):
            # An indicator of a few persons is those persons' sum.
            values, counts = np.unique(x[:, j], return_counts=True)
            if len(values) == 2 and counts.min() < self.policy.fewest_in_cell:
                raise Refusal("a group of a column is too small")
        return x

    def _design(self, request: Request) -> np.ndarray:
        x = np.column_stack([np.ones(self._n), self._matrix(request)])
        self._few_parameters(x.shape[1])
        return x

    def _few_parameters(self, k: int) -> None:
        if k > self.policy.most_parameters_share * self._n:
            raise Refusal("too many parameters for the persons")

    def _binary(self, name: str) -> np.ndarray:
        y = self._column(name)
        if not np.isin(y, (0.0, 1.0)).all():
            raise Refusal("the outcome is not 0 or 1")
        self._both(y == 1.0)
        return y

    def _event(self, request: Request) -> np.ndarray:
        event: np.ndarray = self._column(str(request.get("event"))) == 1.0
        return event

    def _both(self, hits: np.ndarray) -> None:
        for count in (int(hits.sum()), int((~hits).sum())):
            if 0 < count < self.policy.fewest_in_cell:
                raise Refusal("a group of the outcome is too small")

    def _public(self, name: str) -> np.ndarray:
        if name not in self._grids:
            raise Refusal("no public grid was agreed for this column")
        return self._grids[name]

    def _beta(self, request: Request, k: int) -> np.ndarray:
        beta = np.asarray(request.get("beta"), float)
        if beta.shape != (k,) or not np.isfinite(beta).all():
            raise Refusal("beta has another length")
        return beta


def efron(x: np.ndarray, time: np.ndarray, event: np.ndarray, beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Cox partial likelihood of one stratum, ties after Efron (1977, JASA 72:557).

    Returns
    -------
    float, ndarray of shape (k,), ndarray of shape (k, k)
        Log likelihood, gradient, information.
    """
    order = np.argsort(-time, kind="stable")
    x, time, event = x[order], time[order], event[order]
    k = x.shape[1]
    value, gradient, information = 0.0, np.zeros(k), np.zeros((k, k))
    s0, s1, s2 = 0.0, np.zeros(k), np.zeros((k, k))
    start = 0
    for stop in (*(np.flatnonzero(np.diff(time)) + 1), len(time)):
        rows, hit = x[start:stop], event[start:stop]
        w = np.exp(rows @ beta)
        s0 += w.sum()
        s1 = s1 + w @ rows
        s2 = s2 + (rows * w[:, None]).T @ rows
        dead, wd = rows[hit], w[hit]
        d0, d1, d2 = wd.sum(), wd @ dead, (dead * wd[:, None]).T @ dead
        value += float(np.sum(dead @ beta))
        gradient += dead.sum(axis=0)
        for tie in range(len(dead)):
            f = tie / len(dead)
            a0, a1, a2 = s0 - f * d0, s1 - f * d1, s2 - f * d2
            value -= float(np.log(a0))
            gradient -= a1 / a0
            information += a2 / a0 - np.outer(a1, a1) / a0**2
        start = stop
    return value, gradient, information
