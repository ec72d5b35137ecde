"""Theophylline by mouth: one compartment, first-order absorption.

Both as differential equations and in closed form (`closed_form`), so that each checks the other.
Values: the `Theoph` fit that nlme documents (Pinheiro and Bates 2000, data of Upton).
"""

from typing import TYPE_CHECKING, Any

from twin_engine.model import Covariate
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Theophylline"
SOURCE = "Pinheiro and Bates 2000, Mixed-Effects Models in S and S-PLUS, ch. 8, doi:10.1007/b98882 (nlme, Theoph)"
TIME = "h"

State = quantities("State", depot="mg", central="mg")
Param = quantities("Param", ka="1/h", ke="1/h", CL="L/h/kg", weight="kg")
Input = quantities("Input")
Output = quantities("Output", concentration="mg/L")

DOSES = {"dose": "depot"}
COVARIATES = {"weight_kg": Covariate("kg", 30.0, 200.0, 70.0)}


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """Volume and clearance go with weight."""
    return {**p, "weight": c["weight_kg"]}


def initial(p: Any) -> Any:
    """No drug."""
    return State(0.0, 0.0)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Absorption and elimination."""
    absorbed = p.ka * y.depot
    return State(depot=-absorbed, central=absorbed - p.ke * y.central)


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Concentration in V = CL weight / ke."""
    return Output(concentration=y.central * p.ke / (p.CL * p.weight))


def summary(solution: "Solution") -> dict[str, float]:
    """Highest concentration and when."""
    c = solution["concentration"]
    return {"cmax_mg_l": float(c.max()), "tmax_h": float(solution.time[c.argmax()])}


def closed_form(t: Any, dose_mg_kg: float, ka: float, ke: float, CL: float) -> Any:
    """Concentration (mg/L) after one dose: D ka ke / (CL (ka - ke)) (exp(-ke t) - exp(-ka t)).

    Parameters
    ----------
    t : float or ndarray
        Hours since the dose.
    dose_mg_kg, ka, ke, CL : float
        mg/kg, 1/h, 1/h, L/h/kg.
    """
    import numpy as np

    return dose_mg_kg * ka * ke / (CL * (ka - ke)) * (np.exp(-ke * t) - np.exp(-ka * t))
