"""The section `randomisation` of a design."""

from typing import Literal

from pydantic import Field

from trials.parts import Part
from twin_engine.errors import InputError


class Randomisation(Part):
    """How arms are assigned.

    `blocks` are sizes in persons (one: fixed, several: variable); `strata` are columns: the strata
    of blocks and of the biased coin, the factors of minimisation; `by_site` adds the site to them;
    `probability` is that of the favoured arm (minimisation, biased coin).
    """

    kind: Literal[
        "simple", "permuted_block", "minimisation", "biased_coin", "response_adaptive"
    ] = "permuted_block"
    blocks: tuple[int, ...] = (4, 6)
    strata: tuple[str, ...] = ()
    by_site: bool = False
    probability: float = Field(default=0.8, gt=0, le=1)

    def check(self, ratios: tuple[int, ...]) -> None:
        """Compare with the arms' allocation ratios.

        Raises
        ------
        InputError
            A block that is no multiple of the sum of the ratios, a biased coin with unequal
            ratios, or minimisation without factors.
        """
        total = sum(ratios)
        if self.kind == "permuted_block":
            for size in self.blocks or (0,):
                if size <= 0 or size % total:
                    raise InputError("block size is not a multiple of the allocation ratio",
                                     "randomisation.blocks", size, f"a multiple of {total}",
                                     f"for example {2 * total}")  # fmt: skip
        if self.kind in ("minimisation", "biased_coin"):
            # With unequal ratios the chance of an arm drifts along the list (Kuznetsova &
            # Tymofyeyev 2012, Stat Med 31:1505), which opens the door to selection bias.
            if len(set(ratios)) > 1:
                raise InputError("a biased coin needs equal allocation ratios",
                                 "randomisation.kind", ratios, "equal ratios",
                                 "use permuted blocks for unequal ratios")  # fmt: skip
            if self.probability < 1 / len(ratios):
                raise InputError("the favoured arm must not be the less likely one",
                                 "randomisation.probability", self.probability,
                                 f"at least 1/{len(ratios)}", "usual: 0.8")  # fmt: skip
        if self.kind == "minimisation" and not self.strata and not self.by_site:
            raise InputError("minimisation needs factors", "randomisation.strata", None,
                             "at least one column, or by_site: true",
                             "name the columns to balance")  # fmt: skip
