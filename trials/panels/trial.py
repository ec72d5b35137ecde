"""A drug trial whose arms share their luck: the same avatars under both dosing rules."""

import tempfile
from pathlib import Path

import numpy as np

from avatars.avatar import Avatar
from twin_engine.panels import Panel
from twin_engine.text import tr

ORDER = 1
_DESIGN, _PERSONS, _SEED = "eu_pact_korea", 60, 1
_WORDS = ("avatars enrolled", "separate luck", "shared luck", "standard", "genotype-guided", "difference",
          "days in range, %", "this person", "with shared luck", "with separate luck", "persons",
          "INR of this person, both lives", "day {v}",
          "{value} points (95 % interval {low} to {high})")  # fmt: skip


def build(person: Avatar) -> Panel:
    """Simulate the person and others like them under both arms."""
    from trials.analysis.time_in_range import rosendaal
    from trials.design import load
    from trials.population import build as build_pool
    from trials.run import live_all
    from trials.shards import Shards

    design = load(_DESIGN)
    few = design.model_copy(update={"population": design.population.model_copy(update={"persons": _PERSONS})})
    people = build_pool(few, _SEED).people
    for name in people.columns:
        if name in person.values:
            column = people[name].astype(object)
            column[0] = person[name].value
            kind = "U16" if people[name].dtype.kind == "U" else float
            people = people.having(name, column.astype(kind), people.units[name], *people.provenance[name])
    with tempfile.TemporaryDirectory() as folder:
        arms = live_all(few, people, _SEED, None, Shards(Path(folder)))
    low, high = few.primary.low, few.primary.high
    assert low is not None and high is not None
    shares = [100 * rosendaal(a.day, a.latent, 0.0, 84.0, low, high) for a in arms]
    kept = np.isfinite(shares[0]) & np.isfinite(shares[1])
    course = [[[round(float(d), 1), round(float(v), 3)] for d, v in zip(a.day[0], a.latent[0], strict=True)
               if np.isfinite(d) and np.isfinite(v)] for a in arms]  # fmt: skip
    data = {"guided": np.round(shares[0][kept], 2), "standard": np.round(shares[1][kept], 2), "course": course,
            "range": [low, high]}  # fmt: skip
    return Panel("trial", tr("A drug trial with twins"),
                 tr("Each line is one avatar, lived through both arms of a warfarin trial. Enrol more; then break "
                    "the pairs."),
                 tr("EU-PACT's dosing rules with the East Asian warfarin twin (Xia 2024). A simulated world, no "
                    "evidence about a drug."),
                 data, _WORDS)  # fmt: skip
