"""Operating characteristics of a design: many replicates, under the truth and under no effect."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trials.analysis import method_for
from trials.design import Design
from trials.looks import Rule, decide
from trials.population import build
from trials.replicates import Prepared, happen, prepare
from trials.run import live_all
from trials.shards import Arrays, Shards
from trials.spread import gather, joined
from trials.survival_shard import suits, survival_shard
from trials.truth import true_effect
from twin_engine.errors import InputError
from twin_engine.tables import progress
from twin_engine.text import tr

SHARD = 250  # replicates a shard: a fraction of a second each

SCALES = {"ancova": "difference", "mmrm": "difference", "survival": "hazard_ratio", "maxcombo": "hazard_ratio",
          "rmst": "difference", "logistic": "odds_ratio", "recurrent": "rate_ratio"}  # fmt: skip


@dataclass(frozen=True)
class Work:
    """What every worker needs."""

    prepared: Prepared
    rule: Rule
    arm: int
    seed: int


def rule_of(design: Design) -> Rule:
    """Stopping bounds of a design; one look without `monitoring`.

    Raises
    ------
    InputError
        Interim looks at events without a planned number of events.
    """
    from trials.sizing import boundary_table
    from trials.spec.monitoring import Monitoring

    monitoring = design.monitoring or Monitoring(information=(1.0,))
    power = design.planning.power if design.planning else 0.9
    bounds = monitoring.boundaries(design.analysis.alpha, power)
    events = boundary_table(design)["events"] or 0
    if design.primary.kind != "time_to_event":
        events = 0
    elif len(bounds.information) > 1 and not events:
        raise InputError("looks at events need a planned number of events", "planning", None,
                         "planning: target: kind: survival", "add the section planning")  # fmt: skip
    low = np.where(np.arange(len(bounds.futility)) + 1 == len(bounds.futility), -np.inf,
                   bounds.futility)  # fmt: skip
    return Rule(bounds.information, bounds.efficacy, low, bounds.sided, events,
                design.analysis.alpha)  # fmt: skip


def shard(work: Work, null: bool, first: int, count: int) -> Arrays:
    """Replicates `first` to `first + count`, one row each.

    Returns
    -------
    dict of arrays
        look, rejects, persons, events, day, estimate, standard_error, low, high; each (count,).
    """
    prepared = work.prepared.null() if null else work.prepared
    if suits(prepared, method_for(prepared.design.analysis.method, prepared.design.primary.kind)):
        return survival_shard(prepared, work.rule, work.arm, work.seed, first, count)
    verdicts = [decide(prepared, happen(prepared, work.seed, r), work.rule, work.arm)
                for r in range(first, first + count)]  # fmt: skip
    names = list(vars(verdicts[0]))
    return {name: np.array([getattr(v, name) for v in verdicts]) for name in names}


def operating(design: Design, out: Path, *, replicates: int, seed: int = 1,
              workers: int | None = None, scheduler: str | None = None) -> dict[str, Any]:  # fmt: skip
    """Simulate a design `replicates` times with its effect and as often without.

    Parameters
    ----------
    design : Design
    out : Path
        Folder of the shards while the run lasts.
    replicates : int
    seed, workers, scheduler
        The results depend on the seed only.

    Returns
    -------
    dict
        What `twin trial power` prints; `rows` and `null_rows` hold one entry a replicate.

    Raises
    ------
    InputError
        No replicates, or a method without a kernel.
    """
    if replicates < 1:
        raise InputError("no replicates", "--replicates", replicates, "at least 1",
                         "usual: 1000 to look, 10000 to report")  # fmt: skip
    method = method_for(design.analysis.method, design.primary.kind)
    if method not in SCALES:
        raise InputError("the analysis has no kernel for replicates", "analysis.method", method,
                         ", ".join(SCALES), "choose one of these for the power run")  # fmt: skip
    shards = Shards(out)
    pool = build(design, seed)
    courses = live_all(design, pool.people, seed, workers, shards)
    prepared = prepare(design, pool.people, courses, pool.prognosis)
    arm = next(a for a in range(len(design.arms)) if a != design.control)
    rule = rule_of(design)
    work = Work(prepared, rule, arm, seed)
    means = {"workers": workers, "scheduler": scheduler}
    rows, null_rows = _both(shard, work, (), replicates, shards, means)
    until = design.primary.day if design.primary.kind == "time_to_event" else None
    truth = true_effect(prepared.potential[arm], prepared.potential[design.control],
                        SCALES[method], until)[0]  # fmt: skip
    answer = characteristics(rows, null_rows, rule, truth, SCALES[method])
    if design.adaptive:
        from trials.adaptive import stages

        found, null_found = _both(stages.shard, work, (), replicates, shards, means)
        names = [a.name for a in design.arms]
        answer["adaptive"] = stages.judge(found, null_found, names, design.control)
    if design.estimands:
        answer["estimands"] = _estimands(work, replicates, shards, means)
    return answer | {"rows": rows, "null_rows": null_rows, "replicates": replicates,
                     "arm": design.arms[arm].name, "method": method}  # fmt: skip


def _both(function: Any, work: Work, words: tuple, replicates: int, shards: Shards,
          means: dict[str, Any]) -> tuple[Arrays, Arrays]:  # fmt: skip
    """All replicates with the effect, and all without."""
    design = work.prepared.design
    tasks = [(*words, null, first, min(SHARD, replicates - first))
             for null in (False, True) for first in range(0, replicates, SHARD)]  # fmt: skip
    key = "\n".join([function.__module__, design.sha256(), str(work.seed), *words])
    with progress(tr("replicates"), len(tasks)) as bar:
        pieces = gather(function, work, tasks, key, shards, done=bar.advance, **means)
    half = len(tasks) // 2
    return joined(pieces[:half]), joined(pieces[half:])


def _estimands(work: Work, replicates: int, shards: Shards, means: dict[str, Any]) -> list[dict[str, Any]]:
    """Each estimand's truth and how well its estimator finds it."""
    from trials import estimands

    design, made = work.prepared.design, []
    for estimand in design.estimands:
        rows, null_rows = _both(estimands.shard, work, (estimand.name,), replicates, shards, means)
        true = estimands.truth(work.prepared, estimand, work.arm, work.seed)
        judged = estimands.judge(rows, null_rows, true, design.analysis.alpha)
        strategies = ", ".join(f"{k}: {v}" for k, v in estimand.events.items())
        # Without effect on the outcome an estimand need not be 0: events may differ by arm.
        none = estimands.truth(work.prepared.null(), estimand, work.arm, work.seed)[0]
        made.append({"estimand": estimand.name, "strategies": strategies, "null_truth": none} | judged)
    return made


