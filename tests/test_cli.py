"""The promise of the command line: exit codes, one JSON object, errors that carry the cure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from twin_engine import cli


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in cli.find_commands():
        assert f"  {name}" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulat", "--json"]) == 2
    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert set(error) == {"what", "where", "value", "expected", "cure"}
    assert error["cure"] == "twin simulate --help"
    assert "Traceback" not in said.err


@pytest.mark.parametrize("command", sorted(cli.find_commands()))
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--help"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: twin {command}")


@pytest.mark.parametrize("command", sorted(cli.find_commands()))
def test_every_command_refuses_an_unknown_option(command: str) -> None:
    assert cli.main([command, "--no-such-option"]) == 2


def test_a_foreign_package_of_our_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "trials").mkdir()
    (tmp_path / "trials" / "__init__.py").write_text("")
    root = Path(cli.__file__).resolve().parent.parent
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(root)!r}];"
        "from twin_engine.cli import main; sys.exit(main(['models']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "shadows" in done.stderr and str(tmp_path) in done.stderr
