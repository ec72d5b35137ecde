"""Finds `assets/`: in a checkout first, then inside the installed wheel."""

from functools import cache
from pathlib import Path


@cache
def root() -> Path:
    """The folder that holds shaders, parameters, texts and fonts."""
    package = Path(__file__).resolve().parent
    checkout = package.parent
    if (checkout / "pyproject.toml").exists() and (checkout / "assets").is_dir():
        return checkout / "assets"
    return package / "_assets"


def path(name: str) -> Path:
    """The path of one asset, e.g. `path("shaders/blur.frag")`.

    Raises
    ------
    FileNotFoundError
        The asset is not there: a broken installation.
    """
    found = root() / name
    if not found.exists():
        raise FileNotFoundError(f"asset {name!r} is missing under {root()}: install medtwin again")
    return found
