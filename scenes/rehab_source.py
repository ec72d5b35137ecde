"""What the figure of the rehabilitation room follows: a recording or a stream, against a reference."""

import argparse
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin_engine.errors import InputError
from twin_engine.text import tr

if TYPE_CHECKING:
    from twin_engine.motion.live import Guidance


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Flags of `twin scene rehab`, as `twin motion guide` has them."""
    add = parser.add_argument
    add("--reference", type=Path, metavar="MOT", help=tr("rehab: the movement to follow"))
    add("--replay", type=Path, metavar="FILE", help=tr("rehab: recording to show: MOT, TRC, C3D or sensor CSV"))
    add("--stream", metavar="SOURCE", help=tr("rehab: sensors live: - (stdin) or a UDP port of this computer"))
    add("--joint", action="append", default=[], metavar="NAME=NEAR,FAR,AXIS",
        help=tr("rehab: joint between two sensors, or of three landmarks"))  # fmt: skip
    add("--model", type=Path, metavar="OSIM", help=tr("rehab: model, for markers"))


def attach(place: Any, args: argparse.Namespace) -> None:
    """Give the place what the flags name; nothing where they name nothing.

    Raises
    ------
    InputError
        Another place, no reference, or both sources or none.
    """
    if not (args.reference or args.replay or args.stream):
        return
    if not hasattr(place, "follow"):
        raise InputError("this place follows no movement", "--reference", str(args.reference), "twin scene rehab",
                         "leave it out")  # fmt: skip
    if not args.reference or bool(args.replay) == bool(args.stream):
        raise InputError("a reference and one source of movement are needed", "--reference, --replay, --stream", None,
                         "a reference, and a recording or a stream", "twin motion reference writes one")  # fmt: skip
    from twin_engine.motion import follow
    from twin_engine.motion.formats import read_motion

    reference = read_motion(args.reference)
    if args.replay:
        place.follow(*follow.recording(reference, args.replay, args.joint, model=args.model))
        return
    guide, frames, rate = follow.streamed(reference, args.stream, args.joint)
    latest = Latest(frames)
    place.follow(guide, [latest.first], rate)
    place.source = latest


class Latest:
    """The newest frame of a stream that another thread reads."""

    def __init__(self, frames: Iterable["Guidance"]) -> None:
        self._frames = iter(frames)
        first = next(self._frames, None)
        if first is None:
            raise InputError("too few frames", "--stream", 0, "at least 1 frame", "check the sender")
        self.first = self.newest = first
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for frame in self._frames:
            self.newest = frame
