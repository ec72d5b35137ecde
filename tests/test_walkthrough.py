"""Every command that a page shows is run, in the page's order, in one folder, with the files a reader would have.

The quick ones also run in test_docs.py. Left out are those that wait for a person: a window, a headset, a server, a
stream; their rooms' tests drive them.
"""

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from test_docs import PAGES, ROOT, commands, words

from twin_engine import cli

WAITS = re.compile(r"--window|--headset|--stream|--play|portal serve|portal user|scene serve|^twin portal$")
# Needs a person with doses and INRs, which GiBleed does not hold: tests/avatars/warehouse/test_person.py runs it.
ELSEWHERE = re.compile(r"--calibrate")
pytestmark = pytest.mark.slow


# Counts that only decide how long a command takes.
FEWER = {"10000": "100", "1000": "100"}


def lines(page: str) -> list[str]:
    """The commands of a page that can run by themselves; a bare mention (`twin eye …`) is none."""
    found = [line for where, line in commands() if where == page and "…" not in line]
    whole = [line for line in found if not any(other.startswith(line + " ") for other in found)]
    whole = [line for line in whole if not WAITS.search(line) and not ELSEWHERE.search(line)]
    return [line for line in whole if len(words(line)) > 1 or line in ("twin models", "twin doctor", "twin demo")]


def vessels(folder: Path, data: Path) -> dict[str, str]:
    """An abdominal aorta as a CT, two calibrated views, a diameter profile and its tree."""
    sys.path[:0] = [str(ROOT / "tests/avatars"), str(ROOT / "tests/twin_engine/vessels")]
    import numpy as np
    from test_projections import as_json, view
    from test_vessel_commands import aorta

    from avatars import imaging

    image = aorta()
    low, high = np.percentile(image.values, (1, 99.9))
    values = -1000.0 + 1350.0 * (image.values - low) / (high - low)  # air to contrast, as in a CT
    imaging.write(replace(image, values=values), folder / "ct.nii.gz")
    (folder / "views.json").write_text(as_json([view(-30, 25), view(45, 20)]), encoding="utf-8")
    text = "position_mm,diameter_mm\n" + "".join(
        f"{s},{3.0 - 1.7 * (abs(s - 20) < 4)}\n" for s in range(0, 41, 2))  # fmt: skip
    (folder / "lad.csv").write_text(text, encoding="utf-8")
    assert cli.main(["vessel", "tree", "lad.csv", "--out", str(folder)]) == 0
    return {"--seed-point=-12.5,40,-310": "--seed-point=0,-83.5,28", "1.1=LAD": "1.2=LCx"}


def organs(folder: Path, data: Path) -> dict[str, str]:
    """A label map with a ball as label 5, a closed surface, a student's book."""
    nibabel, np = pytest.importorskip("nibabel"), pytest.importorskip("numpy")
    pyvista = pytest.importorskip("pyvista")
    at = np.indices((40, 40, 40)) - 20.0
    labels = np.where((at**2).sum(axis=0) < 15.0**2, 5, 0).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([3.0, 3.0, 3.0, 1.0])), folder / "scan.nii.gz")
    pyvista.Sphere(40.0).save(folder / "surface.stl")
    from twin_engine.tissue.scripted import Skill, threading

    hands = threading(Skill(2.0, 0.3, 0.1, 1, 0.0), "kim")
    replace(hands, task="liver tumour").save(folder / "session.json")
    return {}


def records(folder: Path, data: Path) -> dict[str, str]:
    """GiBleed, three hospitals of it, a key."""
    shutil.copy(data / "records/gibleed/eunomia_gibleed.duckdb", folder / "gibleed.duckdb")
    for site in ("a", "b", "c"):
        assert cli.main(["records", "load", "gibleed.duckdb", "--db", f"{site}.duckdb"]) == 0
    (folder / "key").write_bytes(bytes(range(32)))
    return {}


def motion(folder: Path, data: Path) -> dict[str, str]:
    """OpenSim's walking trial with its model and plates; a table of impairment."""
    gait = data / "motion/opensim_gait2392"
    (folder / "arm.yaml").write_text("side: right\nstrength: {BIC: 0.4}\n", encoding="utf-8")
    files = [str(gait / name) for name in ("subject01_simbody.osim", "subject01_walk1.trc", "subject01_Setup_IK.xml")]
    whole = ["--setup", files[2], "--start", "0", "--end", "2.5", "--out", "whole"]
    assert cli.main(["motion", "ik", *files[:2], *whole]) == 0  # the setup's own stretch has too few steps to measure
    return {"TRIAL": str(gait / "subject01_walk1.trc"), "OSIM": str(gait / "subject01_simbody.osim"),
            "MODEL": str(gait / "subject01_simbody.osim"), "XML": str(gait / "subject01_Setup_IK.xml"),
            "MOT": str(gait / "subject01_walk1_grf.mot"), "STATIC": str(gait / "subject01_static.trc"),
            "ANGLES": "subject01_walk1_ik.mot", "FILE": "whole/subject01_walk1_ik.mot", "KG": "72.6", "NAME": "R.Heel",
            "DEMO": "--task=reach", "YAML": "arm.yaml", "REFERENCE": "reference.mot",
            "RECORDING": "reference.mot"}  # fmt: skip


def eye(folder: Path, data: Path) -> dict[str, str]:
    """Measured acuities by distance, and a prescription in a table."""
    (folder / "acuity.csv").write_text("date,eye,distance_m,acuity,corrected,note\n2026-05-02,R,0.4,0.8,no,\n"
                                       "2026-05-02,R,6,0.1,no,\n", encoding="utf-8")  # fmt: skip
    (folder / "rx.csv").write_text("side,prescription\nR,-3.00 DS\nL,-2.50 -0.75 x 90\n", encoding="utf-8")
    return {"FILE": "rx.csv"}


PREPARED: dict[str, Callable[[Path, Path], dict[str, str]]] = {
    "docs/vessels.md": vessels, "docs/organs.md": organs, "docs/records.md": records, "docs/motion.md": motion,
    "docs/eye.md": eye}  # fmt: skip


@pytest.mark.parametrize("page", [str(p.relative_to(ROOT)) for p in PAGES if lines(str(p.relative_to(ROOT)))])
def test_the_commands_of_a_page_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                    shared_data: Path) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    stands_for = FEWER | (PREPARED[page](tmp_path, shared_data) if page in PREPARED else {})
    failed = []
    for line in lines(page):
        given = words(line, stands_for)
        print("$ twin", *given, flush=True)
        if cli.main(given) != 0:
            failed.append(line)
    assert not failed
