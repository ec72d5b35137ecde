"""The places look right: books differ, curtains are whole, nothing floats or sinks, signs and plates can be read."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from scenes.mesh import Patch


def of(patches: Sequence[Patch], material: str) -> list[Patch]:
    return [p for p in patches if p.material == material]


def lowest(patches: Sequence[Patch]) -> float:
    return min(float(p.points[..., 2].min()) for p in patches)


def test_no_book_title_repeats_in_a_room() -> None:
    from scenes.places import _books, home, office

    assert len(set(_books.TITLES)) == len(_books.TITLES) == 128
    for place in (home, office):
        spines = of(place.everything(), "spines")
        cells = [int(float(p.uv[0, :, 0].mean()) * len(_books.TITLES)) for p in spines]
        assert len(cells) > 25
        assert max(Counter(cells).values()) == 1


def test_curtains_have_no_gap_and_hang_clear_of_the_sill() -> None:
    """Both faces of a curtain share their outline, it covers the window's border, and no board cuts through it."""
    from scenes.places import _living

    curtains = of(_living.shell(), "curtain")
    assert len(curtains) == 4
    y0, y1, _, high = _living.WINDOW
    for front, back in (curtains[:2], curtains[2:]):
        gap = np.linalg.norm(front.points - back.points[:, ::-1], axis=2)
        assert gap.max() < 0.003
        widest = np.linalg.norm(np.diff(front.points, axis=1), axis=2).max()
        assert widest < 0.07, "a fold is drawn by many short pieces"
        assert front.points[..., 2].min() < 0.06
        assert front.points[..., 2].max() > high
    spans = sorted((float(p.points[..., 1].min()), float(p.points[..., 1].max())) for p in (curtains[0], curtains[2]))
    assert spans[0][0] < y0 < spans[0][1]
    assert spans[1][0] < y1 < spans[1][1]
    sill = [p for p in _living.shell() if p.material == "oak"]
    reach = max(float(p.points[..., 0].max()) for p in sill)
    assert reach <= min(float(p.points[..., 0].min()) for p in curtains) + 0.01


@pytest.mark.parametrize("marker", ["book cover", "phone", "glaze", "spectacles", "dial rubber"])
def test_small_things_rest_on_the_table(marker: str) -> None:
    """What lies on the table (a coaster under the mug) touches its top."""
    from scenes.places import _living

    table = _living.table()
    place = of(table, marker)[0].points.mean((0, 1))[:2]
    near = [p for p in table if np.linalg.norm(p.points.mean((0, 1))[:2] - place) < 0.12
            and p.material in (marker, "black plastic", "cork")]  # fmt: skip
    assert lowest(near) == pytest.approx(0.42, abs=0.0035)


def test_things_stand_on_shelf_desk_and_ground() -> None:
    from scenes.places import _desk, _street

    keys = of(_desk.desk(), "key base")
    assert lowest(keys) == pytest.approx(_desk.DESK_Z, abs=0.002)
    assert lowest(of(_desk.desk(), "letter")) == pytest.approx(_desk.DESK_Z, abs=0.001)
    furniture = _street.furniture(-40.0, 160.0)
    for name in ("signal pole", "bollard", "cabinet", "hedge"):
        assert lowest(of(furniture, name)) <= 0.15, f"{name} must reach the pavement, 14 cm up"


def test_the_table_is_darker_under_what_lies_on_it() -> None:
    """Contact: the baked light of the table's top beside the bowl's foot is below the open table's."""
    from scenes import lightmap
    from scenes.places import home
    from twin_engine import assets

    unit = home.units()["home"]()
    light, _ = lightmap.read(assets.path("lightmaps/home.png"))
    top = next(i for i, p in enumerate(unit.patches) if p.material == "oak" and p.density == 3.0)
    x, y, w, h = unit.layout().rects[top]
    patch = unit.patches[top]
    chart = light[y : y + h, x : x + w].mean(axis=2)
    centre = patch.points.mean((0, 1))[:2]
    reach = np.ptp(patch.points[..., 0]) / 2, np.ptp(patch.points[..., 1]) / 2
    u = np.linspace(-1, 1, w)[None, :] * reach[0] * np.sqrt(1 - np.linspace(-1, 1, h)[:, None] ** 2 / 2) + centre[0]
    v = np.linspace(-1, 1, h)[:, None] * reach[1] * np.sqrt(1 - np.linspace(-1, 1, w)[None, :] ** 2 / 2) + centre[1]
    away = np.hypot(u - 0.40, v - 0.86)
    assert chart[(away > 0.05) & (away < 0.08)].mean() < 0.75 * chart[(away > 0.17) & (away < 0.22)].mean()


def test_no_two_large_faces_lie_in_one_plane() -> None:
    """Level faces of furniture that overlap in plan keep a distance, or they flicker."""
    from scenes.places import _living

    level = [p for p in _living.things() if p.drawn and np.ptp(p.points[..., 2]) < 1e-6]
    level = [p for p in level if p.normals[..., 2].mean() > 0.9]
    for i, a in enumerate(level):
        for b in level[i + 1 :]:
            low = np.maximum(a.points.min((0, 1)), b.points.min((0, 1)))[:2]
            high = np.minimum(a.points.max((0, 1)), b.points.max((0, 1)))[:2]
            if (high - low > 0.02).all():
                assert abs(a.points[0, 0, 2] - b.points[0, 0, 2]) > 1e-4


def test_car_skin_is_smooth_and_closed() -> None:
    """No step between neighbouring columns of a car's skin, and both halves meet in the middle."""
    from scenes.places import _car

    for form in (_car.SEDAN, _car.SUV):
        s = _car.columns(form)
        points = _car.skin(form, s[None, :], np.linspace(0.3, 1.0, 8)[:, None])
        assert np.linalg.norm(np.diff(points, axis=1), axis=2).max() < 0.12
        assert np.abs(points[:, [0, -1], 0]).max() < 0.01


def test_signal_and_signs_do_not_hide_each_other_from_the_driver() -> None:
    """The direction sign's words stay readable from half its reading distance: no signal head before it."""
    from scenes.places import _city, _street
    from scenes.places.driving import EYE

    x, y, z = _city.SIGNS["gangneung"]
    heads = of(_street.furniture(-40.0, 160.0), "signal case")
    for along in (40.0, 60.0, 75.0):
        eye = np.array([EYE[0], along, EYE[2]])
        for p in heads:
            flat = p.points.reshape(-1, 3)
            if flat[:, 2].min() < 4.0:
                continue
            seen = eye + (flat - eye) * ((y - along) / (flat[:, 1] - along))[:, None]
            hit = (np.abs(seen[:, 0] - x) < 2.5) & (np.abs(seen[:, 2] - z) < 0.6)
            assert not hit.any()


def test_facades_tile_and_shine_only_through_glass() -> None:
    from scenes.places import _facades

    for kind in range(4):
        day, night = _facades.facade(kind)
        glass = day[..., 3] < 130
        assert 0.1 < glass.mean() < 0.75
        assert night[~glass].mean() < 8 < night[glass].mean()
