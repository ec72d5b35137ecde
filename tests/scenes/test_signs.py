"""Letters have the heights that are asked for, every glyph exists, pictures are the same every time."""

import math

import numpy as np
import pytest

from scenes.signs import BOLD, REGULAR, Canvas, letter
from twin_engine import assets


@pytest.mark.parametrize(("of", "words"), [("H", "H"), ("x", "x"), ("가", "가")])
def test_letter_height_is_true(of: str, words: str) -> None:
    """The ink of the reference glyph spans the height asked for, within a pixel."""
    c = Canvas(0.4, 0.2, 1000)
    c.text(words, 0.05, 0.15, 0.100, of=of)
    dark = np.nonzero((c.light[..., 0] < 0.5).any(axis=1))[0]
    assert dark[-1] - dark[0] + 1 == pytest.approx(100, abs=2)


def test_a_road_sign_letter_subtends_what_the_table_says() -> None:
    """45 cm at 75 m is 20.6 arcmin."""
    assert math.degrees(0.45 / 75) * 60 == pytest.approx(20.6, abs=0.05)


def test_e_has_seventeen_cells_of_ink() -> None:
    image = letter("E", cell=8, margin=0)
    assert (image[..., 0] == 0).mean() == pytest.approx(17 / 25)


@pytest.mark.parametrize("font", [BOLD, REGULAR])
def test_every_drawn_character_is_in_the_font(font: str) -> None:
    fonttools = pytest.importorskip("fontTools.ttLib")
    known = set(fonttools.TTFont(assets.path(f"fonts/{font}")).getBestCmap())
    folder = assets.root().parent / "scenes" / "places"
    texts = [f.read_text(encoding="utf-8") for f in folder.glob("_*pictures.py")]
    hangul = {c for text in texts for c in text if ord(c) > 0x1100 and c.isalpha()}
    assert not {c for c in hangul if ord(c) not in known}


def test_pictures_do_not_change() -> None:
    from scenes.places import _pictures

    first = _pictures.dial()
    _pictures.dial.cache_clear()
    np.testing.assert_array_equal(first, _pictures.dial())
