"""Pupil diameter from luminance, field, age and number of eyes.

Watson and Yellott 2012 (J Vis 12(10):12), the unified formula: Stanley and Davies 1995 with an age
correction that shrinks as the pupil does.
"""

from twin_engine.errors import InputError
from twin_engine.parameters import load

OLDEST_Y = 120.0


def diameter(
    luminance_cd_m2: float, area_deg2: float, age_y: float, eyes: int = 2
) -> float:
    """Diameter of the entrance pupil, m.

    Parameters
    ----------
    luminance_cd_m2 : float
        Luminance of the adapting field, cd/m2.
    area_deg2 : float
        Area of the adapting field, square degrees.
    age_y : float
        Age, years; the formula was fitted to 20 to 83 years.
    eyes : int
        Eyes that see the field, 1 or 2.

    Raises
    ------
    InputError
        A negative luminance, area or age, or a number of eyes other than 1 or 2.

    Examples
    --------
    >>> round(diameter(100.0, 60.0, 30.0) * 1e3, 3)
    4.683
    """
    for name, value, top in (("luminance", luminance_cd_m2, 1e6), ("area", area_deg2, 41253.0),
                             ("age", age_y, OLDEST_Y)):  # fmt: skip
        if not 0.0 <= value <= top:
            raise InputError("impossible viewing condition", name, value, f"0 to {top:g}",
                             "check the unit")  # fmt: skip
    if eyes not in (1, 2):
        raise InputError("impossible viewing condition", "eyes", eyes, "1 or 2", "check the entry")
    p = load("eye_optics")["watson2012"].values()
    corneal = luminance_cd_m2 * area_deg2 * (1.0 if eyes == 2 else p["one_eye"])
    x = (corneal / p["stanley_davies_half"]) ** p["stanley_davies_exponent"]
    young = p["stanley_davies_peak"] - p["stanley_davies_span"] * x / (x + 2.0)
    slope = p["age_slope"] - p["age_slope_diameter"] * young
    return (young + (age_y - p["age_reference"]) * slope) * 1e-3
