"""Rehearsing in a person's own vessel: wire, fluoroscopy, device, debrief.

twin rehearse tree.json --pressure 95 --diameter 3 --out rehearsal
twin rehearse tree.json --window
"""

import argparse
from pathlib import Path
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags."""
    add = parser.add_argument
    add("tree", metavar="TREE", type=Path, help=tr("tree.json of twin vessel tree"))
    add("--pressure", metavar="MMHG", type=float, default=95.0, help=tr("mean aortic pressure"))
    add("--flow", metavar="ML_S", type=float, dest="inflow", help=tr("hyperaemic flow into the tree"))
    add("--image", metavar="IMAGE", type=Path, help=tr("the patient's CT behind the vessel; default: a drawn chest"))
    add("--procedure", metavar="NAME", default="stent", help=tr("device to deploy"))
    add("--diameter", metavar="MM", type=float, default=3.0, help=tr("nominal diameter"))
    add("--seconds", metavar="S", type=float, default=30.0, help=tr("longest time for the wire"))
    add("--window", action="store_true", help=tr("steer it yourself: arrows, space for contrast, D to deploy"))
    add_flags(parser, "out", "seed")


def run(args: argparse.Namespace) -> Answer:
    """Steer, deploy, save pictures and record."""
    from scenes.vessel_pilot import autopilot
    from scenes.vessel_rehearsal import SECONDS_LONGEST, session
    from twin_engine.errors import InputError
    from twin_engine.vessels.centreline import load
    from twin_engine.vessels.tree_flow import Setting

    if not 1 <= args.seconds <= SECONDS_LONGEST:
        raise InputError(
            "impossible duration", "--seconds", args.seconds, f"1 to {SECONDS_LONGEST:g} s", "give seconds"
        )
    ct = None
    if args.image:
        from avatars import imaging

        ct = imaging.read(args.image)
    case = session(load(args.tree), Setting.usual(args.pressure, args.inflow), args.seed, ct=ct)
    out = args.out or Path("rehearsal")
    warnings, files = [], []
    if args.window:
        from scenes import vessel_window

        vessel_window.show(case, args.procedure, args.diameter)
    else:
        if not autopilot(case, args.seconds):
            warnings.append(tr("the scripted operator did not cross the lesion: steer it yourself with --window"))
        case.inject()
        case.hand(0.0, 0.0, 0.6)
        files.append(_picture(case.frame(), out / "wire.png"))
        try:
            case.deploy(args.procedure, diameter_mm=args.diameter)
            files.append(_picture(case.frame(), out / "device.png"))
        except InputError as error:
            warnings.append(tr(error.what))
    files.append(str(case.save(out / "debrief.json")))
    return Answer(case.debrief(), files=files, warnings=warnings)


def _picture(frame: Any, target: Path) -> str:
    import numpy as np
    from PIL import Image

    from twin_engine.files import replacing

    with replacing(target) as temporary:
        Image.fromarray(np.round(255 * frame).astype(np.uint8)).save(temporary, format="PNG")
    return str(target)
