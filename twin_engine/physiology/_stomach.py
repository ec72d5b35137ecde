"""Gastric emptying of Dalla Man 2006 (IEEE TBME 53:2472, doi:10.1109/TBME.2006.883792).

Shared by `glucose` and `type1`. The rate depends on how full the stomach still is of the last meal:
"D := dose + what was left". A dose can only add to a state, so a meal waits on the `plate` until
the `wait` clock of MOMENT minutes rings (an event), which serves it and sets D.
"""

from typing import Any

from twin_engine.maths import tanh

MOMENT = 1e-6  # min; a meal of 78 g moved by this changes glucose by less than 1e-5 mg/dL


def emptying(full: float, meal: float, p: Any) -> float:
    """Fraction of the stomach's liquid that leaves a minute.

    Table I of Dalla Man 2007 lists constants a and c that are not those of its meal of 78 g; the
    formulas for them in Dalla Man 2006 are used: a = 5 / (2 D (1 - b)), c = 5 / (2 D d).
    """
    of = meal if meal > 0.0 else 1.0
    a = 2.5 / (of * (1.0 - p.b))
    c = 2.5 / (of * p.d)
    rate = p.kmin + 0.5 * (p.kmax - p.kmin) * (
        tanh(a * (full - p.b * of)) - tanh(c * (full - p.d * of)) + 2.0
    )
    return rate if meal > 0.0 else p.kmax
