"""Work that survives an interruption: finished pieces lie in a hidden folder beside the results.

A piece's name is the hash of everything it was computed from, so a changed design or seed never
finds an old piece. Pieces appear at once or not at all, and the folder goes when the run is done.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from twin_engine.files import replacing

Arrays = dict[str, np.ndarray]


class Shards:
    """The pieces of one output folder."""

    def __init__(self, out: Path) -> None:
        self.folder = out / ".twin-shards"
        self.found = 0

    def get(self, key: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of one piece: from disk if it was finished before, else made and kept.

        Parameters
        ----------
        key : str
            Text of everything the piece depends on.
        make : callable
            Makes the arrays.
        """
        known = self.known(key)
        return self.keep(key, make()) if known is None else known

    def known(self, key: str) -> Arrays | None:
        """The arrays of a piece that was finished before."""
        arrays = _read(self._file(key))
        self.found += arrays is not None
        return arrays

    def keep(self, key: str, arrays: Arrays) -> Arrays:
        """Keep the arrays of a finished piece; gives them back."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._file(key)) as temporary:
            np.savez(temporary, **arrays)  # type: ignore[arg-type]
        return arrays

    def _file(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"

    def clear(self) -> None:
        """Remove the pieces: the run is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _read(file: Path) -> Arrays | None:
    try:
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, zipfile.BadZipFile, KeyError, EOFError):
        return None
