"""Alzheimer's disease: ADAS-cog over years (Conrado 2014; 4,494 patients).

    y / 70 = b / (b^h + (1 - b^h) exp(-h r t))^(1/h),  b = B / 70, t in years     (Richards)
    B = 22.2 s (1 + 0.0372 (apoe4 - 0.72)) exp(e1 + e3)
    r = 0.153 (1 - 0.024 (age - 75)) (1 + 0.195 (apoe4 - 0.72)) c + e2 + e4

s is 0.953 for men; c is 0.698 without comedication (the reference patient takes it). e1, e2 are a
person's, e3, e4 a study's random effects; slopes are added after the covariates. A measured score
is 70 times a Beta variable, so it never leaves 0 to 70.

Known limits: the published model has no placebo effect and no dropout; a trial that wants them
states them as assumptions.
"""

from typing import TYPE_CHECKING, Any

from twin_engine.maths import exp, power
from twin_engine.model import Covariate
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Alzheimer's disease: ADAS-cog"
SOURCE = "Conrado et al. 2014, J Pharmacokinet Pharmacodyn 41:581, doi:10.1007/s10928-014-9375-z (DDMODEL00000290)"
TIME = "d"

State = quantities("State")
Param = quantities("Param", baseline="points", rate="1/y", shape="1")
Input = quantities("Input")
Output = quantities("Output", adas_cog="points")

MAXIMUM = 70.0  # points of ADAS-cog 11
COVARIATES = {
    "age_y": Covariate("y", 50.0, 100.0, 75.0),
    "sex": Covariate(levels=("female", "male")),
    "apoe4": Covariate("alleles", 0.0, 2.0, 0.72),
    "comedication": Covariate(levels=("yes", "no")),
    "baseline_effect": Covariate("1", -3.0, 3.0, 0.0),
    "rate_effect": Covariate("1/y", -3.0, 3.0, 0.0),
}


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """Baseline and rate of a person; their sums of random effects come as covariates."""
    import numpy as np

    apoe4 = c["apoe4"] - 0.72
    baseline = (
        p["baseline"]
        * np.where(c["sex"] == "male", p["baseline_male"], 1.0)
        * (1.0 + p["baseline_apoe4"] * apoe4)
        * np.exp(c["baseline_effect"])
    )
    rate = (
        p["rate"]
        * (1.0 + p["rate_age"] * (c["age_y"] - 75.0))
        * (1.0 + p["rate_apoe4"] * apoe4)
        * np.where(c["comedication"] == "yes", 1.0, p["rate_alone"])
    )
    return {**p, "baseline": np.minimum(baseline, 0.999 * MAXIMUM), "rate": rate + c["rate_effect"]}


def initial(p: Any) -> Any:
    """A closed form has no state."""
    return State()


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """The mean score at t days."""
    b = p.baseline / MAXIMUM
    bh = power(b, p.shape)
    rest = bh + (1.0 - bh) * exp(-p.shape * p.rate * t / 365.25)
    return Output(adas_cog=MAXIMUM * b / power(rest, 1.0 / p.shape))


def summary(solution: "Solution") -> dict[str, float]:
    """Score at the end and its change."""
    score = solution["adas_cog"]
    return {
        "adas_cog_end_points": float(score[-1]),
        "adas_cog_change_points": float(score[-1] - score[0]),
    }


def random_effects(seed: int, replicate: int, persons: Any, studies: Any) -> dict[str, Any]:
    """Random effects of persons in their studies, as the two effect covariates.

    Parameters
    ----------
    seed, replicate : int
    persons, studies : ndarray of int, shape (n,)
        Identities; persons of one study share its effect.

    Returns
    -------
    dict
        `baseline_effect` and `rate_effect`, shape (n,).
    """
    from twin_engine.parameters import default
    from twin_engine.streams import normals

    p = default("cognition").values()
    own = normals(seed, replicate, persons, "cognition.person", 2)
    study = normals(seed, replicate, studies, "cognition.study", 2)
    e1, e2 = _pair(own, p["var_baseline"], p["cov_person"], p["var_rate"])
    e3, e4 = _pair(study, p["var_baseline_study"], p["cov_study"], p["var_rate_study"])
    return {"baseline_effect": e1 + e3, "rate_effect": e2 + e4}


def _pair(z: Any, first: float, covariance: float, second: float) -> tuple[Any, Any]:
    """Two correlated normal effects from two independent ones (Cholesky)."""
    sd = first**0.5
    shared = covariance / sd
    return sd * z[:, 0], shared * z[:, 0] + (second - shared**2) ** 0.5 * z[:, 1]


def measured(mean: Any, uniform: Any) -> Any:
    """A measured score: the Beta quantile of a uniform number.

    Parameters
    ----------
    mean : ndarray
        Mean score, points.
    uniform : ndarray
        Numbers in (0, 1), the same shape.
    """
    from scipy.special import betaincinv

    from twin_engine.parameters import default

    tau, m = default("cognition")["tau"].value, mean / MAXIMUM
    return MAXIMUM * betaincinv(m * tau, (1.0 - m) * tau, uniform)
