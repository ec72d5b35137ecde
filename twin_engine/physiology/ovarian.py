"""Ovarian cancer: tumour size and overall survival (Zecchin 2016), carboplatin with or without gemcitabine.

    S' = S (KG - KD0 AUC0 - KD1 AUC1) during treatment, S KG afterwards           (S in mm, t in days)
    TSR = (S - S0) / S0, frozen after day 84
    hazard = l a (l t)^(a-1) exp(0.2084 S0/70 + 0.9036 TSR + 1.230 new lesion + 0.5162 [ECOG >= 1])

`hazard` integrated is a state, so survival = exp(-cumulative hazard).

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

State = quantities("State", size="mm", early_size="mm", cumulative_hazard="1")
Param = quantities(
    "Param", S0="mm", KG="1/d", KD0="1/d/(mg*h/L)", KD1="1/d/(mg*h/L)", AUC0="mg*h/L", AUC1="mg*h/L",
    treated="d", freeze="d", scale="1/d", shape="1", beta_size="1", beta_tsr="1", beta_lesion="1",
    beta_ecog="1", ecog="1", tsr_cap="1", lesion_day="d",
)  # fmt: skip
Input = quantities("Input")
Output = quantities("Output", size="mm", tsr="1", hazard="1/d", survival="1")

COVARIATES = {"ecog": Covariate(levels=("0", ">=1")), "kill_effect": Covariate("1", -8.0, 8.0, 0.0)}
VARIABILITY = {"KG": "omega_KG", "S0": "omega_S0"}
SCALES = {"size": 50.0, "early_size": 50.0}
MAX_STEP = 7.0  # a new lesion changes the hazard at once


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """ECOG, and one random effect for both kill rates (log scale)."""
    import numpy as np

    kill = np.exp(c["kill_effect"])
    return {
        **p,
        "ecog": np.where(c["ecog"] == ">=1", 1.0, 0.0),
        "KD0": p["KD0"] * kill,
        "KD1": p["KD1"] * kill,
    }


def initial(p: Any) -> Any:
    """At the first cycle."""
    return State(p.S0, p.S0, 0.0)


def growth(t: float, p: Any) -> float:
    """Relative change of size, 1/d."""
    return p.KG - (p.KD0 * p.AUC0 + p.KD1 * p.AUC1 if t < p.treated else 0.0)


def hazard(t: float, y: Any, p: Any) -> float:
    """Hazard of death, 1/d."""
    tsr = minimum(p.tsr_cap, (y.early_size - p.S0) / p.S0)
    risk = p.beta_size * p.S0 / 70.0 + p.beta_tsr * tsr + p.beta_ecog * p.ecog
    risk = risk + (p.beta_lesion if t >= p.lesion_day else 0.0)
    return p.scale * p.shape * power(p.scale * t, p.shape - 1.0) * exp(risk)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Size, the size that the hazard sees, cumulative hazard."""
    change = growth(t, p)
    return State(
        size=change * y.size,
        early_size=change * y.early_size if t < p.freeze else 0.0,
        cumulative_hazard=hazard(t, y, p),
    )


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Size, its early change, hazard, survival."""
    return Output(size=y.size, tsr=(y.early_size - p.S0) / p.S0, hazard=hazard(t, y, p),
                  survival=exp(-y.cumulative_hazard))  # fmt: skip


def summary(solution: "Solution") -> dict[str, float]:
    """Size and survival at the end."""
    return {
        "size_end_mm": float(solution["size"][-1]),
        "survival_end": float(solution["survival"][-1]),
    }
