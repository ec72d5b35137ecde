"""Ovarian cancer: tumour size and overall survival (Zecchin 2016), carboplatin with or without gemcitabine.

    S' = S (KG - KD0 AUC0 - KD1 AUC1) during treatment, S KG afterwards           (S in mm, t in days)
    TSR = (S - S0) / S0, frozen after day 84
    hazard = l a (l t)^(a-1) exp(0.2084 S0/70 + 0.9036 TSR + 1.230 new lesion + 0.5162 [ECOG >= 1])

The size has a closed form; the integral of the hazard is the state: survival = exp(-state).

Known limits: the hazard of a new lesion stands in the paper only; here a new lesion has a day, which
a trial draws (assumption: constant rate). Progression by size alone cannot reach the published
progression-free survival. The published estimates of KD0 and KD1 are correlated (about 0.98).
"""

from typing import TYPE_CHECKING, Any

from twin_engine.maths import exp, minimum, power
from twin_engine.model import Covariate
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Ovarian cancer: tumour size and survival"
SOURCE = "Zecchin et al. 2016, Br J Clin Pharmacol 82:717, doi:10.1111/bcp.12994 (DDMODEL00000217, DDMODEL00000218)"
TIME = "d"

State = quantities("State", cumulative_hazard="1", lesion="1")
Param = quantities(
    "Param", S0="mm", KG="1/d", KD0="1/d/(mg*h/L)", KD1="1/d/(mg*h/L)", AUC0="mg*h/L", AUC1="mg*h/L",
    treated="d", freeze="d", scale="1/d", shape="1", beta_size="1", beta_tsr="1", beta_lesion="1",
    beta_ecog="1", unwell="1", tsr_cap="1", lesion_day="d",
)  # fmt: skip
Input = quantities("Input")
Output = quantities("Output", size="mm", tsr="1", hazard="1/d", cumulative_hazard="1", survival="1")

COVARIATES = {"ecog": Covariate(levels=("0", ">=1")), "kill_effect": Covariate("1", -8.0, 8.0, 0.0)}
VARIABILITY = {"KG": "omega_KG", "S0": "omega_S0"}


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """ECOG, and one random effect for both kill rates (log scale)."""
    import numpy as np

    kill = np.exp(c["kill_effect"])
    return {
        **p,
        "unwell": np.where(c["ecog"] == ">=1", 1.0, 0.0),
        "KD0": p["KD0"] * kill,
        "KD1": p["KD1"] * kill,
    }


def initial(p: Any) -> Any:
    """At the first cycle."""
    return State(0.0, 0.0)


def size(t: float, p: Any) -> float:
    """Tumour size at t days, mm."""
    kill = p.KD0 * p.AUC0 + p.KD1 * p.AUC1
    return p.S0 * exp(p.KG * t - kill * minimum(t, p.treated))


def change(t: float, p: Any) -> float:
    """Change of size since the start as the hazard sees it: (S - S0) / S0, frozen."""
    return size(minimum(t, p.freeze), p) / p.S0 - 1.0


def hazard(t: float, y: Any, p: Any) -> float:
    """Hazard of death, 1/d."""
    risk = p.beta_size * p.S0 / 70.0 + p.beta_tsr * minimum(p.tsr_cap, change(t, p))
    risk = risk + p.beta_ecog * p.unwell + p.beta_lesion * y.lesion
    return p.scale * p.shape * power(p.scale * t, p.shape - 1.0) * exp(risk)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """The hazard adds up."""
    return State(cumulative_hazard=hazard(t, y, p), lesion=0.0)


def guard(t: float, y: Any, p: Any, u: Any) -> float:
    """Rises on the day of the new lesion: the hazard jumps there, and no step goes across."""
    return t - p.lesion_day if y.lesion < 0.5 else -1.0


def jump(t: float, y: Any, p: Any, u: Any) -> Any:
    """The lesion is there."""
    return State(y.cumulative_hazard, 1.0)


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Size, its early change, hazard, survival."""
    return Output(size=size(t, p), tsr=change(t, p), hazard=hazard(t, y, p),
                  cumulative_hazard=y.cumulative_hazard, survival=exp(-y.cumulative_hazard))  # fmt: skip


def summary(solution: "Solution") -> dict[str, float]:
    """Size and survival at the end."""
    return {
        "size_end_mm": float(solution["size"][-1]),
        "survival_end": float(solution["survival"][-1]),
    }


def sample(seed: int, replicate: int, persons: Any, gemcitabine: bool) -> dict[str, Any]:
    """Women of AGO-OVAR 2.5 in one arm, as columns of a cohort table.

    Both arms draw the same numbers, so a woman differs between them by her exposure only. KG and S0
    vary by the engine's `variability`.

    Parameters
    ----------
    seed, replicate : int
    persons : ndarray of int, shape (n,)
    gemcitabine : bool
        Carboplatin with gemcitabine instead of alone.

    Returns
    -------
    dict
        `AUC0`, `AUC1`, `kill_effect`, `ecog`, `lesion_day`, shape (n,).
    """
    import numpy as np

    from twin_engine.parameters import default
    from twin_engine.streams import normals, uniforms

    p = default("ovarian").values()
    z = normals(seed, replicate, persons, "ovarian.exposure", 3)
    u = uniforms(seed, replicate, persons, "ovarian.history", 2)
    arm = "combined" if gemcitabine else "alone"
    auc1 = p["AUC1_combined"] * np.exp(p["omega_AUC1"] * z[:, 1])
    return {
        "AUC0": p[f"AUC0_{arm}"] * np.exp(p[f"omega_AUC0_{arm}"] * z[:, 0]),
        "AUC1": auc1 if gemcitabine else np.zeros(len(z)),
        "kill_effect": p["omega_KD"] * z[:, 2],
        "ecog": np.where(u[:, 0] < p["ecog_share"], ">=1", "0"),
        "lesion_day": np.minimum(-np.log(u[:, 1]) / p["lesion_rate"], 1e5),
    }


def death_day(time: Any, cumulative_hazard: Any, uniform: Any) -> Any:
    """The day at which survival falls to a uniform number; infinity if it does not.

    Parameters
    ----------
    time, cumulative_hazard : ndarray, shape (n, m)
        Visits and the output of that name; the hazard is taken as constant between visits.
    uniform : ndarray, shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> time = np.array([[0.0, 10.0, 20.0]])
    >>> death_day(time, 0.1 * time, np.array([np.exp(-1.5)])).round(9)
    array([15.])
    """
    import numpy as np

    wanted = -np.log(uniform)
    k = np.minimum((cumulative_hazard < wanted[:, None]).sum(axis=1), time.shape[1] - 1)
    rows, before = np.arange(len(wanted)), np.maximum(k - 1, 0)
    low, high = cumulative_hazard[rows, before], cumulative_hazard[rows, k]
    part = (wanted - low) / np.where(high > low, high - low, 1.0)
    day = time[rows, before] + part * (time[rows, k] - time[rows, before])
    return np.where(high >= wanted, day, np.inf)
