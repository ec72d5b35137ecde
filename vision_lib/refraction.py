"""A refraction as the clinic writes it, and as power vectors.

Sphere, cylinder and axis describe the correcting lens. The power vector (M, J0, J45) of Thibos,
Wheeler and Horner 1997 (Optom Vis Sci 74:367) describes the same lens by three numbers that add:

    M = S + C/2,   J0 = -(C/2) cos 2A,   J45 = -(C/2) sin 2A

so combining lenses, taking residuals and averaging are plain sums. A lens moves along the line of
sight by F' = F / (1 - d F) in each principal meridian, d metres towards the eye.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from twin_engine.errors import InputError

MAX_SPHERE_D = 30.0
MAX_CYLINDER_D = 15.0
MAX_ADD_D = 6.0
MAX_VERTEX_M = 0.03
# Where spectacles usually sit in front of the cornea, 12 to 14 mm (ISO 13666 leaves it to the wearer).
SPECTACLE_VERTEX_M = 0.012
_ZERO_D = 1e-9


class PowerVector(NamedTuple):
    """Mean power and the two cross-cylinders of a lens, D (Thibos 1997)."""

    m_d: float
    j0_d: float
    j45_d: float

    @property
    def blur_d(self) -> float:
        """Length of the vector, D: |S| for a sphere, |C|/sqrt 2 for a plano-cylinder."""
        return math.sqrt(self.m_d**2 + self.j0_d**2 + self.j45_d**2)

    def plus(self, other: "PowerVector") -> "PowerVector":
        """Two thin lenses in contact."""
        return PowerVector(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: "PowerVector") -> "PowerVector":
        """What remains when the other lens is taken away."""
        return PowerVector(*(a - b for a, b in zip(self, other, strict=True)))


@dataclass(frozen=True)
class Refraction:
    """Sphere, cylinder, axis and near addition of a correcting lens.

    Parameters
    ----------
    sphere_d : float
        Sphere, D; at most 30 either way.
    cylinder_d : float
        Cylinder, D, in plus or minus notation; at most 15 either way.
    axis_deg : float
        Axis, 0 to 180 degrees (TABO); 0 is kept as 180. Without a cylinder it means nothing and
        becomes 180.
    add_d : float
        Near addition, 0 to 6 D.

    Raises
    ------
    InputError
        A value that is no number or out of these ranges.

    Examples
    --------
    >>> r = Refraction.parse("-2.25 -0.75 x 180")
    >>> r.power_vector()
    PowerVector(m_d=-2.625, j0_d=0.375, j45_d=0.0)
    >>> r.transposed().text()
    '-3.00 +0.75 x 90'
    >>> Refraction(-10.0).at_cornea(0.012).text()
    '-8.93 DS'
    """

    sphere_d: float
    cylinder_d: float = 0.0
    axis_deg: float = 180.0
    add_d: float = 0.0

    def __post_init__(self) -> None:
        _check("sphere out of range", self.sphere_d, -MAX_SPHERE_D, MAX_SPHERE_D)
        _check("cylinder out of range", self.cylinder_d, -MAX_CYLINDER_D, MAX_CYLINDER_D)
        _check("axis out of range", self.axis_deg, 0.0, 180.0, "degrees", "turn by 180 degrees")
        _check("near addition out of range", self.add_d, 0.0, MAX_ADD_D)
        spherical = abs(self.cylinder_d) < _ZERO_D
        for name in ("sphere_d", "cylinder_d", "axis_deg", "add_d"):
            # + 0.0 turns -0.0 into 0.0, which would print as "-0.00".
            object.__setattr__(self, name, float(getattr(self, name)) + 0.0)
        if spherical:
            object.__setattr__(self, "cylinder_d", 0.0)
        if spherical or self.axis_deg == 0.0:
            object.__setattr__(self, "axis_deg", 180.0)

    @classmethod
    def parse(cls, text: str, where: str = "--rx") -> "Refraction":
        """Read a prescription in any notation of the clinic (see `vision_lib.notation`).

        Parameters
        ----------
        text : str
            For example "-3.00 -1.25 x 180 add +2.00", "plano +0.75 @ 90", "-2,50 DS".
        where : str
            What to name in an error.

        Raises
        ------
        InputError
            Anything that is not one unambiguous lens.
        """
        from vision_lib import notation

        try:
            return cls(*notation.read(text, where))
        except InputError as error:
            raise replace(error, where=where) from None

    @classmethod
    def from_power_vector(cls, vector: PowerVector, add_d: float = 0.0) -> "Refraction":
        """The lens of a power vector, in minus-cylinder notation."""
        m, j0, j45 = vector
        half = math.hypot(j0, j45)
        axis = math.degrees(0.5 * math.atan2(j45, j0)) % 180.0
        return cls(m + half, -2.0 * half, axis, add_d)

    @property
    def spherical_equivalent_d(self) -> float:
        """Mean power S + C/2, D."""
        return self.sphere_d + 0.5 * self.cylinder_d

    def power_vector(self) -> PowerVector:
        """M, J0 and J45, D."""
        # Multiples of 90 degrees exactly: cos and sin of pi/2 are not 0 in floating point.
        quarter = self.axis_deg / 90.0
        angle = math.radians(2.0 * self.axis_deg)
        whole = quarter == int(quarter)
        cos = (-1.0) ** int(quarter) if whole else math.cos(angle)
        sin = 0.0 if whole else math.sin(angle)
        half = -0.5 * self.cylinder_d
        return PowerVector(self.spherical_equivalent_d, half * cos + 0.0, half * sin + 0.0)

    def transposed(self) -> "Refraction":
        """The same lens with the cylinder's sign turned round."""
        if self.cylinder_d == 0.0:
            return self
        axis = self.axis_deg + 90.0 if self.axis_deg <= 90.0 else self.axis_deg - 90.0
        return Refraction(self.sphere_d + self.cylinder_d, -self.cylinder_d, axis, self.add_d)

    def minus_cylinder(self) -> "Refraction":
        """The same lens in minus-cylinder notation."""
        return self.transposed() if self.cylinder_d > 0 else self

    def plus_cylinder(self) -> "Refraction":
        """The same lens in plus-cylinder notation."""
        return self.transposed() if self.cylinder_d < 0 else self

    def at_cornea(self, vertex_m: float = SPECTACLE_VERTEX_M) -> "Refraction":
        """The lens at the cornea that does what this one does `vertex_m` in front of it."""
        return self._moved(_vertex(vertex_m))

    def at_vertex(self, vertex_m: float = SPECTACLE_VERTEX_M) -> "Refraction":
        """The lens `vertex_m` in front of the cornea that does what this one does at the cornea."""
        return self._moved(-_vertex(vertex_m))

    def _moved(self, towards_eye_m: float) -> "Refraction":
        first, second = self.sphere_d, self.sphere_d + self.cylinder_d
        first, second = (f / (1.0 - towards_eye_m * f) for f in (first, second))
        return Refraction(first, second - first, self.axis_deg, self.add_d)

    def over(self, found: "Refraction") -> "Refraction":
        """This lens as worn, plus the over-refraction found through it in the same plane."""
        total = self.power_vector().plus(found.power_vector())
        return Refraction.from_power_vector(total, max(self.add_d, found.add_d))

    def residual(self, worn: "Refraction") -> "Refraction":
        """The lens still needed when `worn` is in place, both in the same plane; the add is left."""
        return Refraction.from_power_vector(self.power_vector().minus(worn.power_vector()))

    def rounded(self, step_d: float = 0.25, axis_step_deg: float = 1.0) -> "Refraction":
        """The nearest lens of the trial case; a tie goes to more plus, as refraction aims at."""
        lens = self.minus_cylinder()
        sphere, cylinder, add = (
            math.floor(v / step_d + 0.5) * step_d for v in (lens.sphere_d, lens.cylinder_d, lens.add_d)
        )
        axis = round(lens.axis_deg / axis_step_deg) * axis_step_deg % 180.0
        made = Refraction(sphere, cylinder, axis, add)
        return made.plus_cylinder() if self.cylinder_d > 0 else made

    def equivalent(self, other: "Refraction", tolerance_d: float = 1e-6) -> bool:
        """Whether both are the same lens, however written."""
        return (
            self.power_vector().minus(other.power_vector()).blur_d <= tolerance_d
            and abs(self.add_d - other.add_d) <= tolerance_d
        )

    def with_add(self, add_d: float) -> "Refraction":
        """The same lens with another near addition."""
        return replace(self, add_d=add_d)

    def text(self) -> str:
        """ASCII, for files: "-3.00 -1.25 x 180 add +2.00"; two decimals, axis in degrees."""
        sphere = f"{self.sphere_d:+.2f}"
        flat = sphere in ("+0.00", "-0.00")
        if f"{abs(self.cylinder_d):.2f}" == "0.00":
            parts = ["plano" if flat else f"{sphere} DS"]
        else:
            axis = f"{self.axis_deg:.1f}".removesuffix(".0")
            parts = ["plano" if flat else sphere, f"{self.cylinder_d:+.2f}", "x", axis]
        if self.add_d:
            parts += ["add", f"{self.add_d:+.2f}"]
        return " ".join(parts)

    def __str__(self) -> str:
        """For the screen: a true minus sign (U+2212) and the multiplication sign."""
        return self.text().replace("-", "\N{MINUS SIGN}").replace(" x ", " \N{MULTIPLICATION SIGN} ")


def _check(
    what: str, value: float, low: float, high: float, unit: str = "D", cure: str = "check the entry"
) -> None:
    if not low <= value <= high:
        raise InputError(what, "refraction", value, f"{low:g} to {high:g} {unit}", cure)


def _vertex(vertex_m: float) -> float:
    if not 0.0 <= vertex_m <= MAX_VERTEX_M:
        raise InputError("vertex distance out of range", "vertex", vertex_m, "0 to 0.03 m",
                         "write metres: 12 mm is 0.012")  # fmt: skip
    return vertex_m
