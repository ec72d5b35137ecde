"""No ugly picture passes: ink of letters, contrast, light in a white box, mirrors, things that stand on the ground."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from scenes import upload
from scenes.bake import Lighting, Quality, Unit, bake
from scenes.lightmap import pack
from scenes.materials import Material
from scenes.mesh import Patch, quad
from scenes.mirrors import Mirror, Plane
from scenes.scene import Fixation, Light, Scene, View, load
from scenes.signs import letter
from scenes.stage import Stage
from twin_engine.errors import InputError

WHITE = 100.0
EYE = (0.0, 0.0, 0.0)
AHEAD = View(EYE, (0.0, 1.0, 0.0), 20.0)


class Board(Scene):
    """A few emissive patches before the eye at the origin."""

    title = "Board"

    def __init__(self, patches: Sequence[Patch], materials: dict[str, Material]) -> None:
        super().__init__()
        self.patches, self.materials = list(patches), materials

    def light(self) -> Light:
        return Light(WHITE, WHITE)

    def viewpoints(self) -> dict[str, View]:
        return {"eye": AHEAD}

    def fixations(self) -> dict[str, Fixation]:
        return {}

    def build(self, stage: Stage) -> None:
        upload.plain_air(stage.root)
        node = upload.nodes(self.patches, self.materials, pack(self.patches, 1.0, 8), "board")
        upload.lit(node, np.zeros((2, 2, 3), np.float32), np.full((2, 2, 3), 0.5, np.float32))
        node.reparent_to(stage.root)

    def update(self, seconds: float) -> None:
        return None


def glowing(image: np.ndarray | None = None, level: float = WHITE) -> Material:
    return Material((1, 1, 1), image, emission=level, reflectance=0.0, roughness=1.0, sharp=True, clamp=True)


def facing(x: float, z: float, width: float, height: float, distance: float, material: str) -> Patch:
    corner = (x - width / 2, distance, z - height / 2)
    return quad(corner, (width, 0, 0), (0, 0, height), material, image=True, density=0.0)


@pytest.mark.parametrize("per_degree", [25, 40, 60, 120])
def test_ink_of_a_20_20_letter(stage: Stage, per_degree: int) -> None:
    """An E of 5 arcmin has 17 of 25 cells of ink; within 1 % at 4 x 4 samples and three sub-pixel offsets."""
    distance, pixels = 6.0, 96
    size = distance * np.tan(np.radians(5 / 60))
    for shift in (0.0, 0.31, 0.62):
        pixel = distance * np.radians(1) / per_degree
        margin = 11 / 5 * size
        card = facing(shift * pixel, shift * pixel, margin, margin, distance, "E")
        ground = facing(0, 0, 5, 5, distance + 0.01, "white")
        stage.show(Board([card, ground], {"E": glowing(letter("E")), "white": glowing()}))
        half = np.radians(1) / per_degree * pixels / 2
        view = View(EYE, (0, 1, 0), tangents=(-half, half, -half, half))
        assert view.pixels_per_degree(pixels, pixels) == pytest.approx(per_degree)
        frame = stage.render(view, (pixels, pixels), 4)
        ink = (1.0 - frame.luminance / WHITE).sum()
        assert ink / (size / pixel) ** 2 == pytest.approx(17 / 25, rel=0.01)


@pytest.mark.parametrize(("low", "high"), [(0.05, 0.5), (0.35, 0.7), (0.01, 0.1)])
def test_contrast_of_a_known_pair(stage: Stage, low: float, high: float) -> None:
    """Michelson contrast of two patches of known luminance, within 2 %."""
    patches = [facing(-0.1, 0, 0.2, 0.4, 1.0, "low"), facing(0.1, 0, 0.2, 0.4, 1.0, "high")]
    stage.show(Board(patches, {"low": glowing(level=low * WHITE), "high": glowing(level=high * WHITE)}))
    seen = stage.render(AHEAD, (64, 48), 2).luminance[20:28]
    a, b = seen[:, 16:26].mean(), seen[:, 40:50].mean()
    assert (b - a) / (b + a) == pytest.approx((high - low) / (high + low), rel=0.02)


def test_distance_is_radial(stage: Stage) -> None:
    stage.show(Board([facing(0, 0, 4, 4, 2.0, "wall")], {"wall": glowing()}))
    seen = stage.render(View(EYE, (0, 1, 0), 60.0), (65, 65), 1).distance
    assert seen[32, 32] == pytest.approx(2.0, rel=1e-4)
    tangent = np.tan(np.radians(30)) * 64 / 65
    assert seen[32, 0] == pytest.approx(2.0 * np.hypot(1, tangent), rel=1e-3)


def test_a_layer_holds_its_tent_weight(stage: Stage) -> None:
    """At vergence .5 the tent (0, 1, 2) weighs one half, and the tents of all nodes sum to one."""
    stage.show(Board([facing(0, 0, 4, 4, 2.0, "wall")], {"wall": glowing()}))
    total = 0.0
    for node in (-1.0, 0.0, 1.0, 2.0):
        stage.root.set_shader_input("tent", (node - 1, node, node + 1))
        total += stage.render(View(EYE, (0, 1, 0), 2.0), (8, 8), 1).luminance.mean() / WHITE
    stage.root.set_shader_input("tent", (0, 0, 0))
    assert total == pytest.approx(1.0, rel=1e-4)


def test_light_in_a_closed_white_box(stage: Stage) -> None:
    """Baked and drawn: inside a closed box (albedo .5, emission 1) the eye sees 2.000 within .5 %."""
    patches = []
    for a in range(3):
        u, v, n = np.eye(3)[(a + 1) % 3], np.eye(3)[(a + 2) % 3], np.eye(3)[a]
        patches += [quad(-0.5 * (u + v + n), u, v, "wall"), quad(0.5 * n - 0.5 * (u + v), v, u, "wall")]
    # `emission` is that of white in the image: times .5 it is 1.
    wall = Material((0.5, 0.5, 0.5), emission=2.0, glow=(1, 1, 1), reflectance=0.0, roughness=1.0)
    unit = Unit(patches, {"wall": wall}, Lighting(), 8)
    light, direction = bake(unit, Quality(bounces=(4,) * 14))
    board = Board(patches, {"wall": wall})
    stage.show(board)
    stage.root.get_children().detach()
    node = upload.nodes(patches, board.materials, unit.layout(), "box")
    upload.lit(node, light, direction)
    node.reparent_to(stage.root)
    for target in ((0, 1, 0), (1, 0.2, 0.3), (0.1, 0.1, -1)):
        seen = stage.render(View(EYE, target, 100.0, up=(0, 0.1, 1)), (64, 64), 1).luminance
        np.testing.assert_allclose(seen, 2.0, rtol=0.005)


def test_a_plate_reads_reversed_in_the_mirror(stage: Stage) -> None:
    """A card behind the eye, seen in a mirror ahead: the picture is the card's mirror image, at the summed distance."""
    picture = np.full((64, 128, 3), 255, np.uint8)
    picture[8:56, 8:40] = 0  # dark block at the left of the plate, as someone who faces it reads
    card = facing(0.0, 0.0, 0.8, 0.4, -1.0, "plate").turned(180.0, about=(0, -1, 0))
    direct = card.turned(180.0)
    stage.show(Board([direct], {"plate": glowing(picture)}))
    plain = stage.render(View(EYE, (0, 1, 0), 60.0), (96, 96), 2).luminance
    assert plain[48, 30] < 0.2 * plain[48, 66]
    stage.show(Board([card], {"plate": glowing(picture)}))
    plane = Plane((0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (0.5, 0.5))
    glass = upload.nodes([facing(0, 0, 1, 1, 1.0, "glass")], {"glass": Material()}, pack([card], 1.0, 8), "glass")
    glass.reparent_to(stage.root)
    glass.find("**/+GeomNode").set_shader(upload.shader("mirror.frag", "mirror.vert"))
    stage.mirrors.append(Mirror(stage, "test mirror", glass, plane, (256, 256), reflectance=1.0))
    frame = stage.render(View(EYE, (0, 1, 0), 60.0), (96, 96), 2)
    row = frame.luminance[48]
    assert row[55] < 0.2 * row[41], "the block that reads left must appear at the right"
    assert row[41] == pytest.approx(WHITE, rel=0.05)
    assert frame.distance[48, 48] == pytest.approx(3.0, rel=0.02)


def lowest(patches: Sequence[Patch], material: str) -> list[float]:
    return [float(p.points[..., 2].min()) for p in patches if p.material == material]


def test_wheels_touch_the_ground() -> None:
    from scenes.places import _car

    for form in (_car.SEDAN, _car.SUV):
        patches = _car.car(form, 0)
        tyres = [p for p in patches if p.material == "tyre"]
        assert min(lowest(patches, "tyre")) == pytest.approx(0.0, abs=0.004)
        touching = {(np.sign(p.points[..., 0].mean()), round(float(p.points[..., 1].mean()), 1)) for p in tyres
                    if p.points[..., 2].min() < 0.004}  # fmt: skip
        assert len(touching) == 4
        assert min(float(p.points[..., 2].min()) for p in patches) >= -0.004


def test_furniture_stands_on_the_floor_or_the_rug() -> None:
    from scenes.places import _desk, _living

    legs = [p for p in _living.table() if p.material == "oak" and np.ptp(p.points[..., 2]) > 0.3]
    assert len(legs) == 4
    for leg in legs:
        assert 0.0 <= leg.points[..., 2].min() <= 0.007  # the rug is 7 mm thick
    for patches in (_living.armchair(), _desk.chair(), _desk.desk(), _living.media()):
        assert min(float(p.points[..., 2].min()) for p in patches) == pytest.approx(0.0, abs=0.003)


def test_own_room_from_a_file(stage: Stage, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    box = trimesh.creation.box((4.0, 2.5, 5.0))
    box.export(tmp_path / "room.glb")
    scene = load(str(tmp_path / "room.glb"))
    stage.show(scene)
    frame = stage.render(scene.viewpoints()["middle"], (48, 36), 1)
    assert 10.0 < frame.luminance.mean() < 300.0
    assert 1.0 < np.median(frame.distance) < 6.0


def test_a_corrupt_room_is_one_clear_error(tmp_path: Path) -> None:
    bad = tmp_path / "room.glb"
    bad.write_bytes(b"glTF\x02\x00\x00\x00 not a model")
    with pytest.raises(InputError, match=r"glTF|cannot be read"):
        load(str(bad))
    with pytest.raises(InputError, match="no such room"):
        load(str(tmp_path / "none.glb"))


def test_missing_graphics_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import scenes.stage

    monkeypatch.setattr(scenes.stage, "_pipe", lambda module: None)
    with pytest.raises(InputError, match="libegl1"):
        Stage()
    with pytest.raises(InputError, match="no window can be opened"):
        Stage((64, 64))


def test_driving_moves_and_its_signs_approach() -> None:
    scene = load("driving", "night")
    eye = scene.viewpoints()["ahead"].position
    before = scene.fixations()["gangneung"].distance_m(eye)
    scene.update(2.0)
    after = scene.fixations()["gangneung"].distance_m(scene.viewpoints()["ahead"].position)
    assert before - after == pytest.approx(2.0 * 17.2, rel=0.01)
