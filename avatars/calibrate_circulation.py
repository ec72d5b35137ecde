"""The circulation of one person from a cuff and an echocardiogram.

Three numbers cannot fix a circulation: four parameters are free, with wide priors (assumptions,
assets/parameters/calibration_circulation.csv), and what the measurements did not inform is named.
The reflex is off: it would hold the pressure at its set point whatever the parameters.
"""

from collections.abc import Mapping

import numpy as np

from avatars.calibrate import Posterior, sample
from twin_engine import parameters
from twin_engine.cohort import solve_cohort
from twin_engine.errors import InputError
from twin_engine.model import load

FREE = ("r_ar_sys", "c_ar_sys", "ea_lv", "start_p_ven_sys")
MEASURES = ("sbp_mmhg", "dbp_mmhg", "ejection_fraction")
POINTS, DRAWS, TOLERANCE = 40, 400, 1e-4


def calibrate(measured: Mapping[str, float], *, seed: int, identity: int = 0, draws: int = DRAWS) -> Posterior:
    """Posterior of resistance, compliance, contractility and filling.

    Parameters
    ----------
    measured : mapping
        sbp_mmhg, dbp_mmhg (both needed), and if known heart_rate_bpm and ejection_fraction (0 to 1).
    seed, identity : int
    draws : int

    Raises
    ------
    InputError
        No blood pressure, or a diastolic that is not below the systolic.
    """
    if "sbp_mmhg" not in measured or "dbp_mmhg" not in measured:
        raise InputError("no blood pressure", "record", None, "sbp_mmhg and dbp_mmhg", "measure it")
    if not measured["dbp_mmhg"] < measured["sbp_mmhg"]:
        raise InputError("the diastolic is not below the systolic pressure", "record",
                         f"{measured['sbp_mmhg']:g}/{measured['dbp_mmhg']:g}", "systolic above diastolic",
                         "check the record")  # fmt: skip
    values = parameters.load("calibration_circulation")["recommended"].values()
    typical_set = load("circulation").sets["recommended"].values()
    sd = np.array([values[f"omega_{name}"] for name in FREE])
    typical = np.array([typical_set[name] for name in FREE])
    names = [name for name in MEASURES if name in measured]
    seen = np.array([measured[name] for name in names])
    errors = np.array([values[f"sd_{name.removesuffix('_mmhg')}"] for name in names])
    rate = float(measured.get("heart_rate_bpm", typical_set["hr_min"]))

    def likelihood(effects: np.ndarray) -> np.ndarray:
        found = predict(typical * np.exp(effects), rate, values["settle"])
        model = np.stack([found[name] for name in names], axis=1)
        value = -0.5 * np.sum(((seen - model) / errors) ** 2, axis=1)
        return np.where(np.isfinite(value), value, -np.inf)

    return sample(FREE, typical, sd, likelihood, seed=seed, identity=identity, draws=draws)


def predict(values: np.ndarray, heart_rate: float, settle: float) -> dict[str, np.ndarray]:
    """Pressures and ejection fraction of the last beat.

    Parameters
    ----------
    values : ndarray, shape (n, 4)
        The free parameters, in their own units.
    heart_rate : float
        Beats a minute.
    settle : float
        Seconds to a steady beat.
    """
    beats = np.ceil(settle * heart_rate / 60.0)
    end = beats * 60.0 / heart_rate
    table = {name: values[:, i] for i, name in enumerate(FREE)} | {"reflex": 0.0, "hr_min": heart_rate}
    at = np.linspace(end - 60.0 / heart_rate, end, POINTS)
    found = solve_cohort(load("circulation"), table, until=end, at=at, tolerance=TOLERANCE)
    pressure, volume = found.outputs["p_ar_sys"], found.outputs["v_lv"]
    return {
        "sbp_mmhg": pressure.max(axis=1),
        "dbp_mmhg": pressure.min(axis=1),
        "ejection_fraction": 1.0 - volume.min(axis=1) / volume.max(axis=1),
    }
