"""Tree, pressure, stent before and after, and fluoroscopy of the procedural coronary case, as pictures.

python examples/vessel_pictures.py docs/gallery
python examples/vessel_pictures.py . lumen.stl tree.json 80     (pressure on a patient's own surface at 80 mL/s)
"""

import sys
from pathlib import Path

import numpy as np
import pyvista as pv
from PIL import Image

from avatars.procedures import _search
from avatars.vessel import VesselAvatar
from scenes.vessel_case import coronary
from scenes.vessel_pilot import autopilot
from scenes.vessel_rehearsal import usual
from twin_engine.vessels import tree_flow
from twin_engine.vessels.calibre import seen_radius
from twin_engine.vessels.centreline import Tree, load
from twin_engine.vessels.image import Image as Volume
from twin_engine.vessels.surface import Surface, extract, polydata, read
from twin_engine.vessels.tree_flow import Setting


def tube(tree: Tree, values: dict[str, np.ndarray]) -> pv.MultiBlock:
    """Round tubes with one value at each point."""
    blocks = pv.MultiBlock()
    for b in tree.branches:
        line = pv.lines_from_points(b.points)
        line["radius"], line["value"] = b.radius, values[b.name]
        blocks.append(line.tube(scalars="radius", absolute=True, n_sides=40, capping=True))
    return blocks


def pressures(avatar: VesselAvatar, setting: Setting, outlets: dict[str, float]) -> dict[str, np.ndarray]:
    """Pressure along every branch in mmHg (Young-Tsai): the drop of a narrowing lies at its throat."""
    rows = {r.name: r for r in tree_flow.steady(avatar.tree, setting, "young_tsai", 1.0, avatar.grafts, outlets)}
    out = {}
    for b in avatar.tree.branches:
        start = setting.pressure if b.parent is None else rows[b.parent].pressure
        weight = np.cumsum(seen_radius(b, avatar.tree.resolution) ** -4.0)
        out[b.name] = (start + (rows[b.name].pressure - start) * weight / weight[-1]) / tree_flow.MMHG
    return out


def picture(target: Path, panels: list[tuple[str, Tree, dict, str, tuple[float, float], str]]) -> None:
    """One panel beside the other, the same view."""
    plotter = pv.Plotter(off_screen=True, shape=(1, len(panels)), window_size=(900 * len(panels), 820), border=False)
    for i, (title, tree, values, bar, limits, colours) in enumerate(panels):
        plotter.subplot(0, i)
        plotter.set_background("#f7f5f1")
        plotter.add_text(title, font_size=14, color="#23302f")
        options = {
            "title": bar,
            "color": "#23302f",
            "vertical": True,
            "height": 0.45,
            "position_x": 0.86,
            "n_labels": 4,
        }
        for block in tube(tree, values):
            plotter.add_mesh(
                block,
                scalars="value",
                cmap=colours,
                clim=limits,
                smooth_shading=True,
                specular=0.35,
                specular_power=18,
                scalar_bar_args={**options},
            )
        plotter.view_vector((-0.45, -1.0, 0.35), viewup=(0, 0, 1))
        plotter.camera.zoom(1.25)
        plotter.enable_anti_aliasing("ssaa")
    plotter.screenshot(target)
    plotter.close()


def wall_of(tree: Tree, step: float = 0.4) -> Surface:
    """The wall of round tubes."""
    from scipy.spatial import cKDTree

    points = np.vstack([b.points for b in tree.branches])
    radius = np.concatenate([b.radius for b in tree.branches])
    low = points.min(axis=0) - 4
    shape = np.ceil((points.max(axis=0) + 4 - low) / step).astype(int)
    nodes = low + np.argwhere(np.ones(shape, bool)) * step
    far, near = cKDTree(points).query(nodes, k=6, distance_upper_bound=4.0)
    known = np.isfinite(far)
    deep = np.where(known, radius[np.where(known, near, 0)] - far, -2.0).max(axis=1).reshape(shape)
    return extract(Volume(deep.astype(np.float32), np.full(3, step), low, np.eye(3)))


