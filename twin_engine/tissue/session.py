"""A recorded session: every hand pose and act, replayed bit for bit; its motion metrics.

Called motion metrics: time and distance agree only weakly with expert marks (r .35), so they are never a
judgement of competence.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.files import read_text, write_text
from twin_engine.tissue.operation import Operation

Array = NDArray[np.float64]
HANDS = ("left", "right")
ACTS = ("grasp", "retract", "release", "cut", "clip", "coagulate", "suture")
RATE = 60.0
IDLE_SPEED = 0.005
MOST_FRAMES, FEWEST = 200_000, 16
# Leaves of the vessel trees in an operation.
TWIGS = 200


def theatre(case: str, cell_mm: float = 14.0, spacing: float = 2.0) -> Operation:
    """A fresh operation on a case of the lesion library: what a session of that task was made on.

    Raises
    ------
    InputError
        There is no such case.
    """
    from twin_engine.tissue.organs import lesions, liver
    from twin_engine.tissue.organs.specimen import Specimen

    cases = lesions.standard()
    if case not in cases:
        raise InputError("no such case", "task", case, ", ".join(cases), "choose one of these")
    name, found = cases[case]
    return Operation(Specimen(name, found, spacing), liver.trees(TWIGS) if name == "liver" else {}, cell_mm)


@dataclass
class Session:
    """Poses (frames, 2, 3) of both hands in m and the acts of each frame.

    Parameters
    ----------
    student : str
        Label of a learner (a pseudonym).
    task : str
    frames : list
        [left, right] a frame.
    acts : list
        [frame, name, arguments].
    start : list
        Tips of both tools before the first frame; empty: where the first frame has them.
    """

    student: str
    task: str
    frames: list[list[list[float]]] = field(default_factory=list)
    acts: list[list[Any]] = field(default_factory=list)
    start: list[list[float]] = field(default_factory=list)

    def act(self, name: str, *arguments: Any) -> None:
        """Note an act at the present frame."""
        self.acts.append(
            [len(self.frames), name, json.loads(json.dumps(arguments, default=lambda v: np.asarray(v).tolist()))]
        )

    def save(self, path: Path) -> Path:
        """Write as JSON; floats keep every bit."""
        return write_text(
            path,
            json.dumps(
                {
                    "student": self.student,
                    "task": self.task,
                    "rate_hz": RATE,
                    "start": self.start,
                    "frames": self.frames,
                    "acts": self.acts,
                }
            ),
        )

    @classmethod
    def load(cls, path: Path) -> "Session":
        """Read one.

        Raises
        ------
        InputError
            Not a session: unknown acts, frames that are not two finite points, too long.
        """
        try:
            data = json.loads(read_text(path))
            made = cls(str(data["student"]), str(data["task"]), data["frames"], data["acts"], data.get("start", []))
            tips = np.array(made.start or made.frames[0], dtype=float)
            poses = np.array(made.frames, dtype=float)
            ok = poses.ndim == 3 and poses.shape[1:] == (2, 3) and len(poses) <= MOST_FRAMES
            ok = (
                ok
                and bool(np.isfinite(poses).all() and np.isfinite(tips).all() and tips.shape == (2, 3))
                and all(a[1] in ACTS and 0 <= a[0] <= len(poses) for a in made.acts)
            )
        except (ValueError, KeyError, TypeError, IndexError):
            ok = False
        if not ok:
            raise InputError(
                "unreadable session", str(path), path.name, "a session written by twin scene organ", "record it again"
            )
        return made


@dataclass(frozen=True)
class Outcome:
    """What the run of a session did to the tissue."""

    force_peak_n: float
    force_integral_ns: float
    overstrained_ml: float
    blood_loss_ml: float
    margin_mm: float
    specimen_g: float
    digest: str


def _do(operation: Operation, name: str, arguments: Sequence[Any]) -> None:
    try:
        getattr(operation, name)(*arguments)
    except (TypeError, ValueError):
        raise InputError("an act has the wrong arguments", "session", f"{name} {arguments}"[:120],
                         "what twin scene organ records", "record it again") from None  # fmt: skip


def replay(
    session: Session, operation: Operation, on_frame: Callable[[int], None] | None = None, substeps: int = 10
) -> Outcome:
    """Run a session's poses and acts on a fresh operation.

    A pose that is not finite is left out, and the tool stays; so a session survives a lost tracker.
    """
    tools = [operation.tool(p) for p in session.start or session.frames[0]]
    acts: dict[int, list[list[Any]]] = {}
    for act in session.acts:
        acts.setdefault(int(act[0]), []).append(act)
    peak = total = strained = 0.0
    for number, poses in enumerate(session.frames):
        for tool, pose in zip(tools, poses, strict=True):
            if np.isfinite(pose).all():
                tool.aim(pose)
        for _, name, arguments in acts.get(number, []):
            _do(operation, name, arguments)
        operation.step(1 / RATE, substeps)
        force = sum(float(np.linalg.norm(t.force)) for t in tools)
        peak, total = max(peak, force), total + force / RATE
        if number % 10 == 0:
            strained = max(strained, operation.overstrained_ml())
        if on_frame is not None:
            on_frame(number)
    import hashlib

    digest = hashlib.sha256(operation.body.x.tobytes() + operation.body.v.tobytes()).hexdigest()
    margin, weight = float("nan"), 0.0
    if len(operation.blade) >= 6:
        taken = operation.resect()
        margin, weight = taken.margin_mm, taken.specimen_g
    return Outcome(peak, total, strained, operation.blood_ml, margin, weight, digest)


def motion(session: Session) -> dict[str, float]:
    """Motion metrics of the poses alone.

    Smoothness is the mean SPARC of single movements (Balasubramanian 2015), at 100 Hz, cut at pauses.
    """
    from twin_engine.motion import measures

    poses = np.array(session.frames)
    if len(poses) < FEWEST:
        raise InputError("a session needs at least 16 frames", "session", len(poses), "16 or more", "record longer")
    step = np.linalg.norm(np.diff(poses, axis=0), axis=2)
    length = step.sum(axis=0)
    speed = step * RATE
    time = np.arange(len(speed)) / RATE
    smooth = []
    for hand in range(2):
        fine = measures.resample(time, speed[:, hand])
        moving = np.flatnonzero(fine > IDLE_SPEED)
        for run in np.split(moving, np.flatnonzero(np.diff(moving) > 20) + 1):
            if len(run) >= 20:
                smooth.append(measures.sparc(fine[run[0] : run[-1] + 1]))
    straight = np.linalg.norm(poses[-1] - poses[0], axis=1)
    return {
        "time_s": len(poses) / RATE,
        "path_left_m": float(length[0]),
        "path_right_m": float(length[1]),
        "path_total_m": float(length.sum()),
        "hand_difference_m": float(abs(length[0] - length[1])),
        "bimanual_ratio": float(length.min() / max(length.max(), 1e-9)),
        "idle_share": float((speed < IDLE_SPEED).all(axis=1).mean()),
        "economy": float(straight.sum() / max(length.sum(), 1e-9)),
        "sparc": float(np.mean(smooth)) if smooth else float("nan"),
    }


def score(session: Session, outcome: Outcome) -> dict[str, float]:
    """Motion metrics with what happened to the tissue."""
    return {
        **motion(session),
        "force_peak_n": outcome.force_peak_n,
        "force_integral_ns": outcome.force_integral_ns,
        "overstrained_ml": outcome.overstrained_ml,
        "blood_loss_ml": outcome.blood_loss_ml,
        "margin_mm": outcome.margin_mm,
        "specimen_g": outcome.specimen_g,
    }
