"""Type 1 diabetes: the UVA/Padova S2008 equations.

The meal model of Dalla Man 2007 without secretion, with subcutaneous insulin and a subcutaneous
sensor. The 30 subjects' table is not openly published and is not shipped: it is read from an
installed `simglucose` (MIT licence; its file only, the package is never imported). Each subject is
a parameter set: `set=adult#001`.

Insulin beyond the basal rate is the input (U/min); `basal` 0 hands all of it to a controller.
A meal on route "meal" is swallowed at once; `meal` spreads it over minutes as simglucose does.
Left out: glucagon (S2013), whose parameters are not open.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin_engine.errors import InputError
from twin_engine.maths import maximum
from twin_engine.parameters import Parameter, ParameterSet
from twin_engine.physiology._stomach import MOMENT, emptying
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    import numpy as np

    from twin_engine.solution import Solution
    from twin_engine.solve import Dose

TITLE = "Type 1 diabetes"
SOURCE = (
    "Dalla Man, Rizza, Cobelli 2007, IEEE Trans Biomed Eng 54:1740, doi:10.1109/TBME.2007.893506; "
    "Kovatchev et al. 2009, J Diabetes Sci Technol 3:44, doi:10.1177/193229680900300106"
)
TIME = "min"
STEADY = True

State = quantities(
    "State", Q1="mg", Q2="mg", Qg="mg", Gp="mg/kg", Gt="mg/kg", Ip="pmol/kg", X="pmol/L",
    I1="pmol/L", Id="pmol/L", Il="pmol/kg", Isc1="pmol/kg", Isc2="pmol/kg", Gs="mg/kg",
    meal="mg", plate="mg", first="mg", bite="mg", wait="min",
)  # fmt: skip
Param = quantities(
    "Param", BW="kg", Vg="dL/kg", Vi="L/kg", k1="1/min", k2="1/min", kabs="1/min", kmax="1/min",
    kmin="1/min", b="1", d="1", f="1", kp1="mg/kg/min", kp2="1/min", kp3="mg/kg/min/(pmol/L)",
    Fsnc="mg/kg/min", ke1="1/min", ke2="mg/kg", Vm0="mg/kg/min", Vmx="mg/kg/min/(pmol/L)",
    Km0="mg/kg", p2u="1/min", m1="1/min", m2="1/min", m30="1/min", m4="1/min", ki="1/min",
    kd="1/min", ka1="1/min", ka2="1/min", ksc="1/min", Ib="pmol/L", u2ss="pmol/kg/min",
    Gpb="mg/kg", Gtb="mg/kg", Ipb="pmol/kg", Ilb="pmol/kg", isc1ss="pmol/kg", isc2ss="pmol/kg",
    basal="1",
)  # fmt: skip
Input = quantities("Input", insulin="U/min")
Output = quantities("Output", glucose="mg/dL", sensor="mg/dL", insulin="pmol/L", ra="mg/kg/min")

DOSES = {"meal": "plate", "insulin": "insulin", "eat": "Q1", "first": "first", "bite": "bite"}
SCALES = {"Q1": 1e4, "Q2": 1e4, "Qg": 1e4, "Gp": 100.0, "Gt": 100.0, "X": 30.0, "I1": 30.0, "Id": 30.0,
          "Isc1": 100.0, "Isc2": 100.0, "Gs": 100.0, "meal": 1e4, "plate": 1e4, "first": 1e4,
          "bite": 1e4}  # fmt: skip
UNITS_PMOL = 6000.0  # pmol in a unit of insulin, as in the source


def parameter_sets() -> dict[str, ParameterSet]:
    """The subjects of the installed simglucose: adults, adolescents, children.

    Raises
    ------
    InputError
        simglucose is not installed, or its table lacks a column.
    """
    file = _table()
    with open(file, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = [n for n in Param._fields if n != "basal"]
    lacking = [n for n in ("Name", *names) if not rows or n not in rows[0]]
    if lacking:
        raise InputError("missing column", str(file), ", ".join(lacking), "the table of simglucose 0.2",
                         "pip install simglucose==0.2.11")  # fmt: skip
    source = "subject of the UVA/Padova S2008 simulator, read from the installed simglucose"
    sets = {}
    for row in sorted(rows, key=lambda r: (r["Name"].split("#")[0] != "adult", r["Name"])):
        found = {n: _parameter(n, float(row[n]), source, row["Name"]) for n in names}
        found["basal"] = Parameter("basal", 1.0, "1", 0.0, 5.0, "assumption",
                                   "the pump gives the subject's own basal rate", row["Name"])  # fmt: skip
        sets[row["Name"]] = ParameterSet("type1", row["Name"], found)
    return sets


def _parameter(name: str, value: float, source: str, chosen: str) -> Parameter:
    return Parameter(
        name, value, Param.units[name], 0.1 * value, 10.0 * value, "published", source, chosen
    )


def _table() -> Path:
    from importlib.util import find_spec

    found = find_spec("simglucose")
    folder = next(iter(found.submodule_search_locations or ()), None) if found else None
    file = Path(folder or ".", "params", "vpatient_params.csv")
    if folder is None or not file.is_file():
        raise InputError("the subjects of the type 1 model are not installed", "type1", None,
                         "an installed simglucose, which carries their table",
                         "pip install --no-deps simglucose")  # fmt: skip
    return file


def initial(p: Any) -> Any:
    """The subject's steady state at the basal rate."""
    return State(0.0, 0.0, 0.0, p.Gpb, p.Gtb, p.Ipb, 0.0, p.Ib, p.Ib, p.Ilb, p.isc1ss, p.isc2ss, p.Gpb,
                 0.0, 0.0, 0.0, 0.0, 0.0)  # fmt: skip


