"""Flow and pressure in a measured tree: Poiseuille in the healthy calibre plus a published law at each stenosis.

Outlets take their share of the flow as D^p (Taylor et al. 2022, doi:10.3389/fphys.2022.871912; p 2 to 3) in the tree
as it would be without disease, and keep that resistance. Two stenosis laws differ by 1.5 to 1.8 times in the drop:
the pair is the answer, not their mean. No clinical accuracy is claimed; `ACCURACY` says what such models reached.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin_engine import parameters
from twin_engine.errors import InputError
from twin_engine.vessels.calibre import Lesion, lesions, reference
from twin_engine.vessels.centreline import Branch, Tree
from twin_engine.vessels.image import Array
from twin_engine.vessels.network import Boundary, Course, Network, Pressure, Resistance, Vessel, constant
from twin_engine.vessels.stenosis import LAWS, Stenosis

MMHG = 133.322387415
ACCURACY = (
    {
        "study": "DISCOVER-FLOW",
        "model": "3-D CT-FFR",
        "accuracy_percent": 84.3,
        "sensitivity_percent": 87.9,
        "specificity_percent": 82.2,
        "auc": 0.90,
        "source": "Koo et al. 2011, doi:10.1016/j.jacc.2011.06.066",
    },
    {
        "study": "NXT",
        "model": "3-D CT-FFR",
        "accuracy_percent": None,
        "sensitivity_percent": None,
        "specificity_percent": None,
        "auc": 0.90,
        "source": "Norgaard et al. 2014, doi:10.1016/j.jacc.2013.11.043",
    },
    {
        "study": "1-D vFFR",
        "model": "1-D, r .32",
        "accuracy_percent": None,
        "sensitivity_percent": None,
        "specificity_percent": None,
        "auc": 0.67,
        "source": "102 lesions, sensitivity 92 and specificity 29 % at .70: PMC7656870",
    },
)


@dataclass(frozen=True)
class Graft:
    """A bypass from the inlet's pressure to the end of a branch; radius and length in mm."""

    branch: str
    radius: float
    length: float


@dataclass(frozen=True)
class Setting:
    """What the flow depends on besides the tree (SI; pressures in Pa, flow in m3/s)."""

    pressure: float
    venous: float
    inflow: float
    reserve: float
    exponent: float
    density: float
    viscosity: float

    @staticmethod
    def usual(pressure_mmhg: float, inflow_ml_s: float | None = None) -> "Setting":
        """The published set with a mean aortic pressure and, if known, the hyperaemic inflow.

        Raises
        ------
        InputError
            An implausible value.
        """
        p = parameters.default("vessel_flow")
        v = p.values()
        if not 30 <= pressure_mmhg <= 250:
            raise InputError("implausible pressure", "--pressure", pressure_mmhg, "30 to 250 mmHg", "give mmHg")
        if inflow_ml_s is not None and not (np.isfinite(inflow_ml_s) and 0 < inflow_ml_s < 600):
            raise InputError("implausible flow", "--flow", inflow_ml_s, "more than 0, below 600 mL/s", "give mL/s")
        inflow = v["hyperaemic_flow"] if inflow_ml_s is None else inflow_ml_s
        return Setting(
            pressure_mmhg * MMHG,
            v["venous_pressure"] * MMHG,
            inflow * 1e-6,
            v["flow_reserve"],
            v["split_exponent"],
            v["density"],
            v["viscosity"],
        )


@dataclass(frozen=True)
class Segment:
    """One branch's flow (m3/s), pressure at its end (Pa), its share of the inlet's, and wall shear (Pa)."""

    name: str
    flow: float
    pressure: float
    ffr: float
    shear: float
    throat_shear: float
    lesion_percent: float


def normal_radius(tree: Tree, b: Branch) -> Array:
    """The healthy radius along a branch in mm; the measured one where a branch is too short to tell."""
    normal, _ = reference(tree, b)
    known = np.isfinite(b.radius)
    own = np.interp(b.arc, b.arc[known], b.radius[known])
    return np.where(np.isfinite(normal) & (normal > 0), normal, own)


