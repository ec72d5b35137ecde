"""A coronary artery whose stenosis is dragged while pressure, flow and FFR follow."""

import numpy as np

from avatars.avatar import Avatar
from twin_engine.panels import Panel
from twin_engine.text import tr

ORDER = 2
_WORDS = ("diameter stenosis, %", "length of the stenosis, mm", "flow under hyperaemia", "pressure behind it",
          "fractional flow reserve", "{low} to {high}", "below 0.80: flow is limited", "above 0.80", "across 0.80",
          "aorta", "{v} mL/min", "{v} mmHg")  # fmt: skip
# Hyperaemic flow of the left anterior descending artery, 228 (SD 71) mL/min in mild disease (Fournier
# 2021, doi:10.4244/EIJ-D-20-00684), with 95 mmHg across the microvessels.
_FLOW_ML_S, _DRIVE_MMHG, _VENOUS_MMHG = 228 / 60, 95.0, 5.0


def build(person: Avatar) -> Panel:
    """The laws' constants and this person's artery."""
    from twin_engine.vessels.stenosis import _entrance

    core, lengths, losses = _entrance()
    pick = np.unique(np.linspace(0, len(core) - 1, 160).astype(int))
    data = {
        "diameter_mm": person["lad_diameter_mm"].value, "percent": person["lad_stenosis_percent"].value,
        "length_mm": person["lad_stenosis_length_mm"].value, "aortic_mmhg": person["mean_pressure_mmhg"].value,
        "venous_mmhg": _VENOUS_MMHG, "resistance": _DRIVE_MMHG * 133.322387415 / (_FLOW_ML_S * 1e-6),
        "density": 1060.0, "viscosity": 4.0e-3,
        "entrance": {"core": core[pick], "length": lengths[pick], "loss": losses[pick]},
    }  # fmt: skip
    return Panel("vessel", tr("A vessel to narrow"),
                 tr("Drag the narrowing, or use the sliders: flow, pressure and FFR are solved anew each time."),
                 tr("Two published laws (Young-Tsai 1973, Huo 2012); their range is the answer, and the drop is drawn "
                    "as a ramp. No clinical accuracy is claimed."),
                 data, _WORDS)  # fmt: skip
