"""Recovery of the arm after stroke: five patterns of the Fugl-Meyer score (van der Vliet 2020).

    FM(t) = FM0 + r (66 - FM0) (1 - exp(-t / tau)) + effect (1 - exp(-(t - start) / therapy_tau))

t in weeks from onset; each of five groups has its r and tau, and its distribution of FM0: normal on
logit(FM0 / 66). FM0 is the score at onset, which nobody measures: not the first visit. A measured
score has SD 3.85 and is clipped to 0-66. Groups 1; 2-3; 4-5 are poor, moderate, good recovery.

`posterior` gives a patient's groups and FM0 after some scores; `predict` the score to come. The
effect of a therapy is zero unless said: dose response in rehabilitation is weak evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin_engine.maths import exp, maximum, minimum
from twin_engine.model import Covariate
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    import numpy as np

    from twin_engine.solution import Solution

TITLE = "Stroke: recovery of the arm"
SOURCE = (
    "van der Vliet et al. 2020, Ann Neurol 87:383, doi:10.1002/ana.25679 (and the authors' code)"
)
TIME = "wk"

State = quantities("State")
Param = quantities(
    "Param", fm0="points", r="1", tau="wk", effect="points", effect_start="wk", effect_tau="wk"
)
Input = quantities("Input")
Output = quantities("Output", fugl_meyer="points")

MAXIMUM = 66.0  # points of the upper-extremity Fugl-Meyer assessment
GROUPS = ("1", "2", "3", "4", "5")
COVARIATES = {"group": Covariate(levels=GROUPS)}


def individual(p: dict[str, Any], c: dict[str, Any]) -> dict[str, Any]:
    """Recovery of the group; FM0 is its median unless given."""
    import numpy as np

    chosen = [c["group"] == g for g in GROUPS]
    of = {k: np.select(chosen, [p[f"{k}_{g}"] for g in GROUPS]) for k in ("r", "tau", "mean")}
    return {**p, "r": of["r"], "tau": of["tau"], "fm0": MAXIMUM / (1.0 + np.exp(-of["mean"]))}


def initial(p: Any) -> Any:
    """A closed form has no state."""
    return State()


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """The score at t weeks, inside 0 to 66."""
    natural = p.fm0 + p.r * (MAXIMUM - p.fm0) * (1.0 - exp(-t / p.tau))
    treated = p.effect * (1.0 - exp(-maximum(0.0, t - p.effect_start) / p.effect_tau))
    return Output(fugl_meyer=minimum(MAXIMUM, maximum(0.0, natural + treated)))


def summary(solution: "Solution") -> dict[str, float]:
    """Score at the end and its gain."""
    score = solution["fugl_meyer"]
    return {
        "fugl_meyer_end_points": float(score[-1]),
        "fugl_meyer_gain_points": float(score[-1] - score[0]),
    }


def sample(seed: int, replicate: int, persons: Any) -> dict[str, Any]:
    """Groups and FM0 of persons, as columns of a cohort table.

    Returns
    -------
    dict
        `group` (words) and `fm0` (points), shape (n,).
    """
    import numpy as np

    from twin_engine.streams import normals, uniforms

    g = group_parameters()
    draw = uniforms(seed, replicate, persons, "stroke.group", 1)[:, 0]
    k = np.minimum(np.searchsorted(np.cumsum(g["weight"]), draw), len(GROUPS) - 1)
    z = normals(seed, replicate, persons, "stroke.fm0", 1)[:, 0]
    logit = g["mean"][k] + z / np.sqrt(g["precision"][k])
    return {"group": np.array(GROUPS)[k], "fm0": MAXIMUM / (1.0 + np.exp(-logit))}


def measured(score: Any, normal: Any) -> Any:
    """A measured score from the true one and a standard normal number."""
    import numpy as np

    return np.clip(score + _residual() * normal, 0.0, MAXIMUM)


@dataclass(frozen=True)
class Posterior:
    """What is known of one patient: a weight for each group and FM0 on a grid.

    Attributes
    ----------
    weight : ndarray, shape (5, points)
        Sums to 1; a row sum is the probability of a group.
    fm0 : ndarray, shape (5, points)
        The grid of each group, points.
    """

    weight: "np.ndarray"
    fm0: "np.ndarray"

    @property
    def groups(self) -> dict[str, float]:
        """Probability of each group."""
        return dict(zip(GROUPS, self.weight.sum(axis=1).tolist(), strict=True))


def posterior(weeks: Sequence[float], scores: Sequence[float], points: int = 801) -> Posterior:
    """Groups and FM0 after measured scores; a score of 0 or 66 may hide one beyond (clipping).

    Raises
    ------
    InputError
        A score outside 0 to 66, or a week before onset.
    """
    import numpy as np
    from scipy.special import log_ndtr

    from twin_engine.errors import InputError

    if any(not 0.0 <= s <= MAXIMUM for s in scores) or any(not w >= 0.0 for w in weeks):
        raise InputError("implausible score", "stroke.posterior", list(zip(weeks, scores, strict=True)),
                         "scores of 0 to 66 at weeks from 0 on", "check the order: weeks, scores")  # fmt: skip
    g, sd = group_parameters(), _residual()
    z = np.linspace(-6.0, 6.0, points)
    fm0 = MAXIMUM / (1.0 + np.exp(-(g["mean"][:, None] + z / np.sqrt(g["precision"])[:, None])))
    log = np.log(g["weight"])[:, None] - 0.5 * z**2
    for week, score in zip(weeks, scores, strict=True):
        off = (score - _curve(g, fm0, week)) / sd
        log = log + (
            log_ndtr(off) if score <= 0.0 else log_ndtr(-off) if score >= MAXIMUM else -0.5 * off**2
        )
    weight = np.exp(log - log.max())
    return Posterior(weight / weight.sum(), fm0)


def predict(
    known: Posterior, week: float, quantiles: Sequence[float] = (0.05, 0.5, 0.95)
) -> "np.ndarray":
    """Quantiles of the true score at a week; a measured one adds SD 3.85."""
    import numpy as np

    score = _curve(group_parameters(), known.fm0, week).ravel()
    order = np.argsort(score)
    cumulative = np.cumsum(known.weight.ravel()[order])
    return np.interp(quantiles, cumulative, score[order])


def _curve(g: dict[str, Any], fm0: Any, week: float) -> Any:
    import numpy as np

    part = g["r"] * (1.0 - np.exp(-week / g["tau"]))
    return fm0 + part[:, None] * (MAXIMUM - fm0)


def group_parameters() -> dict[str, Any]:
    """Share, mean and precision of logit(FM0 / 66), r and tau (wk) of the five groups, (5,) each."""
    import numpy as np

    from twin_engine.parameters import default

    p = default("stroke").values()
    kinds = ("weight", "mean", "precision", "r", "tau")
    return {k: np.array([p[f"{k}_{g}"] for g in GROUPS]) for k in kinds}


def _residual() -> float:
    from twin_engine.parameters import default

    return default("stroke")["residual_precision"].value ** -0.5
