"""twin vessel segment, twin vessel tree."""

import argparse
import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from twin_engine.command import Answer, settings
from twin_engine.errors import InputError
from twin_engine.files import read_text, write_text
from twin_engine.text import tr
from twin_engine.vessels.image import Array, Image

# Point spread when none is known: half a voxel (assumption), with the average over the voxel.
_BLUR = 0.5
_UNSURE = 5.0


def point(text: str, where: str) -> Array:
    """ "1,2.5,-3" as a point.

    Raises
    ------
    InputError
    """
    try:
        values = np.array([float(v) for v in text.split(",")])
    except ValueError:
        values = np.array([])
    if values.shape != (3,) or not np.isfinite(values).all():
        raise InputError(
            "a seed needs three coordinates", where, text, "x,y,z in mm", "read the coordinates off the viewer"
        )
    return values


def segment(args: argparse.Namespace) -> Answer:
    """Image to lumen surface."""
    from avatars import imaging
    from twin_engine.vessels import segment as regions

    image = imaging.read(args.image)
    out = args.out or Path(".")
    if args.seeds:
        return _several(args, image, out)
    warnings = []
    if args.seed_point:
        seeds = np.array([point(p, "--seed-point") for p in args.seed_point])
    else:
        seeds = brightest(image)
        warnings.append(tr("no seed given: the widest bright vessel was taken, at {at} mm", at=_text(seeds[0])))
    found = regions.lumen(image, seeds, args.threshold)
    warnings += _beyond(found)
    if found.contrast < _UNSURE:
        warnings.append(
            tr("low contrast ({value} times the noise): the wall is uncertain", value=round(found.contrast, 1))
        )
    return _answer(
        found.level, out, "lumen", {"volume_ml": found.volume_ml, "contrast_to_noise": found.contrast}, warnings
    )


def _beyond(found: Any) -> list[str]:
    said = [
        tr(
            "more of this brightness begins at {at} mm, {gap} mm from the lumen: a throat finer than the image shows "
            "(give a second seed beyond it), or another vessel",
            at=_text(p),
            gap=round(float(np.linalg.norm(_nearest(found, p) - p)), 1),
        )
        for p in found.beyond[:3]
    ]
    if found.bridges:
        said.append(tr("{n} gaps between your seeds were bridged: no radius can be measured there", n=found.bridges))
    return said


def _nearest(found: Any, p: Array) -> Array:
    """The lumen's voxel nearest to a point."""
    voxels = found.level.world(np.argwhere(found.mask).astype(float))
    return voxels[np.argmin(((voxels - p) ** 2).sum(axis=1))]


def brightest(image: Image) -> Array:
    """The deepest point of the brightest connected region: a seed where contrast allows."""
    from scipy.ndimage import distance_transform_edt, label

    bright = image.values > np.percentile(image.values, 99.0)
    parts, count = label(bright)
    if not count:
        raise InputError(
            "no vessel at the seed",
            "image",
            float(image.values.max()),
            "a contrast-filled vessel",
            "give a --seed-point",
        )
    depth = distance_transform_edt(parts == np.bincount(parts[parts > 0]).argmax(), sampling=image.spacing)
    return image.world(np.array([np.unravel_index(depth.argmax(), depth.shape)], float))


def _several(args: argparse.Namespace, image: Image, out: Path) -> Answer:
    from twin_engine.vessels import segment as regions

    seeds = _seeds(args.seeds)
    regions.one_lumen(image, seeds)
    masks = regions.several(image, seeds)
    data: dict[str, Any] = {"lumens": []}
    files, warnings = [], []
    from twin_engine.vessels.image import isotropic, smoothed

    grid = isotropic(image)
    if len(masks) > 1:
        masks = masks | {"whole": np.logical_or.reduce(list(masks.values()))}
    for name, mask in masks.items():
        level = smoothed(grid.like(mask.astype(np.float32)), 0.8 * float(grid.spacing[0]))
        answer = _answer(grid.like(level.values - 0.5), out, name, {}, [])
        data["lumens"].append(
            {
                "name": name,
                "seeds": len(seeds[name]) if name in seeds else None,
                "volume_ml": float(mask.sum() * np.prod(grid.spacing) / 1000),
                **answer.data,
            }
        )
        files += answer.files
    warnings.append(tr("every lumen follows its seeds: place them every 15 mm or closer"))
    return Answer(data, files=files, warnings=warnings)


def _seeds(source: Path) -> dict[str, Array]:
    rows: dict[str, list[Array]] = {}
    reader = csv.DictReader(io.StringIO(read_text(source)))
    if not {"class", "x", "y", "z"} <= set(reader.fieldnames or []):
        raise InputError("missing column", str(source), reader.fieldnames, "class,x,y,z", "add the header line")
    for line, row in enumerate(reader, start=2):
        rows.setdefault(str(row["class"]), []).append(point(f"{row['x']},{row['y']},{row['z']}", f"{source}:{line}"))
    return {name: np.array(p) for name, p in rows.items()}


def _answer(level: Image, out: Path, name: str, data: dict[str, Any], warnings: list[str]) -> Answer:
    from twin_engine.vessels import surface

    wall = surface.largest(surface.extract(level))
    file = surface.write(wall, out / f"{_plain(name)}.stl")
    data |= {
        "triangles": len(wall.faces),
        "watertight": wall.watertight,
        "bodies": wall.bodies(),
        "genus": wall.genus(),
        "surface_volume_ml": wall.volume_ml,
    }
    return Answer(data, files=[str(file)], warnings=warnings)


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:60] or "lumen"


