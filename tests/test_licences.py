"""No dependency forbids what Apache-2.0 allows."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = re.compile(r"\b(A?GPL|GNU (Affero )?General Public|BUSL|Business Source)", re.IGNORECASE)
ALLOWED = re.compile(r"LGPL|Lesser General Public", re.IGNORECASE)


def required() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"],
             *(d for extra, ds in project["optional-dependencies"].items() if extra != "test" for d in ds)]  # fmt: skip
    names = {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for line in lines}
    return sorted(names - {"medtwin"})


@pytest.mark.parametrize("name", required())
def test_licence(name: str) -> None:
    try:
        meta = distribution(name).metadata
    except PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    said = " ".join([meta.get("License-Expression") or "", (meta.get("License") or "")[:200],
                     *(c for c in meta.get_all("Classifier") or [] if c.startswith("License"))])  # fmt: skip
    assert not FORBIDDEN.search(ALLOWED.sub("", said)), said
