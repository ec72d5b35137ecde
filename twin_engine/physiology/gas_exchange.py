"""Oxygen in the lung and the blood: alveolar gas equation, haemoglobin, shunt.

    PAO2 = FiO2 (PB - 47) - PaCO2 / R
    S = 1 / (23400 / (P^3 + 150 P) + 1)                     (Severinghaus 1979)
    content = 1.34 Hb S + 0.0031 P                           (mL/dL)
    Ca = Cc' - s / (1 - s) VO2 / (10 CO)                     (shunt s, by Fick)

The end-capillary blood is in balance with PAO2; arterial PO2 is the one root of content(P) = Ca.
"""

from typing import TYPE_CHECKING, Any

from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Pulmonary gas exchange"
SOURCE = (
    "Severinghaus 1979, J Appl Physiol 46:599, doi:10.1152/jappl.1979.46.3.599; Berggren 1942, "
    "Acta Physiol Scand 4(Suppl 11):1; West, Respiratory Physiology, 10th ed. 2016"
)
TIME = "min"

State = quantities("State")
Param = quantities(
    "Param", FiO2="1", PB="mmHg", PH2O="mmHg", PaCO2="mmHg", R="1", Hb="g/dL", VO2="mL/min",
    CO="L/min", shunt="1",
)  # fmt: skip
Input = quantities("Input")
Output = quantities("Output", alveolar_po2="mmHg", po2="mmHg", saturation="1", content="mL/dL")


def saturation(po2: float) -> float:
    """Oxygen saturation of haemoglobin at a PO2 in mmHg (Severinghaus 1979)."""
    return 1.0 - 23400.0 / (po2 * po2 * po2 + 150.0 * po2 + 23400.0)


def content(po2: float, hb: float) -> float:
    """Oxygen content, mL/dL."""
    return 1.34 * hb * saturation(po2) + 0.0031 * po2


def initial(p: Any) -> Any:
    """A closed form has no state."""
    return State()


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Arterial blood; halving the bracket 0 to PAO2 sixty times reaches rounding."""
    alveolar = p.FiO2 * (p.PB - p.PH2O) - p.PaCO2 / p.R
    wanted = content(alveolar, p.Hb) - p.shunt / (1.0 - p.shunt) * p.VO2 / (10.0 * p.CO)
    low, high = 0.0, alveolar
    for _ in range(60):
        middle = 0.5 * (low + high)
        enough = content(middle, p.Hb) >= wanted
        high = middle if enough else high
        low = low if enough else middle
    po2 = 0.5 * (low + high)
    return Output(
        alveolar_po2=alveolar, po2=po2, saturation=saturation(po2), content=content(po2, p.Hb)
    )


def summary(solution: "Solution") -> dict[str, float]:
    """Arterial blood."""
    return {"po2_mmhg": float(solution["po2"][-1]), "saturation": float(solution["saturation"][-1])}
