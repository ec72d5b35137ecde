"""A design's stopping boundaries and its size in one table."""

import math
from typing import Any

from trials.design import Design


def boundary_table(design: Design) -> dict[str, Any]:
    """What the command prints: looks, inflation, sizes.

    Returns
    -------
    dict
        `looks` (information, efficacy_z, futility_z, cumulative_alpha, efficacy_p and the stop
        probabilities under the alternative), `drift`, `inflation`, `n_fixed`, `n_total`,
        `events`, `expected_information`.
    """
    from scipy.special import ndtr

    from trials.spec.monitoring import Monitoring

    monitoring = design.monitoring or Monitoring(information=(1.0,))
    planning = design.planning
    power = planning.power if planning else 0.9
    bounds = monitoring.boundaries(design.analysis.alpha, power)
    drift = bounds.drift()
    stop, low_stop = bounds.stops(drift)
    give_up = low_stop if bounds.sided == 1 else 0 * low_stop
    looks = [
        {"information": float(t), "efficacy_z": float(up),
         "futility_z": float(low) if math.isfinite(low) else None,
         "cumulative_alpha": float(spent), "efficacy_p": float(ndtr(-up) * bounds.sided),
         "stop_efficacy_probability": float(win), "stop_futility_probability": float(lose)}
        for t, up, low, spent, win, lose in zip(
            bounds.information, bounds.efficacy, bounds.futility, bounds.cumulative_alpha, stop,
            give_up, strict=True)
    ]  # fmt: skip
    inflation = bounds.inflation()
    data: dict[str, Any] = {"looks": looks, "sided": bounds.sided, "alpha": bounds.alpha,
                            "power": power, "drift": drift, "inflation": inflation,
                            "expected_information": bounds.expected(drift),
                            "n_fixed": None, "n_total": None, "events": None}  # fmt: skip
    if planning:
        ratios = [arm.ratio for arm in design.arms]
        control = design.control
        ratio = max(r for i, r in enumerate(ratios) if i != control) / ratios[control]
        persons, count = planning.size(design.analysis.alpha / 2, ratio)
        unit = sum(ratios)
        data["n_fixed"] = persons
        data["n_total"] = unit * math.ceil(persons * inflation / unit - 1e-9)
        data["events"] = math.ceil(count * inflation - 1e-9) if count is not None else None
    return data
