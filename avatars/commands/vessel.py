"""Vessels: from an image to lumen, tree, flow, a planned procedure and a printable replica.

twin vessel segment ct.nii.gz --seed-point -12.5,40,-310 --out aorta
twin vessel tree aorta/lumen.stl --image ct.nii.gz --blur 0.7 --out aorta
twin vessel tree --projections views.json --name 1.1=LAD --out lad
twin vessel flow aorta/tree.json --pressure 95 --flow 4.9
twin vessel plan aorta/tree.json --search --out plan
twin vessel replica aorta/lumen.stl --wall 2 --out print
"""

import argparse
from pathlib import Path

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Five actions."""
    subs = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _segment(subs.add_parser("segment", help=tr("lumen of a vessel from an image")))
    _tree(subs.add_parser("tree", help=tr("centreline tree, radii and stenoses of a surface or diameter profile")))
    _flow(subs.add_parser("flow", help=tr("flow, pressure and FFR of a tree")))
    _plan(subs.add_parser("plan", help=tr("a procedure on a tree, or a search for the shortest stent")))
    _replica(subs.add_parser("replica", help=tr("a printable hollow replica with checks")))


def _segment(p: argparse.ArgumentParser) -> None:
    p.add_argument("image", metavar="IMAGE", type=Path, help=tr("NIfTI, NRRD, MHA, or a folder with a DICOM series"))
    p.add_argument(
        "--seed-point",
        metavar="X,Y,Z",
        action="append",
        default=[],
        help=tr("a point in the vessel, mm (LPS); may be repeated; default: the brightest vessel"),
    )
    p.add_argument("--seeds", metavar="CSV", type=Path, help=tr("class,x,y,z for several lumens, one class outside"))
    p.add_argument("--threshold", metavar="VALUE", type=float, help=tr("coarse intensity between lumen and tissue"))
    add_flags(p, "out")


def _tree(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "surface",
        metavar="SURFACE",
        type=Path,
        nargs="?",
        help=tr("STL, PLY, OBJ or VTP; or a CSV with position_mm,diameter_mm"),
    )
    p.add_argument("--projections", metavar="JSON", type=Path, help=tr("two calibrated angiographic views instead"))
    p.add_argument("--image", metavar="IMAGE", type=Path, help=tr("measure the radius in this image"))
    p.add_argument("--blur", metavar="MM", type=float, help=tr("point spread of the scanner, standard deviation in mm"))
    p.add_argument("--root", metavar="X,Y,Z", help=tr("a point at the inlet, mm; default: the widest end"))
    p.add_argument("--anatomy", metavar="NAME", help=tr("name branches by rule: thoracic-aorta, abdominal-aorta"))
    p.add_argument(
        "--name", metavar="BRANCH=NAME", action="append", default=[], help=tr("your name of a branch; may be repeated")
    )
    p.add_argument("--spacing", metavar="MM", type=float, help=tr("grid of the centreline"))
    add_flags(p, "out")


def _flow(p: argparse.ArgumentParser) -> None:
    _bed(p)
    p.add_argument("--samples", metavar="N", type=int, default=50, help=tr("draws for the uncertainty"))
    p.add_argument("--pulsatile", action="store_true", help=tr("a heart beat of the circulation twin as well"))
    add_flags(p, "out", "seed")


def _bed(p: argparse.ArgumentParser) -> None:
    p.add_argument("tree", metavar="TREE", type=Path, help=tr("tree.json of twin vessel tree"))
    p.add_argument(
        "--pressure", metavar="MMHG", type=float, help=tr("mean aortic pressure; default: the circulation twin's")
    )
    p.add_argument(
        "--flow",
        metavar="ML_S",
        type=float,
        dest="inflow",
        help=tr("hyperaemic flow into the tree; default: a normal left anterior descending artery"),
    )


def _plan(p: argparse.ArgumentParser) -> None:
    _bed(p)
    p.add_argument("--procedure", metavar="NAME", help=tr("balloon, stent, bypass, endarterectomy, coil ..."))
    p.add_argument("--branch", metavar="NAME", help=tr("branch; default: the worst lesion's"))
    p.add_argument("--position", metavar="MM", type=float, help=tr("middle of the device along the branch"))
    p.add_argument("--length", metavar="MM", type=float, help=tr("length of the device"))
    p.add_argument("--diameter", metavar="MM", type=float, help=tr("nominal diameter"))
    p.add_argument("--search", action="store_true", help=tr("the shortest stent that restores FFR to .80"))
    add_flags(p, "out", "seed")


def _replica(p: argparse.ArgumentParser) -> None:
    p.add_argument("surface", metavar="SURFACE", type=Path, help=tr("STL, PLY, OBJ or VTP of the lumen"))
    p.add_argument("--wall", metavar="MM", type=float, default=2.0, help=tr("wall thickness"))
    p.add_argument("--grid", metavar="MM", type=float, default=0.6, help=tr("grid of the shell"))
    p.add_argument("--port", metavar="MM", type=float, default=12.0, help=tr("length of the connectors at the ends"))
    p.add_argument("--printer", metavar="NAME", default="form3", help=tr("printer whose size is checked"))
    add_flags(p, "out")


def run(args: argparse.Namespace) -> Answer:
    """Do one action."""
    if args.action in ("segment", "tree"):
        from avatars.commands import _vessel_geometry

        return getattr(_vessel_geometry, args.action)(args)
    if args.action == "replica":
        from avatars import replica

        return replica.command(args)
    from avatars.commands import _vessel_flow

    return getattr(_vessel_flow, args.action)(args)
