"""Progressive spectacles: a true surface that obeys Minkwitz, in closed form.

z = F(y) + q(x) P(y), F'' = P, q = w^2 ln cosh(x/w), P = Add s(-y/L), s(t) = 10t^3 - 15t^4 + 6t^5:
0 above, Add below the corridor of length L. Second derivatives give the powers

    zxx = sech^2(x/w) P,   zyy = P + q P'',   zxy = w tanh(x/w) P'

so that beside the corridor unwanted astigmatism grows twice as fast as power does along it
(Minkwitz 1963; J Opt Soc Am A 34:441). It stands for a generic lens: commercial designs differ by
more than 2:1 in zone width (Sheedy 2004) and spread the astigmatism wider.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.parameters import default
from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._optics import addition, magnification, need_through, to_pupil
from vision_lib.refraction import PowerVector


def surface(x_mm: Any, y_mm: Any, add_d: float, corridor_mm: float, width_mm: float
            ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Power that the surface adds: M, J0, J45 in D.

    Parameters
    ----------
    x_mm, y_mm : array_like
        Sideways and upward from the start of the corridor, mm.
    add_d : float
        Addition, D.
    corridor_mm, width_mm : float
        L and w of the closed form.
    """
    x, y = np.asarray(x_mm, float), np.asarray(y_mm, float)
    t = np.clip(-y / corridor_mm, 0.0, 1.0)
    power = add_d * t**3 * (10 - 15 * t + 6 * t**2)
    slope = -add_d / corridor_mm * 30 * t**2 * (1 - t) ** 2
    bend = add_d / corridor_mm**2 * 60 * t * (1 - t) * (1 - 2 * t)
    # ln cosh u = |u| + ln(1 + e^(-2|u|)) - ln 2 does not overflow far from the corridor.
    u = np.abs(x / width_mm)
    q = width_mm**2 * (u + np.log1p(np.exp(-2 * u)) - np.log(2.0))
    xx = power / np.cosh(np.minimum(u, 300.0)) ** 2
    yy = power + q * bend
    xy = width_mm * np.tanh(x / width_mm) * slope
    return (xx + yy) / 2, (xx - yy) / 2, xy


def astigmatism(x_mm: Any, y_mm: Any, add_d: float, corridor_mm: float, width_mm: float
                ) -> NDArray[np.float64]:  # fmt: skip
    """Unwanted astigmatism of the surface, D."""
    _, j0, j45 = surface(x_mm, y_mm, add_d, corridor_mm, width_mm)
    return 2.0 * np.hypot(j0, j45)


@dataclass(frozen=True)
class Progressive(Correction):
    """A generic progressive; the wearer lowers the gaze to where the distance is sharpest.

    Parameters
    ----------
    add_d : float, optional
        Addition, D; prescribed or found from the amplitude when 0.
    corridor_mm, width_mm : float, optional
        Shape of the surface; the generic lens when 0.
    gaze_x_mm : float
        Sideways gaze on the lens, mm.
    """

    add_d: float = 0.0
    corridor_mm: float = 0.0
    width_mm: float = 0.0
    gaze_x_mm: float = 0.0
    TITLE: ClassVar[str] = "Progressive spectacles"
    SOURCE: ClassVar[str] = "closed-form surface obeying Minkwitz (J Opt Soc Am A 34:441)"
    STATISTICAL: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.corridor_mm < 0 or self.width_mm < 0 or not 0 <= self.add_d <= 4:
            raise InputError("impossible progressive lens", "--set", [self.add_d, self.corridor_mm, self.width_mm],
                             "add 0 to 4 D, lengths above 0 mm", "check the lens data")  # fmt: skip

    def shape(self, person: Person) -> tuple[float, float, float]:
        """Addition (D), corridor length and width scale (mm)."""
        p = default("eye_corrections")
        return (self.add_d or addition(person), self.corridor_mm or p["progressive_corridor_mm"].value,
                self.width_mm or p["progressive_width_mm"].value)  # fmt: skip

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        add, corridor, width = self.shape(person)
        heights = np.linspace(0.0, -corridor, 37)
        m, j0, j45 = surface(self.gaze_x_mm, heights, add, corridor, width)
        far = person.refraction.power_vector()
        views = []
        for i in range(len(heights)):
            lens = far.plus(PowerVector(float(m[i]), float(j0[i]), float(j45[i])))
            need = need_through(person, lens, distance_m, person.vertex_m)
            size = magnification(lens.m_d, to_pupil(person.vertex_m))
            views.append(View(distance_m, need, person.accommodation, size))
        return uncorrected(person, distance_m), min(views, key=lambda v: v.residual.blur_d)

    def facts(self, person: Person) -> Sequence[Fact]:
        """Addition, clear widths and the greatest unwanted astigmatism."""
        add, corridor, width = self.shape(person)
        x, y = np.meshgrid(np.linspace(-15, 15, 97), np.linspace(4, -corridor - 6, 113))
        worst = float(astigmatism(x, y, add, corridor, width).max())
        source = tr("closed-form surface within 15 mm of the corridor; clear = unwanted astigmatism up to 0.50 D")
        return [Fact("addition", add, "D", None, tr("prescribed, or demand at 0.4 m minus half the amplitude")),
                Fact("clear_width_corridor", clear_width(-corridor / 2, add, corridor, width), "mm", None, source),
                Fact("clear_width_near", clear_width(-corridor, add, corridor, width), "mm", None, source),
                Fact("unwanted_astigmatism_max", worst, "D", None, source)]  # fmt: skip

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return [tr("A generic design: commercial lenses differ by more than 2:1 in zone width.")]


def clear_width(y_mm: float, add_d: float, corridor_mm: float, width_mm: float) -> float:
    """Width, mm, over which unwanted astigmatism stays within 0.5 D at a height."""
    limit = default("eye_corrections")["clear_astigmatism_d"].value
    x = np.linspace(0.0, 40.0, 40001)
    beyond = astigmatism(x, y_mm, add_d, corridor_mm, width_mm) > limit
    return float(2.0 * x[np.argmax(beyond)]) if beyond.any() else 80.0
