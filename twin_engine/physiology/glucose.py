"""Meals, glucose and insulin of Dalla Man, Rizza and Cobelli 2007; healthy and type 2 diabetes.

The fasting state follows from the parameters and is exact: secretion and hepatic extraction give
the insulin, and one balance (endogenous production = use + renal loss), a quadratic in each branch
of the renal threshold, gives the glucose. Nothing in it is free.

Known limits: the paper's subsystems were fitted apart, its curves exist as figures only; the small
undershoot of the healthy after three hours is the model's own. Kinks (G' = 0, G below basal, renal
threshold) are left to the step control: at tolerance 1e-6 the error stays below 1e-3 mg/dL.
"""

from typing import TYPE_CHECKING, Any

from twin_engine.maths import maximum, sqrt
from twin_engine.physiology._stomach import MOMENT, emptying
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Meal, glucose and insulin"
SOURCE = (
    "Dalla Man, Rizza, Cobelli 2007, IEEE Trans Biomed Eng 54:1740, doi:10.1109/TBME.2007.893506"
)
TIME = "min"
STEADY = True

State = quantities(
    "State", Gp="mg/kg", Gt="mg/kg", Il="pmol/kg", Ip="pmol/kg", Ipo="pmol/kg", Y="pmol/kg/min",
    I1="pmol/L", Id="pmol/L", X="pmol/L", Q1="mg", Q2="mg", Qg="mg", meal="mg", plate="mg", wait="min",
)  # fmt: skip
Param = quantities(
    "Param", BW="kg", VG="dL/kg", k1="1/min", k2="1/min", VI="L/kg", m1="1/min", m2="1/min",
    m4="1/min", m5="min*kg/pmol", m6="1", HEb="1", kmax="1/min", kmin="1/min", kabs="1/min",
    kgri="1/min", f="1", b="1", d="1", kp1="mg/kg/min", kp2="1/min", kp3="mg/kg/min/(pmol/L)",
    kp4="mg/kg/min/(pmol/kg)", ki="1/min", Fcns="mg/kg/min", Vm0="mg/kg/min",
    Vmx="mg/kg/min/(pmol/L)", Km0="mg/kg", p2U="1/min", K="pmol/kg/(mg/dL)", alpha="1/min",
    beta="pmol/kg/min/(mg/dL)", gamma="1/min", ke1="1/min", ke2="mg/kg",
    Gpb="mg/kg", Gtb="mg/kg", Ilb="pmol/kg", Ipb="pmol/kg", Sb="pmol/kg/min",
)  # fmt: skip
Input = quantities("Input")
Output = quantities(
    "Output", glucose="mg/dL", insulin="pmol/L", egp="mg/kg/min", ra="mg/kg/min", uid="mg/kg/min",
    secretion="pmol/kg/min",
)  # fmt: skip

DOSES = {"meal": "plate"}
SCALES = {"Gp": 100.0, "Gt": 100.0, "Ipo": 10.0, "I1": 30.0, "Id": 30.0, "X": 30.0, "Q1": 1e4, "Q2": 1e4,
          "Qg": 1e4, "meal": 1e4, "plate": 1e4}  # fmt: skip


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """The fasting state that the parameters imply; works on scalars too."""
    Sb = (p["m6"] - p["HEb"]) / p["m5"]
    m3 = p["HEb"] * p["m1"] / (1.0 - p["HEb"])
    Ip = Sb / ((p["m2"] + p["m4"]) * (p["m1"] + m3) / p["m1"] - p["m2"])
    Il = Ip * (p["m2"] + p["m4"]) / p["m1"]
    base = p["kp1"] - p["kp3"] * Ip / p["VI"] - p["kp4"] * Sb / p["gamma"]
    below = _balance(p, base, 0.0 * p["ke1"])
    above = _balance(p, base, p["ke1"])
    losing = below > p["ke2"]
    Gp = below + losing * (above - below)
    loss = losing * p["ke1"] * (Gp - p["ke2"])
    Gt = (p["Fcns"] + loss - base + (p["kp2"] + p["k1"]) * Gp) / p["k2"]
    return {**p, "Gpb": Gp, "Gtb": Gt, "Ilb": Il, "Ipb": Ip, "Sb": Sb}


