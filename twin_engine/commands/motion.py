"""Movement: check, scale, ik, id, measure, reference, guide.

From a recording to joint angles and moments, measures beside their norm, the best next movement,
live guidance, and a training session that adapts.
"""

import argparse
from pathlib import Path

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Sub-commands and their flags."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def sub(name: str, text: str, *flags: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=text)
        add_flags(made, *flags)
        return made

    check = sub("check", tr("what is wrong with a recording, and the cure"))
    check.add_argument("trial", type=Path, metavar="TRIAL", help=tr("TRC, C3D, or CSV of landmarks or sensors"))
    check.add_argument("--model", type=Path, metavar="OSIM", help=tr("model it is meant for"))
    check.add_argument("--setup", type=Path, metavar="XML", help=tr("OpenSim setup with marker weights"))
    check.add_argument("--grf", type=Path, metavar="MOT", help=tr("ground reaction table"))
    scale = sub("scale", tr("fit a model to a person by a static trial"), "out")
    scale.add_argument("model", type=Path, metavar="MODEL")
    scale.add_argument("static", type=Path, metavar="STATIC", help=tr("static trial, TRC or C3D"))
    scale.add_argument("--mass", type=float, metavar="KG", help=tr("body mass, kg"))
    scale.add_argument("--pairs", type=Path, metavar="CSV", help=tr("marker pairs: body,marker_a,marker_b"))
    _analysis(sub)
    _guidance(sub)


def _analysis(sub: object) -> None:
    assert callable(sub)
    ik = sub("ik", tr("joint angles from markers"), "out")
    ik.add_argument("model", type=Path, metavar="MODEL", help=tr("OpenSim model, .osim"))
    ik.add_argument("trial", type=Path, metavar="TRIAL", help=tr("TRC, C3D or CSV"))
    ik.add_argument("--setup", type=Path, metavar="XML", help=tr("OpenSim setup with marker weights"))
    ik.add_argument("--start", type=float, metavar="S", help=tr("from this time, s"))
    ik.add_argument("--end", type=float, metavar="S", help=tr("to this time, s"))
    inverse = sub("id", tr("joint moments from angles and ground reaction"), "out")
    inverse.add_argument("model", type=Path, metavar="MODEL", help=tr("OpenSim model, .osim"))
    inverse.add_argument("motion", type=Path, metavar="MOTION", help=tr("angles, MOT"))
    inverse.add_argument("--grf", type=Path, metavar="MOT", help=tr("ground reaction table"))
    inverse.add_argument("--plate", action="append", default=[], metavar="BODY=PREFIX",
                         help=tr("body a plate acts on and its column prefix"))  # fmt: skip
    inverse.add_argument("--cutoff", type=float, default=6.0, metavar="HZ", help=tr("low-pass, Hz"))
    measure = sub("measure", tr("range, smoothness, symmetry and gait beside their norm"))
    measure.add_argument("file", type=Path, metavar="FILE", help=tr("angles (MOT) or markers (TRC, C3D, CSV)"))
    measure.add_argument("--model", type=Path, metavar="OSIM", help=tr("model of the angles: adds gait"))
    measure.add_argument("--marker", metavar="NAME", help=tr("hand or other end point: adds smoothness"))
    measure.add_argument("--compare", type=Path, metavar="MOT", help=tr("reference angles: adds the distance"))


def _guidance(sub: object) -> None:
    assert callable(sub)
    reference = sub("reference", tr("the best next movement within range and strength"), "out")
    reference.add_argument("demonstrations", type=Path, nargs="*", metavar="DEMO", help=tr("demonstrations, MOT"))
    reference.add_argument("--task", default="reach", metavar="NAME", help=tr("task, where no demonstration is given"))
    reference.add_argument("--impairment", type=Path, metavar="YAML", help=tr("strength, range, side"))
    reference.add_argument("--load", type=float, default=0.0, metavar="KG", help=tr("mass in the hand, kg"))
    reference.add_argument("--seconds", type=float, metavar="S", help=tr("preferred time, s"))
    guide = sub("guide", tr("follow a movement live: phase and one cue at a time"), "out")
    guide.add_argument("reference", type=Path, metavar="REFERENCE", help=tr("reference angles, MOT"))
    guide.add_argument("--model", type=Path, metavar="OSIM", help=tr("model, for markers"))
    guide.add_argument("--replay", metavar="FILE", help=tr("recording to follow: MOT, TRC, C3D or sensor CSV"))
    guide.add_argument("--stream", metavar="SOURCE", help=tr("sensors live: - (stdin) or a UDP port of this computer"))
    guide.add_argument("--setup", type=Path, metavar="XML", help=tr("OpenSim setup with marker weights"))
    guide.add_argument("--joint", action="append", default=[], metavar="NAME=NEAR,FAR,AXIS",
                       help=tr("joint between two sensors, elbow=upper,lower,z, or of three landmarks, "
                               "NAME=NEAR,MIDDLE,FAR"))  # fmt: skip
    guide.add_argument("--cyclic", action="store_true", help=tr("the movement repeats, as gait does"))
    guide.add_argument("--seconds", type=float, metavar="S", help=tr("how long; a short recording repeats"))
    session = sub("session", tr("plan and simulate a training course, or play one session"), "out", "seed")
    session.add_argument("--play", action="store_true",
                         help=tr("train now: type what came of each block; the course is kept in "
                                 "training.csv"))  # fmt: skip
    session.add_argument("--task", action="append", default=[], metavar="NAME",
                         help=tr("reach, grasp, sit_to_stand, gait, balance, neglect; may be repeated"))  # fmt: skip
    session.add_argument("--weeks", type=int, default=6, metavar="N", help=tr("weeks of training"))
    session.add_argument("--per-week", type=int, default=3, metavar="N", help=tr("sessions a week"))
    session.add_argument("--adherence", type=float, default=0.8, metavar="P", help=tr("share of sessions attended"))
    session.add_argument("--scores", default="", metavar="WEEK:FM,...",
                         help=tr("Fugl-Meyer scores by week after stroke, for example 1:12,2:19"))  # fmt: skip
    session.add_argument("--effect", type=float, default=0.0, metavar="POINTS",
                         help=tr("assumed effect of the training on the score; default none"))  # fmt: skip


def run(args: argparse.Namespace) -> Answer:
    """Run one sub-command."""
    from twin_engine.commands import _motion_analysis as analysis
    from twin_engine.commands import _motion_guidance as guidance

    chosen = {"check": analysis.check, "scale": analysis.scale, "ik": analysis.ik, "id": analysis.inverse_dynamics,
              "measure": analysis.measure, "reference": guidance.reference, "guide": guidance.guide,
              "session": guidance.session}  # fmt: skip
    return chosen[args.action](args)
