"""Error-spending functions: how much of an error may be used up to an information fraction.

Lan & DeMets 1983, Biometrika 70:659; Hwang, Shih & DeCani 1990, Stat Med 9:1439.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

KINDS = ("obrien_fleming", "pocock", "hwang_shih_decani", "table")


def z_of(tail: float) -> float:
    """The standard normal quantile with `tail` above it."""
    from scipy.special import ndtri

    return -float(ndtri(tail))


@dataclass(frozen=True)
class Spending:
    """A cumulative spending function f(error, t) with f(error, 1) = error.

    Parameters
    ----------
    kind : str
        "obrien_fleming": 2 (1 - Phi(z_{a/2} / sqrt t)); "pocock": a ln(1 + (e - 1) t);
        "hwang_shih_decani": a (1 - exp(-gamma t)) / (1 - exp(-gamma)), a t at gamma 0;
        "table": the cumulative amounts in `amounts`, one a look.
    gamma : float
        Shape of Hwang-Shih-DeCani; -4 spends late, 1 spends early.
    amounts : tuple of float
        Cumulative error at each look of "table".
    """

    kind: str
    gamma: float = -4.0
    amounts: tuple[float, ...] = ()

    def __call__(self, error: float, information: Any) -> NDArray[np.float64]:
        """Cumulative error spent at each information fraction, (K,)."""
        from scipy.special import log_ndtr

        t = np.asarray(information, float)
        if self.kind == "obrien_fleming":
            return 2 * np.exp(log_ndtr(-z_of(error / 2) / np.sqrt(t)))
        if self.kind == "pocock":
            return error * np.log1p((np.e - 1) * t)
        if self.kind == "hwang_shih_decani":
            if abs(self.gamma) < 1e-12:
                return error * t
            return error * np.expm1(-self.gamma * t) / np.expm1(-self.gamma)
        if self.kind == "table":
            return self._table(error, len(t))
        raise InputError("unknown spending function", "monitoring.spending", self.kind,
                         ", ".join(KINDS), "choose one of these")  # fmt: skip

    def _table(self, error: float, looks: int) -> NDArray[np.float64]:
        spent = np.asarray(self.amounts, float)
        if len(spent) != looks:
            raise InputError("an amount for every look is needed", "monitoring.amounts",
                             len(spent), f"{looks} values",
                             "give the cumulative error at each look")  # fmt: skip
        if np.any(np.diff(spent, prepend=0.0) < 0):
            raise InputError("spent error must not fall", "monitoring.amounts", spent.tolist(),
                             "cumulative amounts", "give cumulative amounts, not steps")  # fmt: skip
        if spent[-1] > error * (1 + 1e-9):
            raise InputError("spending exceeds alpha", "monitoring.amounts", float(spent[-1]),
                             f"at most {error:g} (each side)",
                             "lower the amounts")  # fmt: skip
        return spent
