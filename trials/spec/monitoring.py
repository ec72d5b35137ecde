"""The sections `planning` (how large) and `monitoring` (when to look) of a design."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from trials.parts import Days, Part, refuse

if TYPE_CHECKING:
    from trials.boundaries import Boundaries

YEAR = 365.25


class Means(Part):
    """Two means: difference and standard deviation in the endpoint's unit."""

    kind: Literal["means"]
    effect: float
    sd: float = Field(gt=0)


class Rates(Part):
    """Two proportions."""

    kind: Literal["rates"]
    control: float = Field(ge=0, le=1)
    treated: float = Field(ge=0, le=1)


class Survival(Part):
    """Two exponential survival curves, uniform accrual and a common end of follow-up."""

    kind: Literal["survival"]
    hazard_ratio: float = Field(gt=0)
    control_median: Days
    accrual: Days
    follow_up: Days
    dropout_per_year: float = Field(default=0.0, ge=0, lt=1)
    method: Literal["schoenfeld", "freedman"] = "schoenfeld"


class Planning(Part):
    """What the trial is sized for."""

    power: float = Field(default=0.9, gt=0, lt=1)
    target: Means | Rates | Survival = Field(discriminator="kind")

    def size(self, alpha: float, ratio: float) -> tuple[float, float | None]:
        """Persons and events of the fixed design; `alpha` is one-sided."""
        from math import log, log1p

        from trials import sample_size as sizes

        target, words = self.target, {"alpha": alpha, "power": self.power, "ratio": ratio}
        if isinstance(target, Means):
            return sizes.means(target.effect, target.sd, **words), None
        if isinstance(target, Rates):
            return sizes.rates(target.control, target.treated, **words), None
        count = sizes.events(target.hazard_ratio, method=target.method, **words)
        persons = sizes.persons_for_events(
            count, log(2) / target.control_median, target.hazard_ratio, target.accrual,
            target.follow_up, -log1p(-target.dropout_per_year) / YEAR, ratio)  # fmt: skip
        return persons, count


class Efficacy(Part):
    """How the type I error is spent.

    `obrien_fleming`, `pocock` (Lan-DeMets) and `hwang_shih_decani` are spending functions, `table`
    gives the cumulative one-sided amounts, `classical_*` are the original shapes, `given` states
    the Z values.
    """

    kind: Literal["obrien_fleming", "pocock", "hwang_shih_decani", "table",
                  "classical_obrien_fleming", "classical_pocock", "given"] = "obrien_fleming"  # fmt: skip
    gamma: float = -4.0
    amounts: tuple[float, ...] = ()
    z: tuple[float, ...] = ()


class Futility(Part):
    """How the type II error is spent; `binding` lets the efficacy bounds count on it."""

    kind: Literal["obrien_fleming", "pocock", "hwang_shih_decani", "given"]
    gamma: float = -2.0
    z: tuple[float, ...] = ()
    binding: bool = False


class Monitoring(Part):
    """Interim looks at fractions of the final information."""

    information: tuple[float, ...] = Field(min_length=1)
    sided: Literal[1, 2] = 2
    efficacy: Efficacy = Efficacy()
    futility: Futility | None = None

    @model_validator(mode="after")
    def _looks(self) -> "Monitoring":
        from trials.boundaries import check_information

        check_information(self.information)
        given = self.efficacy.kind == "given"
        if self.futility is not None and (self.futility.kind == "given") != given:
            raise refuse("given and computed boundaries do not mix", "both given or both computed",
                         "give both as Z values, or neither")  # fmt: skip
        return self

    def boundaries(self, two_sided_alpha: float, power: float) -> "Boundaries":
        """The boundaries; with one side half of the two-sided error is used.

        Raises
        ------
        InputError
            Errors out of range, too much spent, futility above efficacy.
        """
        from trials.boundaries import given_bounds, group_sequential
        from trials.spending import Spending

        alpha = two_sided_alpha * self.sided / 2
        how, low = self.efficacy, self.futility
        if how.kind == "given":
            return given_bounds(self.information, how.z, low.z if low else None, alpha=alpha,
                                beta=1 - power, sided=self.sided)  # fmt: skip
        efficacy: Spending | str
        if how.kind.startswith("classical_"):
            efficacy = how.kind.removeprefix("classical_")
        else:
            efficacy = Spending(how.kind, how.gamma, how.amounts)
        futility = Spending(low.kind, low.gamma) if low else None
        return group_sequential(self.information, alpha=alpha, power=power, sided=self.sided,
                                efficacy=efficacy, futility=futility,
                                binding=bool(low and low.binding))  # fmt: skip


def check(monitoring: Monitoring | None, planning: Planning | None, alpha: float) -> None:
    """Compute boundaries and size once, so that a design that cannot be is refused when it is read."""
    if monitoring is not None:
        monitoring.boundaries(alpha, planning.power if planning else 0.9)
    if planning is not None:
        planning.size(alpha / 2, 1.0)
