"""Group-sequential boundaries, computed by recursive numerical integration.

The sub-density of the score S = Z sqrt(t) is carried from look to look (Armitage, McPherson & Rowe
1969, J R Stat Soc A 132:235; Jennison & Turnbull 2000, "Group Sequential Methods", ch. 19), here
on Gauss-Legendre nodes dense enough for the narrowest step of information. Information fractions t
end at 1; the drift D is the expected Z at t = 1; lower numbers stop for futility, upper for
efficacy.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.spending import Spending, z_of
from twin_engine.errors import InputError

Floats = NDArray[np.float64]

REACH = 8.0  # sub-densities are cut where the normal tail is below 1e-15


@dataclass(frozen=True)
class Boundaries:
    """Stopping boundaries on the Z scale.

    Parameters
    ----------
    information : (K,) array
        Information fractions, rising, the last is 1.
    efficacy : (K,) array
        Reject when Z reaches it (two-sided: when abs(Z) does); infinite where nothing is spent.
    futility : (K,) array
        Stop without rejection when Z falls to it; minus infinity where there is none.
    alpha, beta : float
        Type I and type II error, all sides together.
    sided : int
        1 or 2.
    binding : bool
        Whether the efficacy bounds count on the futility stops.
    """

    information: Floats
    efficacy: Floats
    futility: Floats
    alpha: float
    beta: float
    sided: int
    binding: bool
    cumulative_alpha: Floats = field(default_factory=lambda: np.empty(0))

    def stops(self, drift: float, futility: bool = True) -> tuple[Floats, Floats]:
        """Probability to cross the upper and the lower bound at each look, (K,) and (K,).

        The lower bound stops for futility; of a two-sided design it rejects the other way.
        """
        low = self.futility if futility else np.full_like(self.futility, -np.inf)
        return crossing(self.information, self.efficacy, low, drift, self.sided)

    def power(self, drift: float) -> float:
        """Probability to reject in the drift's direction; futility stops are obeyed."""
        return float(self.stops(drift)[0].sum())

    def drift(self, power: float | None = None) -> float:
        """The drift at which the power is `power` (default 1 - beta)."""
        from scipy.optimize import brentq

        wanted = 1 - self.beta if power is None else power
        return float(brentq(lambda d: self.power(d) - wanted, 0.0, 20.0, xtol=1e-11))

    def inflation(self) -> float:
        """Maximum sample size over that of the fixed design with the same errors.

        Source: Jennison & Turnbull 2000, section 2.3: R = (D / (z_alpha + z_beta))^2.
        """
        fixed = z_of(self.alpha / self.sided) + z_of(self.beta)
        return (self.drift() / fixed) ** 2

    def expected(self, drift: float) -> float:
        """Expected information fraction at the end of the trial."""
        up, down = self.stops(drift)
        stop = up + down
        stop[-1] = 1.0 - stop[:-1].sum()
        return float(stop @ self.information)


@cache
def _legendre(count: int) -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(count)


def _nodes(low: float, high: float, step: float) -> tuple[Floats, Floats]:
    """Nodes and weights on [low, high] for integrands no narrower than a normal of SD `step`."""
    # 3.5 nodes a standard deviation and 24 more: errors below 1e-10 for steps of .02 to 1.
    count = 8 * int(np.ceil((24 + 3.5 * (high - low) / step) / 8))
    x, w = _legendre(min(count, 1600))
    half = (high - low) / 2
    return low + half * (x + 1), half * w


class Walk:
    """The sub-density of the score among trials that still go on, at drift D."""

    def __init__(self, information: Floats, drift: float) -> None:
        self.t = np.asarray(information, float)
        self.d = drift
        self.look = 0
        self.nodes: Floats = np.zeros(1)
        self.mass: Floats = np.ones(1)

    def _step(self) -> tuple[float, Floats]:
        before = self.t[self.look - 1] if self.look else 0.0
        width = self.t[self.look] - before
        return np.sqrt(width), self.nodes + self.d * width

    def above(self, z: float) -> float:
        """Probability to go on until this look and be above z there."""
        from scipy.special import ndtr

        sd, mean = self._step()
        return float(self.mass @ ndtr((mean - z * np.sqrt(self.t[self.look])) / sd))

    def below(self, z: float) -> float:
        """Probability to go on until this look and be below z there."""
        from scipy.special import ndtr

        sd, mean = self._step()
        return float(self.mass @ ndtr((z * np.sqrt(self.t[self.look]) - mean) / sd))

    def advance(self, low: float, high: float) -> None:
        """Go on between z = low and z = high."""
        sd, mean = self._step()
        root = np.sqrt(self.t[self.look])
        centre = self.d * self.t[self.look]
        a = max(low * root, centre - REACH * root)
        b = max(min(high * root, centre + REACH * root), a)
        last = self.look + 1 == len(self.t)
        narrow = sd if last else min(sd, float(np.sqrt(self.t[self.look + 1] - self.t[self.look])))
        nodes, weights = _nodes(a, b, narrow)
        u = (nodes[:, None] - mean[None, :]) / sd
        kernel = np.exp(-0.5 * u * u) / (sd * np.sqrt(2 * np.pi))
        self.nodes, self.mass = nodes, weights * (kernel @ self.mass)
        self.look += 1


