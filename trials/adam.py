"""Subject-level tables in the manner of CDISC ADaM: ADSL, ADTTE and a sheet that defines them.

Names and meanings follow ADaM Implementation Guide 1.3 (2021) and its Basic Data Structure for
Time-to-Event Analyses 1.0 (2012). A virtual trial has no calendar dates: days count from the day
the first site opens, and variables end in DY.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from trials.finished import Finished
from trials.results import write_csv

Row = dict[str, object]

# variable: (label, type, origin or derivation)
ADSL = {
    "STUDYID": ("Study Identifier", "Char", "design: title"),
    "USUBJID": ("Unique Subject Identifier", "Char", "STUDYID, SITEID, SUBJID"),
    "SUBJID": ("Subject Identifier for the Study", "Char", "identity of the avatar"),
    "SITEID": ("Study Site Identifier", "Char", "design: enrolment.sites"),
    "AGE": ("Age", "Num", "avatar: age_y"),
    "AGEU": ("Age Units", "Char", "YEARS"),
    "SEX": ("Sex", "Char", "avatar: sex; F, M, U"),
    "RANDFL": ("Randomized Population Flag", "Char", "Y: randomised"),
    "ITTFL": ("Intent-To-Treat Population Flag", "Char", "Y: randomised"),
    "TRT01P": ("Planned Treatment for Period 01", "Char", "assigned arm"),
    "TRT01PN": ("Planned Treatment for Period 01 (N)", "Num", "order of the arm in the design"),
    "TRT01A": ("Actual Treatment for Period 01", "Char", "equal to TRT01P: nobody gets another arm"),
    "SCRNDY": ("Trial Day of Screening", "Num", "days since the first site opened"),
    "RANDDY": ("Trial Day of Randomization", "Num", "days since the first site opened"),
    "EOSDY": ("Trial Day of End of Study", "Num", "days since the first site opened"),
    "EOSSTT": ("End of Study Status", "Char", "COMPLETED, DISCONTINUED or DEATH OR EVENT"),
    "COMPLFL": ("Completers Population Flag", "Char", "Y: EOSSTT is not DISCONTINUED"),
}
ADTTE = {
    "STUDYID": ("Study Identifier", "Char", "ADSL.STUDYID"),
    "USUBJID": ("Unique Subject Identifier", "Char", "ADSL.USUBJID"),
    "TRTP": ("Planned Treatment", "Char", "ADSL.TRT01P"),
    "PARAM": ("Parameter", "Char", "name of the endpoint"),
    "PARAMCD": ("Parameter Code", "Char", "letters of PARAM, at most 8"),
    "AVAL": ("Analysis Value", "Num", "days from randomisation to event or censoring"),
    "AVALU": ("Analysis Value Unit", "Char", "DAYS"),
    "CNSR": ("Censor", "Num", "0: event, 1: censored"),
    "EVNTDESC": ("Event or Censoring Description", "Char", "what ended the time"),
    "STARTDY": ("Trial Day of Time to Event Origin", "Num", "ADSL.RANDDY"),
    "ADY": ("Trial Day of Event or Censoring", "Num", "STARTDY + AVAL"),
}
STATUS = {"completed": "COMPLETED", "dropped out": "DISCONTINUED", "event": "DEATH OR EVENT"}


def code(name: str) -> str:
    """A parameter code: capital letters and digits, at most 8, starting with a letter."""
    letters = re.sub(r"[^A-Z0-9]", "", name.upper())
    return (letters if letters[:1].isalpha() else f"P{letters}")[:8]


def adsl(finished: Finished) -> list[Row]:
    """One row a randomised person, sorted by USUBJID."""
    results, design = finished.results, finished.design
    study = code(design.title)
    rows: list[Row] = []
    for s in results.log.randomised():
        person = results.people[int(s.row)]
        row: Row = dict.fromkeys(ADSL, "")
        row |= {
            "STUDYID": study, "USUBJID": f"{study}-{code(s.site)}-{s.person:06d}",
            "SUBJID": f"{s.person:06d}", "SITEID": s.site, "RANDFL": "Y", "ITTFL": "Y",
            "TRT01P": design.arms[s.arm].name, "TRT01PN": s.arm + 1,
            "TRT01A": design.arms[s.arm].name, "SCRNDY": s.screened_day,
            "RANDDY": s.randomised_day, "EOSDY": s.last_day, "EOSSTT": STATUS.get(s.status, ""),
            "COMPLFL": "N" if s.status == "dropped out" else "Y",
        }  # fmt: skip
        if "age_y" in results.people:
            row |= {"AGE": person["age_y"].value, "AGEU": "YEARS"}
        word = str(person["sex"].value) if "sex" in results.people else ""
        row["SEX"] = {"female": "F", "male": "M"}.get(word, "U")
        rows.append(row)
    return sorted(rows, key=lambda r: str(r["USUBJID"]))


def adtte(finished: Finished) -> list[Row]:
    """Time to each event endpoint and to leaving the trial, sorted by parameter and person."""
    results, design = finished.results, finished.design
    subjects = results.log.randomised()
    identity = {str(r["SUBJID"]): r for r in adsl(finished)}
    rows: list[Row] = []

    def add(i: int, name: str, days: float, happened: bool, words: str) -> None:
        s = subjects[i]
        who = identity[f"{s.person:06d}"]
        rows.append({
            "STUDYID": who["STUDYID"], "USUBJID": who["USUBJID"], "TRTP": who["TRT01P"], "PARAM": name,
            "PARAMCD": code(name), "AVAL": float(days), "AVALU": "DAYS", "CNSR": 0 if happened else 1,
            "EVNTDESC": words, "STARTDY": s.randomised_day, "ADY": s.randomised_day + float(days),
        })  # fmt: skip

    for plan in (design.primary, *design.secondary):
        for i, seen in enumerate(results.event.get(plan.name, np.zeros(0, bool))):
            words = plan.name if seen else "end of follow-up or lost to follow-up"
            add(i, plan.name, results.observed[plan.name][i], bool(seen), words)
    for i, s in enumerate(subjects):
        left = s.status == "dropped out"
        add(i, "Time to discontinuation", s.last_day - s.randomised_day, left,
            "left the trial" if left else "completed or event")  # fmt: skip
    return sorted(rows, key=lambda r: (str(r["PARAMCD"]), str(r["USUBJID"])))


def definitions() -> list[Row]:
    """The define sheet: one row a variable."""
    sheets = {"ADSL": (ADSL, "one record per subject"),
              "ADTTE": (ADTTE, "one record per subject per parameter")}  # fmt: skip
    return [
        {"dataset": name, "structure": structure, "order": i + 1, "variable": variable,
         "label": label, "type": kind, "derivation": derivation}
        for name, (sheet, structure) in sheets.items()
        for i, (variable, (label, kind, derivation)) in enumerate(sheet.items())
    ]  # fmt: skip


def write(finished: Finished, out: Path) -> list[Path]:
    """Write adsl.csv, adtte.csv and define.csv."""
    made: dict[str, list[Any]] = {"adsl": adsl(finished), "adtte": adtte(finished),
                                  "define": definitions()}  # fmt: skip
    return [write_csv(out / f"{name}.csv", rows) for name, rows in made.items()]
