"""Warfarin by published rules: first doses, revision on day 4 or 5, maintenance by measured INR."""

from typing import Any, Literal

import numpy as np

from avatars.population import Population
from trials.dosing import warfarin as rules
from trials.parts import Milligrams, Part
from trials.treatment import Dosing, Orders

HISTORY = 8  # days of doses remembered: the revision looks four days back


class Rules(Part):
    """Which rules an arm follows.

    `first_doses`: `eu_pact_loading` and `eu_pact_standard` (three days), `gage_pg`,
    `gage_clinical`, `iwpc_pg`, `iwpc_clinical` (the predicted dose until the revision).
    `revision`: what the first INR from day 3 on (the fourth treatment day) sets; `fennerty` is
    the table of a clinic without a computer. Afterwards the maintenance table of Intermountain
    Healthcare applies to every INR. `genotype_late`: persons whose column says `no` start on the
    clinical form of the rule and change to the genotype's on the second day.
    """

    first_doses: Literal["eu_pact_loading", "eu_pact_standard", "gage_pg", "gage_clinical",
                         "iwpc_pg", "iwpc_clinical"]  # fmt: skip
    revision: Literal["lenzini_pg", "lenzini_clinical", "fennerty"]
    tablet: Milligrams = 0.5
    genotype_late: str | None = None


class WarfarinDosing(Dosing):
    """Doses the warfarin twin through its measured INR."""

    TITLE = "Warfarin dosing"
    SOURCE = (
        "IWPC 2009 (10.1056/NEJMoa0809329), Gage 2008 (10.1038/clpt.2008.10), Lenzini 2010 "
        "(10.1038/clpt.2010.13), Avery 2011 (10.1038/clpt.2011.186), Fennerty 1988 (BMJ 297:1285), "
        "Anderson 2007 (10.1161/CIRCULATIONAHA.107.737312)"
    )
    Settings = Rules
    NEEDS = ("age_y", "weight_kg", "height_cm", "vkorc1", "cyp2c9")
    MODELS = ("warfarin",)

    def begin(self, people: Population) -> tuple[Orders, dict[str, Any]]:
        """The first doses; nothing is adapted before the first INR."""
        n = len(people)
        doses = rules.tablets(self._first(people), self.settings.tablet)
        memory = {
            "daily": doses[:, -1].copy(),
            "zone": np.full(n, -1),
            "revised": np.zeros(n, bool),
            "holding": np.zeros(n, bool),
            "given": np.zeros((n, HISTORY)),
        }
        return Orders(doses, np.full(n, np.inf)), memory

    def _first(self, people: Population) -> np.ndarray:
        """Doses of the first days, the last one repeating; mg, shape (n, days)."""
        first = self.settings.first_doses
        if first == "eu_pact_loading":
            return rules.eu_pact_loading(people)
        if first == "eu_pact_standard":
            # Pirmohamed 2013: 10 mg on day 1 up to 75 years, else 5 mg; then 5 mg.
            day1 = np.where(people["age_y"] <= 75, 10.0, 5.0)
            return np.column_stack([day1, np.full(len(people), 5.0)])
        predict = rules.gage if first.startswith("gage") else rules.iwpc
        dose = predict(people, first)
        if self.settings.genotype_late is None:
            return dose[:, None]
        ready = people[self.settings.genotype_late].astype(str) == "yes"
        clinical = predict(people, first.replace("_pg", "_clinical"))
        return np.column_stack([np.where(ready, dose, clinical), dose])

    def review(self, people: Population, memory: dict[str, np.ndarray], day: np.ndarray,
               value: np.ndarray) -> Orders:  # fmt: skip
        """The revision at the first reading from day 3 on, later the maintenance table."""
        n = len(people)
        orders = Orders(np.tile(memory["daily"][:, None], 3), np.full(n, np.inf))
        known = np.isfinite(value) & (day >= 3)
        first, later = known & ~memory["revised"], known & memory["revised"]
        if first.any():
            self._revise(people, memory, value, orders, np.flatnonzero(first))
        if later.any():
            self._maintain(memory, value, orders, np.flatnonzero(later))
        np.copyto(orders.doses, rules.tablets(orders.doses, self.settings.tablet))
        return orders

    def _revise(self, people: Population, memory: dict[str, np.ndarray], inr: np.ndarray,
                orders: Orders, rows: np.ndarray) -> None:  # fmt: skip
        """Set the daily dose from the early response."""
        orders.doses[rows] = 0.0
        if self.settings.revision == "fennerty":
            table, zone = rules.table("fennerty"), rules.zone("fennerty", inr[rows])
            daily, hold = table["dose_mg"][zone], table["hold_days"][zone]
        else:
            given = memory["given"][rows, 1:4]
            daily = rules.lenzini(people.take(rows), inr[rows], given, self.settings.revision)
            hold = np.zeros(len(rows))
        daily = rules.tablets(daily, self.settings.tablet)
        memory["daily"][rows], memory["revised"][rows] = daily, True
        for j in range(3):
            orders.doses[rows, j] = np.where(hold > j, 0.0, daily)

    def _maintain(self, memory: dict[str, np.ndarray], inr: np.ndarray, orders: Orders,
                  rows: np.ndarray) -> None:  # fmt: skip
        """The maintenance table: one changed dose, a new weekly dose, the day of the next INR."""
        table, zone = rules.table("intermountain"), rules.zone("intermountain", inr[rows])
        again = memory["zone"][rows] == zone
        held = memory["holding"][rows]
        hold = (table["hold"][zone] > 0) | (held & (inr[rows] >= 3.0))
        waits = (table["second_time_only"][zone] == "yes") & ~again
        factor = np.where(waits | hold, 1.0, table["weekly_factor"][zone])
        # Held persons resume below 3.0 with 15 % less (the factor of the zone that stopped them).
        factor = np.where(held & ~hold, table["weekly_factor"][-1], factor)
        daily = memory["daily"][rows] * factor
        once = np.where(held & ~hold, 1.0, table["next_dose_factor"][zone])
        orders.doses[rows] = np.where(hold, 0.0, daily)[:, None]
        orders.doses[rows, 0] = np.where(hold, 0.0, daily * once)
        next_day = np.where(again, table["retest_again_d"][zone], table["retest_first_d"][zone])
        orders.review[rows] = np.where(hold, 2.0, next_day)
        memory["daily"][rows], memory["zone"][rows], memory["holding"][rows] = daily, zone, hold
