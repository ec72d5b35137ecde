"""The library file of a person: round trip, and refusal of what is damaged."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from twin_engine.errors import InputError
from vision_lib import library
from vision_lib.eye import Eye
from vision_lib.library import Library
from vision_lib.refraction import Refraction


@pytest.fixture(scope="module")
def small() -> Library:
    eye = Eye.sample("-1.00 -0.50 x 20", age_y=25)
    made = library.build(eye, px_per_deg=[10.0], pupils_m=[3e-3], provenance={"refraction": "measured"})
    return made.with_ability([{"distance_m": 0.4, "acuity_logmar": 0.1}])


def test_round_trip(small: Library, tmp_path: Path) -> None:
    back = library.load(library.save(small, tmp_path / "kim.eye"))
    assert back.eye == small.eye and back.worn == small.worn
    assert back.ability == small.ability and back.provenance == small.provenance
    for name in ("residual_d", "pupils_m", "psfs", "peaks", "columns", "rows"):
        assert np.array_equal(getattr(back.kernels[0], name), getattr(small.kernels[0], name))
    assert (tmp_path / "kim.eye").read_bytes() == library.save(back, tmp_path / "b.eye").read_bytes()


def test_own_correction_leaves_a_sharp_kernel(small: Library) -> None:
    worn = library.build(small.eye, small.eye.refraction, px_per_deg=[10.0], pupils_m=[3e-3])
    assert worn.residual_at(np.inf) == pytest.approx(0.0)
    assert worn.residual_at(0.5, accommodation_d=2.0) == pytest.approx(0.0)
    assert small.residual_at(np.inf) == pytest.approx(-1.25)
    assert worn.at(12.0) is worn.kernels[0]
    sharp = worn.kernels[0].psf(0.0, 3e-3)
    blurred = small.kernels[0].psf(small.residual_at(np.inf), 3e-3)
    assert sharp[1].max() > blurred[1].max()


def test_strong_myopes_get_a_wider_grid() -> None:
    made = library.build(Eye.perfect("-9.00 DS", pupil_m=2e-3), px_per_deg=[10.0], pupils_m=[2e-3])
    assert made.kernels[0].residual_d[0] == -12.0
    assert made.kernels[0].peaks.min() > 0


def rewritten(source: Path, target: Path, **header: object) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "header.json":
                data = json.dumps(json.loads(data) | header).encode()
            new.writestr(name, data)
    return target


def test_other_files_are_refused(small: Library, tmp_path: Path) -> None:
    good = library.save(small, tmp_path / "good.eye")
    whole = good.read_bytes()
    cases = {"missing": "file not found", "text": "not an eye library", "short": "not an eye library",
             "version": "another version", "format": "not an eye library", "bit": "damaged",
             "fields": "damaged", "kernels": "damaged"}  # fmt: skip
    (tmp_path / "text").write_text("hello")
    (tmp_path / "short").write_bytes(whole[: len(whole) // 2])
    rewritten(good, tmp_path / "version", version=99)
    rewritten(good, tmp_path / "format", format="something else")
    rewritten(good, tmp_path / "fields", eye={"age_y": 3})
    rewritten(good, tmp_path / "kernels", kernels=[{"px_per_deg": 10}])
    at = whole.index(b"0/psfs.npy") + 2000
    (tmp_path / "bit").write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    for name, what in cases.items():
        with pytest.raises(InputError, match=what):
            library.load(tmp_path / name)


def test_nothing_half_written(small: Library, tmp_path: Path) -> None:
    target = library.save(small, tmp_path / "kim.eye")
    before = target.read_bytes()
    with pytest.raises(TypeError):
        library.save(small.with_ability([{"not json": Refraction(1.0)}]), target)
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["kim.eye"]
