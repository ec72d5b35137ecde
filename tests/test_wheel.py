"""The wheel: built, installed beside the dependencies that are here, and used far from the checkout."""

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("twin_engine", "vision_lib", "avatars", "trials", "scenes")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet",
                    "--wheel-dir", str(folder), str(ROOT)], check=True, cwd=folder)  # fmt: skip
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A folder that holds only the wheel's content; dependencies come from this interpreter."""
    target = wheel.parent / "site"
    subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--target", str(target),
                    str(wheel)], check=True)  # fmt: skip
    return target


def run(installed: Path, *words: str) -> str:
    """Output of Python far from the checkout; the wheel comes first on the path."""
    place = installed.parent / "elsewhere"
    place.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, *words], cwd=place, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def twin(installed: Path, *words: str) -> str:
    """Output of the installed command."""
    return run(installed, "-m", "twin_engine.cli", *words)


def test_only_what_is_needed_ships(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOMS)
    assert not [n for n in names if "test_" in n or "conftest" in n or n.endswith((".nbi", ".nbc", ".pyc"))]
    print(f"wheel: {wheel.stat().st_size / 1e6:.1f} MB, {len(names)} files")


def test_it_is_the_wheel_that_runs(installed: Path) -> None:
    assert run(installed, "-c", "import twin_engine; print(twin_engine.__file__)").startswith(str(installed))
    assert run(installed, "-c", "from twin_engine import assets; print(assets.root())").startswith(str(installed))


def test_commands_find_their_assets(installed: Path) -> None:
    assert "simulate" in twin(installed, "--help")
    assert "사용법" in twin(installed, "--help", "--lang", "ko")
    assert json.loads(twin(installed, "explain", "warfarin.EC50_G", "--json"))
    shown = json.loads(twin(installed, "trial", "boundaries", "alzheimer", "--json"))
    assert shown["command"] == "trial boundaries"


def test_every_asset_of_the_checkout_ships(installed: Path) -> None:
    here = {p.relative_to(ROOT / "assets") for p in (ROOT / "assets").rglob("*") if p.is_file()}
    there = {p.relative_to(installed / "twin_engine/_assets") for p in (installed / "twin_engine/_assets").rglob("*")}
    assert not {p for p in here - there if "__pycache__" not in p.parts}


def test_start_times_are_shown(installed: Path) -> None:
    for code in ("from twin_engine.cli import main; main(['--help'])", *(f"import {room}" for room in ROOMS)):
        best = min(_seconds(installed, code) for _ in range(3))
        print(f"{best:.2f} s  {code}")


def _seconds(installed: Path, code: str) -> float:
    begin = time.perf_counter()
    run(installed, "-c", code)
    return time.perf_counter() - begin
