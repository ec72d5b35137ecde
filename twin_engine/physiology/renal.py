"""Kidney function: creatinine that follows a change of filtration, and CKD-EPI 2021.

    V dC/dt = G - GFR C        (one compartment; G keeps the steady value before the change)
    eGFR = 142 min(C/k, 1)^a max(C/k, 1)^-1.2 0.9938^age (x 1.012 if female)

The estimate assumes a steady creatinine: while C still moves, `egfr` lags behind `gfr`, and that is
the point of the twin. CKD-EPI is per 1.73 m2; `gfr` is the person's own.
"""

from typing import TYPE_CHECKING, Any

from twin_engine.maths import exp, log, maximum, minimum
from twin_engine.model import Covariate
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Creatinine and kidney function"
SOURCE = (
    "Inker et al. 2021, N Engl J Med 385:1737, doi:10.1056/NEJMoa2102953; creatinine mass balance: "
    "Chen 2013, J Am Soc Nephrol 24:877, doi:10.1681/ASN.2012070653"
)
TIME = "h"

State = quantities("State", creatinine="mg/dL")
Param = quantities(
    "Param",
    creatinine0="mg/dL",
    gfr0="mL/min",
    gfr="mL/min",
    V="L",
    age="y",
    kappa="mg/dL",
    power="1",
    factor="1",
)
Input = quantities("Input")
Output = quantities("Output", creatinine="mg/dL", egfr="mL/min/1.73m2", gfr="mL/min")

COVARIATES = {
    "age_y": Covariate("y", 18.0, 100.0, 50.0),
    "sex": Covariate(levels=("male", "female")),
}


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """Constants of CKD-EPI by sex."""
    import numpy as np

    female = c["sex"] == "female"
    return {
        **p,
        "age": c["age_y"],
        "kappa": np.where(female, p["kappa_female"], p["kappa_male"]),
        "power": np.where(female, p["power_female"], p["power_male"]),
        "factor": np.where(female, p["factor_female"], 1.0),
    }


def initial(p: Any) -> Any:
    """Steady at the filtration before the change."""
    return State(p.creatinine0)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Generation minus filtration; mL/min to dL/h is 0.6, V is in L."""
    return State(creatinine=0.06 / p.V * (p.gfr0 * p.creatinine0 - p.gfr * y.creatinine))


def ckd_epi(creatinine: float, age: float, kappa: float, power: float, factor: float) -> float:
    """CKD-EPI 2021, mL/min per 1.73 m2 (Inker 2021): kappa, power and factor go with sex."""
    ratio = log(creatinine / kappa)
    return (
        142.0
        * factor
        * exp(power * minimum(ratio, 0.0) - 1.2 * maximum(ratio, 0.0) + age * log(0.9938))
    )


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Creatinine, the estimate from it, the true filtration."""
    egfr = ckd_epi(y.creatinine, p.age, p.kappa, p.power, p.factor)
    return Output(creatinine=y.creatinine, egfr=egfr, gfr=p.gfr)


def summary(solution: "Solution") -> dict[str, float]:
    """Creatinine at the end and what would be estimated from it."""
    return {"creatinine_end_mg_dl": float(solution["creatinine"][-1]),
            "egfr_end_ml_min_173m2": float(solution["egfr"][-1])}  # fmt: skip
