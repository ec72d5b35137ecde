"""Prognostic covariate adjustment (PROCOVA): the digital control enters as one covariate.

A model learnt on persons outside the trial predicts each trial person's outcome without the new
treatment; the analysis adjusts for that prediction. Randomisation is untouched, so the type I
error is kept whatever the model is worth.

Schuler A, Walsh D, Hall D, Walsh J, Fisher C. Increasing the efficiency of randomized trial
estimates via linear adjustment for a prognostic score. Int J Biostat 2022;18:329-356,
doi 10.1515/ijb-2021-0072. Qualified by the European Medicines Agency in 2022
(EMADOC-1700519818-907465).
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.streams import stream


@dataclass(frozen=True)
class Saving:
    """What the digital control saves.

    Parameters
    ----------
    r2 : float
        Squared within-arm correlation of prediction and outcome in the trial.
    ratio_theory : float
        Variance with adjustment over variance without, `theory(r2, n)`.
    ratio_here : float
        The same ratio as seen in this trial's two standard errors.
    saving, low, high : float
        Share of persons saved (1 - ratio) with its 95 % bootstrap interval.
    ratio_redrawn : float
        Ratio of the variances of the two estimates over repeated randomisation of these persons.
    size_plain, size_adjusted : float
        Type I error of both tests over the same repetitions, at 5 %.
    repetitions : int
    """

    r2: float
    ratio_theory: float
    ratio_here: float
    saving: float
    low: float
    high: float
    ratio_redrawn: float
    size_plain: float
    size_adjusted: float
    repetitions: int


def theory(r2: float, n: int) -> float:
    """Variance ratio of ANCOVA with one covariate to the plain difference, exact for normal data.

    Adjusting removes the share `r2` of the variance and costs (n-3)/(n-4) for the covariate's
    chance imbalance (Cochran WG, Biometrics 1957;13:261-281).

    Examples
    --------
    >>> round(theory(0.25, 200), 4)
    0.7538
    """
    return (1.0 - r2) * (n - 3.0) / (n - 4.0)


def within_arm_r2(outcome: np.ndarray, prediction: np.ndarray, arm: np.ndarray) -> float:
    """Squared correlation after each arm's means are taken out."""
    y, x = outcome.astype(float).copy(), prediction.astype(float).copy()
    for a in np.unique(arm):
        y[arm == a] -= y[arm == a].mean()
        x[arm == a] -= x[arm == a].mean()
    return float((x @ y) ** 2 / ((x @ x) * (y @ y)))


def saving(outcome: np.ndarray, prediction: np.ndarray, arm: np.ndarray, untreated: np.ndarray,
           untreated_prediction: np.ndarray, ratio_here: float, seed: int,
           repetitions: int = 2000) -> Saving:  # fmt: skip
    """The saving in this trial, its uncertainty and two checks by repeated randomisation.

    Parameters
    ----------
    outcome, prediction : ndarray, shape (n,)
        Observed outcomes and predictions of the analysed persons.
    arm : ndarray of int, shape (n,)
    untreated, untreated_prediction : ndarray, shape (m,)
        Outcomes without the new treatment and predictions of everyone in the pool: what is
        randomised again, so that the null hypothesis holds exactly.
    ratio_here : float
        Squared ratio of the two standard errors in the trial.
    seed : int
    repetitions : int
        Bootstrap samples, and repeated randomisations.
    """
    n = len(outcome)
    r2 = within_arm_r2(outcome, prediction, arm)
    draws = stream(seed, 0, 0, "bootstrap of the saving")
    savings = np.empty(repetitions)
    for b in range(repetitions):
        pick = draws.integers(0, n, n)
        savings[b] = 1 - theory(within_arm_r2(outcome[pick], prediction[pick], arm[pick]), n)
    low, high = np.quantile(savings, [0.025, 0.975])
    ratio, plain, adjusted = rerandomise(untreated, untreated_prediction, seed, repetitions)
    expected = theory(r2, n)
    return Saving(r2, expected, ratio_here, 1 - expected, float(low), float(high), ratio, plain,
                  adjusted, repetitions)  # fmt: skip


def rerandomise(
    outcome: np.ndarray, prediction: np.ndarray, seed: int, repetitions: int
) -> tuple[float, float, float]:
    """Randomise the same untreated persons 1:1 again and again, with no effect anywhere.

    Returns
    -------
    tuple of float
        Variance ratio of the adjusted to the plain estimate; type I error plain; adjusted.
    """
    from scipy.stats import t as student

    n = len(outcome) - len(outcome) % 2
    y, x = outcome[:n] - outcome[:n].mean(), prediction[:n] - prediction[:n].mean()
    draws = stream(seed, 0, 0, "repeated randomisation")
    signs = draws.permuted(np.tile(np.repeat([1.0, -1.0], n // 2), (repetitions, 1)), axis=1)
    # Orthogonal design: the indicator is +-1 and sums to zero, so least squares has closed forms.
    gy, gx = signs @ y / n, signs @ x / n
    sxx = x @ x - n * gx**2
    slope = (x @ y - n * gx * gy) / sxx
    plain, adjusted = 2 * gy, 2 * (gy - slope * gx)
    rest_plain = y @ y - n * gy**2
    rest = rest_plain - slope**2 * sxx
    se_plain = 2 * np.sqrt(rest_plain / (n - 2) / n)
    se = 2 * np.sqrt(rest / (n - 3) * (1 / n + gx**2 / sxx))
    size_plain = np.mean(np.abs(plain / se_plain) > student.ppf(0.975, n - 2))
    size = np.mean(np.abs(adjusted / se) > student.ppf(0.975, n - 3))
    return float(adjusted.var() / plain.var()), float(size_plain), float(size)


def persons_needed(effect: float, sd: float, power: float, alpha: float) -> float:
    """Persons in two equal arms for a difference of means (normal approximation).

    `4 (z_{1-alpha/2} + z_power)^2 sd^2 / effect^2`, e.g. Julious SA, Stat Med 2004;23:1921, eq. 2.
    """
    from scipy.stats import norm

    return float(4 * ((norm.ppf(1 - alpha / 2) + norm.ppf(power)) * sd / effect) ** 2)
