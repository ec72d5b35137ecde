"""A prescription keeps its minus sign in whatever draws it: matplotlib, the signs of Panda3D's places, VTK."""

import warnings

import numpy as np
import pytest

from twin_engine import assets

SIGNED, BARE, MISSING = "\u22123.00", "3.00", "\U000f0000" + "3.00"


def ink(picture: np.ndarray) -> float:
    """Share of the picture that differs from its ground."""
    return float((np.abs(picture.astype(float) - picture.flat[0]) > 40).mean())


def test_a_chart_keeps_it() -> None:
    from matplotlib import pyplot

    from twin_engine.page import chart

    shares = []
    for text in (SIGNED, BARE):
        figure, axes = chart(2.0, 1.0)
        axes.set_axis_off()
        axes.text(0.1, 0.4, text, fontsize=20)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # matplotlib warns of a glyph that the font lacks
            figure.canvas.draw()
        shares.append(ink(np.asarray(figure.canvas.buffer_rgba())[..., 0]))
        pyplot.close(figure)
    assert shares[0] > 1.03 * shares[1]


def test_a_sign_of_a_place_keeps_it() -> None:
    pytest.importorskip("PIL")
    from scenes.signs import Canvas

    pictures = []
    for text in (SIGNED, BARE, MISSING):
        canvas = Canvas(0.2, 0.06, 2000.0, "ffffff")
        canvas.text(text, 0.01, 0.045, 0.03, "000000", of="H")
        pictures.append(canvas.image()[..., 0])
    signed, bare, missing = pictures
    assert ink(signed) > 1.03 * ink(bare)
    assert not np.array_equal(signed, missing)  # no box in its place


def test_vtk_keeps_it() -> None:
    vtk = pytest.importorskip("vtk")
    from vtk.util.numpy_support import vtk_to_numpy

    font = str(assets.path("fonts/NotoSansKR-Regular.otf"))
    how = vtk.vtkTextProperty()
    how.SetFontFamily(vtk.VTK_FONT_FILE)
    how.SetFontFile(font)
    how.SetFontSize(40)
    shares = []
    for text in (SIGNED, BARE):
        image = vtk.vtkImageData()
        assert vtk.vtkTextRenderer.GetInstance().RenderString(how, text, image, [0, 0], 96)
        shares.append(float((vtk_to_numpy(image.GetPointData().GetScalars())[:, 3] > 40).sum()))
    assert shares[0] > 1.03 * shares[1]
