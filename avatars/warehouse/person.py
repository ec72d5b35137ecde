"""One person of the warehouse as an avatar: measured where measured, imputed where asked.

Latest value of each known measurement; a value in an unknown unit, or an implausible one, is left
out and named.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from avatars.avatar import Avatar, Value, check_value
from avatars.population import Population
from avatars.warehouse.store import Store
from twin_engine.errors import InputError

# Name -> (LOINC codes, OMOP concepts, {unit concept: factor to the name's unit}).
# Factors: glucose 18.016, cholesterol 38.67, triglycerides 88.57, creatinine 1/88.42 (molar masses).
KNOWN: dict[str, tuple[tuple[str, ...], tuple[int, ...], dict[int, float]]] = {
    "sbp_mmhg": (("8480-6",), (3004249,), {8876: 1.0}),
    "dbp_mmhg": (("8462-4",), (3012888,), {8876: 1.0}),
    "heart_rate_bpm": (("8867-4",), (3027018,), {8541: 1.0, 8483: 1.0}),
    "height_cm": (("8302-2",), (3036277,), {8582: 1.0, 9546: 100.0, 9327: 2.54}),
    "weight_kg": (("29463-7",), (3025315,), {9529: 1.0, 8739: 0.45359237}),
    "bmi_kg_m2": (("39156-5",), (3038553,), {9531: 1.0}),
    "lvef_percent": (("10230-1",), (3027172,), {8554: 1.0}),
    "hba1c_percent": (("4548-4",), (3004410,), {8554: 1.0}),
    "glucose_mg_dl": (("2339-0", "2345-7"), (3000483, 3004501), {8840: 1.0, 8753: 18.016}),
    "cholesterol_mg_dl": (("2093-3",), (3027114,), {8840: 1.0, 8753: 38.67}),
    "hdl_mg_dl": (("2085-9",), (3007070,), {8840: 1.0, 8753: 38.67}),
    "ldl_mg_dl": (("18262-6", "2089-1", "13457-7"), (3009966, 3028437, 3028288), {8840: 1.0, 8753: 38.67}),
    "triglycerides_mg_dl": (("2571-8",), (3022192,), {8840: 1.0, 8753: 88.57}),
    "creatinine_mg_dl": (("38483-4", "2160-0"), (3051825, 3016723), {8840: 1.0, 8749: 1.0 / 88.42}),
}
UNITS = {
    "sbp_mmhg": "mmHg", "dbp_mmhg": "mmHg", "heart_rate_bpm": "1/min", "height_cm": "cm", "weight_kg": "kg",
    "bmi_kg_m2": "kg/m2", "lvef_percent": "%", "hba1c_percent": "%", "glucose_mg_dl": "mg/dL",
    "cholesterol_mg_dl": "mg/dL", "hdl_mg_dl": "mg/dL", "ldl_mg_dl": "mg/dL", "triglycerides_mg_dl": "mg/dL",
    "creatinine_mg_dl": "mg/dL",
}  # fmt: skip
SEX = {8507: "male", 8532: "female"}
INR_CODES = ("6301-6", "34714-6", "38875-1")
STRENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*MG\b", re.IGNORECASE)


@dataclass(frozen=True)
class Record:
    """A person's avatar, and remarks on what was left out."""

    avatar: Avatar
    remarks: list[str]


def read(store: Store, person: int) -> Record:
    """The measured avatar of a person.

    Raises
    ------
    InputError
        No such person, or nothing known of them.
    """
    found = store.query("SELECT gender_concept_id, year_of_birth FROM person WHERE person_id = ?", (person,))
    if not found:
        raise InputError("no such person", "PERSON", person, "a person_id of this warehouse", "check the number")
    gender, born = found[0]
    values: dict[str, Value] = {}
    remarks: list[str] = []
    if gender in SEX:
        values["sex"] = Value(SEX[gender], "", "measured", "person")
    last = store.one("SELECT max(observation_period_end_date) FROM observation_period WHERE person_id = ?", (person,))
    if born and last:
        values["age_y"] = Value(float(last.year - born), "y", "measured", f"birth year, at the end of {last.year}")
    for name in KNOWN:
        _latest(store, person, name, values, remarks)
    if not values:
        raise InputError("nothing is known of the person", "PERSON", None, "at least one value", "load their record")
    return Record(Avatar(person, values), remarks)


def _latest(store: Store, person: int, name: str, values: dict[str, Value], remarks: list[str]) -> None:
    codes, concepts, units = KNOWN[name]
    marks, numbers = ", ".join("?" for _ in codes), ", ".join("?" for _ in concepts)
    rows = store.query(
        "SELECT measurement_date, value_as_number, unit_concept_id, measurement_source_value FROM measurement "
        f"WHERE person_id = ? AND value_as_number IS NOT NULL AND (measurement_source_value IN ({marks}) "
        f"OR measurement_concept_id IN ({numbers})) ORDER BY measurement_date DESC, measurement_id DESC",
        (person, *codes, *concepts),
    )
    for day, number, unit, code in rows:
        if unit not in units:
            remarks.append(f"{name}: a value in an unknown unit was left out")
            continue
        value = number * units[unit]
        try:
            check_value(name, value, UNITS[name], "record")
        except InputError:
            remarks.append(f"{name}: an implausible value was left out")
            continue
        values[name] = Value(value, UNITS[name], "measured", f"measurement {code}, {day}")
        return


