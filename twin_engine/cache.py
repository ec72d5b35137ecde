"""The user's folder for generated code."""

import hashlib
import os
from pathlib import Path
from types import ModuleType

from twin_engine.errors import InputError


def cache_folder() -> Path:
    """TWIN_CACHE, else `medtwin` in the user's cache folder; made when it is not there.

    Raises
    ------
    InputError
        It cannot be written, or belongs to somebody else: compiled code is not loaded from there.
    """
    named = os.environ.get("TWIN_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(named) if named else Path(base) / "medtwin"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
        own = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    except OSError:
        usable = own = False
    if not usable or not own:
        raise InputError("the cache folder cannot be used", "TWIN_CACHE", str(folder),
                         "a folder of your own that can be written",
                         "set TWIN_CACHE to such a folder")  # fmt: skip
    return folder


def text_number(*modules: ModuleType) -> int:
    """A number that changes with the text of modules.

    Numba's cache notices an edit in a kernel's own file only. A kernel that reads this number as a
    closure variable, which is part of the cache's key, is compiled anew when its helpers change.
    """
    digest = hashlib.blake2b(digest_size=7)
    for module in modules:
        digest.update(Path(str(module.__file__)).read_bytes())
    return int.from_bytes(digest.digest(), "big")