def appearance(y: Any, p: Any) -> float:
    """Meal glucose that reaches the blood, mg/kg/min."""
    return p.f * p.kabs * y.Qg / p.BW


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """S2008; liquid and solid stomach share kmax, hepatic extraction is constant."""
    produced = maximum(0.0, p.kp1 - p.kp2 * y.Gp - p.kp3 * y.Id)
    lost = p.ke1 * maximum(0.0, y.Gp - p.ke2)
    used = (p.Vm0 + p.Vmx * y.X) * y.Gt / (p.Km0 + y.Gt)
    given = p.basal * p.u2ss + u.insulin * UNITS_PMOL / p.BW
    plasma = y.Ip / p.Vi
    waiting = 1.0 if y.plate + y.first + y.bite > 0.0 else 0.0
    ke = emptying(y.Q1 + y.Q2, y.meal, p)
    return State(
        Q1=-p.kmax * y.Q1,
        Q2=p.kmax * y.Q1 - ke * y.Q2,
        Qg=ke * y.Q2 - p.kabs * y.Qg,
        Gp=produced + appearance(y, p) - p.Fsnc - lost - p.k1 * y.Gp + p.k2 * y.Gt,
        Gt=-used + p.k1 * y.Gp - p.k2 * y.Gt,
        Ip=-(p.m2 + p.m4) * y.Ip + p.m1 * y.Il + p.ka1 * y.Isc1 + p.ka2 * y.Isc2,
        X=p.p2u * (plasma - p.Ib - y.X),
        I1=p.ki * (plasma - y.I1),
        Id=p.ki * (y.I1 - y.Id),
        Il=-(p.m1 + p.m30) * y.Il + p.m2 * y.Ip,
        Isc1=given - (p.ka1 + p.kd) * y.Isc1,
        Isc2=p.kd * y.Isc1 - p.ka2 * y.Isc2,
        Gs=p.ksc * (y.Gp - y.Gs),
        meal=0.0,
        plate=0.0,
        first=0.0,
        bite=0.0,
        wait=waiting,
    )


def guard(t: float, y: Any, p: Any, u: Any) -> float:
    """Rings a moment after something was put on the plate."""
    return y.wait - MOMENT


def jump(t: float, y: Any, p: Any, u: Any) -> Any:
    """Serve; a meal's first bite restarts D from what is left in the stomach, later ones add."""
    starts = y.plate + y.first
    meal = y.Q1 + y.Q2 + starts if starts > 0.0 else y.meal
    return State(y.Q1 + y.plate, y.Q2, y.Qg, y.Gp, y.Gt, y.Ip, y.X, y.I1, y.Id, y.Il, y.Isc1, y.Isc2,
                 y.Gs, meal + y.bite, 0.0, 0.0, 0.0, 0.0)  # fmt: skip


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Plasma glucose, what the sensor reads without noise, insulin, appearance."""
    return Output(glucose=y.Gp / p.Vg, sensor=y.Gs / p.Vg, insulin=y.Ip / p.Vi, ra=appearance(y, p))


def summary(solution: "Solution") -> dict[str, float]:
    """Glucose among the visits: extremes, and the part from 70 to 180 mg/dL (all visits alike)."""
    glucose = solution["glucose"]
    inside = (glucose >= 70.0) & (glucose <= 180.0)
    return {"glucose_min_mg_dl": float(glucose.min()), "glucose_max_mg_dl": float(glucose.max()),
            "in_range_percent": 100.0 * float(inside.mean())}  # fmt: skip


def meal(time: float, grams: float, rate: float = 5.0) -> list["Dose"]:
    """A meal eaten at `rate` g/min from `time` (min): D grows at the start of each minute."""
    from twin_engine.solve import Dose

    doses: list[Dose] = []
    left = grams
    while left > 0.0:
        bite = 1e3 * min(rate, left)
        doses += [Dose(time, bite, "bite" if doses else "first"), Dose(time, bite, "eat", 1.0)]
        time, left = time + 1.0, left - rate
    return doses


def sensor_noise(normals: "np.ndarray", minutes: Sequence[float]) -> "np.ndarray":
    """Error of a sensor (mg/dL) at times from its start: Breton and Kovatchev 2008.

    Parameters
    ----------
    normals : ndarray, shape (n, knots)
        Standard normal numbers, one every 15 min; they must reach beyond the last time.
    minutes : sequence of float, length m

    Returns
    -------
    ndarray, shape (n, m)
    """
    import numpy as np
    from scipy.interpolate import CubicSpline

    from twin_engine.parameters import load

    c = load("sensor")["breton2008"].values()
    e = normals.copy()
    for k in range(1, e.shape[1]):
        e[:, k] = c["phi"] * (e[:, k - 1] + normals[:, k])
    error = c["xi"] + c["lambda"] * np.sinh((e - c["gamma"]) / c["delta"])
    return CubicSpline(c["every"] * np.arange(e.shape[1]), error, axis=1)(np.asarray(minutes))


def sensor(seed: int, replicate: int, persons: Any, minutes: Sequence[float]) -> "np.ndarray":
    """`sensor_noise` of these persons' own sensors; shape (n, m)."""
    from twin_engine.parameters import load
    from twin_engine.streams import normals

    knots = int(max(minutes) // load("sensor")["breton2008"]["every"].value) + 4
    return sensor_noise(normals(seed, replicate, persons, "type1.sensor", knots), minutes)