def own_surface(target: Path, surface: Surface, avatar: VesselAvatar, setting: Setting) -> None:
    """Pressure of the nearest point of the axis on the wall of a vessel."""
    from scipy.spatial import cKDTree

    known = pressures(avatar, setting, tree_flow.resistances(avatar.tree, setting))
    points = np.vstack([b.points for b in avatar.tree.branches])
    values = np.concatenate([known[b.name] for b in avatar.tree.branches])
    wide = np.concatenate([np.nan_to_num(b.inscribed) for b in avatar.tree.branches])
    wall = pv.wrap(polydata(surface))
    far, near = cKDTree(points).query(wall.points, k=6)
    # Seen from the wall the axis that counts is the one whose sphere comes nearest, not a thin neighbour's.
    wall["pressure"] = values[near[np.arange(len(near)), np.argmin(far - wide[near], axis=1)]]
    plotter = pv.Plotter(off_screen=True, shape=(1, 2), window_size=(1500, 820), border=False)
    size = np.ptp(wall.points, axis=0)
    longest = int(np.argmax(size))
    up = np.eye(3)[longest] * np.sign(avatar.tree.branches[0].points[0] - wall.points.mean(axis=0))[longest]
    for i, side in enumerate(np.delete(np.eye(3), longest, axis=0)):
        plotter.subplot(0, i)
        plotter.set_background("#f7f5f1")
        bar = {"title": "pressure, mmHg", "color": "#23302f", "vertical": True, "height": 0.45, "position_x": 0.84}
        plotter.add_mesh(wall, scalars="pressure", cmap="magma", smooth_shading=True, specular=0.3,
                         scalar_bar_args=bar, show_scalar_bar=i == 1)  # fmt: skip
        plotter.view_vector(side, viewup=up)
        plotter.camera.zoom(1.1)
        plotter.enable_anti_aliasing("ssaa")
    plotter.screenshot(target)
    plotter.close()


def main(folder: Path) -> None:
    """Write the four pictures."""
    setting = Setting.usual(95.0)
    avatar = VesselAvatar(0, coronary())
    outlets = tree_flow.resistances(avatar.tree, setting)
    found = _search.search(avatar, setting)
    radius = {b.name: 2 * b.radius for b in avatar.tree.branches}
    picture(
        folder / "vessel_tree.png", [("Left coronary tree", avatar.tree, radius, "diameter, mm", (1.2, 4.6), "viridis")]
    )
    own_surface(folder / "vessel_pressure.png", wall_of(avatar.tree), avatar, setting)
    before, after = pressures(avatar, setting, outlets), pressures(found.avatar, setting, outlets)
    picture(
        folder / "vessel_stent.png",
        [
            (f"Before: least FFR {found.before:.2f}", avatar.tree, before, "pressure, mmHg", (50, 95), "magma"),
            (
                f"After a {found.diameter_mm:g} x {found.site.length_mm:g} mm stent: {found.after:.2f}",
                found.avatar.tree,
                after,
                "pressure, mmHg",
                (50, 95),
                "magma",
            ),
        ],
    )
    case = usual()
    autopilot(case, 20.0)
    case.hand(0.0, 0.0, 2.0)
    frames = [[case.frame() for _ in range(4)][-1]]
    case.inject()
    case.hand(0.0, 0.0, 0.9)
    frames += [[case.frame() for _ in range(4)][-1]]
    case.deploy("stent", diameter_mm=found.diameter_mm)
    case.hand(0.0, 0.0, 4.0)
    case.inject()
    case.hand(0.0, 0.0, 0.9)
    frames += [[case.frame() for _ in range(4)][-1]]
    Image.fromarray(np.round(255 * np.hstack(frames)).astype(np.uint8)).save(folder / "vessel_fluoroscopy.png")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    if len(sys.argv) > 4:
        person = VesselAvatar(0, load(sys.argv[3]))
        own_surface(target / "pressure.png", read(sys.argv[2]), person, Setting.usual(95.0, float(sys.argv[4])))
    else:
        main(target)