def complete(record: Record, reference: Population, seed: int, m: int = 10) -> tuple[Record, dict[str, np.ndarray]]:
    """Fill what the person lacks from a reference population, as m posterior draws.

    Returns
    -------
    Record
        With the mean of the draws as the value.
    dict of str to ndarray, shape (m,)
        The draws themselves.
    """
    from avatars.impute import impute

    own = record.avatar.values
    numeric = [n for n in reference.columns if reference.units[n]]
    shared = [n for n in numeric if n in own]
    wanted = [n for n in numeric if n not in own]
    if not shared or not wanted:
        return record, {}
    names = shared + wanted
    sex = str(own["sex"].value) if "sex" in own else ""
    rows = np.stack([reference[n] for n in names], axis=1)
    if sex and "sex" in reference:
        rows = rows[reference["sex"] == sex]
    mine = np.array([float(own[n].value) for n in shared] + [np.nan] * len(wanted))
    filled = impute(np.vstack([rows, mine]), seed, m)[:, -1, :]
    given = ", ".join(shared + (["sex"] if sex else []))
    source = (f"mean of {m} posterior draws from {len(rows)} reference persons given {given}; "
              "assumes that record and reference are independent given these")  # fmt: skip
    draws = {n: filled[:, names.index(n)] for n in wanted}
    values = dict(own) | {
        n: Value(float(d.mean()), reference.units[n], "imputed", f"{source}; SD {d.std(ddof=1):.3g}")
        for n, d in draws.items()
    }
    return Record(Avatar(record.avatar.id, values), record.remarks), draws


def inr_history(store: Store, person: int) -> tuple[list[dt.date], np.ndarray]:
    """Dates and values of a person's INRs, in order."""
    marks = ", ".join("?" for _ in INR_CODES)
    rows = store.query(
        f"SELECT measurement_date, value_as_number FROM measurement WHERE person_id = ? AND "
        f"measurement_source_value IN ({marks}) AND value_as_number > 0 ORDER BY measurement_date, measurement_id",
        (person, *INR_CODES),
    )
    return [d for d, _ in rows], np.array([v for _, v in rows])


def daily_doses(store: Store, person: int, drug: str) -> list[tuple[dt.date, float]]:
    """(day, mg) of a drug by mouth, from strength, quantity and days of supply.

    The strength is read from the product's name ("Warfarin Sodium 5 MG Oral Tablet"); a row without
    supply counts as one tablet a day over its own dates.
    """
    rows = store.query(
        "SELECT d.drug_exposure_start_date, d.drug_exposure_end_date, d.quantity, d.days_supply, "
        "coalesce(c.concept_name, d.drug_source_value) FROM drug_exposure d "
        "LEFT JOIN concept c ON c.concept_id = d.drug_concept_id AND d.drug_concept_id <> 0 "
        "WHERE d.person_id = ? AND lower(coalesce(c.concept_name, d.drug_source_value)) LIKE ? "
        "ORDER BY d.drug_exposure_start_date",
        (person, f"%{drug}%"),
    )
    found: dict[dt.date, float] = {}
    for start, end, quantity, supply, name in rows:
        strength = STRENGTH.search(name or "")
        if not strength:
            continue
        days = int(supply) if supply else max(1, (end - start).days + 1 if end else 1)
        amount = float(strength[1]) * (quantity / days if quantity and supply else 1.0)
        for i in range(days):
            found[start + dt.timedelta(i)] = amount
    return sorted(found.items())


def circulation(avatar: Avatar, seed: int) -> Any:
    """The person's circulation from blood pressure, and heart rate and ejection fraction if known.

    Raises
    ------
    InputError
        No blood pressure.
    """
    from avatars.calibrate_circulation import calibrate

    names = ("sbp_mmhg", "dbp_mmhg", "heart_rate_bpm")
    measured = {n: float(avatar[n].value) for n in names if n in avatar.values}
    if "lvef_percent" in avatar.values:
        measured["ejection_fraction"] = float(avatar["lvef_percent"].value) / 100.0
    return calibrate(measured, seed=seed, identity=avatar.id)


def warfarin(store: Store, person: int, settings: dict[str, Any], avatar: Avatar) -> Any:
    """Warfarin EC50 of a person from doses and INRs; covariates from the avatar and `settings`.

    Raises
    ------
    InputError
        No INR after a dose, or a covariate is missing.
    """
    from avatars.calibrate import Measured, on_grid
    from twin_engine.doses import Dose
    from twin_engine.model import load

    model = load("warfarin")
    dates, values = inr_history(store, person)
    doses = daily_doses(store, person, "warfarin")
    if not doses or not dates or dates[-1] <= doses[0][0]:
        raise InputError("no INR after a warfarin dose", "PERSON", None, "doses with strength, and INRs after them",
                         "calibration needs both")  # fmt: skip
    first = doses[0][0]
    table: dict[str, Any] = {n: float(avatar[n].value) for n in ("age_y", "weight_kg") if n in avatar.values}
    table |= settings
    lacking = [n for n in model.covariates if n not in table and n != "amiodarone"]
    if lacking:
        raise InputError("a covariate is missing", "--set", ", ".join(lacking), ", ".join(model.covariates),
                         "for example: --set vkorc1=AA --set 'cyp2c9=*1/*1'")  # fmt: skip
    kept = [i for i, day in enumerate(dates) if day > first]
    published = model.sets[str(table.get("set", model.default_set))].values()
    # INRs are drawn in the morning, doses taken in the evening before (assumption).
    hours = np.array([(dates[i] - first).days * 24.0 for i in kept])
    measured = Measured(table, [Dose((day - first).days * 24.0, mg) for day, mg in doses], ["inr"] * len(kept),
                        hours, values[kept], np.full(len(kept), published["residual_inr"]))  # fmt: skip
    posteriors, _ = on_grid(model, [measured], "EC50")
    return posteriors[0]