def rate(hits: Any) -> tuple[float, float]:
    """A share and its Monte Carlo standard error."""
    p = float(np.mean(hits))
    return p, math.sqrt(max(p * (1 - p), 0.0) / len(hits))


def characteristics(rows: Arrays, null_rows: Arrays, rule: Rule, truth: float,
                    scale: str) -> dict[str, Any]:  # fmt: skip
    """Power, type I error, expected size, bias and coverage, each with its Monte Carlo error."""
    power, power_se = rate(rows["rejects"] == 1)
    harm, harm_se = rate(rows["rejects"] == -1)
    size, size_se = rate(null_rows["rejects"] != 0)
    n = len(rows["persons"])
    target = math.log(truth) if scale.endswith("ratio") else truth
    known = np.isfinite(rows["estimate"])
    gap = rows["estimate"][known] - target
    cover, cover_se = rate((rows["low"][known] <= target) & (target <= rows["high"][known]))
    looks = [
        {"look": k + 1, "information": float(rule.share[k]), "boundary": float(rule.efficacy[k]),
         "futility": float(rule.futility[k]) if math.isfinite(rule.futility[k]) else None,
         "stop_probability": float(np.mean(rows["look"] == k)),
         "reject_probability": float(np.mean((rows["look"] == k) & (rows["rejects"] == 1))),
         "null_stop_probability": float(np.mean(null_rows["look"] == k))}
        for k in range(len(rule.share))
    ]  # fmt: skip
    return {
        "power": power, "power_se": power_se, "harm": harm, "harm_se": harm_se,
        "type_i_error": size, "type_i_error_se": size_se,
        "expected_n": float(rows["persons"].mean()),
        "expected_n_se": float(rows["persons"].std(ddof=1) / math.sqrt(n)) if n > 1 else None,
        "expected_events": float(rows["events"].mean()), "expected_day_d": float(rows["day"].mean()),
        "truth": truth, "scale": scale, "bias": float(gap.mean()),
        "bias_se": float(gap.std(ddof=1) / math.sqrt(len(gap))) if len(gap) > 1 else None,
        "coverage": cover, "coverage_se": cover_se, "looks": looks,
    }  # fmt: skip
