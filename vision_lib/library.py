"""The library of a person: kernels and ability of one eye, in one file.

    from vision_lib import library
    from vision_lib.eye import Eye

    made = library.build(Eye.sample("-3.00 -1.25 x 180", age_y=25))
    library.save(made, "kim.eye")
    columns, rows = library.load("kim.eye").kernels[0].separable(residual_d=0.5, pupil_m=4e-3)

A `.eye` file is a zip of `header.json` (format, version, the eye, provenance, ability, a SHA-256 for
every array) and NumPy arrays. Nothing in it is executed when it is read.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.files import replacing
from vision_lib import blur
from vision_lib.blur import Kernels
from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector, Refraction

FORMAT, VERSION = "twin eye library", 1
# Closer where a step changes the pupil by more: 43 dB between nodes at 25 px/degree.
PUPILS_M = (2e-3, 2.5e-3, 3e-3, 3.5e-3, 4e-3, 4.5e-3, 5e-3, 6e-3)
PX_PER_DEG = (25.0,)
# What a person still needs rarely goes further than this beyond the eye's own error: reading at 33 cm.
NEAR_D = 3.0
_ARRAYS = ("residual_d", "pupils_m", "psfs", "peaks", "columns", "rows")
_LARGEST_HEADER, _LARGEST_ARRAY = 4 << 20, 1 << 30
# One fixed time stamp: equal libraries are equal files.
_STAMP = (1980, 1, 1, 0, 0, 0)
_CURE = "build it again: twin eye library --rx RX --out FILE.eye"


@dataclass(frozen=True)
class Library:
    """Everything a scene needs to see through one eye.

    Parameters
    ----------
    eye : Eye
        The eye; its `need` is what a correction is compared with.
    worn : PowerVector
        Lens worn at the cornea; its astigmatism is taken off the kernels', its mean power shifts
        the residual asked for (see `residual_at`).
    kernels : tuple of Kernels
        One for each display resolution, coarse to fine.
    ability : list of dict
        Acuity and contrast by distance, as `vision_lib.ability` reports them; may be empty.
    provenance : dict
        Where the eye's values come from.
    """

    eye: Eye
    worn: PowerVector
    kernels: tuple[Kernels, ...]
    ability: list[dict[str, Any]] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    def residual_at(self, distance_m: float, accommodation_d: float = 0.0) -> float:
        """Mean power still needed for an object at a distance, D."""
        return self.eye.needed_at(distance_m).m_d - self.worn.m_d - accommodation_d

    def at(self, px_per_deg: float) -> Kernels:
        """The kernels of the resolution nearest to this one."""
        return min(self.kernels, key=lambda k: abs(k.px_per_deg - px_per_deg))

    def with_ability(self, ability: Sequence[dict[str, Any]]) -> "Library":
        """The same library with abilities by distance."""
        return replace(self, ability=list(ability))


def build(eye: Eye, worn: Refraction | None = None, *, px_per_deg: Sequence[float] = PX_PER_DEG,
          pupils_m: Sequence[float] = PUPILS_M, rank: int = blur.RANK,
          provenance: dict[str, Any] | None = None, workers: int | None = None) -> Library:  # fmt: skip
    """Compute the library of an eye.

    Parameters
    ----------
    eye : Eye
        See `vision_lib.eye.Eye`; `Eye.of(person)` for a person of `vision_lib.ability`.
    worn : Refraction, optional
        Correction worn, at the cornea; none if left out.
    px_per_deg : sequence of float
        Display resolutions.
    pupils_m : sequence of float
        Pupil diameters, m, narrow to wide.
    rank : int
        Products in the separable kernels.
    provenance : dict, optional
        Kept with the library.
    workers : int, optional
        Threads.
    """
    lens = worn.power_vector() if worn else PowerVector(0.0, 0.0, 0.0)
    left = eye.need.minus(lens)
    reach = max(blur.REACH_D, np.ceil(abs(left.m_d) + NEAR_D))
    fronts = [eye.with_pupil(p).wavefronts(left) for p in pupils_m]
    made = tuple(
        blur.kernels(fronts, eye.best_focus_d, ppd, rank=rank, reach_d=float(reach), workers=workers)
        for ppd in sorted(px_per_deg)
    )
    return Library(eye, lens, made, [], dict(provenance or {}))


def save(library: Library, target: Path | str) -> Path:
    """Write a library at once or not at all."""
    header: dict[str, Any] = {
        "format": FORMAT, "version": VERSION, "eye": asdict(library.eye),
        "worn": library.worn._asdict(), "ability": library.ability,
        "provenance": library.provenance, "kernels": [],
    }  # fmt: skip
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as file:
        for i, kernels in enumerate(library.kernels):
            digests = {}
            for name in _ARRAYS:
                data = io.BytesIO()
                np.save(data, getattr(kernels, name), allow_pickle=False)
                digests[name] = hashlib.sha256(data.getvalue()).hexdigest()
                _put(file, f"{i}/{name}.npy", data.getvalue())
            header["kernels"].append({"px_per_deg": kernels.px_per_deg,
                                      "angle_rad": kernels.angle_rad, "sha256": digests})  # fmt: skip
        _put(file, "header.json", json.dumps(header, indent=1, sort_keys=True).encode())
    return Path(target)


def _put(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(entry, data, compresslevel=4)


def load(source: Path | str) -> Library:
    """Read a library.

    Raises
    ------
    InputError
        Not a library, one of another version, or a truncated or altered one.
    """
    try:
        with zipfile.ZipFile(source) as file:
            header = _header(file, str(source))
            eye = header["eye"]
            eye["refraction"] = Refraction(**eye["refraction"])
            eye["aberrations_m"] = tuple(eye["aberrations_m"])
            kernels = tuple(
                Kernels(entry["px_per_deg"], angle_rad=entry["angle_rad"],
                        **{n: _array(file, f"{i}/{n}.npy", entry["sha256"][n]) for n in _ARRAYS})
                for i, entry in enumerate(header["kernels"])
            )  # fmt: skip
            return Library(Eye(**eye), PowerVector(**header["worn"]), kernels, header["ability"],
                           header["provenance"])  # fmt: skip
    except FileNotFoundError:
        raise InputError("file not found", "library", str(source), "a file that exists",
                         "check the path") from None  # fmt: skip
    except zipfile.BadZipFile:
        raise InputError("not an eye library", "library", str(source), f"a file of `{FORMAT}`",
                         _CURE) from None  # fmt: skip
    except (KeyError, TypeError, ValueError, EOFError, OSError, zlib.error) as error:
        raise InputError("damaged eye library", "library", str(source), f"a file of `{FORMAT}`",
                         _CURE) from error  # fmt: skip


def _read(file: zipfile.ZipFile, name: str, limit: int) -> bytes:
    if file.getinfo(name).file_size > limit:
        raise ValueError(f"{name} is larger than {limit} bytes")
    try:
        return file.read(name)
    except zipfile.BadZipFile as error:  # a wrong checksum inside a good zip
        raise ValueError(str(error)) from None


def _header(file: zipfile.ZipFile, source: str) -> dict[str, Any]:
    header = json.loads(_read(file, "header.json", _LARGEST_HEADER))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InputError("not an eye library", "library", source, f"a file of `{FORMAT}`", _CURE)
    if header.get("version") != VERSION:
        raise InputError("eye library of another version", "library", header.get("version"),
                         f"version {VERSION}", _CURE)  # fmt: skip
    return header


def _array(file: zipfile.ZipFile, name: str, digest: str) -> NDArray[Any]:
    data = _read(file, name, _LARGEST_ARRAY)
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"{name} was altered")
    return np.load(io.BytesIO(data), allow_pickle=False)
