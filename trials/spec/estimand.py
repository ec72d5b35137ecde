"""The sections `intercurrent_events` and `estimands` of a design: ICH E9(R1) 2019."""

import difflib
from typing import Literal

from pydantic import Field

from trials.parts import Part
from twin_engine.errors import InputError

Strategy = Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment",
                   "principal_stratum"]  # fmt: skip


class IntercurrentEvent(Part):
    """Something that happens after randomisation and changes what the outcome means.

    At every visit but the last it happens with `probability` when the outcome measured there is
    `centre`; the log odds rise by `slope` a unit of the outcome. `arms` limits it (empty: all).
    Afterwards the outcome `keeps_effect`, `loses_effect` (the control's outcome of the same person)
    or takes a `shift`.
    """

    name: str
    probability: float = Field(gt=0, lt=1)
    slope: float = 0.0
    centre: float = 0.0
    arms: tuple[str, ...] = ()
    after: Literal["keeps_effect", "loses_effect", "shift"] = "loses_effect"
    shift: float = 0.0
    source: str = "assumption"


class Estimand(Part):
    """One estimand by its five attributes.

    `treatment`, `population` and `variable` are words for the report (the arms, the eligible
    persons and the primary endpoint are what is computed); `events` gives each intercurrent event
    its strategy; `summary` is the population-level summary. `composite_value` is the outcome that
    a composite event counts as.
    """

    name: str
    treatment: str
    population: str
    variable: str
    events: dict[str, Strategy]
    summary: Literal["difference in means"] = "difference in means"
    composite_value: float | None = None


def check(estimands: tuple[Estimand, ...], events: tuple[IntercurrentEvent, ...],
          arms: tuple[str, ...], kind: str) -> None:  # fmt: skip
    """Compare estimands with events and arms.

    Raises
    ------
    InputError
        An unknown event or arm, an event without strategy, a composite without its value, a time
        to event.
    """
    names = [event.name for event in events]
    for i, event in enumerate(events):
        for arm in event.arms:
            if arm not in arms:
                raise InputError("unknown arm", f"intercurrent_events.{i}.arms", arm,
                                 ", ".join(arms), "name an arm of the design")  # fmt: skip
    for i, estimand in enumerate(estimands):
        where = f"estimands.{i}.events"
        if kind == "time_to_event":
            raise InputError("estimands need an outcome at visits", f"estimands.{i}", kind,
                             "a primary endpoint of kind value or change",
                             "leave the section out")  # fmt: skip
        for name in estimand.events:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                raise InputError("the estimand names an unknown event", where, name,
                                 ", ".join(names) or "no event is declared",
                                 f"did you mean {near[0]}?" if near
                                 else "declare it under intercurrent_events")  # fmt: skip
        for name in names:
            if name not in estimand.events:
                raise InputError("an intercurrent event has no strategy", where, name,
                                 "a strategy for every event", "choose one of the five")  # fmt: skip
        if "composite" in estimand.events.values() and estimand.composite_value is None:
            raise InputError("a composite strategy needs its value", f"estimands.{i}", None,
                             "composite_value", "say which outcome the event counts as")  # fmt: skip