def resistances(tree: Tree, s: Setting) -> dict[str, float]:
    """Resistance of each outlet in Pa s/m3 at hyperaemia, from the tree without disease."""
    ends = tree.ends()
    size = {b.name: float(normal_radius(tree, b)[-3:].mean()) for b in ends}
    total = sum(r**s.exponent for r in size.values())
    return {n: (s.pressure - s.venous) / (s.inflow * r**s.exponent / total) for n, r in size.items()}


def _drop(
    b: Branch, normal: Array, found: Sequence[Lesion], law: str, s: Setting
) -> Callable[[float], tuple[float, float]]:
    arc, r = b.arc * 1e-3, normal * 1e-3
    viscous = float(np.trapezoid(8 * s.viscosity / (np.pi * r**4), arc))
    narrow = [Stenosis(2e-3 * x.reference, 2e-3 * x.extreme, max(x.length, 0.5) * 1e-3) for x in found]
    rule = LAWS[law]

    def drop(q: float) -> tuple[float, float]:
        step = max(abs(q), 1e-9) * 1e-4
        at = [viscous * x + sum(rule(n, x, s.density, s.viscosity) for n in narrow) for x in (q - step, q, q + step)]
        return at[1], max((at[2] - at[0]) / (2 * step), viscous)

    return drop


def network(
    tree: Tree,
    s: Setting,
    law: str,
    factor: float = 1.0,
    grafts: Sequence[Graft] = (),
    outlets: dict[str, float] | None = None,
    boundaries: Sequence[Boundary] | None = None,
) -> Network:
    """The tree as a network under mean pressure; `factor` multiplies the outlets' resistance (rest: the reserve)."""
    by_branch: dict[str, list[Lesion]] = {}
    for x in lesions(tree):
        if x.kind == "stenosis":
            by_branch.setdefault(x.branch, []).append(x)
    vessels = [
        Vessel(b.name, b.parent or "inlet", b.name, _drop(b, normal_radius(tree, b), by_branch.get(b.name, ()), law, s))
        for b in tree.branches
    ]
    for i, g in enumerate(grafts):
        pipe = 8 * s.viscosity * g.length * 1e-3 / (np.pi * (g.radius * 1e-3) ** 4)
        vessels.append(Vessel(f"graft {i + 1}", "inlet", tree[g.branch].name, _linear(pipe)))
    known = outlets or resistances(tree, s)
    ends = [Resistance(n, r * factor, s.venous) for n, r in known.items()] if boundaries is None else list(boundaries)
    inlet = [] if any(isinstance(b, Pressure) for b in ends) else [Pressure("inlet", constant(s.pressure))]
    return Network(vessels, [*inlet, *ends])


def _linear(resistance: float) -> Callable[[float], tuple[float, float]]:
    return lambda q: (resistance * q, resistance)


def steady(
    tree: Tree,
    s: Setting,
    law: str,
    factor: float = 1.0,
    grafts: Sequence[Graft] = (),
    outlets: dict[str, float] | None = None,
) -> list[Segment]:
    """Mean flow and pressure of every branch under one law."""
    course = network(tree, s, law, factor, grafts, outlets).at_rest()
    worst = {b.name: 0.0 for b in tree.branches}
    for x in lesions(tree):
        if x.kind == "stenosis":
            worst[x.branch] = max(worst[x.branch], x.percent)
    rows = []
    for b in tree.branches:
        q, p = float(course.inflow[b.name][0]), float(course.pressure[b.name][0])
        wide, least = float(np.nanmedian(b.radius)) * 1e-3, float(np.nanmin(b.radius)) * 1e-3
        shear = [4 * s.viscosity * q / (np.pi * r**3) for r in (wide, least)]
        rows.append(Segment(b.name, q, p, p / s.pressure, shear[0], shear[1], worst[b.name]))
    return rows


