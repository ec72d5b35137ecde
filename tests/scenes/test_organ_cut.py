"""A drawn cut face is the field's cross-section, in its plane, and shows the tissue there."""

import numpy as np
import pytest

from scenes import organ_looks
from scenes.organ_cut import sliced, tinted
from twin_engine.tissue.organs.specimen import Specimen

N = np.array([0.0, -1.0, 0.0])


@pytest.fixture(scope="module")
def kidney() -> Specimen:
    return Specimen("kidney", (), 1.2)


def areas(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = (points[faces[:, i]] for i in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def test_face_is_the_cross_section(kidney: Specimen) -> None:
    skin = sliced(kidney, [(N, -3.0)])
    assert np.isfinite(skin.vertices).all() and np.isfinite(skin.normals).all()
    assert (skin.vertices @ N).max() < -3.0 + 1e-6
    flat = (np.abs(skin.vertices[skin.faces] @ N + 3.0) < 1e-6).all(axis=1)
    x, z = np.meshgrid(np.arange(-60, 40, 0.4), np.arange(-64, 64, 0.4), indexing="ij")
    points = np.column_stack([x.ravel(), np.full(x.size, 3.0), z.ravel()])
    section = float((kidney.grid.at(points) < 0).sum()) * 0.16
    assert areas(skin.vertices, skin.faces[flat]).sum() == pytest.approx(section, rel=0.01)
    assert skin.normals[np.unique(skin.faces[flat])] == pytest.approx(np.tile(N, (len(np.unique(skin.faces[flat])), 1)))
    # Cortex and medulla are told apart on it.
    colours = np.unique(skin.tissue[np.unique(skin.faces[flat]), :3].round(2), axis=0)
    assert len(colours) > 10


def test_a_slab_has_two_faces_and_ink_colours_one(kidney: Specimen) -> None:
    skin = sliced(kidney, [(N, 4.0), (-N, 4.0)])
    assert np.ptp(skin.vertices @ N) == pytest.approx(8.0, abs=1e-6)
    inked = tinted(skin, (N, 4.0), kidney.grid.spacing, "ink")
    changed = (inked.tissue[:, :3] != skin.tissue[:, :3]).any(axis=1)
    ink = organ_looks.linear(organ_looks.LOOKS["ink"].colour)
    assert changed.any() and (np.abs(skin.vertices[changed] @ N - 4.0) < 0.1).all()
    assert np.allclose(inked.tissue[changed, :3], ink)
