"""Named tuples whose fields carry units, and unit conversion at the door.

Inside the engine numbers are plain floats; a unit is a property of a field, not of a number.
"""

from typing import Any

from twin_engine.errors import InputError

# Factor to SI (or to the base written here), by dimension. Sources: BIPM SI brochure, 9th edition
# (2019), tables 4-8; mmHg: 133.322 387 415 Pa (ISO 80000-4).
_FACTORS: dict[str, dict[str, float]] = {
    "time": {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86400.0, "wk": 604800.0,
             "y": 365.25 * 86400.0},
    "length": {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "nm": 1e-9, "in": 0.0254},
    "mass": {"kg": 1.0, "g": 1e-3, "mg": 1e-6, "ug": 1e-9, "ng": 1e-12, "lb": 0.45359237},
    "volume": {"m3": 1.0, "L": 1e-3, "dL": 1e-4, "mL": 1e-6},
    "amount": {"mol": 1.0, "mmol": 1e-3, "umol": 1e-6, "nmol": 1e-9, "pmol": 1e-12},
    "pressure": {"Pa": 1.0, "kPa": 1e3, "mmHg": 133.322387415},
    "vergence": {"D": 1.0, "1/m": 1.0},
    "angle": {"rad": 1.0, "deg": 0.017453292519943295, "arcmin": 2.908882086657216e-4},
    "ratio": {"1": 1.0, "%": 0.01},
}  # fmt: skip


def _dimension(unit: str) -> str | None:
    for name, units in _FACTORS.items():
        if unit in units:
            return name
    return None


def convert(value: float, unit: str, to: str, where: str = "") -> float:
    """Convert between units of one dimension; a compound `a/b` converts part by part.

    Raises
    ------
    InputError
        A unit is unknown or the dimensions differ.

    Examples
    --------
    >>> round(convert(120.0, "mmHg", "kPa"), 3)
    15.999
    >>> round(convert(1.0, "mg/dL", "g/L"), 9)
    0.01
    """
    if unit == to:
        return value
    ours, theirs = unit.split("/"), to.split("/")
    if len(ours) != len(theirs):
        raise _wrong_unit(unit, to, where)
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        dimension = _dimension(a)
        if a == b:
            continue
        if dimension is None or b not in _FACTORS[dimension]:
            raise _wrong_unit(unit, to, where)
        factor = _FACTORS[dimension][a] / _FACTORS[dimension][b]
        value = value * factor if i == 0 else value / factor
    return value


def _wrong_unit(unit: str, to: str, where: str) -> InputError:
    dimension = _dimension(to)
    known = ", ".join(_FACTORS[dimension]) if dimension else to
    return InputError("wrong unit", where, unit, f"a unit that converts to {to} ({known})",
                      "write the value in one of these units")  # fmt: skip


def quantities(name: str, **units: str) -> Any:
    """A named-tuple class with a unit for each field.

    Parameters
    ----------
    name : str
        Class name, e.g. "State".
    **units : str
        Field name = unit, e.g. ``depot="mg"``; "1" is dimensionless.

    Returns
    -------
    type
        A subclass-free named tuple class; its `units` maps field to unit. Numba takes instances
        whose fields are floats as they are.

    Examples
    --------
    >>> State = quantities("State", depot="mg", central="mg")
    >>> State(1.0, 2.0).central, State.units["depot"]
    (2.0, 'mg')
    """
    from collections import namedtuple

    made = namedtuple(name, list(units))  # type: ignore[misc]
    made.units = dict(units)  # type: ignore[attr-defined]
    return made
