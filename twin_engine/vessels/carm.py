"""The geometry of a C-arm: where its rays run and where a point falls on its detector. Lengths in mm, LPS frame.

Angles as DICOM's positioner angles (PS3.3 C.8.7.5): primary LAO positive, secondary cranial positive.
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.vessels.image import Array


@dataclass(frozen=True)
class CArm:
    """Pose of the tube: angles in degrees (LAO positive, cranial positive), distances and field in mm."""

    centre: Array
    lao_deg: float = 0.0
    cranial_deg: float = 0.0
    source_detector: float = 1080.0
    source_axis: float = 740.0
    field_mm: float = 200.0
    pixels: int = 512

    def axes(self) -> tuple[Array, Array, Array]:
        """Right and up on the detector, and the beam's direction (LPS: x left, y back, z up)."""
        a, b = np.radians([self.lao_deg, self.cranial_deg])
        beam = np.array([np.sin(a) * np.cos(b), -np.cos(a) * np.cos(b), np.sin(b)])
        right = np.array([np.cos(a), np.sin(a), 0.0])
        return right, np.cross(beam, right), beam

    def source(self) -> Array:
        """Where the rays start, mm."""
        return self.centre - self.source_axis * self.axes()[2]

    def project(self, points: Array) -> tuple[Array, Array]:
        """Pixel (column, row) of points (n, 3), and pixels in one mm at each."""
        right, up, beam = self.axes()
        rel = np.asarray(points, float) - self.source()
        depth = rel @ beam
        scale = self.source_detector / depth * self.pixels / self.field_mm
        middle = self.pixels / 2
        return np.stack([middle + rel @ right * scale, middle - rel @ up * scale], 1), scale

    def rays(self, pixels: int) -> Array:
        """Unit directions (pixels, pixels, 3) of the rays."""
        at = (np.arange(pixels) + 0.5) / pixels * self.pixels
        columns, rows = np.meshgrid(at, at)
        return self.towards(np.stack([columns, rows], -1))

    def towards(self, pixel: Array) -> Array:
        """Unit directions (..., 3) of the rays through pixels (..., 2)."""
        right, up, beam = self.axes()
        at = (np.asarray(pixel, float) - self.pixels / 2) * self.field_mm / self.pixels
        ways = self.source_detector * beam + at[..., :1] * right - at[..., 1:] * up
        return ways / np.linalg.norm(ways, axis=-1, keepdims=True)
