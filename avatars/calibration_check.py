"""Does calibration tell the truth? Simulated warfarin patients, coverage of 90 % intervals.

Patients are drawn from the model itself and titrated on their measured INRs; then each is
calibrated from what a hospital would know, and the next INR is predicted. Rows with missed doses
and with a larger error than assumed show how the intervals fail when the model is wrong.

Assumptions: measured INR = INR x exp(residual e), e standard normal (Xia prints the error as
proportional; to first order the same, and never negative); genotypes, ages and weights as in
`patients`; the titration rule of `next_dose`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from avatars.calibrate import Measured, on_grid
from twin_engine.cohort import solve_cohort
from twin_engine.doses import Dose, DoseTable
from twin_engine.model import load
from twin_engine.streams import normals, uniforms

VISIT_DAYS = (3, 7, 10, 14, 18, 21, 28)
FEW_DAYS = (3, 7, 10)
PREDICTED_DAY = 35
DAY = 24.0
LEVEL = 0.9
# The dose for INR 2.5 of a person of these covariates begins the titration.
TARGET_INR = 2.5


@dataclass(frozen=True)
class Setting:
    """One row of the study: when INRs are taken, how many doses are missed, the true error."""

    name: str
    days: tuple[int, ...] = VISIT_DAYS
    missed: float = 0.0
    residual_factor: float = 1.0


SETTINGS = (
    Setting("model true"),
    Setting("3 INRs, day 10", days=FEW_DAYS),
    Setting("10 % of doses missed, unknown", missed=0.1),
    Setting("true error 0.50, assumed 0.365", residual_factor=0.5 / 0.365),
)


@dataclass(frozen=True)
class Row:
    """What a setting gave.

    Parameters
    ----------
    name : str
    n : int
    effect_cover, inr_cover : float
        Shares of 90 % intervals that hold the true log effect, and the next measured INR.
    rmse_posterior, rmse_typical : float
        Of the next measured INR, by the posterior mean and by covariates alone.
    rmse_true_posterior, rmse_true_typical : float
        The same against the true INR.
    """

    name: str
    n: int
    effect_cover: float
    inr_cover: float
    rmse_posterior: float
    rmse_typical: float
    rmse_true_posterior: float
    rmse_true_typical: float


def patients(n: int, seed: int) -> dict[str, Any]:
    """Covariates of n East Asian patients (assumption: shares near Korean allele frequencies)."""
    who = np.arange(n)
    u = uniforms(seed, 0, who, "calibration check genotypes", 2)
    z = normals(seed, 0, who, "calibration check body", 2)
    vkorc1 = np.where(u[:, 0] < 0.83, "AA", np.where(u[:, 0] < 0.985, "GA", "GG"))
    cyp2c9 = np.where(u[:, 1] < 0.92, "*1/*1", "*1/*3")
    return {
        "vkorc1": vkorc1, "cyp2c9": cyp2c9, "age_y": np.clip(60.0 + 12.0 * z[:, 0], 20.0, 90.0),
        "weight_kg": np.clip(62.0 + 11.0 * z[:, 1], 35.0, 110.0),
    }  # fmt: skip


def next_dose(dose: np.ndarray, inr: np.ndarray) -> np.ndarray:
    """Titration (assumption): a quarter more below 1.5, a tenth more below 2, less above 3."""
    factor = np.select([inr < 1.5, inr < 2.0, inr <= 3.0, inr <= 4.0], [1.25, 1.1, 1.0, 0.85], 0.6)
    return np.clip(dose * factor, 0.25, 15.0)


def study(setting: Setting, n: int = 200, seed: int = 1) -> Row:
    """Simulate, calibrate and score one setting."""
    from scipy.special import ndtr

    model = load("warfarin")
    published = model.sets[model.default_set].values()
    sd, residual = published["omega_EC50"], published["residual_inr"]
    table = patients(n, seed)
    effect = sd * normals(seed, 0, np.arange(n), "calibration check effect", 1)[:, 0]
    records, true_next, seen_next = _simulate(table, effect, setting, residual * setting.residual_factor, seed)
    people = [Measured({k: v[i] for k, v in table.items()}, doses, ["inr"] * len(values),
                       np.array(setting.days) * DAY, values, np.full(len(values), residual))
              for i, (doses, values) in enumerate(records)]  # fmt: skip
    posteriors, later = on_grid(model, people, "EC50", ahead=_ahead(setting) * DAY)
    weights = np.stack([p.weights for p in posteriors])
    low, high = np.array([p.interval("EC50", LEVEL) for p in posteriors]).T
    truth = np.array([p.typical[0] for p in posteriors]) * np.exp(effect)
    place = np.sum(weights * ndtr((np.log(seen_next)[:, None] - np.log(later)) / residual), axis=1)
    mean = np.sum(weights * later, axis=1)
    typical = later[:, later.shape[1] // 2]
    outside = 0.5 - LEVEL / 2
    return Row(
        setting.name, n, float(np.mean((low <= truth) & (truth <= high))),
        float(np.mean((place >= outside) & (place <= 1 - outside))),
        _rmse(mean, seen_next), _rmse(typical, seen_next), _rmse(mean, true_next), _rmse(typical, true_next),
    )  # fmt: skip


def _ahead(setting: Setting) -> int:
    return PREDICTED_DAY if setting.days == VISIT_DAYS else setting.days[-1] + 7


def _rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


def _simulate(table: dict[str, Any], effect: np.ndarray, setting: Setting, residual: float,
              seed: int) -> tuple[list[tuple[list[Dose], np.ndarray]], np.ndarray, np.ndarray]:  # fmt: skip
    """Doses as written down and measured INRs of each patient; the next INR, true and measured."""
    from twin_engine.persons import parameter_rows
    from twin_engine.physiology.warfarin import maintenance_dose

    model = load("warfarin")
    n = len(effect)
    place = list(model.params).index("EC50")
    truth = table | {"EC50": parameter_rows(model, table, n)[:, place] * np.exp(effect)}
    dose = np.clip(maintenance_dose(TARGET_INR, **table), 0.25, 15.0)
    noise = normals(seed, 0, np.arange(n), "calibration check error", len(setting.days) + 1)
    taken = uniforms(seed, 0, np.arange(n), "calibration check adherence", _ahead(setting)) >= setting.missed
    written: list[list[Dose]] = [[] for _ in range(n)]
    values = np.empty((n, len(setting.days)))
    state: Any = None
    start = 0
    for visit, day in enumerate((*setting.days, _ahead(setting))):
        days = np.arange(start, day)
        given = np.tile(dose[:, None], (1, len(days))) * taken[:, start:day]
        doses = DoseTable(np.repeat(np.arange(n), len(days)), np.tile(days * DAY, n), given.ravel())
        state = solve_cohort(model, truth, start=start * DAY, until=day * DAY, doses=doses, initial=state)
        true = state.outputs["inr"][:, -1]
        seen = true * np.exp(residual * noise[:, visit])
        for i in range(n):
            written[i] += [Dose(float(d) * DAY, float(dose[i])) for d in days]
        if visit < len(setting.days):
            values[:, visit] = seen
            dose, start = next_dose(dose, seen), day
    return list(zip(written, values, strict=True)), true, seen