def _balance(p: dict[str, Any], base: Any, ke1: Any) -> Any:
    """Glucose (mg/kg) at which use U(G) = u0 - u1 G meets Vm0 Gt / (Km0 + Gt), Gt = t1 G - t0.

    The positive root of u1 t1 G^2 + half_b 2 G = c, then one Newton step against rounding.
    """
    u0 = base - p["Fcns"] + ke1 * p["ke2"]
    u1 = p["kp2"] + ke1
    t0, t1 = u0 / p["k2"], (p["k1"] + u1) / p["k2"]
    a = u1 * t1
    b = 0.5 * (u1 * (p["Km0"] - t0) + (p["Vm0"] - u0) * t1)
    G = (sqrt(b * b + a * (u0 * (p["Km0"] - t0) + p["Vm0"] * t0)) - b) / a
    Gt = t1 * G - t0
    use = p["Vm0"] * Gt / (p["Km0"] + Gt)
    slope = u1 + p["Vm0"] * p["Km0"] * t1 / (p["Km0"] + Gt) ** 2
    return G + (u0 - u1 * G - use) / slope


def initial(p: Any) -> Any:
    """Fasting."""
    Ib = p.Ipb / p.VI
    return State(
        p.Gpb, p.Gtb, p.Ilb, p.Ipb, p.Sb / p.gamma, 0.0, Ib, Ib, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    )


def appearance(y: Any, p: Any) -> float:
    """Meal glucose that reaches the blood, mg/kg/min."""
    return p.f * p.kabs * y.Qg / p.BW


def production(y: Any, p: Any) -> float:
    """Endogenous glucose production, mg/kg/min."""
    return maximum(0.0, p.kp1 - p.kp2 * y.Gp - p.kp3 * y.Id - p.kp4 * y.Ipo)


def utilisation(y: Any, p: Any) -> float:
    """Insulin-dependent use, mg/kg/min."""
    return (p.Vm0 + p.Vmx * y.X) * y.Gt / (p.Km0 + y.Gt)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Appendix of the paper; S is secretion, HE hepatic extraction."""
    renal = p.ke1 * maximum(0.0, y.Gp - p.ke2)
    dGp = production(y, p) + appearance(y, p) - p.Fcns - renal - p.k1 * y.Gp + p.k2 * y.Gt
    S = p.gamma * y.Ipo
    HE = p.m6 - p.m5 * S
    m3 = HE * p.m1 / (1.0 - HE)
    above = p.beta * (y.Gp - p.Gpb) / p.VG
    plasma = y.Ip / p.VI
    waiting = 1.0 if y.plate > 0.0 else 0.0
    ke = emptying(y.Q1 + y.Q2, y.meal, p)
    return State(
        Gp=dGp,
        Gt=-utilisation(y, p) + p.k1 * y.Gp - p.k2 * y.Gt,
        Il=-(p.m1 + m3) * y.Il + p.m2 * y.Ip + S,
        Ip=-(p.m2 + p.m4) * y.Ip + p.m1 * y.Il,
        Ipo=y.Y + p.Sb + p.K * maximum(0.0, dGp / p.VG) - S,
        Y=-p.alpha * (y.Y - maximum(above, -p.Sb)),
        I1=p.ki * (plasma - y.I1),
        Id=p.ki * (y.I1 - y.Id),
        X=p.p2U * (plasma - p.Ipb / p.VI - y.X),
        Q1=-p.kgri * y.Q1,
        Q2=p.kgri * y.Q1 - ke * y.Q2,
        Qg=ke * y.Q2 - p.kabs * y.Qg,
        meal=0.0,
        plate=0.0,
        wait=waiting,
    )


def guard(t: float, y: Any, p: Any, u: Any) -> float:
    """Rings a moment after a meal was put on the plate."""
    return y.wait - MOMENT


def jump(t: float, y: Any, p: Any, u: Any) -> Any:
    """Serve the plate; the emptying rate now follows this meal and what was left of the last."""
    return State(y.Gp, y.Gt, y.Il, y.Ip, y.Ipo, y.Y, y.I1, y.Id, y.X, y.Q1 + y.plate, y.Q2, y.Qg,
                 y.Q1 + y.Q2 + y.plate, 0.0, 0.0)  # fmt: skip


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Plasma glucose and insulin, and the fluxes behind them."""
    return Output(glucose=y.Gp / p.VG, insulin=y.Ip / p.VI, egp=production(y, p),
                  ra=appearance(y, p), uid=utilisation(y, p), secretion=p.gamma * y.Ipo)  # fmt: skip


def summary(solution: "Solution") -> dict[str, float]:
    """Highest glucose among the visits, when, and the highest insulin."""
    glucose = solution["glucose"]
    return {"glucose_max_mg_dl": float(glucose.max()), "glucose_max_min": float(solution.time[glucose.argmax()]),
            "insulin_max_pmol_l": float(solution["insulin"].max())}  # fmt: skip
