"""Writing that leaves nothing half-written, reading that names what is wrong."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin_engine.errors import InputError


@contextmanager
def replacing(target: Path | str) -> Iterator[Path]:
    """A temporary path beside `target` that takes its place when the block ends well."""
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(target: Path | str, text: str) -> Path:
    """Write a UTF-8 text file at once or not at all."""
    with replacing(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return Path(target)


def read_text(source: Path | str, where: str = "") -> str:
    """Read a UTF-8 text file.

    Raises
    ------
    InputError
        The file is missing, a folder, unreadable, or not UTF-8.
    """
    source = Path(source)
    try:
        return source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("file not found", where or str(source), str(source), "a file that exists",
                         "check the path") from None  # fmt: skip
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("unreadable file", where or str(source), str(source), "a UTF-8 text file",
                         f"check the file: {type(error).__name__}") from None  # fmt: skip


def sha256(source: Path | str) -> str:
    """The SHA-256 digest of a file's bytes."""
    return hashlib.sha256(Path(source).read_bytes()).hexdigest()