def crossing(information: Any, efficacy: Any, futility: Any, drift: float,
             sided: int = 1) -> tuple[Floats, Floats]:  # fmt: skip
    """Probabilities to cross each boundary first at each look.

    Parameters
    ----------
    information, efficacy, futility : (K,) arrays
        Z-scale bounds; for `sided` 2 the lower efficacy bound mirrors the upper.
    drift : float
        Expected Z at full information.
    sided : int
        1 or 2.

    Returns
    -------
    (K,) array, (K,) array
        Upper crossings and lower crossings.
    """
    walk = Walk(np.asarray(information, float), drift)
    up, down = np.zeros(len(walk.t)), np.zeros(len(walk.t))
    for k in range(len(walk.t)):
        up[k] = walk.above(efficacy[k])
        low = -float(efficacy[k]) if sided == 2 else float(futility[k])
        down[k] = walk.below(low)
        walk.advance(low, float(efficacy[k]))
    return up, down


def efficacy_bounds(information: Floats, spent: Floats, sided: int,
                    futility: Floats | None = None) -> Floats:  # fmt: skip
    """Z bounds that spend the cumulative error `spent` (all sides together) under D = 0.

    Source: Lan & DeMets 1983, Biometrika 70:659. `futility`, where given, is binding.
    """
    walk = Walk(information, 0.0)
    bounds = np.full(len(information), np.inf)
    before = 0.0
    for k, total in enumerate(spent):
        bounds[k] = _tail_bound(walk, (total - before) / sided)
        before = total
        low = -bounds[k] if sided == 2 else (-np.inf if futility is None else float(futility[k]))
        walk.advance(low, float(bounds[k]))
    return bounds


def _tail_bound(walk: Walk, tail: float) -> float:
    """The z above which the walk has mass `tail` at this look."""
    from scipy.optimize import brentq

    if tail < 1e-14:
        return float("inf")
    if tail >= walk.above(-10.0):
        return -10.0  # less mass goes on than is to be spent
    return float(brentq(lambda z: np.log(max(walk.above(z), 1e-300) / tail), -10, 10, xtol=1e-11))


def constant_bounds(information: Floats, alpha: float, sided: int, shape: float) -> Floats:
    """Bounds C t^(shape - 1/2): O'Brien-Fleming (shape 0), Pocock (shape 1/2).

    Source: Wang & Tsiatis 1987, Biometrics 43:193; O'Brien & Fleming 1979, Biometrics 35:549;
    Pocock 1977, Biometrika 64:191.
    """
    from scipy.optimize import brentq

    form = information ** (shape - 0.5)
    none = np.full(len(information), -np.inf)

    def excess(c: float) -> float:
        return sided * float(crossing(information, c * form, none, 0.0, sided)[0].sum()) - alpha

    return float(brentq(excess, 0.5, 10.0, xtol=1e-11)) * form


def check_information(information: Any, where: str = "monitoring.information") -> Floats:
    """Information fractions as an array, or an InputError: rising, above 0, ending at 1."""
    t = np.asarray(information, float)
    if t.ndim != 1 or not len(t) or not np.all(np.isfinite(t)) or t[0] <= 0:
        raise InputError("information fractions must be above 0", where, list(np.ravel(t)),
                         "fractions above 0",
                         "write fractions of the final information")  # fmt: skip
    if np.any(np.diff(t) <= 0):
        raise InputError("looks out of order", where, t.tolist(), "rising information fractions",
                         "sort the looks by information")  # fmt: skip
    if abs(t[-1] - 1) > 1e-9:
        raise InputError("the last look is not the final analysis", where, t.tolist(),
                         "a last information fraction of 1", "end the list with 1")  # fmt: skip
    return t


def check_errors(alpha: float, beta: float, where: str = "monitoring") -> None:
    """InputError unless 0 < alpha < 1/2 and 0 < beta < 1 - alpha."""
    if not 0 < alpha < 0.5:
        raise InputError("type I error must lie between 0 and one half", f"{where}.alpha", alpha,
                         "0 < alpha < 0.5", "usual: 0.025 one-sided, 0.05 two-sided")  # fmt: skip
    if not 0 < beta < 1 - alpha:
        raise InputError("power must lie between alpha and 1", f"{where}.power", 1 - beta,
                         "alpha < power < 1", "usual: 0.8 or 0.9")  # fmt: skip


