"""Acuity against blur: the published sets together, the 1 + b² law and the letter observer.

Run: python examples/eye_acuity.py [FIGURE.svg]
"""

import sys
from typing import Any

import numpy as np

from twin_engine import page
from vision_lib import acuity, observer
from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector

STYLES = {"A": ("o", "#0b7a75"), "B": ("s", "#c9621d"), "C": ("^", "#4b6fb5"), "D": ("D", "#9b4f96")}
BLUR_D = np.arange(0.0, 3.01, 0.25)


def main(figure: str | None = None) -> None:
    """Print the RMS difference of every set from the law; draw the figure if asked to."""
    for row in acuity.compare():
        print(f"{row['set']}  {row['series']:42} n={row['n']:2}  RMS {row['rms_logmar']:.3f} logMAR")
    for name, says in acuity.WITHOUT_NUMBERS.items():
        print(f"{name}  no numbers to compare with; {says}")
    print(f"G  the law differs from its own best straight line to 2 D by RMS {acuity.bend():.3f} logMAR")
    for blur in (0.5, 1.0, 2.0):
        low, high = acuity.disagreement(blur)
        print(f"at {blur} D the sets lose {low:.2f} to {high:.2f} logMAR")
    if figure:
        chart = draw()
        chart.savefig(figure, metadata={"Date": None}, facecolor="white")


def draw() -> Any:
    """The figure: loss of acuity against the length of the power vector."""
    chart, axes = page.chart(9.0, 5.0)
    lines = ("-", "--", ":", "-.")
    seen: dict[str, int] = {}
    for p in acuity.published():
        marker, colour = STYLES[p.set]
        k = seen[p.set] = seen.get(p.set, -1) + 1
        lost = p.acuity_logmar - acuity.SET_BEST[p.set]
        axes.plot(p.blur_d, lost, lines[k] + marker, color=colour, ms=4, lw=1, label=f"{p.set}  {p.series}")
    axes.plot(BLUR_D, acuity.logmar(BLUR_D, 0.0), color="black", lw=3, alpha=0.75, label="1 + b² (Blendowske 2015)")
    eye = Eye.sample("plano", 30, 4e-3, seed=1, person=0)
    model = [observer.logmar(eye, PowerVector(-float(b), 0.0, 0.0)) for b in BLUR_D]
    axes.plot(BLUR_D, np.array(model) - model[0], "--", color="black", lw=1.5,
              label="letter observer, sphere, 4 mm (fitted)")  # fmt: skip
    axes.set_xlim(0, 4.6)
    axes.set_ylim(1.75, -0.05)
    axes.set_xlabel("blur strength b, length of the power vector (D)")
    axes.set_ylabel("acuity lost (logMAR)")
    axes.set_title("Published sets of acuity against blur disagree by 0.2 logMAR and more")
    axes.legend(loc="lower left", fontsize=8, ncols=2)
    return chart


if __name__ == "__main__":
    main(*sys.argv[1:2])
