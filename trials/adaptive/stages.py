"""Replicates of two-stage designs: sample-size re-estimation, and dropping of arms.

Stages are sets of persons in the order of randomisation, so their statistics are independent. The
first look waits until all of stage one have their endpoint; recruitment pauses meanwhile.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.adaptive.combination import closed_test, second_stage
from trials.adaptive.conditional import conditional_power
from trials.analysis import method_for
from trials.endpoints import better_sign
from trials.randomise import assign_all
from trials.replicate_tests import TESTS, Sample
from trials.replicates import Happened, Prepared, happen, observed
from trials.shards import Arrays
from trials.spec.adaptive import DropArms, Reestimation
from trials.spending import z_of
from twin_engine.streams import uniforms


def larger(prepared: Prepared, persons: int) -> Prepared:
    """The same trial with another number to randomise; earlier persons stay as they are."""
    enrolment = prepared.design.enrolment.model_copy(update={"persons": persons})
    return replace(prepared, design=prepared.design.model_copy(update={"enrolment": enrolment}))


def statistic(prepared: Prepared, happened: Happened, y: NDArray, arm: int, here: NDArray) -> float:
    """Z of one arm against the control among some persons; positive is benefit."""
    design = prepared.design
    use = here & np.isfinite(y) & ((happened.arm == arm) | (happened.arm == design.control))
    row = happened.row[happened.who][use]
    data = Sample(y[use], (happened.arm[use] == arm).astype(np.int64), prepared.covariates[row],
                  happened.stratum[use], np.zeros(0, bool), design.primary.day)  # fmt: skip
    test = TESTS[method_for(design.analysis.method, design.primary.kind)]
    return better_sign(design.primary) * test.z(data)


def reestimated(prepared: Prepared, rule: Reestimation, arm: int, seed: int,
                replicate: int) -> tuple[int, int]:  # fmt: skip
    """Whether one replicate rejects (one-sided, half of alpha), and its persons."""
    planned = prepared.design.enrolment.persons
    first, most = int(np.ceil(rule.first * planned)), int(np.ceil(rule.most * planned))
    wide = larger(prepared, most)
    h = happen(wide, seed, replicate)
    y, place = observed(wide, h), np.arange(most)
    z1 = statistic(wide, h, y, arm, place < first)
    critical = z_of(prepared.design.analysis.alpha / 2)
    t = first / planned
    power = conditional_power(z1, t, critical, z1 / np.sqrt(t))
    if power < rule.futile:
        return 0, first
    second = planned - first
    if rule.promising <= power < rule.conditional_power:
        second = second_stage(z1, first, planned, most - first, critical, rule.conditional_power)
    z2 = statistic(wide, h, y, arm, (place >= first) & (place < first + second))
    combined = np.sqrt(t) * z1 + np.sqrt(1 - t) * z2
    return int(combined >= critical), first + second


def dropped(prepared: Prepared, rule: DropArms, seed: int, replicate: int) -> tuple[NDArray, NDArray]:
    """Which arms one replicate finds better, and which it kept; (arms,) bools, control False."""
    design = prepared.design
    planned = design.enrolment.persons
    first = int(np.ceil(rule.first * planned))
    h = happen(prepared, seed, replicate)
    others = np.array([a for a in range(len(design.arms)) if a != design.control])
    place = np.arange(planned)
    y = observed(prepared, h)
    z1 = np.array([statistic(prepared, h, y, a, place < first) for a in others])
    kept = (z1 >= np.sort(z1)[-rule.keep]) & (z1 >= rule.futile_z)
    better, stay = np.zeros(len(design.arms), bool), np.zeros(len(design.arms), bool)
    if not kept.any():
        return better, stay
    stay[others] = kept
    again = _second(prepared, h, stay, first, seed, replicate)
    y = observed(prepared, again)
    z2 = np.array([statistic(prepared, again, y, a, place >= first) if k else -np.inf
                   for a, k in zip(others, kept, strict=True)])  # fmt: skip
    shares = [_shares(again.arm[part], others, design.control) for part in
              (place < first, place >= first)]  # fmt: skip
    better[others] = closed_test(z1, z2, kept, shares[0], shares[1], rule.first,
                                 design.analysis.alpha / 2)  # fmt: skip
    return better, stay


def _second(prepared: Prepared, h: Happened, stay: NDArray, first: int, seed: int,
            replicate: int) -> Happened:  # fmt: skip
    """Stage two is randomised anew among the arms that stay, by simple randomisation."""
    from trials.spec.randomisation import Randomisation

    design = prepared.design
    open_arms = stay.copy()
    open_arms[design.control] = True
    ratios = np.array([a.ratio for a in design.arms]) * open_arms
    late = h.who[first:]
    u = uniforms(seed, replicate, late, "assignment of stage two", 2)
    none = np.zeros(len(late), np.int64)
    arm = h.arm.copy()
    arm[first:] = assign_all(Randomisation(kind="simple"), ratios.tolist(), none[:, None], none, u)
    return replace(h, arm=arm)


def _shares(arm: NDArray, others: NDArray, control: int) -> NDArray:
    n = np.array([(arm == a).sum() for a in others], float)
    return n / np.maximum(n + (arm == control).sum(), 1)


def shard(work: Any, null: bool, first: int, count: int) -> Arrays:
    """Some replicates: `better` and `kept` (count, arms), `persons` (count,)."""
    prepared = work.prepared.null() if null else work.prepared
    rule, arms = prepared.design.adaptive, len(prepared.design.arms)
    better, kept = np.zeros((count, arms), bool), np.zeros((count, arms), bool)
    persons = np.full(count, prepared.design.enrolment.persons)
    for i in range(count):
        if isinstance(rule, DropArms):
            better[i], kept[i] = dropped(prepared, rule, work.seed, first + i)
        else:
            better[i, work.arm], persons[i] = reestimated(prepared, rule, work.arm, work.seed, first + i)
    return {"better": better, "kept": kept, "persons": persons}


def judge(rows: Arrays, null_rows: Arrays, names: list[str], control: int) -> dict[str, Any]:
    """Power of each arm, family-wise error, expected size; Monte Carlo errors beside them."""
    from trials.power import rate

    arms = [
        dict(zip(("arm", "power", "power_se", "kept"),
                 (name, *rate(rows["better"][:, a]), float(rows["kept"][:, a].mean())), strict=True))
        for a, name in enumerate(names) if a != control
    ]  # fmt: skip
    power, power_se = rate(np.any(rows["better"], axis=1))
    size, size_se = rate(np.any(null_rows["better"], axis=1))
    n = rows["persons"]
    return {"power": power, "power_se": power_se, "type_i_error": size, "type_i_error_se": size_se,
            "expected_n": float(n.mean()), "largest_n": int(n.max()), "arms": arms}  # fmt: skip
