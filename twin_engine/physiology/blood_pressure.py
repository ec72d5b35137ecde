"""Blood pressure over the day, and what drugs take from it.

    SBP = mean + 7.52 cos(4 pi (t + 0.652)) + 8.64 cos(2 pi (t - 3.61)),  t in days from midnight
    a drug at standard dose: -(9.1 + 0.10 (mean - 154)) mmHg, at half dose 7.1/9.1 of it; drugs add

Known limits: the published spread of the two phases is unusable (the phases are fixed); the printed
0.079 and 0.12 are read as log SDs, because as variances they give 42 mmHg. Law 2003 measured in
trials' clinics, Sheng with ambulatory cuffs: one mean for both is an assumption. A trial that
selects people on a measured pressure must select on a reading with error, so that regression to the
mean appears in its placebo arm.
"""

from typing import TYPE_CHECKING, Any

from twin_engine.maths import cospi
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Blood pressure"
SOURCE = (
    "Sheng et al. 2013, Acta Pharmacol Sin 34:1035, doi:10.1038/aps.2013.45; "
    "Law, Wald, Morris, Jordan 2003, BMJ 326:1427, doi:10.1136/bmj.326.7404.1427"
)
TIME = "h"

State = quantities("State")
Param = quantities(
    "Param", sbp_mean="mmHg", sbp_12h="mmHg", sbp_24h="mmHg", dbp_mean="mmHg", dbp_12h="mmHg",
    dbp_24h="mmHg", phase_12h="d", phase_24h="d", drugs_standard="1", drugs_half="1",
    sbp_drop="mmHg", sbp_half="1", sbp_slope="1", sbp_law="mmHg",
    dbp_drop="mmHg", dbp_half="1", dbp_slope="1", dbp_law="mmHg",
)  # fmt: skip
Input = quantities("Input")
Output = quantities("Output", sbp="mmHg", dbp="mmHg")

VARIABILITY = {"sbp_mean": "omega_sbp", "dbp_mean": "omega_dbp"}


def initial(p: Any) -> Any:
    """A closed form has no state."""
    return State()


def reduction(mean: float, usual: float, drop: float, slope: float, doses: float) -> float:
    """What drugs take away, mmHg: more from a higher pressure, and classes add (Law 2003)."""
    return doses * (drop + slope * (mean - usual))


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Pressures at a time of day, h from midnight, under the drugs."""
    day = t / 24.0
    half = cospi(4.0 * (day + p.phase_12h))
    whole = cospi(2.0 * (day + p.phase_24h))
    sbp = p.sbp_mean - reduction(
        p.sbp_mean, p.sbp_law, p.sbp_drop, p.sbp_slope, p.drugs_standard + p.sbp_half * p.drugs_half
    )
    dbp = p.dbp_mean - reduction(
        p.dbp_mean, p.dbp_law, p.dbp_drop, p.dbp_slope, p.drugs_standard + p.dbp_half * p.drugs_half
    )
    return Output(
        sbp=sbp + p.sbp_12h * half + p.sbp_24h * whole,
        dbp=dbp + p.dbp_12h * half + p.dbp_24h * whole,
    )


def summary(solution: "Solution") -> dict[str, float]:
    """Mean over the visits."""
    return {"sbp_mmhg": float(solution["sbp"].mean()), "dbp_mmhg": float(solution["dbp"].mean())}
