"""Planning view: the liver as glass, its vessels, the tumour with its margin, the proposed plane, the remnant."""

import numpy as np
from panda3d.core import NodePath

from scenes import organ_mesh
from scenes.organ_cut import sliced
from scenes.organ_mesh import Skin, plain
from scenes.organ_view import Studio, around
from scenes.upload import blended
from twin_engine.tissue.organs import lesions, liver, shape
from twin_engine.tissue.organs.shape import Grid, Tubes, draw
from twin_engine.tissue.organs.specimen import Specimen
from twin_engine.tissue.organs.trees import Tree, samples
from twin_engine.tissue.planning import Plan, propose

CASE = "liver tumour"


def vessel_skin(tree: Tree, name: str, keep: np.ndarray | None = None, least: float = 1.1) -> Skin:
    """A tree as a smooth surface; `keep` chooses segments."""
    chosen = np.flatnonzero((tree.radius > least) & (keep if keep is not None else True))
    part = Tree(tree.start[chosen], tree.end[chosen], tree.radius[chosen], tree.parent[chosen], tree.leaves[chosen])
    bundle = Tubes(*samples(part, 0.0, 0.5), name)
    low = bundle.points.min(axis=0) - 12
    count = np.ceil((bundle.points.max(axis=0) + 12 - low) / 0.9).astype(int)
    grid = draw(Grid(low, 0.9, np.full(count, 8.0)), bundle, 1.5)
    return plain(shape.surface(grid), name, grid)


def sphere_like(specimen: Specimen, number: int, outset: float, part: str) -> Skin:
    """A lesion's own surface, or its margin."""
    x, y, z = np.ix_(*specimen.grid.axes())
    d = specimen.lesions[number].distance(x, y, z) - outset
    grid = Grid(specimen.grid.low, specimen.grid.spacing, d)
    return plain(shape.surface(grid), part, grid)


def glass(path: NodePath, share: float) -> None:
    """Let light through."""
    path.set_shader_input("clear", share)
    blended(path)
    path.set_two_sided(False)


def scene(studio: Studio, specimen: Specimen, trees: dict[str, Tree], plan: Plan | None, after: bool) -> np.ndarray:
    """One picture: before with the plane, or after the resection."""
    studio.clear()
    keep = {}
    for name, tree in trees.items():
        stays = (
            (tree.start @ plan.normal < plan.offset) & (tree.end @ plan.normal < plan.offset)
            if after and plan
            else None
        )
        keep[name] = stays
        studio.add(vessel_skin(tree, name, stays), name)
    if after and plan is not None:
        shell = sliced(specimen, [(plan.normal, plan.offset)])
    else:
        studio.add(sphere_like(specimen, 0, 0.0, "tumour"), "tumour")
        glass(studio.add(sphere_like(specimen, 0, 10.0, "plan"), "margin"), 0.75)
        shell = organ_mesh.whole(specimen)
    if plan is not None and not after:
        glass(studio.add(disc(plan, specimen), "plane"), 0.72)
    glass(studio.add(shell, "liver"), 0.70 if not after else 0.35)
    studio.light((1.7, 0.8, 0.5, 0.55))
    v = specimen.surface().vertices
    centre = (v.min(axis=0) + v.max(axis=0)) / 2
    return studio.picture(around(centre, 118.0, -14, 10), (1000, 720))


def disc(plan: Plan, specimen: Specimen) -> Skin:
    """The proposed plane within the organ, as a thin plate."""
    x, y, z = np.ix_(*specimen.grid.axes())
    n = plan.normal
    d = np.maximum(np.abs(n[0] * x + n[1] * y + n[2] * z - plan.offset) - 1.2, specimen.grid.values - 4)
    return plain(shape.surface(Grid(specimen.grid.low, specimen.grid.spacing, d)), "paper")


def plan_pictures(studio: Studio) -> dict[str, np.ndarray]:
    """Before, and after the resection."""
    from scenes.organ_gallery import captioned

    name, found = lesions.standard()[CASE]
    specimen, trees = Specimen(name, found), liver.trees()
    plan = propose(specimen, trees)
    risk = ", ".join(f"{k} {len(v)}" for k, v in plan.at_risk.items())
    lines = [
        f"proposed plane: margin {plan.margin_mm:.0f} mm, {plan.preserved_ml:.0f} mL ({plan.preserved_percent:.0f} %) preserved; "  # noqa: E501
        f"vessels over 1 mm at risk: {risk}"
    ]
    before = captioned(
        scene(studio, specimen, trees, plan, False), lines, "Before: vessels, tumour, 10 mm margin, proposed plane"
    )
    after = captioned(
        scene(studio, specimen, trees, plan, True), [f"remnant {plan.preserved_ml:.0f} mL"], "After resection"
    )
    return {"before": before, "after": after}
