"""The baker against closed forms: furnace, form factors, sun, sky, lamp; and equal bytes for any threads."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scenes import lightmap
from scenes.bake import Lamp, Lighting, Panel, Quality, Unit, bake
from scenes.materials import Material
from scenes.mesh import Patch, box, quad

ROOT = Path(__file__).resolve().parents[2]
GREY = Material((0.5, 0.5, 0.5))
BLACK = Material((0.0, 0.0, 0.0))



def closed_box(material: str) -> list[Patch]:
    out = []
    for a in range(3):
        u, v, n = np.eye(3)[(a + 1) % 3], np.eye(3)[(a + 2) % 3], np.eye(3)[a]
        out.append(quad((0, 0, 0), u, v, material))
        out.append(quad(n, v, u, material))
    return out


def light_of(unit: Unit, quality: Quality, patch: int = 0) -> np.ndarray:
    light, _ = bake(unit, quality)
    x, y, w, h = unit.layout().rects[patch]
    return light[y : y + h, x : x + w]


def test_furnace() -> None:
    """Closed box, albedo .5, emission 1: radiance 1 / (1 - .5) = 2 everywhere (energy balance)."""
    glowing = Material((0.5, 0.5, 0.5), glow=(1.0, 1.0, 1.0))
    unit = Unit(closed_box("wall"), {"wall": glowing}, Lighting(), per_metre=8)
    light, _ = bake(unit, Quality(bounces=(4,) * 16, smooth=True))
    for x, y, w, h in unit.layout().rects:
        np.testing.assert_allclose(light[y : y + h, x : x + w], 2.0, rtol=0.005)


def test_parallel_squares() -> None:
    """Form factor of directly opposed unit squares at distance 1 is .1998 (Howell's catalogue C-11)."""
    floor = quad((0, 0, 0), (1, 0, 0), (0, 1, 0), "black")
    panel = Panel((0.5, 0.5, 1.0), (0, 0.5, 0), (0.5, 0, 0), (1, 1, 1))
    unit = Unit([floor], {"black": BLACK}, Lighting([panel]), per_metre=24)
    light = light_of(unit, Quality(panel=12, bounces=(), clamp=1.0, smooth=False))
    assert light[1:-1, 1:-1].mean() == pytest.approx(0.1998, rel=0.03)


def test_squares_with_a_shared_edge() -> None:
    """Form factor of perpendicular unit squares with a common edge is .2000 (Howell's catalogue C-14)."""
    floor = quad((0, 0, 0), (1, 0, 0), (0, 1, 0), "black")
    panel = Panel((0.5, 0.0, 0.5), (0, 0, 0.5), (0.5, 0, 0), (1, 1, 1))
    unit = Unit([floor], {"black": BLACK}, Lighting([panel]), per_metre=48)
    light = light_of(unit, Quality(panel=16, bounces=(), clamp=1e9, smooth=False))
    assert light[1:-1].mean() == pytest.approx(0.2000, rel=0.04)


def test_panel_gathered_equals_panel_sampled() -> None:
    """The two ways of finding a light agree: as a panel, and as a glowing surface hit by gather rays."""
    floor = quad((0, 0, 0), (1, 0, 0), (0, 1, 0), "black")
    lid = quad((0, 1, 1), (1, 0, 0), (0, -1, 0), "lamp")
    shining = {"black": BLACK, "lamp": Material((0, 0, 0), glow=(1, 1, 1))}
    gathered = light_of(Unit([floor, lid], shining, Lighting(), per_metre=16), Quality(bounces=(24,), smooth=False))
    assert gathered[1:-1, 1:-1].mean() == pytest.approx(0.1998, rel=0.03)


def test_sun_and_open_sky() -> None:
    """A free horizontal plane: lux sin(height) / pi from the sun, the sky's own luminance from a uniform sky."""
    floor = quad((0, 0, 0), (1, 0, 0), (0, 1, 0), "black")
    sky = np.ones((2, 1, 3)) * 300.0
    light = Lighting(sun=((0.0, 0.8, 0.6), (1e4, 1e4, 1e4)), sky=sky, open_sky=True)
    got = light_of(Unit([floor], {"black": BLACK}, light, per_metre=8), Quality(bounces=(8,), smooth=False))
    np.testing.assert_allclose(got, 1e4 * 0.6 / np.pi + 300.0, rtol=1e-4)


def test_lamp_obeys_the_inverse_square_law() -> None:
    floor = quad((-0.5, -0.5, 0), (1, 0, 0), (0, 1, 0), "black")
    for height in (1.0, 2.0, 4.0):
        light = Lighting(lamps=[Lamp((0.0, 0.0, height), (100.0,) * 3, radius=0.01)])
        got = light_of(Unit([floor], {"black": BLACK}, light, per_metre=20), Quality(bounces=(), smooth=False))
        middle = got[got.shape[0] // 2, got.shape[1] // 2, 0]
        assert middle == pytest.approx(100.0 / height**2 / np.pi, rel=0.02)


def test_the_map_survives_storage(tmp_path: Path) -> None:
    """RGBM in 8 bits: relative error below 2 % at the 99th percentile over three decades."""
    rng = np.random.Generator(np.random.Philox(5))
    light = np.exp(rng.uniform(np.log(2.0), np.log(2000.0), (64, 64, 1))) * rng.uniform(0.5, 1.0, (64, 64, 3))
    lightmap.save(tmp_path / "a", light, np.zeros_like(light))
    back, _ = lightmap.read(tmp_path / "a")
    assert np.percentile(np.abs(back / light - 1), 99) < 0.02
    lightmap.save(tmp_path / "b", light, np.zeros_like(light))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_equal_bytes_for_any_number_of_threads() -> None:
    code = (
        "import hashlib, tests.scenes.test_bake as t;"
        "print(hashlib.sha256(t.bake(t.small_room())[0].tobytes()).hexdigest())"
    )
    seen = set()
    for threads in ("1", "2"):
        env = {**os.environ, "NUMBA_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True,
                              check=True)  # fmt: skip
        seen.add(done.stdout.strip())
    assert len(seen) == 1


def small_room() -> Unit:
    """A box in a box with every kind of light."""
    patches = closed_box("wall") + box((0.3, 0.3, 0.3), "wall", at=(0.5, 0.5, 0.15))
    light = Lighting([Panel((0.5, 0.5, 0.99), (0, 0.2, 0), (0.2, 0, 0), (9, 9, 9))],
                     [Lamp((0.2, 0.2, 0.5), (3, 3, 3))], ((0.3, 0.2, 1.0), (5, 5, 5)))  # fmt: skip
    return Unit(patches, {"wall": GREY}, light, per_metre=16)


def test_stored_maps_are_small_and_belong_to_their_geometry() -> None:
    """Every unit of every place has its map, for exactly these charts; all together stay below 12 MB."""
    import importlib

    from scenes.scene import names
    from twin_engine import assets

    total = 0
    for place in names():
        module = importlib.import_module(f"scenes.places.{place}")
        for name, make in getattr(module, "units", dict)().items():
            path = assets.path(f"{lightmap.FOLDER}/{name}.png")
            assert lightmap.mark_of(path) == make().layout().mark(), f"bake {place} again"
            total += path.stat().st_size + path.with_name(f"{name}-direction.png").stat().st_size
    assert 1e6 < total < 12e6
