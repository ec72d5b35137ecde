"""Procedures on a vessel, one file each, found by file name.

A procedure has TITLE, SOURCE, LIMITS (sentences), SITE (a kind of lesion it treats) and
`perform(avatar, site, **size) -> VesselAvatar`; sizes are in mm.
"""

import importlib
from pathlib import Path
from types import ModuleType

from twin_engine.errors import InputError


def names() -> list[str]:
    """All procedures."""
    return sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))


def load(name: str) -> ModuleType:
    """A procedure by its file name.

    Raises
    ------
    InputError
        No such procedure.
    """
    wanted = name.replace("-", "_")
    if wanted not in names():
        raise InputError("unknown procedure", "--procedure", name, ", ".join(names()), "choose one of them")
    return importlib.import_module(f"avatars.procedures.{wanted}")
