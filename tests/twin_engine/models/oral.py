"""One compartment with absorption: closed forms exist for every dose."""

from typing import Any

from twin_engine.model import Covariate
from twin_engine.quantities import quantities

TITLE = "One compartment with absorption"
SOURCE = "Gabrielsson & Weiner 2016, Pharmacokinetic and Pharmacodynamic Data Analysis, 5th ed., PK1-PK3"
TIME = "h"
State = quantities("State", depot="mg", central="mg")
Param = quantities("Param", ka="1/h", CL="L/h", V="L")
Input = quantities("Input", rate="mg/h")
Output = quantities("Output", concentration="mg/L")
DOSES = {"dose": "depot", "bolus": "central", "drip": "rate"}
COVARIATES = {"weight_kg": Covariate("kg", 30, 200, 70)}
VARIABILITY = {"CL": "omega_CL"}


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    return p | {"CL": p["CL"] * (c["weight_kg"] / 70.0) ** 0.75}


def initial(p: Any) -> Any:
    return State(0.0, 0.0)


def absorbed(y: Any, p: Any) -> float:
    return p.ka * y.depot


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    a = absorbed(y, p)
    return State(depot=-a, central=a + u.rate - p.CL / p.V * y.central)


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    return Output(concentration=y.central / p.V)
