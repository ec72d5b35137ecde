"""Sample size of fixed two-arm designs; a group-sequential design multiplies it by its inflation.

`alpha` is one-sided throughout: half of a two-sided error. `ratio` is treated over control.
Sizes are returned unrounded.
"""

import numpy as np

from trials.spending import z_of
from twin_engine.errors import InputError


def _check(alpha: float, power: float, ratio: float) -> None:
    if not 0 < alpha < 0.5:
        raise InputError("type I error must lie between 0 and one half", "alpha", alpha,
                         "0 < alpha < 0.5", "usual: 0.025 one-sided")  # fmt: skip
    if not alpha < power < 1:
        raise InputError("power must lie between alpha and 1", "power", power,
                         "alpha < power < 1", "usual: 0.8 or 0.9")  # fmt: skip
    if not (np.isfinite(ratio) and ratio > 0):
        raise InputError("allocation ratio must be positive", "ratio", ratio, "above 0",
                         "1 for equal arms")  # fmt: skip


def means(effect: float, sd: float, *, alpha: float = 0.025, power: float = 0.8,
          ratio: float = 1.0) -> float:  # fmt: skip
    """Persons in both arms for a t test: the noncentral t distribution, exactly.

    Parameters
    ----------
    effect, sd : float
        Difference of means and common standard deviation, in one unit.
    """
    from scipy.optimize import brentq
    from scipy.stats import nct, t

    _check(alpha, power, ratio)
    if effect == 0 or not sd > 0:
        raise InputError("no effect to detect", "effect", effect, "an effect other than 0, sd > 0",
                         "state the smallest effect that matters")  # fmt: skip
    root = abs(effect) / sd * np.sqrt(ratio) / (1 + ratio)

    def short(n: float) -> float:
        return float(nct.sf(t.isf(alpha, n - 2), n - 2, root * np.sqrt(n))) - power

    guess = ((z_of(alpha) + z_of(1 - power)) / root) ** 2
    return float(brentq(short, max(2.05, guess), guess + 60, xtol=1e-9))


def rates(control: float, treated: float, *, alpha: float = 0.025, power: float = 0.8,
          ratio: float = 1.0) -> float:  # fmt: skip
    """Persons in both arms to compare two proportions, normal approximation without correction.

    Source: Fleiss, Tytun & Ury 1980, Biometrics 36:343 (formula 3).
    """
    _check(alpha, power, ratio)
    for name, rate in (("control", control), ("treated", treated)):
        if not 0 <= rate <= 1:
            raise InputError("a rate lies between 0 and 1", name, rate, "0 to 1",
                             "write 0.25 for 25 %")  # fmt: skip
    if control == treated:
        raise InputError("no effect to detect", "treated", treated, f"other than {control}",
                         "state the smallest effect that matters")  # fmt: skip
    pooled = (control + ratio * treated) / (1 + ratio)
    null = np.sqrt((1 + 1 / ratio) * pooled * (1 - pooled))
    other = np.sqrt(control * (1 - control) + treated * (1 - treated) / ratio)
    per_control = ((z_of(alpha) * null + z_of(1 - power) * other) / (control - treated)) ** 2
    return float(per_control * (1 + ratio))


def events(hazard_ratio: float, *, alpha: float = 0.025, power: float = 0.8, ratio: float = 1.0,
           method: str = "schoenfeld") -> float:  # fmt: skip
    """Events for a log-rank test.

    Parameters
    ----------
    method : str
        "schoenfeld" (1981, Biometrika 68:316) or "freedman" (1982, Stat Med 1:121).
    """
    _check(alpha, power, ratio)
    if not hazard_ratio > 0 or hazard_ratio == 1:
        raise InputError("no effect to detect", "hazard_ratio", hazard_ratio,
                         "a hazard ratio above 0, other than 1",
                         "state the smallest effect that matters")  # fmt: skip
    z2 = (z_of(alpha) + z_of(1 - power)) ** 2
    if method == "freedman":
        return float(z2 * (1 + ratio * hazard_ratio) ** 2 / (ratio * (1 - hazard_ratio) ** 2))
    return float(z2 * (1 + ratio) ** 2 / (ratio * np.log(hazard_ratio) ** 2))


def event_probability(hazard: float, accrual: float, follow_up: float,
                      dropout_hazard: float = 0.0) -> float:  # fmt: skip
    """Chance that a person's event is seen: uniform accrual, exponential event and dropout.

    Source: Lachin & Foulkes 1986, Biometrics 42:507. All times in one unit.
    """
    total = hazard + dropout_hazard
    if total <= 0:
        return 0.0
    if accrual == 0:
        lost = np.exp(-total * follow_up)
    else:
        lost = np.exp(-total * follow_up) * -np.expm1(-total * accrual) / (total * accrual)
    return float(hazard / total * (1 - lost))


def persons_for_events(count: float, hazard_control: float, hazard_ratio: float, accrual: float,
                       follow_up: float, dropout_hazard: float = 0.0,
                       ratio: float = 1.0) -> float:  # fmt: skip
    """Persons in both arms who bring `count` events by the end of follow-up."""
    seen = [event_probability(h, accrual, follow_up, dropout_hazard)
            for h in (hazard_control, hazard_control * hazard_ratio)]  # fmt: skip
    share = (seen[0] + ratio * seen[1]) / (1 + ratio)
    if share <= 0:
        raise InputError("no event would be seen", "follow_up", follow_up,
                         "a follow-up in which events happen", "follow for longer")  # fmt: skip
    return count / share
