"""Hospital images: the same point of the patient from every format and orientation, and series that must be refused."""

from pathlib import Path

import numpy as np
import pytest

from avatars import imaging
from twin_engine.errors import InputError
from twin_engine.vessels.image import Image

pydicom = pytest.importorskip("pydicom")
pytest.importorskip("SimpleITK")
SPOT, SHAPE, STEP = np.array([-12.0, 31.0, -205.0]), (24, 20, 16), np.array([0.8, 0.9, 2.0])
# Columns: where the image's rows, columns and slices run in the patient (LPS).
AXES = {
    "axial": np.eye(3),
    "feet first": np.diag([-1.0, 1.0, -1.0]),
    "coronal": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "sagittal": np.array([[0.0, 0, -1], [1, 0, 0], [0, -1, 0]]),
    "oblique": np.linalg.qr(np.array([[1.0, 0.2, 0.1], [-0.2, 1, 0.3], [0, -0.3, 1]]))[0],
}


def scene(axes: np.ndarray) -> Image:
    """A bright ball of 3 mm round SPOT on a background of -100 to 100, whatever the axes."""
    axes = axes * np.sign(np.linalg.det(axes))
    origin = SPOT - axes @ ((np.array(SHAPE) - 1) / 2 * STEP) + [0.3, -0.2, 0.4]
    empty = Image(np.zeros(SHAPE, np.float32), STEP, origin, axes)
    nodes = empty.world(np.argwhere(np.ones(SHAPE)).astype(float))
    ball = np.linalg.norm(nodes - SPOT, axis=1) < 3
    values = np.where(ball, 400.0, np.round(20 * np.sin(nodes[:, 0] / 3)))
    return empty.like(values.reshape(SHAPE).astype(np.float32))


def middle(image: Image) -> np.ndarray:
    return image.world(np.argwhere(image.values > 300).astype(float)).mean(axis=0)


def series(
    image: Image, folder: Path, leave_out: tuple[int, ...] = (), lean: float = 0.0, uid: str = "1.2.3"
) -> Path:
    """Write one CT file a slice, in shuffled order of names; `lean` shifts each slice by so many mm along its rows."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    folder.mkdir(exist_ok=True)
    for k in range(image.values.shape[2]):
        if k in leave_out:
            continue
        d = Dataset()
        d.file_meta = FileMetaDataset()
        d.file_meta.TransferSyntaxUID, d.file_meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, CTImageStorage
        d.SOPClassUID, d.SOPInstanceUID = CTImageStorage, f"{uid}.{k + 1}"
        d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
        d.StudyInstanceUID, d.SeriesInstanceUID, d.Modality = "1.2.9", uid, "CT"
        d.InstanceNumber, d.PatientID, d.PatientName = k + 1, "phantom", "phantom"
        d.Rows, d.Columns = image.values.shape[1], image.values.shape[0]
        place = image.world(np.array([[0.0, 0, k]]))[0] + lean * k * image.axes[:, 1]
        d.ImagePositionPatient = [f"{v:.6f}" for v in place]
        d.ImageOrientationPatient = [f"{v:.8f}" for v in np.concatenate([image.axes[:, 0], image.axes[:, 1]])]
        d.PixelSpacing, d.SliceThickness = [STEP[1], STEP[0]], STEP[2]
        d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 0
        d.RescaleSlope, d.RescaleIntercept = 2, -1024
        stored = np.round((image.values[:, :, k].T + 1024) / 2).astype(np.uint16)
        d.PixelData = stored.tobytes()
        d.save_as(folder / f"{(7 * k) % 31:03d}.dcm", enforce_file_format=True)
    return folder


@pytest.mark.parametrize("name", AXES)
def test_a_dicom_series_lies_where_it_was(name: str, tmp_path: Path) -> None:
    image = scene(AXES[name])
    read = imaging.read(series(image, tmp_path / "ct"))
    assert sorted(read.values.shape) == sorted(SHAPE)
    assert np.allclose(middle(read), middle(image), atol=0.01)
    assert read.sample(SPOT[None])[0] == pytest.approx(400, abs=2)
    assert np.abs(read.values.min() + 20) <= 2


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("name", AXES)
def test_files_keep_the_orientation(name: str, ending: str, tmp_path: Path) -> None:
    image = scene(AXES[name])
    read = imaging.read(imaging.write(image, tmp_path / f"a{ending}"))
    assert np.allclose(middle(read), middle(image), atol=0.01) and np.allclose(read.axes, image.axes, atol=1e-5)
    assert np.allclose(middle(read), SPOT, atol=0.7)


def test_a_nifti_of_another_library_is_turned_to_lps(tmp_path: Path) -> None:
    # NIfTI's frame is RAS: nibabel writes x to the right, y to the front.
    nibabel = pytest.importorskip("nibabel")
    image = scene(AXES["oblique"])
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = image.axes * image.spacing, image.origin
    nibabel.save(nibabel.Nifti1Image(image.values, np.diag([-1.0, -1, 1, 1]) @ affine), tmp_path / "a.nii.gz")
    assert np.allclose(middle(imaging.read(tmp_path / "a.nii.gz")), middle(image), atol=0.01)


def test_a_sheared_nifti_is_refused(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[1, 2] = 0.7
    nibabel.save(nibabel.Nifti1Image(np.zeros((5, 5, 5), np.float32), affine), tmp_path / "a.nii")
    with pytest.raises(InputError) as error:
        imaging.read(tmp_path / "a.nii")
    assert "orientation" in str(error.value) or "cannot be read" in str(error.value)


def test_a_missing_slice_is_named(tmp_path: Path) -> None:
    image = scene(AXES["axial"])
    with pytest.raises(InputError, match="missing or uneven") as error:
        imaging.read(series(image, tmp_path / "ct", leave_out=(5,)))
    z = image.world(np.array([[0.0, 0, 4]]))[0, 2]
    assert f"{z:.1f}" in str(error.value) and "4.00 mm" in str(error.value)


def test_a_tilted_gantry_is_named_with_its_angle(tmp_path: Path) -> None:
    lean = 2.0 * np.tan(np.radians(12.0))
    with pytest.raises(InputError, match="gantry was tilted") as error:
        imaging.read(series(scene(AXES["axial"]), tmp_path / "ct", lean=lean))
    assert "12.0 degrees" in str(error.value)


def test_two_series_none_and_damaged_slices_are_refused(tmp_path: Path) -> None:
    image = scene(AXES["axial"])
    both = series(image, tmp_path / "ct")
    for file in series(image, tmp_path / "other", uid="1.2.4").iterdir():
        file.rename(both / f"b{file.name}")
    with pytest.raises(InputError, match="one DICOM series"):
        imaging.read(both)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="one DICOM series"):
        imaging.read(tmp_path / "none")
    broken = series(image, tmp_path / "broken")
    victim = sorted(broken.iterdir())[3]
    victim.write_bytes(victim.read_bytes()[:900])
    with pytest.raises(InputError):
        imaging.read(broken)
