"""Conditional and predictive power of a trial under way.

Lan, Simon & Halperin 1982, Commun Stat C 1:207; predictive power with a flat prior: Spiegelhalter,
Freedman & Blackburn 1986, Control Clin Trials 7:8.
"""

import math


def _tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def conditional_power(z: float, information: float, critical: float, drift: float) -> float:
    """Chance that the final Z exceeds `critical`.

    Parameters
    ----------
    z : float
        Z now.
    information : float
        Fraction of the final information now, between 0 and 1.
    critical : float
        Final critical value.
    drift : float
        Expected Z at full information assumed for the rest; z / sqrt(information) is the trend.
    """
    t = information
    return _tail((critical - z * math.sqrt(t) - drift * (1 - t)) / math.sqrt(1 - t))


def predictive_power(z: float, information: float, critical: float) -> float:
    """Conditional power averaged over the posterior of the drift under a flat prior."""
    t = information
    return _tail((critical - z / math.sqrt(t)) / math.sqrt((1 - t) / t))