def scaled(tree: Tree, change: float) -> Tree:
    """Every radius larger by `change` mm (a common error of the segmentation)."""
    return replace(
        tree, branches=tuple(replace(b, radius=np.maximum(b.radius + change, 0.1 * b.radius)) for b in tree.branches)
    )


def spread(tree: Tree, s: Setting, seed: int, count: int, grafts: Sequence[Graft] = ()) -> dict[str, Array]:
    """FFR at the end of every branch over uncertain radius, inflow and split, (2 count,): both laws.

    The common radius error, the hyperaemic flow and the exponent p (uniform 2 to 3) vary.
    """
    from twin_engine.streams import stream

    p = parameters.default("vessel_flow").values()
    rng = stream(seed, 0, 0, "vessel flow")
    relative = p["hyperaemic_flow_sd"] / p["hyperaemic_flow"]
    found: dict[str, list[float]] = {b.name: [] for b in tree.branches}
    for _ in range(count):
        # Log-normal keeps the published coefficient of variation and no negative flow.
        width = np.sqrt(np.log1p(relative**2))
        inflow = s.inflow * float(np.exp(width * rng.standard_normal() - width**2 / 2))
        case = replace(s, inflow=inflow, exponent=float(rng.uniform(2.0, 3.0)))
        other = scaled(tree, p["radius_sd"] * float(rng.standard_normal()))
        for law in LAWS:
            for row in steady(other, case, law, grafts=grafts):
                found[row.name].append(row.ffr)
    return {n: np.array(v) for n, v in found.items()}


def pulsatile(
    tree: Tree, s: Setting, law: str, beat: tuple[Array, Array, Array], beats: int = 4, steps: int = 150
) -> Course:
    """Last beat with coronary outlets squeezed by the ventricle.

    Parameters
    ----------
    beat : (time in s, aortic pressure in Pa, left ventricular pressure in Pa), each (n,)
    """
    from twin_engine.vessels.network import Coronary

    p = parameters.default("vessel_flow").values()
    time, aortic, ventricle = beat
    period = float(time[-1] - time[0])
    outlets = resistances(tree, s)
    flows = {n: 1 / r for n, r in outlets.items()}
    ends: list[Boundary] = [Pressure("inlet", _signal(time, aortic, period))]
    for n, r in outlets.items():
        c = p["compliance"] * flows[n] / sum(flows.values())
        ends.append(
            Coronary(
                n,
                r * p["share_arterial"],
                r * p["share_micro"],
                r * p["share_venous"],
                c * p["compliance_arterial"],
                c * (1 - p["compliance_arterial"]),
                _signal(time, ventricle, period),
                s.venous,
            )
        )
    course = network(tree, s, law, boundaries=ends).run(beats * period, beats * steps)
    last = slice(-steps - 1, None)
    return Course(
        course.time[last] - course.time[last][0],
        *({k: v[last] for k, v in d.items()} for d in (course.pressure, course.inflow, course.outflow)),
    )


def _signal(time: Array, values: Array, period: float) -> Callable[[float], float]:
    start = float(time[0])
    return lambda t: float(np.interp(start + t % period, time, values))


def heart_beat(settings: dict[str, float] | None = None) -> tuple[float, tuple[Array, Array, Array]]:
    """Mean aortic pressure in mmHg and one beat (s, Pa, Pa) of the circulation twin."""
    from twin_engine.model import load
    from twin_engine.solve import solve

    at = np.arange(30.0, 34.0, 0.004)
    solution = solve(load("circulation"), settings or {}, until=float(at[-1]), at=at)
    aortic, ventricle = solution.outputs["p_ar_sys"], solution.outputs["p_lv"]
    # A beat begins where the ventricle's pressure rises through half its range.
    half = (ventricle.max() + ventricle.min()) / 2
    up = np.flatnonzero((ventricle[:-1] < half) & (ventricle[1:] >= half))
    beat = slice(up[0], up[1] + 1)
    return float(aortic[up[0] : up[-1]].mean()), (at[beat], aortic[beat] * MMHG, ventricle[beat] * MMHG)
