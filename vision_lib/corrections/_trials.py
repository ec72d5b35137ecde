"""Trials of myopia control: what was measured, and what it says of a child after some years.

Means of trials, labelled statistical: they tell of groups of children of the trial's ages, not of
one child. Change of spherical equivalent between 0 and the trial's last visit by straight lines.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

import numpy as np

from twin_engine import assets
from twin_engine.errors import InputError
from twin_engine.text import tr
from vision_lib.ability import Person, View
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._optics import need_through
from vision_lib.refraction import PowerVector


@dataclass(frozen=True)
class Arm:
    """One visit of one arm: years, mean change and SD of refraction (D) and axial length (mm)."""

    trial: str
    arm: str
    role: str
    years: float
    se_d: float | None
    se_sd: float | None
    axial_mm: float | None
    axial_sd: float | None
    source: str


def _value(text: str) -> float | None:
    return float(text) if text else None


@cache
def arms() -> tuple[Arm, ...]:
    """Every visit in `assets/vision/myopia_control.csv`."""
    with open(assets.path("vision/myopia_control.csv"), encoding="utf-8", newline="") as file:
        return tuple(
            Arm(r["trial"], r["arm"], r["role"], float(r["years"]), _value(r["se_change_d"]),
                _value(r["se_sd_d"]), _value(r["axial_change_mm"]), _value(r["axial_sd_mm"]), r["source"])
            for r in csv.DictReader(file)
        )  # fmt: skip


def visits(trial: str, arm: str) -> list[Arm]:
    """The visits of an arm, by time."""
    found = [a for a in arms() if (a.trial, a.arm) == (trial, arm)]
    return sorted(found, key=lambda a: a.years)


def control_arm(trial: str) -> str:
    """The name of the trial's control arm."""
    return next(a.arm for a in arms() if a.trial == trial and a.role == "control")


def change(trial: str, arm: str, years: float) -> float:
    """Mean change of spherical equivalent after some years, D.

    A control arm that ended earlier goes on at its mean yearly rate.

    Raises
    ------
    InputError
        Years outside the treated arm's follow-up.
    """
    seen = [a for a in visits(trial, arm) if a.se_d is not None]
    times = np.array([0.0] + [a.years for a in seen])
    values = np.array([0.0] + [float(a.se_d or 0.0) for a in seen])
    if years > times[-1] and seen[0].role == "control":
        return float(values[-1] / times[-1] * years)
    if not 0.0 < years <= times[-1]:
        raise InputError("beyond the follow-up of the trial", "years", years,
                         f"above 0, at most {times[-1]:g}", "choose fewer years")  # fmt: skip
    return float(np.interp(years, times, values))


def last_visit(trial: str, arm: str) -> float:
    """Years of the arm's last visit."""
    return visits(trial, arm)[-1].years


def progressed(who: Person, by_d: float) -> Person:
    """The person whose spherical equivalent changed by `by_d` dioptres."""
    lens = who.refraction
    return replace(who, refraction=replace(lens, sphere_d=lens.sphere_d + by_d))


def todays_glasses(today: Person, later: Person, distance_m: float) -> View:
    """A look, years later, through the spectacles of today."""
    lens: PowerVector = today.refraction.power_vector()
    need = need_through(later, lens, distance_m, today.vertex_m)
    return View(distance_m, need, later.accommodation)


def trial_views(who: Person, trial: str, arm: str, years: float, distance_m: float,
                loss_d: float = 0.0) -> tuple[View, View]:  # fmt: skip
    """Both years later and through today's spectacles: before = control arm, after = treated arm.

    `loss_d` is accommodation that the treatment takes, D.
    """
    # The treated arm first: it says how many years the trial can speak of.
    treated = progressed(who, change(trial, arm, years))
    without = progressed(who, change(trial, control_arm(trial), years))
    eye = replace(who.accommodation, amplitude_d=max(who.accommodation.amplitude_d - loss_d, 0.0))
    treated = replace(treated, accommodation=eye)
    source = f"{trial}: mean of the trial, then 1 + b^2"
    return tuple(
        replace(todays_glasses(who, later, distance_m), source=source)
        for later in (without, treated)
    )  # type: ignore[return-value]


def refraction_facts(who: Person, trial: str, arm: str, years: float) -> list[Fact]:
    """Mean change of refraction with and without treatment, and the refraction then."""
    without, treated = change(trial, control_arm(trial), years), change(trial, arm, years)
    shown = next(a for a in visits(trial, arm) if a.years >= years)
    control = next((a for a in visits(trial, control_arm(trial)) if a.years >= years), None)
    now = who.refraction.spherical_equivalent_d
    return [Fact("years", years, "y", None, shown.source),
            Fact("change_treated", treated, "D", shown.se_sd, shown.source),
            Fact("change_untreated", without, "D", control.se_sd if control else None, shown.source),
            Fact("refraction_treated", now + treated, "D", None, shown.source),
            Fact("refraction_untreated", now + without, "D", None, shown.source)]  # fmt: skip


def axial_facts(trial: str, arm: str, years: float) -> list[Fact]:
    """Mean axial growth with and without treatment at a visit."""
    found = []
    for name, which in (
        ("axial_growth_treated", arm),
        ("axial_growth_untreated", control_arm(trial)),
    ):
        seen = [a for a in visits(trial, which) if a.years == years and a.axial_mm is not None]
        found += [Fact(name, float(a.axial_mm or 0.0), "mm", a.axial_sd, a.source) for a in seen]
    return found


def trial_limits(who: Person, years: float, trial: str) -> Sequence[str]:
    """What a trial's mean does not tell."""
    said = [tr("Statistical: the mean of a trial's group, not a forecast for this child.")]
    if not 4 <= who.age_y <= 16:
        said.append(tr("Myopia control was tried in children; for this age it tells nothing."))
    if years > last_visit(trial, control_arm(trial)):
        said.append(
            tr("The control group was followed for less time; its yearly rate is carried on.")
        )
    return said


@dataclass(frozen=True)
class TrialArm(Correction):
    """A treatment as one arm of a trial, untreated and treated years later, through today's spectacles.

    Parameters
    ----------
    years : float
        Years of treatment.

    Attributes
    ----------
    TRIAL, ARM : str
        Names in `assets/vision/myopia_control.csv`.
    """

    years: float
    TRIAL: ClassVar[str]
    ARM: ClassVar[str]
    STATISTICAL: ClassVar[bool] = True

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        return trial_views(person, self.TRIAL, self.ARM, self.years, distance_m)

    def facts(self, person: Person) -> Sequence[Fact]:
        """Change of refraction and axial growth."""
        return [*refraction_facts(person, self.TRIAL, self.ARM, self.years),
                *axial_facts(self.TRIAL, self.ARM, self.years)]  # fmt: skip

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return trial_limits(person, self.years, self.TRIAL)
