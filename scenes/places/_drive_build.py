"""Puts city, traffic, cockpit and mirrors on the stage, and moves them."""

from functools import cache
from typing import TYPE_CHECKING, Any

from panda3d.core import LVector3, LVector4, NodePath

from scenes import probe, upload
from scenes.bake import Quality, Unit
from scenes.lightmap import read
from scenes.mesh import Patch
from scenes.mirrors import Mirror, Plane
from scenes.places import _city, _cockpit, _drive_light, _traffic
from scenes.wet import HIDDEN_IN_POND, Pond
from twin_engine import assets

if TYPE_CHECKING:
    from scenes.places.driving import Driving
    from scenes.stage import Stage

PER_METRE = {"road": 0.9, "cockpit": 60.0, "cars": 14.0}
# Open air needs fewer gather rays than a room: most of them meet the sky.
RAYS = {
    "road": Quality(sun=3, lamp=2, bounces=(3, 4, 9)),
    "cockpit": Quality(bounces=(4, 5, 14)),
    "cars": Quality(bounces=(4, 4, 12)),
}
FOG = {False: ((6300.0, 6800.0, 7400.0), 3.912 / 6000.0), True: ((0.05, 0.05, 0.06), 3.912 / 4000.0)}


@cache
def _patches(part: str) -> list[Patch]:
    if part == "road":
        return _city.everything()
    return _cockpit.everything() if part == "cockpit" else list(_traffic.models()[0])


def unit(part: str, night: bool) -> Unit:
    """One light map: part "road", "cockpit" or "cars"."""
    width = {"road": 2048, "cockpit": 1024, "cars": 1024}[part]
    return Unit(
        _patches(part),
        _drive_light.materials(night),
        _drive_light.lighting(part, night),
        PER_METRE[part],
        width,
        RAYS[part],
    )


def build(stage: "Stage", scene: "Driving") -> dict[str, Any]:
    """Everything; returns the nodes that move."""
    night = scene.variant == "night"
    stage.root.set_shader_input("tent", LVector3(0, 0, 0))
    upload.plain_air(stage.root)
    fog, thick = FOG[night]
    stage.root.set_shader_input("fog", LVector4(*fog, thick))
    world = _part("road", night)
    world.reparent_to(stage.root)
    own = stage.root.attach_new_node("own car")
    cabin = _part("cockpit", night)
    cabin.reparent_to(own)
    sky = upload.nodes([_city.sky()], _drive_light.materials(night), _empty(), "sky")
    sky.set_shader_input("fog", LVector4(0, 0, 0, 0))
    sky.reparent_to(own)
    upload.lit(sky, *_black())
    cars = _cars(stage, night)
    parts = {"own": own, "cars": cars, "mirrors": _mirrors(stage, own), "stage": stage}
    place(parts, scene)
    level = 4500.0 if not night else 1.5
    hidden = (cabin, *cars)
    probe.install(
        stage, stage.root, (5.25, scene.along, 2.2), (-1, -1, -1), (1, 1, 1), level, boxed=False, hidden=hidden
    )
    cabin.set_shader_input("probe_level", LVector4(level * (0.25 if not night else 0.4), 6.0, 0.0, 0.5))
    if night:
        _beam(stage.root, cabin)
        # After rain: every marked surface of the road mirrors what stands above it.
        stage.mirrors.append(
            Pond(stage, [world.find(f"**/{name}") for name in ("asphalt", "mark white", "mark yellow")])
        )
        for hidden_too in (cabin, *(surface for surface in own.find_all_matches("**/mirror"))):
            hidden_too.hide(HIDDEN_IN_POND)
    return parts


def _part(part: str, night: bool) -> NodePath:
    made = unit(part, night)
    return upload.baked(made.patches, made.materials, made.layout(), f"{part}-{'night' if night else 'day'}")


def _empty() -> Any:
    from scenes.lightmap import pack

    return pack([_city.sky()], 1.0, 8)


def _black() -> tuple:
    import numpy as np

    return np.zeros((2, 2, 3), np.float32), np.full((2, 2, 3), 0.5, np.float32)


def _cars(stage: "Stage", night: bool) -> list[NodePath]:
    made = unit("cars", night)
    layout = made.layout()
    light, direction = read(assets.path(f"lightmaps/cars-{'night' if night else 'day'}.png"))
    ground = _traffic.open_ground(light, layout)
    spans, out = _traffic.models()[1], {}
    for number, name in enumerate(_traffic.MODELS):
        index = spans[name]
        some = type(layout)(layout.size, layout.rects[index.start : index.stop])
        model = upload.nodes([made.patches[i] for i in index], made.materials, some, name)
        upload.lit(model, light, direction)
        for child in model.get_children():
            child.set_x(-_traffic.SPACING * number)
        for shade in model.find_all_matches("**/shade"):
            shade.set_shader(upload.shader("shadow.frag"))
            shade.set_shader_input("base", LVector4(ground, 0, 0, 0))
            upload.blended(shade)
            shade.set_depth_offset(1)
        out[name] = model
    cars = []
    for driver in _traffic.DRIVERS:
        car = out[driver.model].copy_to(stage.root)
        _traffic.repaint(car, driver.paint)
        cars.append(car)
    return cars


def _mirrors(stage: "Stage", own: NodePath) -> dict[str, Mirror]:
    out = {}
    sizes = {"inside": (640, 192), "left": (384, 256), "right": (384, 256)}
    for name, plane in _cockpit.MIRRORS.items():
        glass = upload.nodes(
            [_cockpit.surface(plane)], {"mirror": _mirror_material()}, _empty(), name
        )
        glass.reparent_to(own)
        glass.find("**/+GeomNode").set_shader(upload.shader("mirror.frag", "mirror.vert"))
        mirror = Mirror(stage, f"mirror {name}", glass, plane, sizes[name], 0.55 if name == "inside" else 0.5)
        stage.mirrors.append(mirror)
        out[name] = mirror
    return out


def _mirror_material() -> Any:
    from scenes.materials import Material

    return Material((0.0, 0.0, 0.0), blocks=False)


def _beam(root: NodePath, cabin: NodePath) -> None:
    root.set_shader_input("beam", LVector4(*_drive_light.BEAM))
    cabin.set_shader_input("beam", LVector4(0, 1, 0, 0))


def place(parts: dict[str, Any], scene: "Driving") -> None:
    """Move the own car, the others, the mirrors and the beam to the present moment."""
    x, y, z = scene.own_position()
    parts["own"].set_pos(x, y, z)
    for car, (_, at) in zip(parts["cars"], _traffic.positions(scene.seconds, y), strict=True):
        car.set_pos(*at)
    for name, mirror in parts["mirrors"].items():
        plane = _cockpit.MIRRORS[name]
        cx, cy, cz = plane.centre
        mirror.plane = Plane((cx + x, cy + y, cz + z), plane.normal, plane.up, plane.half)
    parts["stage"].root.set_shader_input("beam_at", LVector3(x, y + 2.1, 0.66))
