"""Rehearsal in a person's own vessel: a guide wire under simulated fluoroscopy, a device, and a debrief.

Motion figures are measures of the session, not validated scores.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from avatars.vessel import Site, VesselAvatar
from scenes.fluoroscopy import CONTRAST, STEEL, TIP, Array, CArm, Detector, bare, chest, dense, guide, tube
from twin_engine import parameters
from twin_engine.errors import InputError
from twin_engine.files import write_text
from twin_engine.streams import stream
from twin_engine.text import tr
from twin_engine.vessels.calibre import seen_radius
from twin_engine.vessels.centreline import Tree
from twin_engine.vessels.image import Image
from twin_engine.vessels.rod import Lumen, Rod, made
from twin_engine.vessels.tree_flow import Setting, resistances, steady

# Frames and hand steps a second; hand's greatest speed in m/s and rad/s; contrast in mL/s.
FRAMES, HAND, FASTEST, TURN, INJECTION = 15.0, 240.0, 0.06, 6.0, 4.0
# The greatest force of two fingers on a wire in N (assumption).
STRENGTH = 5.0
# A wire this near the middle of the lesion, and this far beyond it, has crossed (mm).
# Dose area product a second of fluoroscopy: 42.0 Gy cm2 in 9.2 min of beam time, PROTECTION VIII medians.
NEAR_MM, BEYOND_MM, DOSE_GY_CM2_S = 1.0, 3.0, 42.0 / (9.2 * 60)
# Dilution by blood; rise and fall of the bolus in s (assumptions).
DILUTION, EDGE = 0.62, 0.25
# Wider roots get a peripheral wire; wall force is averaged over this time.
CORONARY_MM, FORCE_S = 4.0, 0.2
# Flow into a wide vessel where none is given: 5 L/min (assumption).
AORTIC_ML_S = 83.0
SECONDS_LONGEST = 600.0


def lumen_of(tree: Tree) -> Lumen:
    """The tree's round tubes: exact near them, on a grid of the root's radius farther out (m, negative inside)."""
    from scipy.spatial import cKDTree

    spacing = max(0.7 * float(np.nanmedian(tree.branches[0].radius)), 1.0)
    lines = [dense(b.points, seen_radius(b, tree.resolution), 1.0) for b in tree.branches]
    tubes = np.vstack([np.column_stack([p[:-1], p[1:], r[:-1], r[1:]]) for p, r in lines])
    points, radius = np.vstack([p for p, _ in lines]), np.concatenate([r for _, r in lines])
    margin = 2 * float(radius.max()) + 2 * spacing
    low = points.min(axis=0) - margin
    shape = np.ceil((points.max(axis=0) + margin - low) / spacing).astype(int) + 1
    nodes = low + np.argwhere(np.ones(shape, bool)) * spacing
    far, near = cKDTree(points).query(nodes, k=min(8, len(points)))
    signed = (far - radius[near]).min(axis=1).reshape(shape)
    return Lumen(signed * 1e-3, low * 1e-3, spacing * 1e-3, tubes * 1e-3)


def transit(tree: Tree, s: Setting) -> dict[str, Array]:
    """Seconds that blood takes from the inlet to every point, from the computed flow."""
    flows = {r.name: r.flow for r in steady(tree, s, "young_tsai", s.reserve)}
    times: dict[str, Array] = {}
    for b in tree.branches:
        slow = np.pi * (seen_radius(b, tree.resolution) * 1e-3) ** 2 / max(flows[b.name], 1e-12)
        start = 0.0 if b.parent is None else float(times[b.parent][-1])
        ds = np.diff(b.arc, prepend=0.0) * 1e-3
        times[b.name] = start + np.cumsum(slow * ds)
    return times


@dataclass
class Rehearsal:
    """One session.

    Parameters
    ----------
    avatar : VesselAvatar
    setting : Setting
    target : Site
        Where the device goes.
    arm : CArm
    seed : int
    ct : Image, optional
        The patient's CT in HU; without it a procedural chest stands behind the vessel.
    """

    avatar: VesselAvatar
    setting: Setting
    target: Site
    arm: CArm
    seed: int = 1
    ct: Image | None = None
    time: float = 0.0
    beam: float = 0.0
    contrast_ml: float = 0.0
    path_mm: float = 0.0
    force: float = 0.0
    peak_force: float = 0.0
    injections: list[tuple[float, float]] = field(default_factory=list)
    after: VesselAvatar | None = None

    def __post_init__(self) -> None:
        tree = self.avatar.tree
        root = tree.branches[0]
        wide = float(np.nanmedian(root.radius))
        self.lumen = lumen_of(tree)
        name = "coronary_014" if wide <= CORONARY_MM else "standard_035"
        reach = self._reach() * 1.15e-3 + 0.03
        wire = made(name, reach)
        # Past the cap of the tree's cut end, or it would stand in the way.
        start = int(np.searchsorted(root.arc, min(2 * wide, root.length / 4)))
        friction = parameters.load("vessel_wire")[name].values()["friction"]
        self.rod = Rod(wire, root.points[start] * 1e-3, root.tangent[start], self.lumen, inserted=2e-3,
                       friction=friction, strength=STRENGTH)  # fmt: skip
        self.times = transit(tree, self.setting)
        self.detector = Detector(stream(self.seed, 0, 0, "fluoroscopy"))
        self.rest, self.systole = chest(self.arm) if self.ct is None else (bare(self.arm, self.ct, tree),) * 2
        b, _, _ = self.target.check(tree)
        self.goal = np.stack([np.interp(self.target.position_mm, b.arc, b.points[:, k]) for k in range(3)])

    def _reach(self) -> float:
        """From the inlet to the end of the target's branch in mm."""
        tree, name, total = self.avatar.tree, self.target.branch, 0.0
        here: str | None = tree[name].name
        while here is not None:
            total += tree[here].length
            here = tree[here].parent
        return total

    def hand(self, advance: float, turn: float, seconds: float) -> None:
        """Push at `advance` m/s and turn at `turn` rad/s for a while; speeds are held to what a hand does."""
        if not np.isfinite([advance, turn, seconds]).all():
            raise InputError(
                "a hand's motion must be finite",
                "rod",
                (advance, turn, seconds),
                "m/s, rad/s, s",
                "leave the pose out this frame",
            )
        for _ in range(max(round(seconds * HAND), 1)):
            before = self.rod.tip().copy()
            self.rod.step(
                1 / HAND, float(np.clip(advance, -FASTEST, FASTEST)) / HAND, float(np.clip(turn, -TURN, TURN)) / HAND
            )
            self.path_mm += float(np.linalg.norm(self.rod.tip() - before)) * 1e3
            # A contact lasts many steps: single ones knock.
            keep = np.exp(-1 / (HAND * FORCE_S))
            self.force = keep * self.force + (1 - keep) * float(self.rod.wall_force().sum())
            self.peak_force = max(self.peak_force, self.force)
            self.time += 1 / HAND

    def inject(self, millilitres: float = 6.0) -> None:
        """A bolus of contrast into the inlet."""
        self.injections.append((self.time, millilitres / INJECTION))
        self.contrast_ml += millilitres

    def frame(self) -> Array:
        """One pulse of fluoroscopy."""
        self.beam += 1 / FRAMES
        beat = 0.5 - 0.5 * np.cos(2 * np.pi * self.time * 70 / 60)
        total = (1 - beat) * self.rest + beat * self.systole
        step = self.arm.field_mm / self.arm.pixels / 1.6
        filled = np.zeros_like(total)
        for b in (self.after or self.avatar).tree.branches:
            level = self._bolus(self.times[b.name])
            if level.max() > 0.01:
                points, radius = dense(b.points, seen_radius(b, self.avatar.tree.resolution), step)
                _, strength = dense(b.points, level, step)
                np.maximum(filled, tube(self.arm, points, radius, CONTRAST * DILUTION * strength), out=filled)
        return self.detector.show(total + filled + self._wire(step) + self._devices(step) + self._guide())

    def _guide(self) -> Array | float:
        """A guide catheter brings wire and contrast into a coronary artery."""
        root = self.avatar.tree.branches[0]
        if self.ct is not None or float(np.nanmedian(root.radius)) > CORONARY_MM:
            return 0.0
        filled = float(self._bolus(np.array([-0.1])).max())
        return guide(self.arm, root.points[0], root.tangent[0], filled)

    def _bolus(self, delay: Array) -> Array:
        level = np.zeros_like(delay)
        for start, long in self.injections:
            t = self.time - start - delay
            level = np.maximum(level, 1 / (1 + np.exp(-t / EDGE * 4)) - 1 / (1 + np.exp(-(t - long) / EDGE * 4)))
        return level

    def _wire(self, step: float) -> Array:
        from scipy.ndimage import gaussian_filter1d

        # A pulse lasts some ms: the wire's tremble between contacts blurs out.
        points = gaussian_filter1d(self.rod.x * 1e3, 1.5, axis=0, mode="nearest")
        inside = np.arange(len(points)) * self.rod.segment >= self.rod.wire.length - self.rod.inserted
        soft = np.arange(len(points)) * self.rod.segment > self.rod.wire.length - self.rod.wire.tip_length
        line, mu = dense(points[inside], np.where(soft, TIP, STEEL)[inside], step / 1.5)
        return tube(self.arm, line, np.full(len(line), self.rod.wire.radius * 1e3), mu)

    def _devices(self, step: float) -> Array:
        total = np.zeros((self.arm.pixels, self.arm.pixels))
        for device in self.after.devices if self.after else ():
            b = self.after.tree[device.branch] if self.after else self.avatar.tree[device.branch]
            here = (b.arc >= device.start_mm) & (b.arc <= device.end_mm)
            if here.sum() > 1:
                points, radius = dense(b.points[here], b.radius[here], step)
                ring = 0.5 + 0.5 * np.cos(np.arange(len(points)) * step * 2 * np.pi / 1.2)
                # Struts: .09 mm of cobalt-chromium (taken as steel) on the wall, two crossings.
                np.maximum(total, tube(self.arm, points, radius, 0.18 * STEEL / (2 * radius) * ring * 2), out=total)
        return total

    def distance_mm(self) -> float:
        """From the wire's nearest point to the target."""
        return float(np.linalg.norm(self.rod.x * 1e3 - self.goal, axis=1).min())

    def crossed(self) -> bool:
        """The wire passes the target and lies a little beyond it."""
        ahead = self.rod.x[self.rod.segment * np.arange(self.rod.nodes) > self.rod.wire.length - self.rod.inserted]
        if len(ahead) < 3:
            return False
        far = np.linalg.norm(ahead * 1e3 - self.goal, axis=1)
        near = int(np.argmin(far))
        return bool(far[near] <= self._near() and (len(ahead) - 1 - near) * self.rod.segment * 1e3 >= BEYOND_MM)

    def _near(self) -> float:
        b = self.avatar.tree[self.target.branch]
        return float(np.interp(self.target.position_mm, b.arc, seen_radius(b, self.avatar.tree.resolution))) + NEAR_MM

    def deploy(self, procedure: str, **size: float) -> None:
        """Place a device at the target once the wire has crossed it.

        Raises
        ------
        InputError
            The wire has not reached the target.
        """
        from avatars import procedures

        if not self.crossed():
            raise InputError(
                "the wire has not reached the target",
                "rehearsal",
                round(self.distance_mm(), 1),
                f"{BEYOND_MM:g} mm beyond the middle of the lesion",
                "advance the wire first",
            )
        self.after = procedures.load(procedure).perform(self.avatar, self.target, **size)

    def debrief(self) -> dict[str, Any]:
        """What happened, as a record."""
        outlets = resistances(self.avatar.tree, self.setting)

        def least(a: VesselAvatar) -> float:
            return min(
                r.ffr
                for law in ("young_tsai", "huo_kassab")
                for r in steady(a.tree, self.setting, law, 1.0, a.grafts, outlets)
            )

        return {
            "time_s": self.time,
            "contrast_ml": self.contrast_ml,
            "beam_time_s": self.beam,
            "dose_area_product_gy_cm2": self.beam * DOSE_GY_CM2_S,
            "peak_wall_force_n": self.peak_force,
            "path_mm": self.path_mm,
            "straight_mm": self.target.position_mm,
            "distance_to_target_mm": self.distance_mm(),
            "deployed": self.after is not None,
            "ffr_before": least(self.avatar),
            "ffr_after": least(self.after) if self.after else None,
            "reference": tr("median of 3.7 million coronary interventions: 9.2 min, 42.0 Gy cm2 (PROTECTION VIII)"),
        }

    def save(self, target: Path) -> Path:
        """Write the debrief at once or not at all."""
        return write_text(target, json.dumps(self.debrief(), indent=1))


