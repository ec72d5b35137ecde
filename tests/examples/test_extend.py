"""docs/extend.md, as it stands: every block is written to its path in a copy of the house, and works there."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("twin_engine", "vision_lib", "avatars", "trials", "scenes")
BLOCK = re.compile(r'^```\w+ title="(?P<path>[^" ]+)(?P<add> \(add\))?"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
PAGE = (ROOT / "docs/extend.md").read_text(encoding="utf-8")


def blocks() -> list[tuple[str, bool, str]]:
    """(path, whether it is added to a file, text) of each example."""
    return [(m["path"], bool(m["add"]), m["text"]) for m in BLOCK.finditer(PAGE)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with every example in it."""
    copy = tmp_path_factory.mktemp("house")
    for name in (*ROOMS, "examples", "tests/contract"):
        # Compiled kernels come along: their cache knows a file by its time and size.
        shutil.copytree(ROOT / name, copy / name)
    for name in ("parameters", "text", "phenotypes", "populations", "web"):
        shutil.copytree(ROOT / "assets" / name, copy / "assets" / name)
    for entry in (ROOT / "assets").iterdir():
        if not (copy / "assets" / entry.name).exists():
            (copy / "assets" / entry.name).symlink_to(entry)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for path, add, text in blocks():
        target = copy / path
        assert target.exists() == add, f"{path}: say (add) exactly where the file is there already"
        with open(target, "a", encoding="utf-8", newline="") as file:
            file.write(text)
    return copy


def python(house: Path, *words: str) -> str:
    """Output of a Python run in the copy."""
    environment = {**os.environ, "PYTHONPATH": str(house), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *words], cwd=house, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def twin(house: Path, *words: str) -> dict:
    """The JSON answer of a command run in the copy."""
    return json.loads(python(house, "-m", "twin_engine.cli", *words, "--json"))


def test_a_disease_takes_at_most_forty_lines() -> None:
    lines = [line for path, _, text in blocks() if "/hiv." in path for line in text.splitlines()]
    assert 0 < len(lines) <= 40


def test_contracts_hold_without_wiring(house: Path) -> None:
    said = python(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contract", "-rA",
                  "-k", "hiv or ready-made or slower or waiting or atherectomy")  # fmt: skip
    for name in ("hiv", "ready-made", "slower", "waiting", "atherectomy"):
        assert re.search(rf"PASSED .*\[{name}", said), name
    assert "FAILED" not in said


def test_the_disease_equals_its_published_solution(house: Path) -> None:
    # Perelson 1996, Science 271:1582, equation 6: viral load after treatment, in closed form.
    shown = twin(house, "simulate", "hiv", "--hours", "168", "--out", "hiv")
    assert shown["files"]
    code = ("import numpy as np; from twin_engine.model import load; from twin_engine.solve import solve;"
            "s = solve(load('hiv'), until=7.0, at=np.linspace(0, 7, 8), tolerance=1e-9);"
            "print(*s['viral_load'])")  # fmt: skip
    c, loss, load = 3.07, 0.49, 1e5
    for day, found in enumerate(map(float, python(house, "-c", code).split())):
        early, late = math.exp(-c * day), math.exp(-loss * day)
        closed = early + c / (c - loss) * (c / (c - loss) * (late - early) - loss * day * early)
        assert found == pytest.approx(load * closed, rel=1e-6)


def test_the_parameter_names_its_paper(house: Path) -> None:
    assert "Perelson 1996" in json.dumps(twin(house, "explain", "hiv.clearance"))


def test_the_correction_answers(house: Path) -> None:
    shown = twin(house, "eye", "show", "--rx=-3.00 -1.25 x 180", "--age", "30", "--correct", "ready-made",
                 "--out", "eye")  # fmt: skip
    assert "ready-made" in json.dumps(shown).lower()


def test_the_treatment_runs_in_its_trial(house: Path) -> None:
    shown = twin(house, "trial", "run", "slower", "--seed", "3", "--out", "slower")
    assert any(file.endswith("report.html") for file in shown["files"])


def test_the_organ_is_as_large_as_its_formula(house: Path) -> None:
    shown = twin(house, "organ", "build", "ovary", "--cell", "4", "--out", "ovary")
    # 4/3 pi abc with half axes 17.5, 7.5 and 10 mm is 5.50 mL
    assert shown["shape_volume_ml"] == pytest.approx(5.498, rel=0.02)
    assert shown["published"][0]["name"] == "mass_g"


def test_the_population_is_drawn(house: Path) -> None:
    assert twin(house, "population", "sample", "hiv-adults", "-n", "200", "--out", "people")["files"]


def test_the_phenotype_is_valid(house: Path) -> None:
    code = "from avatars.warehouse import phenotype as p; assert 'gout' in p.shipped(); print(p.load('gout').title)"
    assert python(house, "-c", code).strip() == "Gout, coded on two days"


def test_the_command_is_found(house: Path) -> None:
    assert "bsa" in python(house, "-m", "twin_engine.cli", "--help")
    # Du Bois 1916: 1.81 m2 for 70 kg and 170 cm
    assert twin(house, "bsa", "70", "170")["bsa_m2"] == pytest.approx(1.81, abs=0.005)


def test_the_panel_is_found(house: Path) -> None:
    code = ("from avatars.commands.demo import demo_person; from twin_engine import panels;"
            "made = [m.build(demo_person()) for m in panels.find() if m.__name__ == 'avatars.panels.body'];"
            "print(panels.script(made))")  # fmt: skip
    assert 'panel("body"' in python(house, "-c", code)


def test_every_new_text_has_its_korean(house: Path) -> None:
    shutil.copy(ROOT / "tests/test_text.py", house / "tests/test_text.py")
    code = ("import sys; sys.path.insert(0, 'tests'); import test_text as t;"
            "new = ('ready_made', 'bsa.py', 'body.py', 'waiting');"
            "print([x for x, p in t.spoken().items() if x not in t.catalogue()"
            " and any(n in p for n in new)])")  # fmt: skip
    assert python(house, "-c", code).strip() == "[]"


@pytest.mark.slow
def test_the_place_is_drawn(house: Path) -> None:
    pytest.importorskip("panda3d")
    twin(house, "scene", "waiting", "--rx=-3.00 DS", "--correct", "single", "--size", "480x320", "--out", "waiting.png")
    assert (house / "waiting.png").stat().st_size > 2000
