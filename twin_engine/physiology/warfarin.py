"""Warfarin and the INR: dose, genotype, clotting-factor chains.

Two published parameter sets share one form. `xia2024` (Han Chinese; the default) is for East Asia
and must not be used for Europeans, whom it would give twice their dose; `hamberg2010` (Swedish) is
for Europe and the USA: `set=hamberg2010`.

    c = F A / V,   E = c^g / (EC50^g + c^g)
    two chains of three, k = 3 / MTT:  C1' = k (1 - E - C1),  C2' = k (C1 - C2),  C3' = k (C2 - C3)
    INR = INR0 + INRmax (1 - (C3 of the fast + C3 of the slow chain) / 2)

F is the share of the racemic dose that acts (S-warfarin: half; Xia counts the whole dose).
Clearance is the sum over both CYP2C9 alleles, EC50 the sum over both VKORC1 alleles.

Known limits: amiodarone is off by default, because the factor printed by Xia (1 - 0.602) disagrees
with the dose table of the same paper (which implies 0.75). Alleles beyond CYP2C9 *1, *2, *3 and
VKORC1 -1639 are not in either source.
"""

from typing import TYPE_CHECKING, Any

from twin_engine.maths import power
from twin_engine.model import Covariate
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Warfarin and INR"
SOURCE = (
    "Xia et al. 2024, Sci Rep 14:14894, doi:10.1038/s41598-024-65048-7; Hamberg et al. 2010, "
    "Clin Pharmacol Ther 87:727, doi:10.1038/clpt.2010.37"
)
TIME = "h"

State = quantities(
    "State",
    depot="mg",
    central="mg",
    fast1="1",
    fast2="1",
    fast3="1",
    slow1="1",
    slow2="1",
    slow3="1",
)
Param = quantities(
    "Param", at_once="1", active="1", ka="1/h", CL="L/h", V="L", EC50="mg/L", hill="1",
    MTT1="h", MTT2="h", INR_max="1", INR0="1",
)  # fmt: skip
Input = quantities("Input")
Output = quantities("Output", inr="1", concentration="mg/L")

DOSES = {"dose": "depot"}
COVARIATES = {
    "age_y": Covariate("y", 18.0, 100.0, 55.0),
    "weight_kg": Covariate("kg", 30.0, 200.0, 60.0),
    "vkorc1": Covariate(levels=("GG", "GA", "AA")),
    "cyp2c9": Covariate(levels=("*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3")),
    "amiodarone": Covariate(levels=("no", "yes")),
}
VARIABILITY = {"CL": "omega_CL", "V": "omega_V", "EC50": "omega_EC50"}


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """Clearance from CYP2C9 and age, EC50 from VKORC1, weight and amiodarone."""
    import numpy as np

    two, three = (np.char.count(c["cyp2c9"], f"*{a}") for a in (2, 3))
    alleles = (2 - two - three) * p["CL_1"] + two * p["CL_2"] + three * p["CL_3"]
    a = np.char.count(c["vkorc1"], "A")
    ec50 = (2 - a) * p["EC50_G"] + a * p["EC50_A"]
    return {
        **p,
        "CL": alleles * (1.0 - p["CL_age"] * (c["age_y"] - 71.0)),
        "EC50": ec50 * (c["weight_kg"] / 60.0) ** p["EC50_weight"]
        * np.where(c["amiodarone"] == "yes", 1.0 - p["EC50_amiodarone"], 1.0),
    }  # fmt: skip


def initial(p: Any) -> Any:
    """No drug, normal clotting factors."""
    return State(0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def concentration(y: Any, p: Any) -> float:
    """Active warfarin in plasma, mg/L.

    Xia gives the dose as a bolus (`at_once` 1, ka 0): the depot is then part of the plasma.
    """
    return p.active * (y.central + p.at_once * y.depot) / p.V


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Absorption, elimination and the two chains."""
    c = power(concentration(y, p), p.hill)
    made = 1.0 - c / (power(p.EC50, p.hill) + c)
    k = p.CL / p.V
    fast = 3.0 / p.MTT1
    slow = 3.0 / p.MTT2
    return State(
        depot=-(p.ka + p.at_once * k) * y.depot,
        central=p.ka * y.depot - k * y.central,
        fast1=fast * (made - y.fast1),
        fast2=fast * (y.fast1 - y.fast2),
        fast3=fast * (y.fast2 - y.fast3),
        slow1=slow * (made - y.slow1),
        slow2=slow * (y.slow1 - y.slow2),
        slow3=slow * (y.slow2 - y.slow3),
    )


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """INR and concentration."""
    inr = p.INR0 + p.INR_max * (1.0 - 0.5 * (y.fast3 + y.slow3))
    return Output(inr=inr, concentration=concentration(y, p))


def summary(solution: "Solution") -> dict[str, float]:
    """INR at the end and its highest value."""
    inr = solution["inr"]
    return {"inr_end": float(inr[-1]), "inr_max": float(inr.max())}


def maintenance_dose(target_inr: Any, every_h: float = 24.0, **settings: Any) -> Any:
    """The repeated dose whose mean steady INR is the target.

    The chains are linear, so the mean INR over one dosing interval is INR0 + INRmax mean(E): no
    simulation is needed.

    Parameters
    ----------
    target_inr : float or ndarray, shape (n,)
    every_h : float
        Dosing interval, h.
    **settings
        Parameters and covariates as in `solve_cohort`: scalars or arrays of shape (n,).

    Returns
    -------
    ndarray, shape (n,)
        Dose, mg; NaN where the target is not above INR0.

    Examples
    --------
    >>> maintenance_dose(2.5, set="hamberg2010", vkorc1="GG", age_y=67, INR0=1.1).round(1)
    array([7.4])
    """
    import numpy as np

    from twin_engine.model import load
    from twin_engine.persons import count, parameter_rows

    n = count(settings, target_inr)
    p = Param(*parameter_rows(load("warfarin"), settings, n).T[:, :, None])
    nodes, weights = np.polynomial.legendre.leggauss(96)
    t = 0.5 * every_h * (nodes + 1.0)
    c = p.active * _repeated(t, every_h, p) / p.V
    wanted = (np.broadcast_to(target_inr, (n,)) - p.INR0[:, 0]) / p.INR_max[:, 0]
    low, high = np.full(n, -7.0), np.full(n, 7.0)
    for _ in range(60):
        dose = 0.5 * (low + high)
        drug = (np.exp(dose)[:, None] * c) ** p.hill
        more = (drug / (p.EC50**p.hill + drug)) @ (0.5 * weights) < wanted
        low, high = np.where(more, dose, low), np.where(more, high, dose)
    return np.where((wanted > 0.0) & (wanted < 1.0), np.exp(0.5 * (low + high)), np.nan)


def _repeated(t: Any, every: float, p: Any) -> Any:
    """Amount in plasma at time t after one of endlessly many unit doses; shape (n, times)."""
    import numpy as np

    k = p.CL / p.V
    left = np.exp(-k * t) / (1.0 - np.exp(-k * every))
    ka = np.where(p.at_once > 0.0, 1.0, p.ka)
    taken = np.exp(-ka * t) / (1.0 - np.exp(-ka * every))
    return np.where(p.at_once > 0.0, left, ka / (ka - k) * (left - taken))