def _text(p: Array) -> str:
    return ",".join(f"{v:.1f}" for v in p)


def tree(args: argparse.Namespace) -> Answer:
    """Surface, two projections or profile to tree."""
    from avatars.commands import _vessel_show
    from twin_engine.vessels import calibre, labels

    if (args.surface is None) == (args.projections is None):
        raise InputError(
            "the command line is wrong",
            "twin vessel tree",
            args.surface and str(args.surface),
            "a SURFACE, or --projections JSON",
            "give one of the two",
        )
    made, data, warnings = _found(args)
    ruled: set[str] = set()
    if args.anatomy:
        made, note = labels.by_rule(made, args.anatomy)
        ruled = {b.name for b in made.branches if b.label}
        warnings.append(note)
    given = settings(args.name)
    made = labels.named(made, given)
    lesions = calibre.lesions(made)
    out = args.out or Path(".")
    source = args.surface or args.projections
    file = write_text(out / "tree.json", json.dumps(made.as_dict() | {"source": source.name}))
    hidden = {x.branch for x in lesions if x.at_least}
    data |= {
        "branches": [_row(made, b, hidden, _by(b, given, ruled)) for b in made.branches],
        "stenoses": _lesions(lesions, "stenosis"),
        "aneurysms": _lesions(lesions, "aneurysm"),
    }
    return Answer(data, lambda: _vessel_show.tree(data), [str(file)], warnings)


def _found(args: argparse.Namespace) -> tuple[Any, dict[str, Any], list[str]]:
    """The tree before names, what else is to be told, and warnings."""
    from twin_engine.vessels import calibre, centreline, projections, surface

    if args.projections:
        found = projections.load(args.projections)
        return found.tree, {"ray_gap_mm": found.gap_mm}, []
    if args.surface.suffix.lower() == ".csv":
        return profile(args.surface), {}, []
    root = point(args.root, "--root") if args.root else None
    if args.spacing is not None and not (np.isfinite(args.spacing) and 0.02 <= args.spacing <= 20):
        raise InputError("impossible grid", "--spacing", args.spacing, "0.02 to 20 mm", "give mm")
    made = centreline.centreline(surface.largest(surface.read(args.surface)), args.spacing, root)
    if not args.image:
        return made, {}, list(made.notes)
    from avatars import imaging

    image = imaging.read(args.image)
    blur = args.blur if args.blur is not None else float(np.hypot(_BLUR, 12**-0.5)) * image.voxel
    made, warnings = calibre.measure(image, made, _checked(blur))
    return made, {}, [*made.notes, *warnings]


def _by(b: Any, given: dict[str, str], ruled: set[str]) -> str:
    if b.name in given or b.label in given.values():
        return "user"
    return "rule" if b.name in ruled else "file" if b.label else "order"


def _checked(blur: float) -> float:
    if not (np.isfinite(blur) and 0 <= blur <= 10):
        raise InputError("impossible point spread", "--blur", blur, "0 to 10 mm", "a standard deviation in mm")
    return blur


def _row(tree: Any, b: Any, hidden: set[str], by: str) -> dict[str, Any]:
    from twin_engine.vessels import calibre

    apart = calibre.free(tree, b) & np.isfinite(b.radius)
    return {
        "name": b.name,
        "parent": b.parent,
        "label": b.label,
        "labelled_by": by,
        "length_mm": b.length,
        # Outside the junctions: what lies in the parent's own lumen is no calibre of this branch.
        "mean_radius_mm": float(np.mean(b.radius[apart]) if apart.any() else np.nanmedian(b.radius)),
        # A throat finer than the image shows has no number.
        "min_radius_mm": None if b.name in hidden else float(np.nanmin(b.radius)),
        "max_curvature_per_mm": float(b.curvature[2:-2].max(initial=0.0)),
    }


def _lesions(found: list, kind: str) -> list[dict[str, Any]]:
    return [
        {
            "branch": x.branch,
            "position_mm": x.position,
            "length_mm": x.length,
            "diameter_percent": x.percent,
            "at_least": x.at_least,
            "radius_mm": None if x.at_least else x.extreme,
            "reference_radius_mm": x.reference,
        }
        for x in found
        if x.kind == kind
    ]


def profile(source: Path) -> Any:
    """A tree from a CSV with position_mm and diameter_mm.

    Raises
    ------
    InputError
        Missing columns, no number, positions that do not rise, or a diameter of zero.
    """
    from twin_engine.vessels import calibre

    reader = csv.DictReader(io.StringIO(read_text(source)))
    if not {"position_mm", "diameter_mm"} <= set(reader.fieldnames or []):
        raise InputError(
            "missing column", str(source), reader.fieldnames, "position_mm,diameter_mm", "add the header line"
        )
    try:
        rows = np.array([[float(r["position_mm"]), float(r["diameter_mm"])] for r in reader])
    except (TypeError, ValueError):
        raise InputError(
            "not a number", str(source), None, "numbers in both columns", "write a decimal point"
        ) from None
    if len(rows) < 10 or not np.isfinite(rows).all() or (np.diff(rows[:, 0]) <= 0).any():
        raise InputError(
            "a diameter profile needs 10 rising positions",
            str(source),
            len(rows),
            "position_mm ascending",
            "sort the rows and leave out doubles",
        )
    return calibre.from_profile(source.stem, rows[:, 0] - rows[0, 0], rows[:, 1])
