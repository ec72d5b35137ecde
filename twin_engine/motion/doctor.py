"""What is wrong with a recording, and the cure: one row a finding, before anything is computed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.motion.formats import Markers, Motion
from twin_engine.motion.kinematics import Kinematics
from twin_engine.motion.skeleton import Skeleton
from twin_engine.text import tr

Array = NDArray[np.float64]
# Plausible height of the highest marker over the lowest, m (assumption: a toddler on all fours to a
# tall man with his arms up).
_TALL, _USUAL = (0.3, 2.8), 1.6
# Gap that a spline may bridge, s; mean lag that counts as unsynchronised, s (assumptions).
_BRIDGE_S, _LAG_S = 0.2, 0.08
# A label moved farther than this between two frames has jumped, m/s (hands throw at about 25 m/s).
_JUMP_M_S = 30.0
_STANDING_N = 20.0


@dataclass(frozen=True)
class Finding:
    """A fault: what, where, and how to cure it; `serious` faults spoil the result."""

    fault: str
    where: str
    value: str
    cure: str
    serious: bool

    def as_dict(self) -> dict[str, object]:
        """The fields as plain values."""
        return asdict(self)


def examine(markers: Markers, skeleton: Skeleton | None = None, plates: Sequence[Motion] = (),
            needed: Sequence[str] = ()) -> list[Finding]:  # fmt: skip
    """All findings of a trial.

    Parameters
    ----------
    markers : Markers
    skeleton : Skeleton, optional
        The model it is meant for.
    plates : sequence of Motion
        Force plates of the trial.
    needed : sequence of str
        Markers with a weight; by default all of the model's.
    """
    found = _units(markers) + _gaps(markers) + _jumps(markers)
    if skeleton is not None:
        found += _missing(markers, needed or tuple(skeleton.markers)) + _swapped(markers, skeleton)
    return found + _plates(markers, plates)


def _units(markers: Markers) -> list[Finding]:
    seen = markers.positions[_lost(markers).min(axis=1) == 0]
    extent = np.nanmax(seen, axis=1) - np.nanmin(seen, axis=1)
    tall = float(np.max(extent)) if len(seen) else 0.0
    if _TALL[0] <= tall <= _TALL[1] or len(markers.names) < 4 or tall == 0.0:
        return []
    units = {"mm": 1e-3, "cm": 1e-2, "inch": 0.0254, "m": 1e3}
    guess = min(units, key=lambda u: abs(np.log(tall * units[u] / _USUAL)))
    cure = tr("the markers span an impossible size; the numbers look like {unit}", unit=guess)
    return [Finding(tr("wrong unit"), "Units", f"{tall:.4g} m", cure, True)]


def _lost(markers: Markers) -> NDArray[np.int64]:
    """1 where a marker (frames, markers) was not seen, else 0."""
    return np.isnan(markers.positions.sum(axis=2)).astype(np.int64)


def _gaps(markers: Markers) -> list[Finding]:
    """Gaps inside a marker's course; where markers enter and leave the volume, the time when all are seen."""
    found, lost = [], _lost(markers)
    first, last = 0, len(markers.time) - 1
    for k, name in enumerate(markers.names):
        seen = np.flatnonzero(lost[:, k] == 0)
        if not len(seen):
            found.append(Finding(tr("a marker is never seen"), name, "", tr("set its weight to 0 or export it"), True))
            continue
        first, last = max(first, int(seen[0])), min(last, int(seen[-1]))
        runs = _runs(lost[seen[0] : seen[-1] + 1, k])
        if runs:
            longest = max(b - a for a, b in runs) / markers.rate
            start = markers.time[seen[0] + max(runs, key=lambda r: r[1] - r[0])[0]]
            value = tr("{n} gaps, longest {longest:.2f} s at {start:.2f} s", n=len(runs), longest=longest,
                       start=float(start))  # fmt: skip
            cure = (tr("fill by a spline") if longest <= _BRIDGE_S
                    else tr("fill from the rigid cluster, or set its weight to 0"))  # fmt: skip
            found.append(Finding(tr("gaps in a marker"), name, value, cure, longest > _BRIDGE_S))
    if first > 0 or last < len(markers.time) - 1:
        value = (tr("all from {start:.2f} s to {end:.2f} s", start=float(markers.time[first]),
                    end=float(markers.time[last])) if first < last else tr("never all at once"))  # fmt: skip
        found.append(Finding(tr("markers are seen only part of the time"), tr("trial"), value,
                             tr("use the time when all are seen"), first >= last))  # fmt: skip
    return found


