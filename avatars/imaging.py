"""Medical images from hospital files: NIfTI, NRRD, MHA and DICOM series, in the LPS frame (mm)."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from twin_engine.errors import InputError
from twin_engine.vessels.image import Image

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
_LARGEST = 4 * 1024**3
# A stack leaning by less than this is straight.
_TILT_DEG = 0.2


def read(source: Path | str) -> Image:
    """Read one volume.

    Parameters
    ----------
    source : path
        A file (NIfTI, NRRD, MHA) or a folder with one DICOM series.

    Raises
    ------
    InputError
        Missing, truncated, of another format, not three-dimensional, or tilted.
    """
    source = Path(source)
    if not source.exists():
        raise InputError(
            "file not found", str(source), source.name, "an image or a folder with a DICOM series", "check the path"
        )
    volume = _series(source) if source.is_dir() else _file(source)
    return _image(volume, source)


def _quiet() -> Any:
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    return sitk


def _file(source: Path) -> Any:
    if not source.name.lower().endswith(SUFFIXES):
        raise InputError(
            "unknown image format",
            str(source),
            source.suffix,
            ", ".join(SUFFIXES),
            "convert the image, or give the folder of a DICOM series",
        )
    if source.stat().st_size > _LARGEST:
        raise InputError("the image is too large", str(source), source.stat().st_size, "at most 4 GiB", "crop it")
    sitk = _quiet()
    try:
        if ".nii" in source.name.lower():
            _complete(source)
        return sitk.ReadImage(str(source), sitk.sitkFloat32)
    except (RuntimeError, EOFError, ValueError, OSError, zlib.error):
        raise InputError(
            "the image cannot be read",
            str(source),
            f"{source.stat().st_size} bytes",
            "a complete NIfTI, NRRD or MHA file",
            "the file is truncated or damaged: export it again",
        ) from None


def _complete(source: Path) -> None:
    """All voxels that a NIfTI header promises are there: the reader itself would fill up with zeros."""
    import gzip

    import nibabel

    try:
        header: Any = nibabel.load(source).header
    except nibabel.filebasedimages.ImageFileError as error:
        raise ValueError(str(error)) from None
    wanted = int(header["vox_offset"]) + int(np.prod([int(n) for n in header.get_data_shape()])) * (
        int(header["bitpix"]) // 8
    )
    if wanted > _LARGEST:
        raise InputError("the image is too large", str(source), wanted, "at most 4 GiB", "crop it")
    found = source.stat().st_size
    if source.name.lower().endswith(".gz"):
        found = 0
        with gzip.open(source) as stream:
            while piece := stream.read(1 << 22):
                found += len(piece)
    if found < wanted:
        raise ValueError(f"{found} of {wanted} bytes")


def _series(folder: Path) -> Any:
    sitk = _quiet()
    found = sitk.ImageSeriesReader.GetGDCMSeriesIDs(str(folder))
    if len(found) != 1:
        raise InputError(
            "the folder must hold one DICOM series",
            str(folder),
            len(found),
            "exactly one series",
            "put each series in its own folder",
        )
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder), found[0])
    _stacked(folder, names)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(names)
    try:
        return sitk.Cast(reader.Execute(), sitk.sitkFloat32)
    except RuntimeError:
        raise InputError(
            "the DICOM series cannot be read",
            str(folder),
            f"{len(names)} slices",
            "slices of equal size and spacing",
            "export the series again",
        ) from None


def _stacked(folder: Path, names: Any) -> None:
    """The slices are parallel, of one size, evenly spaced and not sheared: the reader itself would not mind."""
    import pydicom

    wanted = ["ImagePositionPatient", "ImageOrientationPatient", "Rows", "Columns"]
    try:
        heads = [pydicom.dcmread(n, stop_before_pixels=True, specific_tags=wanted) for n in names]
        places = np.array([h.ImagePositionPatient for h in heads], float)
        ways = np.array([h.ImageOrientationPatient for h in heads], float)
        sizes = {(int(h.Rows), int(h.Columns)) for h in heads}
    except Exception:  # pydicom raises many kinds on a broken file
        raise InputError(
            "the DICOM series cannot be read",
            str(folder),
            f"{len(names)} slices",
            "position, orientation and size in every slice",
            "export the series again",
        ) from None
    if len(sizes) > 1 or np.abs(ways - ways[0]).max() > 1e-3 or len(places) < 2:
        raise InputError(
            "the slices of the series do not fit each other",
            str(folder),
            f"{len(places)} slices, {len(sizes)} sizes",
            "two or more parallel slices of one size",
            "leave the scout images out",
        )
    normal = np.cross(ways[0, :3], ways[0, 3:])
    at = np.sort(places @ normal)
    steps = np.diff(at)
    usual = float(np.median(steps))
    off = np.abs(steps - usual) > 0.02 * max(usual, 1e-6) + 0.01
    if off.any() or usual <= 0:
        k = int(np.argmax(off))
        raise InputError(
            "slices are missing or uneven",
            str(folder),
            f"{steps[k]:.2f} mm between {at[k]:.1f} and {at[k + 1]:.1f} mm",
            f"{usual:.2f} mm everywhere",
            "export the whole series, one heart phase",
        )
    side = places[-1] - places[0]
    tilt = float(np.degrees(np.arctan2(np.linalg.norm(side - (side @ normal) * normal), abs(side @ normal))))
    if tilt > _TILT_DEG:
        raise InputError(
            "the gantry was tilted",
            str(folder),
            f"{tilt:.1f} degrees",
            "slices stacked at right angles",
            "resample the series to an untilted grid",
        )


def _image(volume: Any, source: Path) -> Image:
    import SimpleITK as sitk

    if volume.GetDimension() == 4 and volume.GetSize()[3] == 1:
        volume = volume[:, :, :, 0]
    if volume.GetDimension() != 3 or volume.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(
            "the image is not a volume",
            str(source),
            volume.GetSize(),
            "one scalar volume",
            "choose one time point and one channel",
        )
    values = np.ascontiguousarray(sitk.GetArrayFromImage(volume).T)
    axes = np.array(volume.GetDirection()).reshape(3, 3)
    return Image(values, np.array(volume.GetSpacing()), np.array(volume.GetOrigin()), axes)


def write(image: Image, target: Path | str) -> Path:
    """Write a volume as NIfTI, NRRD or MHA by its ending, at once or not at all."""
    import SimpleITK as sitk

    from twin_engine.files import replacing

    volume = sitk.GetImageFromArray(np.ascontiguousarray(image.values.T))
    volume.SetSpacing([float(s) for s in image.spacing])
    volume.SetOrigin([float(o) for o in image.origin])
    volume.SetDirection([float(a) for a in image.axes.ravel()])
    target = Path(target)
    ending = "".join(target.suffixes[-2:]) if target.name.endswith(".nii.gz") else target.suffix
    with replacing(target) as temporary:
        named = temporary.with_name(temporary.name.replace(".", "_") + ending)
        sitk.WriteImage(volume, str(named), useCompression=True)
        named.replace(temporary)
    return target
