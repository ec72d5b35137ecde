"""The arterial and cardiopulmonary set-point reflex of Heldt, sampled every 1/16 s.

Heldt T, Computational models of cardiovascular response to orthostatic stress, PhD thesis, MIT
2004, ch. 3 (hdl.handle.net/1721.1/28761); shorter: Heldt et al. 2002, J Appl Physiol 92:1239,
doi:10.1152/japplphysiol.00241.2001. Each pathway is a convolution of the saturated pressure error
with a triangle of unit area.
"""

from typing import Any, NamedTuple

from twin_engine.maths import atan, maximum

TICK = 0.0625  # s
WINDOW = 4  # ticks: pressures are means of the last 0.25 s
TAPS = 640  # 40 s: the end of the slowest pathway
# memory: ticks so far, areas of both pressures at the last WINDOW ticks, TAPS errors of each, newest
# first
MEMORY = 1 + 2 * WINDOW + 2 * TAPS
_ARTERIAL, _CARDIAC = 1 + 2 * WINDOW, 1 + 2 * WINDOW + TAPS


class Answer(NamedTuple):
    """What the reflex asks of the heart and the vessels."""

    rr_s: float
    resistance_factor: float
    unstressed_ml: float
    elastance_divisor: float


def triangle(memory: Any, at: int, delay: float, peak: float, end: float) -> float:
    """Convolution of the errors stored from `at` on with a triangle of unit area (times in s)."""
    total = area = 0.0
    for k in range(int(delay / TICK), int(end / TICK)):
        t = k * TICK
        rise = (t - delay) / (peak - delay)
        fall = (end - t) / (end - peak)
        weight = maximum(0.0, rise if rise < fall else fall)
        total += weight * memory[at + k]
        area += weight
    return total / area


def remember(memory: Any, area_arterial: float, area_atrial: float, p: Any) -> None:
    """Take in the pressure integrals of this tick: means over the window, errors, oldest out."""
    for k in range(TAPS - 1, 0, -1):
        memory[_ARTERIAL + k] = memory[_ARTERIAL + k - 1]
        memory[_CARDIAC + k] = memory[_CARDIAC + k - 1]
    arterial = cardiac = 0.0
    slot = 1 + int(memory[0]) % WINDOW
    if memory[0] >= WINDOW:
        mean_arterial = (area_arterial - memory[slot]) / (WINDOW * TICK)
        mean_atrial = (area_atrial - memory[slot + WINDOW]) / (WINDOW * TICK)
        arterial = 18.0 * atan((mean_arterial - p.set_arterial) / 18.0)
        cardiac = 5.0 * atan((mean_atrial - p.set_atrial) / 5.0)
    memory[_ARTERIAL] = arterial
    memory[_CARDIAC] = cardiac
    memory[slot] = area_arterial
    memory[slot + WINDOW] = area_atrial
    memory[0] += 1.0


def respond(memory: Any, p: Any) -> Answer:
    """The answer to the remembered errors; delays, peaks and ends from the thesis, table 3.4."""
    vagal = triangle(memory, _ARTERIAL, 0.59, 0.70, 1.0)
    beta = triangle(memory, _ARTERIAL, 2.5, 3.5, 15.0)
    alpha_arterial = triangle(memory, _ARTERIAL, 2.5, 4.5, 30.0)
    alpha_cardiac = triangle(memory, _CARDIAC, 2.5, 4.5, 30.0)
    venous_arterial = triangle(memory, _ARTERIAL, 5.0, 7.0, 40.0)
    venous_cardiac = triangle(memory, _CARDIAC, 5.0, 7.0, 40.0)
    on = p.reflex
    resistance = p.gain_r_arterial * alpha_arterial + p.gain_r_cardiac * alpha_cardiac
    return Answer(
        rr_s=maximum(0.3, 60.0 / p.hr_min + on * (p.gain_vagal * vagal + p.gain_beta * beta)),
        resistance_factor=maximum(0.3, 1.0 - on * resistance / p.tpr_reference),
        unstressed_ml=on
        * (p.gain_vu_arterial * venous_arterial + p.gain_vu_cardiac * venous_cardiac),
        elastance_divisor=maximum(0.3, 1.0 + on * p.gain_elastance * beta),
    )
