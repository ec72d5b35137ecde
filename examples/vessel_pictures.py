"""Tree, pressure, stent before and after, and fluoroscopy of the procedural coronary case, as pictures.

python examples/vessel_pictures.py docs/gallery
"""

import sys
from pathlib import Path

import numpy as np
import pyvista as pv
from PIL import Image

from avatars.procedures import _search
from avatars.vessel import VesselAvatar
from scenes.vessel_case import coronary
from scenes.vessel_rehearsal import autopilot, usual
from twin_engine.vessels import tree_flow
from twin_engine.vessels.centreline import Tree
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
        weight = np.cumsum(b.radius**-4.0)
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
    frames = []
    case.inject()
    for wait in (0.3, 0.4):
        case.hand(0.0, 0.0, wait)
        frames += [case.frame() for _ in range(3)][-1:]
    case.deploy("stent", diameter_mm=found.diameter_mm)
    case.inject()
    case.hand(0.0, 0.0, 0.7)
    frames += [case.frame() for _ in range(4)][-1:]
    Image.fromarray(np.round(255 * np.hstack(frames)).astype(np.uint8)).save(folder / "vessel_fluoroscopy.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
