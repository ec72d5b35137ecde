"""Type 1 diabetes for timing: the 13 equations of `twin_engine.physiology.type1` with one meal size.

Three meals a day into the stomach and 60 changes of the pump's rate: 63 discontinuities a day.
"""

from typing import Any

from twin_engine.maths import maximum
from twin_engine.parameters import Parameter, ParameterSet
from twin_engine.physiology import type1
from twin_engine.physiology._stomach import emptying
from twin_engine.quantities import quantities

TITLE, SOURCE, TIME = "Type 1 diabetes for timing", type1.SOURCE, "min"
_NAMES = ("Q1", "Q2", "Qg", "Gp", "Gt", "Ip", "X", "I1", "Id", "Il", "Isc1", "Isc2", "Gs")
State = quantities("State", **{n: type1.State.units[n] for n in _NAMES})
Param = quantities("Param", **type1.Param.units, meal="mg")
Input = type1.Input
Output = quantities("Output", glucose="mg/dL")
DOSES = {"eat": "Q1", "insulin": "insulin"}
SCALES = {n: s for n, s in type1.SCALES.items() if n in _NAMES}
MEAL = 60_000.0  # mg
UNITS_PMOL = type1.UNITS_PMOL


def parameter_sets() -> dict[str, ParameterSet]:
    meal = Parameter("meal", MEAL, "mg", 0.0, 1e6, "assumption", "size of every meal here", "")
    return {
        name: ParameterSet("t1d", name, chosen.parameters | {"meal": meal})
        for name, chosen in type1.parameter_sets().items()
    }


def initial(p: Any) -> Any:
    return State(0.0, 0.0, 0.0, p.Gpb, p.Gtb, p.Ipb, 0.0, p.Ib, p.Ib, p.Ilb, p.isc1ss, p.isc2ss, p.Gpb)


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    produced = maximum(0.0, p.kp1 - p.kp2 * y.Gp - p.kp3 * y.Id)
    lost = p.ke1 * maximum(0.0, y.Gp - p.ke2)
    used = (p.Vm0 + p.Vmx * y.X) * y.Gt / (p.Km0 + y.Gt)
    given = p.basal * p.u2ss + u.insulin * UNITS_PMOL / p.BW
    plasma = y.Ip / p.Vi
    ke = emptying(y.Q1 + y.Q2, p.meal, p)
    appears = p.f * p.kabs * y.Qg / p.BW
    return State(
        Q1=-p.kmax * y.Q1,
        Q2=p.kmax * y.Q1 - ke * y.Q2,
        Qg=ke * y.Q2 - p.kabs * y.Qg,
        Gp=produced + appears - p.Fsnc - lost - p.k1 * y.Gp + p.k2 * y.Gt,
        Gt=-used + p.k1 * y.Gp - p.k2 * y.Gt,
        Ip=-(p.m2 + p.m4) * y.Ip + p.m1 * y.Il + p.ka1 * y.Isc1 + p.ka2 * y.Isc2,
        X=p.p2u * (plasma - p.Ib - y.X),
        I1=p.ki * (plasma - y.I1),
        Id=p.ki * (y.I1 - y.Id),
        Il=-(p.m1 + p.m30) * y.Il + p.m2 * y.Ip,
        Isc1=given - (p.ka1 + p.kd) * y.Isc1,
        Isc2=p.kd * y.Isc1 - p.ka2 * y.Isc2,
        Gs=p.ksc * (y.Gp - y.Gs),
    )


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    return Output(y.Gp / p.Vg)
