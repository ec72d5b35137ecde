"""Docetaxel and neutropenia: three-compartment kinetics and the Friberg model.

    k = 4 / MTT,  Cp in umol/L
    Prol' = k Prol ((1 - slope Cp)(BA / Circ)^gamma - 1);  three transits;  Circ' = k (T3 - Circ)

All blood cells start at BA. The covariates are those of Netterberg 2017 (DDMODEL00000224), whose
drug model gives concentrations only: the kinetics here are three compartments fitted to its
concentration profile (an assumption, as is the volume that follows from 180 mg).
"""

from typing import TYPE_CHECKING, Any

from twin_engine.maths import power
from twin_engine.model import Covariate
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Docetaxel and neutropenia"
SOURCE = (
    "Friberg et al. 2002, J Clin Oncol 20:4713, doi:10.1200/JCO.2002.02.140; Kloft et al. 2006, "
    "Clin Cancer Res 12:5481; Netterberg et al. 2017, doi:10.1007/s00280-017-3366-x (DDMODEL00000224)"
)
TIME = "h"

State = quantities(
    "State", central="mg", shallow="mg", deep="mg", prol="1e9/L", transit1="1e9/L",
    transit2="1e9/L", transit3="1e9/L", circ="1e9/L",
)  # fmt: skip
Param = quantities(
    "Param", CL="L/h", V1="L", k12="1/h", k21="1/h", k13="1/h", k31="1/h", BA="1e9/L", MTT="h",
    slope="L/umol", gamma="1", molar_mass="g/mmol",
)  # fmt: skip
Input = quantities("Input")
Output = quantities("Output", anc="1e9/L", concentration="umol/L")

DOSES = {"dose": "central"}
COVARIATES = {
    "sex": Covariate(levels=("male", "female")),
    "ecog": Covariate(levels=("0", ">=1")),
    "pretreated": Covariate(levels=("no", "yes")),
    "aag_g_l": Covariate("g/L", 0.2, 4.0, 1.34),
}
VARIABILITY = {"CL": "omega_CL", "BA": "omega_BA", "MTT": "omega_MTT", "slope": "omega_slope"}


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """Baseline neutrophils and drug effect from sex, ECOG, earlier treatment, orosomucoid."""
    import numpy as np

    aag = c["aag_g_l"] - 1.34
    by_aag = np.where(aag < 0.0, p["BA_aag_low"], p["BA_aag_high"])
    baseline = (
        p["BA"]
        * np.where(c["sex"] == "female", 1.0 + p["BA_female"], 1.0)
        * np.where(c["ecog"] == ">=1", 1.0 + p["BA_ecog"], 1.0)
        * np.where(c["pretreated"] == "yes", 1.0 + p["BA_pretreated"], 1.0)
        * (1.0 + by_aag * aag)
    )
    return {**p, "BA": baseline, "slope": p["slope"] * (1.0 + p["slope_aag"] * aag)}


def initial(p: Any) -> Any:
    """No drug, resting marrow."""
    return State(0.0, 0.0, 0.0, p.BA, p.BA, p.BA, p.BA, p.BA)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Three compartments, then the Friberg chain."""
    k = 4.0 / p.MTT
    feedback = power(p.BA / y.circ, p.gamma)
    effect = p.slope * y.central / (p.V1 * p.molar_mass)
    return State(
        central=-(p.CL / p.V1 + p.k12 + p.k13) * y.central + p.k21 * y.shallow + p.k31 * y.deep,
        shallow=p.k12 * y.central - p.k21 * y.shallow,
        deep=p.k13 * y.central - p.k31 * y.deep,
        prol=k * y.prol * ((1.0 - effect) * feedback - 1.0),
        transit1=k * (y.prol - y.transit1),
        transit2=k * (y.transit1 - y.transit2),
        transit3=k * (y.transit2 - y.transit3),
        circ=k * (y.transit3 - y.circ),
    )


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Absolute neutrophil count and plasma concentration."""
    return Output(anc=y.circ, concentration=y.central / (p.V1 * p.molar_mass))


def summary(solution: "Solution") -> dict[str, float]:
    """Lowest neutrophil count among the visits, when, and its grade."""
    anc = solution["anc"]
    nadir = float(anc.min())
    return {"nadir_1e9_l": nadir, "nadir_d": float(solution.time[anc.argmin()]) / 24.0,
            "grade": float(grade(nadir))}  # fmt: skip


def grade(nadir: Any) -> Any:
    """CTCAE grade of the lowest neutrophil count (1e9/L): 4 below 0.5, 3 below 1.0, 2 below 1.5.

    Grade 1 counts as 0: it needs the laboratory's lower limit of normal.
    """
    import numpy as np

    nadir = np.asarray(nadir)
    return np.select([nadir < 0.5, nadir < 1.0, nadir < 1.5], [4, 3, 2], 0)
