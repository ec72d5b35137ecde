"""Build an organ's tetrahedral body, or check one."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.errors import InputError
from twin_engine.text import tr

ELEMENTS = 12_000


def configure(parser: argparse.ArgumentParser) -> None:
    """`build SOURCE` and `check FILE`."""
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build", help=tr("an organ, a label map or a surface to tetrahedra"))
    build.add_argument("source", metavar="SOURCE", help=tr("organ by name, NIfTI label map, or closed surface in mm"))
    build.add_argument("--label", type=int, help=tr("label in the map"))
    build.add_argument("--cell", type=float, help=tr("longest edge in mm; default: about 12,000 elements"))
    add_flags(build, "out")
    check = actions.add_parser("check", help=tr("quality of a body or a surface"))
    check.add_argument("source", metavar="FILE", help=tr("a body (.npz) or a surface (.stl, .ply, .obj, .vtp)"))
    add_flags(check)


def run(args: argparse.Namespace) -> Answer:
    """Build or check."""
    return _build(args) if args.action == "build" else _check(args)


def _build(args: argparse.Namespace) -> Answer:
    import numpy as np

    from twin_engine.files import replacing
    from twin_engine.tissue import mesher, sources
    from twin_engine.tissue.organs import shape

    grid = sources.grid(args.source, args.label)
    # Twelve elements fill one cell of the lattice.
    cell = args.cell if args.cell is not None else (12 * grid.volume_ml() * 1000.0 / ELEMENTS) ** (1 / 3)
    vertices, tets = mesher.stuff(grid, cell)
    quality = mesher.quality(vertices, tets)
    surface = shape.surface(grid, largest=True)
    out = Path(args.out or "organ")
    with replacing(out / "body.npz") as temporary, open(temporary, "wb") as stream:
        np.savez_compressed(stream, vertices=vertices, tets=tets)
    _write_surface(out / "surface.ply", surface)
    data: dict[str, Any] = {
        "organ": args.source,
        **asdict(quality),
        "cell_mm": cell,
        "shape_volume_ml": surface.volume_ml(),
    }
    data["dimensions_mm"] = shape.dimensions_mm(surface.vertices).round(1)
    if args.source in shape.names():
        data["published"] = published(args.source)
    return Answer(data, files=[str(out / "body.npz"), str(out / "surface.ply")])


def published(organ: str) -> list[dict[str, Any]]:
    """Published sizes of an organ with their sources."""
    from twin_engine import parameters

    rows = parameters.load("organs").get(organ)
    return (
        []
        if rows is None
        else [
            {"name": p.name, "value": p.value, "low": p.low, "high": p.high, "unit": p.unit, "source": p.source}
            for p in rows.parameters.values()
        ]
    )


def _write_surface(path: Path, surface: Any) -> None:
    import numpy as np

    from twin_engine.files import replacing

    head = (
        f"ply\nformat binary_little_endian 1.0\ncomment millimetres\nelement vertex {len(surface.vertices)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(surface.faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    rows = np.empty(len(surface.faces), dtype=[("n", "u1"), ("v", "<i4", 3)])
    rows["n"], rows["v"] = 3, surface.faces
    with replacing(path) as temporary:
        temporary.write_bytes(head.encode() + surface.vertices.astype("<f4").tobytes() + rows.tobytes())


def _check(args: argparse.Namespace) -> Answer:
    from twin_engine.tissue import mesher, sources

    path = Path(args.source)
    if path.suffix.lower() in sources.SURFACES:
        volume = sources.enclosed_ml(sources.read_surface(path))
        return Answer({"file": str(path), "closed": True, "volume_ml": volume})
    vertices, tets = read_body(path)
    return Answer({"file": str(path), **asdict(mesher.quality(vertices, tets))})


def read_body(path: Path) -> tuple[Any, Any]:
    """Vertices and tets of a body file.

    Raises
    ------
    InputError
        No such file, or one without finite vertices and valid tets.
    """
    import numpy as np

    if not path.exists():
        raise InputError("file not found", str(path), str(path), "a body (.npz)", "check the path")
    try:
        with np.load(path, allow_pickle=False) as data:
            vertices, tets = np.asarray(data["vertices"], dtype=float), np.asarray(data["tets"]).astype(np.int64)
        ok = vertices.ndim == 2 and tets.ndim == 2 and vertices.shape[1] == 3 and tets.shape[1] == 4
        ok = (
            ok
            and bool(np.isfinite(vertices).all())
            and len(tets) > 0
            and tets.min() >= 0
            and tets.max() < len(vertices)
        )
    except (OSError, ValueError, KeyError, EOFError):
        ok = False
    if not ok:
        raise InputError(
            "unreadable body",
            str(path),
            path.name,
            "vertices (n, 3) and tets (t, 4)",
            "build it again: twin organ build",
        )
    return vertices, tets
