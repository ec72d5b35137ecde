"""The contract of a model file: ordinary errors at the author's line, caches that see every edit."""

import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType

import pytest

from twin_engine import model as models
from twin_engine.cache import text_number
from twin_engine.errors import InputError
from twin_engine.model import from_file

ROOT = Path(__file__).resolve().parents[2]
MODELS = Path(__file__).resolve().parent / "models"
ORAL, VALUES = (MODELS / "oral.py").read_text(), (MODELS / "oral.csv").read_text()


def written(folder: Path, text: str, values: str = VALUES) -> Path:
    file = folder / "mine.py"
    file.write_text(text)
    file.with_suffix(".csv").write_text(values)
    return file


@pytest.mark.parametrize(
    ("old", "new", "error", "line"),
    [
        ("p.CL / p.V * y.central)", "p.CLL / p.V * y.central)", AttributeError, "p.CLL"),
        ("State(depot=-a, central", "State(dept=-a, central", TypeError, "dept"),
        ("State(depot=-a, central=a + u.rate - p.CL / p.V * y.central)", "State(depot=-a)", TypeError,
         "State(depot=-a)"),
        ("p.ka * y.depot", "p.ka * depot", NameError, "p.ka * depot"),
    ],
)  # fmt: skip
def test_a_mistake_is_an_ordinary_error_at_the_authors_line(
    tmp_path: Path, old: str, new: str, error: type, line: str
) -> None:
    file = written(tmp_path, ORAL.replace(old, new))
    with pytest.raises(error) as caught:
        from_file(file)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert last.filename == str(file) and line in (last.line or "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('TIME = "h"', 'TIME = "fortnight"'),
        ("SOURCE =", "SAUCE ="),
        ('"bolus": "central"', '"bolus": "liver"'),
        ("return Output(concentration=y.central / p.V)", "return y.central / p.V"),
        ("return State(0.0, 0.0)", "return State(0.0, None)"),
    ],
)
def test_a_broken_contract_is_one_clear_error(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(InputError, match=r"mine\.py"):
        from_file(written(tmp_path, ORAL.replace(old, new)))


@pytest.mark.parametrize(
    "values",
    [
        VALUES.replace("first,ka,1.0", "first,ka,one"),
        VALUES.replace("first,ka,1.0", "first,ka,99"),
        VALUES.replace("assumption,test value", "assumption,", 1),
        VALUES.replace("assumption,test value", "rumour,test value", 1),
        VALUES.replace("set,name,value", "set,name,worth"),
        VALUES.replace("first,V,20.0,L,0.1,500,assumption,test value\n", ""),
    ],
)
def test_a_broken_parameter_file_is_one_clear_error(tmp_path: Path, values: str) -> None:
    with pytest.raises(InputError):
        from_file(written(tmp_path, ORAL, values))


def test_names_and_unknown_names() -> None:
    assert {"circulation", "warfarin", "glucose"} <= set(models.names())
    assert "baroreflex" not in models.names()
    with pytest.raises(InputError, match="warfarin"):
        models.load("warfarn")
    with pytest.raises(InputError):
        models.load("../cli")


RUN = """
import sys, time; start = time.perf_counter()
sys.path.insert(0, sys.argv[2])
from twin_engine.model import from_file
from twin_engine.solve import Dose, solve
m = from_file(sys.argv[1])
print(solve(m, until=10.0, doses=[Dose(0.0, 100.0)])["central"][-1], time.perf_counter() - start)
"""


def second(folder: Path, file: Path) -> tuple[float, float]:
    """Central amount and seconds, in a process of its own."""
    environment = os.environ | {"TWIN_CACHE": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", RUN, str(file), str(folder)], env=environment,
                          capture_output=True, text=True, check=True)  # fmt: skip
    value, seconds = done.stdout.split()
    return float(value), float(seconds)


def test_an_edited_helper_is_seen_and_an_unchanged_one_is_cached(tmp_path: Path) -> None:
    (tmp_path / "uptake.py").write_text("FAST = 1.0\n\n\ndef share(depot, p):\n    return FAST * p.ka * depot\n")
    text = ORAL.replace("a = absorbed(y, p)", "a = share(y.depot, p)").replace(
        "from twin_engine.model", "from uptake import share\n\nfrom twin_engine.model"
    )
    file = written(tmp_path, text)
    before, _ = second(tmp_path, file)
    made = sorted((tmp_path / "cache").glob("mine_*.py"))
    begin = time.perf_counter()
    again, seconds = second(tmp_path, file)
    print(f"second process: first solve after {seconds:.2f} s, {time.perf_counter() - begin:.2f} s in all")
    assert again == before and sorted((tmp_path / "cache").glob("mine_*.py")) == made
    (tmp_path / "uptake.py").write_text("FAST = 0.5\n\n\ndef share(depot, p):\n    return FAST * p.ka * depot\n")
    edited, _ = second(tmp_path, file)
    assert abs(edited / before - 1.0) > 0.01
    assert len(sorted((tmp_path / "cache").glob("mine_*.py"))) == 2 * len(made)


def test_a_copy_in_another_folder_is_a_model_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    here, there = written(tmp_path, ORAL), written(tmp_path / "there", ORAL)
    assert second(tmp_path, here)[0] == second(tmp_path, there)[0]


def test_two_processes_may_start_together(tmp_path: Path) -> None:
    file = written(tmp_path, ORAL.replace("0.0, 0.0)", "0.0, 1.0)"))
    environment = os.environ | {"TWIN_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen([sys.executable, "-c", RUN, str(file), str(tmp_path)], env=environment,
                         stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]  # fmt: skip
    answers = {process.communicate()[0].split()[0] for process in running}
    assert len(answers) == 1 and all(process.returncode == 0 for process in running)
    assert not list((tmp_path / "cache").glob("*.tmp"))


def test_the_cache_folder_must_be_usable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from twin_engine.cache import cache_folder

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWIN_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(InputError, match="TWIN_CACHE"):
        cache_folder()


def test_the_number_of_a_kernels_helpers_changes_with_their_text(tmp_path: Path) -> None:
    helper = ModuleType("helper")
    helper.__file__ = str(tmp_path / "helper.py")
    numbers = []
    for text in ("x = 1\n", "x = 2\n", "x = 1\n"):
        Path(helper.__file__).write_text(text)
        numbers.append(text_number(helper))
    assert numbers[0] == numbers[2] != numbers[1]
