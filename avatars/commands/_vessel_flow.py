"""twin vessel flow, twin vessel plan."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from avatars.vessel import Site, VesselAvatar
from twin_engine import parameters
from twin_engine.command import Answer
from twin_engine.errors import InputError
from twin_engine.files import write_text
from twin_engine.text import tr
from twin_engine.vessels import centreline, tree_flow
from twin_engine.vessels.calibre import lesions
from twin_engine.vessels.stenosis import LAWS
from twin_engine.vessels.tree_flow import MMHG, Setting

# Wider roots are no coronary artery: their flow must be given.
_CORONARY_MM = 4.0


def flow(args: argparse.Namespace) -> Answer:
    """Flow, pressure, FFR, gradient and wall shear."""
    tree = centreline.load(args.tree)
    if not 1 <= args.samples <= 10_000:
        raise InputError("impossible number of draws", "--samples", args.samples, "1 to 10000", "the usual is 50")
    setting, beat, warnings = _setting(args, tree)
    data = report(VesselAvatar(0, tree), setting, args.seed, args.samples)
    if args.pulsatile:
        beat = beat or tree_flow.heart_beat()[1]
        data["pulsatile"] = [_pulse(tree, setting, beat, law) for law in LAWS]
    files = []
    if args.out:
        files.append(str(write_text(args.out / "flow.json", json.dumps(data, indent=1))))
    from avatars.commands import _vessel_show

    return Answer(data, lambda: _vessel_show.flow(data), files, warnings + _hidden(tree))


def _hidden(tree: Any) -> list[str]:
    return [
        tr(
            "branch {name}: the throat is finer than the image shows: FFR is this or less",
            name=x.branch,
        )
        for x in lesions(tree)
        if x.at_least
    ]


def _setting(args: argparse.Namespace, tree: Any) -> tuple[Setting, Any, list[str]]:
    radius = float(np.nanmedian(tree.branches[0].radius))
    if args.inflow is None and radius > _CORONARY_MM:
        raise InputError(
            "the flow into this vessel is not known",
            "--flow",
            None,
            "mL/s at hyperaemia",
            f"a root of {2 * radius:.1f} mm is no coronary artery: give its flow",
        )
    beat, pressure, warnings = None, args.pressure, []
    if pressure is None:
        pressure, beat = tree_flow.heart_beat()
        warnings.append(tr("mean aortic pressure {value} mmHg from the circulation twin", value=round(pressure, 1)))
    return Setting.usual(pressure, args.inflow), beat, warnings


def report(avatar: VesselAvatar, s: Setting, seed: int, samples: int) -> dict[str, Any]:
    """The answer of twin vessel flow as plain values."""
    tree = avatar.tree
    outlets = tree_flow.resistances(tree, s)
    by_law = {law: tree_flow.steady(tree, s, law, 1.0, avatar.grafts, outlets) for law in LAWS}
    rest = {law: tree_flow.steady(tree, s, law, s.reserve, avatar.grafts, outlets) for law in LAWS}
    spread = tree_flow.spread(tree, s, seed, samples, avatar.grafts)
    rows = []
    for i, name in enumerate(b.name for b in tree.branches):
        pair = [by_law[law][i] for law in LAWS]
        low, high = np.percentile(spread[name], [2.5, 97.5])
        rows.append(
            {
                "name": name,
                "label": tree[name].label,
                "flow_ml_s": _mean(p.flow for p in pair) * 1e6,
                "pressure_mmhg": _mean(p.pressure for p in pair) / MMHG,
                "ffr": _mean(p.ffr for p in pair),
                **{f"ffr_{law}": by_law[law][i].ffr for law in LAWS},
                "ffr_low": low,
                "ffr_high": high,
                "resting_gradient_mmhg": s.pressure / MMHG - _mean(rest[law][i].pressure for law in LAWS) / MMHG,
                "wall_shear_pa": _mean(p.shear for p in pair),
                "throat_shear_pa": _mean(p.throat_shear for p in pair),
                "stenosis_percent": pair[0].lesion_percent,
            }
        )
    worst = min(rows, key=lambda r: r["ffr"])
    laws = {f"lowest_ffr_{law}": min(p.ffr for p in by_law[law]) for law in LAWS}
    return {
        "segments": rows,
        "lowest_ffr": worst["ffr"],
        **laws,
        "lowest_ffr_low": worst["ffr_low"],
        "lowest_ffr_high": worst["ffr_high"],
        "at": worst["name"],
        "assumptions": assumptions(s),
        "published_accuracy": list(tree_flow.ACCURACY),
        "samples": samples,
    }


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))


def assumptions(s: Setting) -> list[dict[str, Any]]:
    """What the figure rests on, with its sources."""
    rows = [
        {"name": "aortic_pressure", "value": s.pressure / MMHG, "unit": "mmHg", "source": "--pressure or circulation"},
        {"name": "inflow", "value": s.inflow * 1e6, "unit": "mL/s", "source": "--flow or hyperaemic_flow"},
    ]
    known = parameters.default("vessel_flow").parameters
    return rows + [
        {"name": n, "value": p.value, "unit": p.unit, "source": f"{p.kind}: {p.source}"} for n, p in known.items()
    ]


def _pulse(tree: Any, s: Setting, beat: Any, law: str) -> dict[str, Any]:
    course = tree_flow.pulsatile(tree, s, law, beat)
    worst = min(tree.ends(), key=lambda b: float(course.pressure[b.name].mean()))
    q, p = course.inflow[worst.name] * 1e6, course.pressure[worst.name]
    return {
        "law": law,
        "branch": worst.name,
        "mean_flow_ml_s": float(q.mean()),
        "peak_flow_ml_s": float(q.max()),
        "least_flow_ml_s": float(q.min()),
        "ffr": float(p.mean() / course.pressure["inlet"].mean()),
    }


def plan(args: argparse.Namespace) -> Answer:
    """A procedure, the flow before and after."""
    avatar = VesselAvatar(0, centreline.load(args.tree))
    setting, _, warnings = _setting(args, avatar.tree)
    if args.search == bool(args.procedure):
        raise InputError(
            "choose a procedure or a search",
            "--procedure",
            args.procedure,
            "one of --procedure and --search",
            "for example: --search",
        )
    extra: dict[str, Any] = {}
    if args.search:
        from avatars.procedures import _search

        found = _search.search(avatar, setting)
        made, extra = found.avatar, {"tried": found.tried}
    else:
        made = _perform(args, avatar)
    before, after = (_least(a, setting, avatar) for a in (avatar, made))
    device = made.devices[-1]
    data = {
        "procedure": device.name,
        "branch": device.branch,
        "start_mm": device.start_mm,
        "end_mm": device.end_mm,
        "facts": dict(device.facts),
        "source": device.source,
        "ffr_before": before,
        "ffr_after": after,
        "restored": min(after.values()) >= 0.80,
        **extra,
    }
    from avatars.commands import _vessel_show

    files = [str(write_text((args.out or Path(".")) / "planned.json", json.dumps(made.tree.as_dict())))]
    warnings += _hidden(avatar.tree) + [tr(s) for s in _limits(device.name)]
    return Answer(data, lambda: _vessel_show.plan(data), files, warnings)


def _limits(name: str) -> tuple[str, ...]:
    from avatars import procedures

    return tuple(procedures.load(name.replace(" ", "_")).LIMITS)


def _least(a: VesselAvatar, s: Setting, first: VesselAvatar) -> dict[str, float]:
    """Least FFR per law; the outlets stay those of the untreated person."""
    outlets = tree_flow.resistances(first.tree, s)
    return {law: min(r.ffr for r in tree_flow.steady(a.tree, s, law, 1.0, a.grafts, outlets)) for law in LAWS}


def _perform(args: argparse.Namespace, avatar: VesselAvatar) -> VesselAvatar:
    from avatars import procedures

    procedure = procedures.load(args.procedure)
    found = [x for x in lesions(avatar.tree) if x.kind == procedure.SITE and args.branch in (None, x.branch)]
    if args.position is None and not found:
        raise InputError(
            "nothing to treat",
            "tree",
            procedure.SITE,
            "a lesion of this kind",
            "give --branch, --position and --length",
        )
    worst = max(found, key=lambda x: x.percent) if found else None
    branch = args.branch or (worst.branch if worst else avatar.tree.branches[0].name)
    middle = args.position if args.position is not None else worst.position if worst else 0.0
    length = args.length if args.length is not None else (worst.length + 4.0 if worst else 15.0)
    size = {} if args.diameter is None else {"diameter_mm": args.diameter}
    try:
        return procedure.perform(avatar, Site(branch, middle, length), **size)
    except TypeError:
        raise InputError(
            "this procedure needs another size",
            "--diameter",
            args.diameter,
            args.procedure,
            "give or leave out --diameter",
        ) from None
