"""An interrupted run leaves no broken output and goes on from what was finished."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.trials.designs import warfarin
from trials import run
from trials.shards import Arrays, Shards
from twin_engine.cli import main

KILLED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from trials import run
from trials.shards import Shards
from twin_engine.cli import main

run.CHUNK = 10
get, pieces = Shards.get, []

def killed(self, key, make):
    if len(pieces) == 3:
        os.kill(os.getpid(), signal.{signal})
    pieces.append(key)
    return get(self, key, make)

Shards.get = killed
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(warfarin()), encoding="utf-8")
    return ["trial", "run", str(file), "--json"]


def interrupted(words: list[str], out: Path, name: str) -> subprocess.CompletedProcess:
    root = Path(run.__file__).resolve().parent.parent
    script = KILLED.format(signal=name)
    return subprocess.run([sys.executable, "-c", script, *words, "--out", str(out)], cwd=root,
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip


def visible(out: Path) -> list[str]:
    return sorted(p.name for p in out.glob("*") if not p.name.startswith("."))


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGKILL", -signal.SIGKILL)])
def test_interrupted_runs_resume(
    name: str, code: int, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(run, "CHUNK", 10)
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    whole = json.loads(capsys.readouterr().out)

    out = tmp_path / "out"
    done = interrupted(words, out, name)
    assert done.returncode == code
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert visible(out) == []
    assert len(list((out / ".twin-shards").glob("*.npz"))) == 3

    found: list[int] = []
    clear = Shards.clear
    monkeypatch.setattr(Shards, "clear", lambda self: (found.append(self.found), clear(self)))
    assert main([*words, "--out", str(out)]) == 0
    again = json.loads(capsys.readouterr().out)
    assert found == [3]
    assert again["table_sha256"] == whole["table_sha256"]
    assert again["primary"] == whole["primary"]
    assert visible(out) == ["avatars.csv", "report.html", "subjects.csv", "visits.csv"]
    assert not (out / ".twin-shards").exists()


def test_a_torn_piece_is_made_again(tmp_path: Path) -> None:
    import numpy as np

    def make() -> Arrays:
        return {"x": np.arange(5.0)}

    shards = Shards(tmp_path)
    shards.get("key", make)
    [file] = (tmp_path / ".twin-shards").glob("*.npz")
    file.write_bytes(file.read_bytes()[:40])
    again = Shards(tmp_path)
    np.testing.assert_array_equal(again.get("key", make)["x"], np.arange(5.0))
    assert again.found == 0
    assert Shards(tmp_path).get("key", make) is not None


def test_an_unwritable_folder_is_our_error_message(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    (tmp_path / "out").mkdir(mode=0o500)
    assert main(["trial", "run", "diabetes_procova", "--out", str(tmp_path / "out")]) == 2
