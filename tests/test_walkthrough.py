"""Every command that a page shows is run, in the page's order, in one folder, with the files a reader would have.

The quick ones also run in test_docs.py. Left out are those that wait for a person: a window, a headset, a server, a
stream; their rooms' tests drive them.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from test_docs import PAGES, ROOT, commands, words

from twin_engine import cli

WAITS = re.compile(r"--window|--headset|--stream|--play|portal serve|scene serve|^twin portal$")
pytestmark = pytest.mark.slow


# Counts that only decide how long a command takes.
FEWER = {"10000": "100", "1000": "100"}


def lines(page: str) -> list[str]:
    """The commands of a page that can run by themselves; a bare mention of a command or an action is none."""
    found = [line for where, line in commands() if where == page and not WAITS.search(line)]
    return [line for line in found if len(words(line)) > 1 or line in ("twin models", "twin doctor", "twin demo")]


def vessels(folder: Path, data: Path) -> dict[str, str]:
    """A tube of contrast with a narrowing as a CT, a diameter profile, and a tree."""
    nibabel, np = pytest.importorskip("nibabel"), pytest.importorskip("numpy")
    at = np.indices((44, 44, 120)) * 0.8 + np.array([-30.0, 22.0, -358.0])[:, None, None, None]
    centre = np.array([-12.5, 40.0])
    along = at[2] + 310.0
    radius = 6.0 * (1 - 0.3 * np.exp(-((along / 6.0) ** 2)))
    gap = np.hypot(at[0] - centre[0], at[1] - centre[1]) - radius
    affine = np.diag([-0.8, -0.8, 0.8, 1.0])  # NIfTI counts x to the right, y to the front
    affine[:3, 3] = [30.0, -22.0, -358.0]
    image = np.clip(200 - 150 * gap / 1.6, 50, 350).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(image, affine), folder / "ct.nii.gz")
    text = "position_mm,diameter_mm\n" + "".join(
        f"{s},{3.0 - 1.7 * (abs(s - 20) < 4)}\n" for s in range(0, 41, 2))  # fmt: skip
    (folder / "lad.csv").write_text(text, encoding="utf-8")
    assert cli.main(["vessel", "tree", "lad.csv", "--out", str(folder)]) == 0
    return {}


def organs(folder: Path, data: Path) -> dict[str, str]:
    """A label map with a ball as label 5, a closed surface, a student's book."""
    nibabel, np = pytest.importorskip("nibabel"), pytest.importorskip("numpy")
    pyvista = pytest.importorskip("pyvista")
    at = np.indices((40, 40, 40)) - 20.0
    labels = np.where((at**2).sum(axis=0) < 15.0**2, 5, 0).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([3.0, 3.0, 3.0, 1.0])), folder / "scan.nii.gz")
    pyvista.Sphere(40.0).save(folder / "surface.stl")
    return {}


def records(folder: Path, data: Path) -> dict[str, str]:
    """GiBleed, three hospitals of it, a key."""
    shutil.copy(data / "records/gibleed/eunomia_gibleed.duckdb", folder / "gibleed.duckdb")
    return {"1234": "5"}


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
