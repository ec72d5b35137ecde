"""How much contrast of a grating a blurred eye loses.

Contrast sensitivity falls in the ratio of the MTF out of and in focus, with the eye's own
aberrations in both (Atchison and Woods 1998, J Opt Soc Am A 15:2536).
"""

import math
from functools import lru_cache

import numpy as np

from vision_lib import chromatic, quality, retina
from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector
from vision_lib.sampling import ARCMIN, Window

# Near the peak of contrast sensitivity, and the frequency that carries a 20/100 letter.
FREQUENCY_CPD = 6.0
LINE = chromatic.monochromatic()


@lru_cache(maxsize=512)
def modulation(eye: Eye, residual: PowerVector, frequency_cpd: float = FREQUENCY_CPD) -> float:
    """Mean modulation of gratings at 0, 45, 90 and 135 degrees, monochromatic at 555 nm.

    Parameters
    ----------
    eye : Eye
        The eye.
    residual : PowerVector
        Lens still needed after correction and accommodation, D.
    frequency_cpd : float
        Spatial frequency, cycles per degree.
    """
    f, a = frequency_cpd, frequency_cpd / math.sqrt(2.0)
    fx, fy = np.array([-a, 0.0, a, f]), np.array([0.0, a, f])
    if retina.is_wave(eye, residual):
        front = eye.wavefronts(residual)
        passed = np.abs(quality.otf(front, residual.m_d + eye.best_focus_d, LINE, fx, fy))
    else:
        window = Window(ARCMIN, 2 * math.ceil(retina.half_arcmin(eye, residual)) + 1, 1)
        passed = np.abs(retina.otf(retina.image(eye, residual, LINE, window), 1.0 / 60.0, fx, fy))
    return float(np.mean([passed[0, 3], passed[2, 1], passed[1, 0], passed[1, 2]]))


def loss(eye: Eye, residual: PowerVector, unaided: Eye | None = None) -> float:
    """Share of the grating's contrast lost against the eye in focus, 0 to 1.

    `unaided` is the eye without the aberrations of a correction, when that is what to compare with.
    """
    sharp = modulation(unaided or eye, PowerVector(0.0, 0.0, 0.0))
    return max(0.0, 1.0 - modulation(eye, residual) / sharp)