def given_bounds(information: Any, efficacy: Any, futility: Any = None, *, alpha: float,
                 beta: float = 0.2, sided: int = 1) -> Boundaries:  # fmt: skip
    """Boundaries that the user wrote down, checked.

    Raises
    ------
    InputError
        Futility above efficacy, or the bounds spend more than alpha (futility not binding).
    """
    t = check_information(information)
    check_errors(alpha, beta)
    up = np.asarray(efficacy, float)
    low = np.full(len(t), -np.inf) if futility is None else np.asarray(futility, float)
    if len(up) != len(t) or len(low) != len(t):
        raise InputError("a boundary for every look is needed", "monitoring.efficacy_z",
                         len(up), f"{len(t)} values", "give one value for each look")  # fmt: skip
    if np.any(low > up):
        raise InputError("futility boundary above the efficacy boundary", "monitoring.futility_z",
                         low.tolist(), f"at most {up.tolist()}",
                         "lower the futility boundary")  # fmt: skip
    spent = sided * np.cumsum(crossing(t, up, np.full(len(t), -np.inf), 0.0, sided)[0])
    if spent[-1] > alpha * (1 + 1e-4):
        raise InputError("the boundaries spend more than alpha", "monitoring.efficacy_z",
                         float(spent[-1]), f"at most {alpha}",
                         "raise the efficacy boundary")  # fmt: skip
    return Boundaries(t, up, low, alpha, beta, sided, False, spent)


def group_sequential(information: Any, *, alpha: float = 0.025, power: float = 0.8, sided: int = 1,
                     efficacy: Spending | str = "obrien_fleming", futility: Spending | None = None,
                     binding: bool = False) -> Boundaries:  # fmt: skip
    """Boundaries of a group-sequential design.

    Parameters
    ----------
    information : sequence of float
        Information fractions of the looks; the last is 1.
    alpha, power : float
        Type I error (all sides together) and power.
    sided : int
        1 or 2; with 2 the bounds are symmetric and each side spends half of alpha.
    efficacy : Spending or str
        A spending function, or the classical "obrien_fleming" or "pocock" shape.
    futility : Spending, optional
        Spends beta at the drift where the design has its power (Pampallona, Tsiatis & Kim 2001,
        Drug Inf J 35:1113); one-sided designs only.
    binding : bool
        Whether the efficacy bounds take credit for the futility stops.

    Raises
    ------
    InputError
        Errors out of range, looks out of order, futility with a two-sided design.
    """
    t = check_information(information)
    beta = 1 - power
    check_errors(alpha, beta)
    if sided not in (1, 2):
        raise InputError("a design has one or two sides", "monitoring.sided", sided, "1 or 2",
                         "write 1 or 2")  # fmt: skip
    if futility is not None and sided == 2:
        raise InputError("a futility boundary needs a one-sided design", "monitoring.futility",
                         "sided: 2", "sided: 1", "use sided: 1 with half the alpha")  # fmt: skip
    none = np.full(len(t), -np.inf)
    if isinstance(efficacy, str):
        up = constant_bounds(t, alpha, sided, {"obrien_fleming": 0.0, "pocock": 0.5}[efficacy])
        spent = sided * np.cumsum(crossing(t, up, none, 0.0, sided)[0])
    else:
        spent = sided * efficacy(alpha / sided, t)
        up = efficacy_bounds(t, spent, sided)
    if futility is None:
        return Boundaries(t, up, none, alpha, beta, sided, False, spent)
    up, low = _futility(t, up, spent, futility(beta, t), binding)
    return Boundaries(t, up, low, alpha, beta, sided, binding, spent)


def _futility(t: Floats, up: Floats, spent: Floats, lost: Floats,
              binding: bool) -> tuple[Floats, Floats]:  # fmt: skip
    """Efficacy and futility bounds such that both meet at the last look."""
    from scipy.optimize import brentq

    def at(drift: float) -> tuple[Floats, Floats, float]:
        return _spend_both(t, up, spent, lost, binding, drift)

    drift = brentq(lambda d: at(d)[2], 0.2, 14.0, xtol=1e-10)
    high, low, gap = at(float(drift))
    if abs(gap) > 1e-4:
        raise InputError("futility boundary above the efficacy boundary", "monitoring.futility",
                         lost.tolist(), "futility spending that meets efficacy at the last look",
                         "spend less beta at the early looks")  # fmt: skip
    low[-1] = high[-1]
    return high, low


def _spend_both(t: Floats, up: Floats, spent: Floats, lost: Floats, binding: bool,
                drift: float) -> tuple[Floats, Floats, float]:  # fmt: skip
    """Bounds at this drift, and log(beta to spend / beta there is) at the look that ends it.

    Positive when the drift is too large for so much beta.
    """
    from scipy.optimize import brentq

    alternative, null = Walk(t, drift), Walk(t, 0.0)
    high, low = up.copy(), np.full(len(t), -np.inf)
    for k in range(len(t)):
        if binding:
            high[k] = _tail_bound(null, spent[k] - (spent[k - 1] if k else 0.0))
        step = lost[k] - (lost[k - 1] if k else 0.0)
        left = alternative.below(high[k])
        if k + 1 == len(t) or step >= left:
            return high, low, float(np.log(max(step, 1e-300)) - np.log(max(left, 1e-300)))
        if step > 1e-14:
            low[k] = brentq(lambda z, s=step: np.log(max(alternative.below(z), 1e-300) / s),
                            -30, min(high[k], 30), xtol=1e-11)  # fmt: skip
        alternative.advance(low[k], high[k])
        null.advance(low[k], high[k])
    raise AssertionError("the last look returns")