def session(
    tree: Tree,
    setting: Setting,
    seed: int = 1,
    field_mm: float = 0.0,
    lao: float = -30.0,
    cranial: float = 25.0,
    ct: Image | None = None,
) -> Rehearsal:
    """A rehearsal at the tree's worst narrowing, the C-arm on its middle."""
    from scenes.vessel_case import worst

    points = np.vstack([b.points for b in tree.branches])
    branch, at = worst(tree)
    length = min(18.0, 2 * at, 2 * (tree[branch].length - at))
    wide = field_mm or float(np.clip(1.5 * np.linalg.norm(np.ptp(points, axis=0)), 120, 400))
    arm = CArm((points.min(axis=0) + points.max(axis=0)) / 2, lao, cranial, field_mm=wide)
    return Rehearsal(VesselAvatar(0, tree), setting, Site(branch, at, length), arm, seed, ct)


def usual(seed: int = 1) -> Rehearsal:
    """The procedural coronary case at 95 mmHg."""
    from scenes.vessel_case import coronary

    return session(coronary(), Setting.usual(95.0), seed)


def own(tree: Tree, seed: int = 1) -> Rehearsal:
    """A person's tree at 95 mmHg; a vessel wider than a coronary artery gets resting aortic flow (assumption)."""
    wide = float(np.nanmedian(tree.branches[0].radius)) > CORONARY_MM
    return session(tree, Setting.usual(95.0, AORTIC_ML_S if wide else None), seed)