def _runs(flags: NDArray[np.int64]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags, [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _jumps(markers: Markers) -> list[Finding]:
    speed = np.linalg.norm(np.diff(markers.positions, axis=0), axis=2) * markers.rate
    found = []
    for k in np.flatnonzero(np.nanmax(np.where(np.isfinite(speed), speed, 0.0), axis=0) > _JUMP_M_S):
        at = int(np.nanargmax(speed[:, k]))
        when = tr("at {time:.2f} s", time=float(markers.time[at]))
        found.append(Finding(tr("a marker jumps"), markers.names[k], when,
                             tr("two labels may have changed places: relabel from here"), True))  # fmt: skip
    return found


def _missing(markers: Markers, needed: Sequence[str]) -> list[Finding]:
    import difflib

    found = []
    for name in needed:
        if name in markers.names:
            continue
        near = difflib.get_close_matches(name, markers.names, n=1, cutoff=0.75)
        cure = tr("rename {name}", name=near[0]) if near else tr("set its weight to 0 or export it")
        found.append(Finding(tr("a marker is missing"), name, "", cure, True))
    return found


def mirror_name(name: str) -> str | None:
    """The name on the other side: R.Knee <-> L.Knee, RASI <-> LASI, hip_r <-> hip_l; None without a side."""
    for a, b in (("R", "L"), ("L", "R")):
        if name.startswith(a):
            return b + name[1:]
    for a, b in (("_r", "_l"), ("_l", "_r")):
        if name.endswith(a):
            return name[:-2] + b
    return None


def _swapped(markers: Markers, skeleton: Skeleton) -> list[Finding]:
    """Sides that fit far better when left and right labels change places."""
    shared = tuple(n for n in markers.names if n in skeleton.markers)
    paired = [n for n in shared if mirror_name(n) in shared]
    if len(shared) < 6 or len(paired) < 4:
        return []
    frame = int(np.argmax(np.isfinite(markers.positions).all(axis=2).sum(axis=1)))
    one = Markers(markers.time[:1], markers.names, markers.positions[frame : frame + 1])
    index = [markers.names.index(mirror_name(n) or n) if n in paired else i for i, n in enumerate(markers.names)]
    crossed = Markers(one.time, one.names, one.positions[:, index])
    solver = Kinematics(skeleton)
    weights = dict.fromkeys(shared, 1.0)
    own, other = (float(solver.solve(m, weights).rms[0]) for m in (one, crossed))
    if other < 0.5 * own:
        return [Finding(tr("left and right changed places"), ", ".join(paired[:4]) + " ...",
                        tr("{own:.1f} cm, crossed {other:.1f} cm", own=100 * own, other=100 * other),
                        tr("rename the left markers as right and the right as left"), True)]  # fmt: skip
    return []


def _plates(markers: Markers, plates: Sequence[Motion]) -> list[Finding]:
    found = []
    for i, plate in enumerate(plates, start=1):
        gap = max(abs(plate.time[0] - markers.time[0]), abs(plate.time[-1] - markers.time[-1]))
        if gap > _LAG_S + 1.0 / markers.rate:
            found.append(Finding(tr("force plate and markers have different times"), tr("plate {n}", n=i),
                                 f"{gap:.2f} s", tr("shift or cut the plate's time to the markers"), True))  # fmt: skip
            continue
        lag = plate_lag(markers, plate)
        if lag is not None and abs(lag) > _LAG_S:
            found.append(Finding(tr("force plate not synchronised"), tr("plate {n}", n=i), f"{lag:+.3f} s",
                                 tr("shift the plate by {lag:+.3f} s", lag=-lag), True))  # fmt: skip
    return found


def plate_lag(markers: Markers, plate: Motion) -> float | None:
    """Seconds by which the force comes later than the foot; None where nothing can be told.

    Force acts where a foot is: the lag with the shortest mean distance from the centre of pressure to
    the nearest marker, over all loaded samples, is taken.
    """
    loaded = np.flatnonzero(plate.columns["ground_force_vy"] > _STANDING_N)
    if not 0.02 < len(loaded) / len(plate.time) < 0.98:
        return None
    loaded = loaded[:: max(1, len(loaded) // 100)]
    centre = np.stack([plate.columns[f"ground_force_p{a}"][loaded] for a in "xyz"], axis=1)
    lags = np.arange(-0.4, 0.4001, 0.01)
    costs = np.array([_distance(markers, plate.time[loaded] - lag, centre) for lag in lags])
    if not np.isfinite(costs).any():
        return None
    return float(lags[np.nanargmin(costs)])


def _distance(markers: Markers, time: Array, centre: Array) -> float:
    inside = (time >= markers.time[0]) & (time <= markers.time[-1])
    if inside.mean() < 0.6:
        return float("nan")
    frame = np.searchsorted(markers.time, time[inside]).clip(0, len(markers.time) - 1)
    gap = np.linalg.norm(markers.positions[frame] - centre[inside, None], axis=2)
    near = np.min(np.where(np.isfinite(gap), gap, np.inf), axis=1)
    return float(near[np.isfinite(near)].mean()) if np.isfinite(near).any() else float("nan")
