"""What a phenotype file may say: entry, washout, inclusion, exclusion, outcome.

One phenotype is one YAML file of a page; `assets/phenotypes/` holds ours, a path names yours.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from twin_engine import assets
from twin_engine.errors import InputError

MAX_BYTES = 256_000

Event = Literal["condition", "drug", "procedure", "measurement", "observation", "visit"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConceptSet(_Strict):
    """Concepts with their descendants, and source codes by prefix for what has no concept.

    `codes` are matched against the source value without dots, so E11 finds KCD E11.9 and E119.
    """

    concepts: list[int] = []
    exclude: list[int] = []
    descendants: bool = True
    codes: list[str] = []

    @model_validator(mode="after")
    def _not_empty(self) -> "ConceptSet":
        if not self.concepts and not self.codes:
            raise ValueError("a concept set needs concepts or codes")
        if not all(code.replace(".", "").isalnum() for code in self.codes):
            raise ValueError("a code has letters, digits and dots")
        return self


class Criterion(_Strict):
    """An event of a set, in a window of days around entry (day 0); None leaves a side open.

    `min`, `max` bound (inclusive) a measurement's number in `unit` (concept ids; rows in another unit do
    not count); `visit` asks for a visit of these kinds on that day; `at_least` counts distinct days.
    """

    event: Event
    set: str
    start: int | None = None
    end: int | None = None
    at_least: int = Field(1, ge=1)
    min: float | None = None
    max: float | None = None
    unit: list[int] = []
    visit: list[int] = []


class Rule(_Strict):
    """A named rule: any one of its criteria is enough; or an age range, or a sex."""

    name: str
    any: list[Criterion] = []
    age_min: int | None = None
    age_max: int | None = None
    sex: Literal["F", "M"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Rule":
        if not self.any and self.age_min is None and self.age_max is None and self.sex is None:
            raise ValueError("a rule needs criteria, an age or a sex")
        return self


class Entry(_Strict):
    """The day a person enters: the first event of any of the criteria."""

    name: str
    any: list[Criterion] = Field(min_length=1)


class Phenotype(_Strict):
    """A disease-specific research set."""

    name: str
    title: str
    source: str
    sets: dict[str, ConceptSet]
    entry: Entry
    washout_days: int = Field(0, ge=0)
    inclusion: list[Rule] = []
    exclusion: list[Rule] = []
    outcome: Rule | None = None

    @model_validator(mode="after")
    def _sets_known(self) -> "Phenotype":
        rules = [*self.inclusion, *self.exclusion, *([self.outcome] if self.outcome else [])]
        used = {c.set for c in self.entry.any} | {c.set for rule in rules for c in rule.any}
        if used - set(self.sets):
            raise ValueError(f"no such concept set: {', '.join(sorted(used - set(self.sets)))}")
        return self


def shipped() -> dict[str, Path]:
    """Name -> file of the phenotypes that come with twin."""
    return {file.stem: file for file in sorted(assets.path("phenotypes").glob("*.yaml"))}


def load(name: str) -> Phenotype:
    """A shipped phenotype by name, or one from a YAML file.

    Raises
    ------
    InputError
        Unknown name, unreadable or oversized file, or a field that is wrong.
    """
    import yaml

    from twin_engine.files import read_text

    file = shipped().get(name) or Path(name)
    if not file.is_file():
        raise InputError(
            "unknown phenotype",
            "PHENOTYPE",
            name,
            ", ".join(shipped()),
            "choose one of these, or give the path of a YAML file",
        )
    if file.stat().st_size > MAX_BYTES:
        raise InputError(
            "the file is too large",
            str(file),
            file.stat().st_size,
            f"at most {MAX_BYTES} bytes",
            "a phenotype is a page of YAML",
        )
    try:
        data: Any = yaml.safe_load(read_text(file))
        return Phenotype.model_validate(data)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f": line {mark.line + 1}" if mark else ""
        raise InputError("the file is not YAML", f"{file}{line}", None, "YAML", "check the indentation") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            "the phenotype is wrong",
            f"{file.name}: {place}",
            first.get("input"),
            first["msg"],
            "docs/records.md lists every field",
        ) from None
