"""A trial's design: one YAML file, checked before anything runs."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from trials.parts import Days, Part, parse, refuse
from trials.spec.adaptive import Adaptive
from trials.spec.adaptive import check as check_adaptive
from trials.spec.control import ExternalControl, HybridControl
from trials.spec.estimand import Estimand, IntercurrentEvent
from trials.spec.estimand import check as check_estimands
from trials.spec.monitoring import Monitoring, Planning
from trials.spec.monitoring import check as check_monitoring
from trials.spec.randomisation import Randomisation
from twin_engine.strict import read_yaml


class PopulationSection(Part):
    """Who the avatars are.

    `source` names a real table (`diabetes`), a population specification or a CSV file;
    `persons` is how many avatars are built: all of them live through every arm, so the true
    effect is known; the first `enrolment.persons` eligible ones enrol.
    """

    source: str
    persons: int = Field(gt=0)


class Measurement(Part):
    """Error of one reading: `log_normal` (SD of the logarithm) or `normal` (SD in the unit)."""

    kind: Literal["log_normal", "normal"]
    sd: float = Field(ge=0)
    source: str = "assumption"


class Twin(Part):
    """What lives through the trial.

    `model: record` is the real person's own recorded outcome; any other name is a model of
    `twin models`. `outcome` names the output, `unit` its unit.
    """

    model: str
    outcome: str
    unit: str
    set: str | None = None
    between_subject: bool = True
    measurement: Measurement | None = None


class Arm(Part):
    """One arm: a treatment with its settings; exactly one arm is the control."""

    name: str
    treatment: str
    settings: dict[str, Any] = {}
    ratio: int = Field(default=1, gt=0)
    control: bool = False

    @model_validator(mode="before")
    @classmethod
    def _treated(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("treatment"):
            raise refuse("an arm has no treatment", "treatment: NAME",
                         "name a treatment; a comparator is a treatment too")  # fmt: skip
        return data


class Site(Part):
    """One site: how many persons a week it screens on average, and when it opens."""

    name: str
    persons_per_week: float = Field(gt=0)
    opens: Days = 0.0


class Rule(Part):
    """One eligibility rule on a column; bounds are included."""

    column: str
    low: float | None = None
    high: float | None = None
    reason: str


class Enrolment(Part):
    """Sites, screening and the number to randomise."""

    persons: int = Field(gt=0)
    sites: tuple[Site, ...] = Field(min_length=1)
    screening: Days = 7.0
    refuses: float = Field(default=0.0, ge=0, lt=1)
    eligibility: tuple[Rule, ...] = ()


class Visits(Part):
    """Planned visit days after randomisation, and how exactly persons keep them."""

    days: tuple[Days, ...] = Field(min_length=1)
    window: Days = 0.0
    missed: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _rising(self) -> "Visits":
        gaps = [b - a for a, b in pairwise(self.days)]
        if any(gap <= 0 for gap in gaps):
            raise refuse("visit days do not rise", "days in rising order", "sort the visit days")
        if gaps and 2 * self.window >= min(gaps):
            raise refuse("visit windows overlap", "a window below half the shortest gap",
                         "narrow the window or space the visits")  # fmt: skip
        return self


class Conduct(Part):
    """How persons behave: share of doses taken, yearly probability to drop out."""

    adherence: float = Field(default=1.0, ge=0, le=1)
    dropout_per_year: float = Field(default=0.0, ge=0, lt=1)
    source: str = "assumption"


class Endpoint(Part):
    """What is compared.

    `value` is the outcome at the visit nearest `day`, `change` the same minus baseline,
    `time_in_range` the share of days from `start` to `day` inside `low` to `high` by linear
    interpolation between measured values, `ever_above` and `ever_below` whether any reading in that
    time is `low` or more, or below `low` (100 or 0 %), `time_to_event` the twin's outcome read as
    the day of the event, followed until `day`.
    """

    name: str
    kind: Literal["value", "change", "time_in_range", "ever_above", "ever_below",
                  "time_to_event"]  # fmt: skip
    day: Days
    start: Days = 0.0
    low: float | None = None
    high: float | None = None
    unit: str
    better: Literal["higher", "lower"]

    @model_validator(mode="after")
    def _range(self) -> "Endpoint":
        if self.kind == "time_in_range" and (
            self.low is None or self.high is None or self.low >= self.high
        ):
            raise refuse("time in range needs its range", "low below high", "give low and high")
        if self.kind in ("ever_above", "ever_below") and self.low is None:
            raise refuse("missing key", "low: the value that counts", "give low")
        return self


class Analysis(Part):
    """The final analysis: a file of trials/analysis, its covariates, the error it may make.

    `imputation` is the rule of `method: imputation`.
    """

    method: str = "ancova"
    covariates: tuple[str, ...] = ()
    alpha: float = Field(default=0.05, gt=0, lt=1)
    imputation: Literal["missing_at_random", "jump_to_reference", "copy_reference",
                        "copy_increments"] = "jump_to_reference"  # fmt: skip
    imputations: int = Field(default=50, ge=2)


class DigitalControl(Part):
    """Prognostic covariate adjustment: a model of the untreated outcome joins the analysis.

    `historical` persons of the table are kept out of the trial to learn it.
    """

    kind: Literal["prognostic"]
    historical: int = Field(gt=0)
    planned_effect: float | None = None
    planned_power: float = Field(default=0.9, gt=0, lt=1)


class Published(Part):
    """One published figure to print beside ours, of everyone or of a subgroup (column: level).

    `arm` is the arm of an `arm_mean`; `endpoint` the endpoint's name, the primary by default.
    """

    figure: Literal["difference", "arm_mean"]
    value: float
    low: float | None = None
    high: float | None = None
    arm: str | None = None
    endpoint: str | None = None
    subgroup: dict[str, str] = {}
    label: str
    source: str


class Design(Part):
    """A whole trial."""

    title: str
    question: str
    population: PopulationSection
    twin: Twin
    arms: tuple[Arm, ...] = Field(min_length=2)
    randomisation: Randomisation = Randomisation()
    enrolment: Enrolment
    visits: Visits
    conduct: Conduct = Conduct()
    primary: Endpoint
    secondary: tuple[Endpoint, ...] = ()
    analysis: Analysis = Analysis()
    planning: Planning | None = None
    monitoring: Monitoring | None = None
    adaptive: Adaptive | None = None
    hybrid_control: HybridControl | None = None
    external_control: ExternalControl | None = None
    intercurrent_events: tuple[IntercurrentEvent, ...] = ()
    estimands: tuple[Estimand, ...] = ()
    digital_control: DigitalControl | None = None
    published: tuple[Published, ...] = ()
    differs: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Design":
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise refuse("two arms have one name", "a name for each arm", "rename an arm")
        endpoints = {e.name for e in (self.primary, *self.secondary)}
        for figure in self.published:
            if (figure.arm or names[0]) not in names or (figure.figure == "arm_mean") != bool(figure.arm):
                raise refuse("a published figure without its arm", ", ".join(names),
                             "name the arm of an arm_mean, and only there")  # fmt: skip
            if (figure.endpoint or self.primary.name) not in endpoints:
                raise refuse("a published figure of an unknown endpoint", ", ".join(endpoints),
                             "name one of the endpoints")  # fmt: skip
        if sum(arm.control for arm in self.arms) != 1:
            raise refuse("not exactly one control arm", "control: true at one arm",
                         "mark the arm the others are compared with")  # fmt: skip
        self.randomisation.check(tuple(arm.ratio for arm in self.arms))
        check_monitoring(self.monitoring, self.planning, self.analysis.alpha)
        check_adaptive(self.adaptive, len(names), self.monitoring is not None, self.primary.kind,
                       self.randomisation.kind)  # fmt: skip
        check_estimands(self.estimands, self.intercurrent_events, tuple(names), self.primary.kind)
        historical = self.digital_control.historical if self.digital_control else 0
        left = self.population.persons - historical
        if self.enrolment.persons > left:
            raise refuse("more persons to enrol than avatars",
                         f"enrolment.persons at most {left} (population.persons less those of "
                         "digital_control.historical)", "raise population.persons")  # fmt: skip
        return self

    @property
    def control(self) -> int:
        """The index of the control arm."""
        return next(i for i, arm in enumerate(self.arms) if arm.control)

    def sha256(self) -> str:
        """The content hash: equal for equal content, whatever the file's comments or order."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def examples() -> Path:
    """The folder of shipped designs: in a checkout first, then inside the installed wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / "examples"
    return checkout if (package.parent / "pyproject.toml").exists() else package / "_examples"


def find(name: str) -> Path:
    """A design's path: the file itself, or the shipped design of that name."""
    path = Path(name)
    shipped = examples() / f"{path.stem}.yaml"
    if not path.is_file() and path.name in (path.stem, f"{path.stem}.yaml") and shipped.exists():
        return shipped
    return path


def load(name: str | Path) -> Design:
    """Read and check a design.

    Parameters
    ----------
    name : str or Path
        A path, or the name of a shipped design ("eu_pact").

    Raises
    ------
    InputError
        The file cannot be read, is no YAML, or says something that cannot be.
    """
    path = find(str(name))
    return parse(Design, read_yaml(path), path.name)
