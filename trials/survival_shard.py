"""Replicates of a two-arm time-to-event trial in one kernel, equal to `happen` and `decide`.

Everything between the random draws and the verdict is compiled; only the sites' arrivals come from
NumPy's generators. `trials.looks.decide` is the readable form; a test compares every verdict.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trials.allocation import KINDS, allocate
from trials.analysis.kernels.survival import log_rank_ordered
from trials.conduct import YEAR
from trials.endpoints import event_day
from trials.looks import Rule
from trials.replicates import Prepared, arrivals, first_draws
from trials.shards import Arrays
from trials.spending import z_of
from twin_engine import philox
from twin_engine.streams import purpose_id

FIELDS = ("look", "rejects", "persons", "events", "day", "estimate", "standard_error", "low", "high")


@njit(cache=True, fastmath=False, error_model="numpy")
def two_group_cox(order: NDArray, time: NDArray, event: NDArray, group: NDArray,
                  stratum: NDArray) -> tuple[float, float]:  # fmt: skip
    """Log hazard ratio of group 1 and its standard error: `cox` with one yes-or-no covariate.

    With two groups the risk sets are two counts, so one pass over the data serves all steps.
    """
    n = len(time)
    sets = np.empty((n, 4))
    found = 0
    for s in range(stratum.max() + 1):
        at0, at1 = 0.0, 0.0
        k = n - 1
        while k >= 0:
            now = time[order[k]]
            d0, d1 = 0.0, 0.0
            while k >= 0 and time[order[k]] == now:
                i = order[k]
                k -= 1
                if stratum[i] != s:
                    continue
                if group[i] == 1:
                    at1 += 1
                    d1 += event[i]
                else:
                    at0 += 1
                    d0 += event[i]
            if d0 + d1 > 0:
                sets[found, 0], sets[found, 1], sets[found, 2], sets[found, 3] = at0, at1, d0, d1
                found += 1
    beta = 0.0
    for _ in range(50):
        score, info, ratio = 0.0, 0.0, math.exp(beta)
        for k in range(found):
            at0, at1, d0, d1 = sets[k]
            score += d1
            ties = int(d0 + d1)
            for j in range(ties):
                f = j / ties
                part = (at1 - f * d1) * ratio
                p = part / (at0 - f * d0 + part)
                score -= p
                info += p * (1 - p)
        if not info > 0 or abs(beta) > 25:
            return np.nan, np.nan
        step = score / info
        beta += min(max(step, -2.0), 2.0)
        if abs(step) < 1e-9:
            return beta, 1 / math.sqrt(info)
    return np.nan, np.nan


@njit(cache=True, fastmath=False, error_model="numpy")
def _recruit(arrival: NDArray, excluded: NDArray, row: NDArray, no: NDArray, refuses: float,
             who: NDArray) -> int:  # fmt: skip
    """Fill `who` with the places of those randomised; how many there are."""
    found = 0
    for i in range(len(arrival)):
        if not np.isfinite(arrival[i]):
            break
        if excluded[row[i]] < 0 and no[i] >= refuses:
            who[found] = i
            found += 1
            if found == len(who):
                break
    return found


@njit(cache=True, fastmath=False, error_model="numpy")
def _lock_days(done: NDArray, dead: NDArray, share: NDArray, events: int) -> NDArray:
    """Calendar day of each look; see `trials.looks.locks`."""
    days = np.empty(len(share))
    counted = np.sort(done[dead]) if events > 0 else np.sort(done)
    total = events if events > 0 else len(done)
    for k in range(len(share)):
        need = math.ceil(share[k] * total - 1e-9)
        days[k] = counted[need - 1] if need <= len(counted) else done.max()
    return days


@njit(cache=True, fastmath=False, error_model="numpy")
def _strata(levels: NDArray, site: NDArray, sizes: NDArray, by_site: bool) -> tuple[NDArray, NDArray]:
    """Factor levels (n, factors), the site last, and one number for each combination."""
    n, columns = levels.shape
    code = np.zeros((n, columns + (1 if by_site else 0)), np.int64)
    stratum = np.zeros(n, np.int64)
    for i in range(n):
        for f in range(columns):
            code[i, f] = levels[i, f]
        if by_site:
            code[i, columns] = site[i]
        for f in range(code.shape[1]):
            stratum[i] = stratum[i] * sizes[f] + code[i, f]
    return code, stratum


@njit(cache=True, fastmath=False, error_model="numpy")
def _happen(key: tuple, purposes: NDArray, arrival: NDArray, site: NDArray, who: NDArray,
            fixed: tuple, plan: tuple) -> tuple:  # fmt: skip
    """Start, pool row, arm, end of observation and stratum of everyone randomised; ok."""
    excluded, levels, sizes, ends = fixed
    by_site, by_factor, kind, ratios, blocks, probability, refuses, dropout, screening = plan
    n, places = len(who), np.arange(len(arrival)).astype(np.uint64)
    seat = philox.uniforms(key[0], key[1], places, purposes[0], 1)[:, 0]
    row = (seat * len(excluded)).astype(np.int64)
    no = np.ones(len(arrival))
    if refuses > 0:
        no = philox.uniforms(key[0], key[1], places, purposes[1], 1)[:, 0].copy()
    ok = _recruit(arrival, excluded, row, no, refuses, who) == n
    mine, own = row[who], places[who]
    code, stratum = _strata(levels[mine], site[who], sizes, by_site)
    u = philox.uniforms(key[0], key[1], own, purposes[2], 2)
    given = allocate(kind, ratios, blocks, probability,
                     code if by_factor else stratum.copy().reshape(-1, 1), stratum, u)  # fmt: skip
    until = np.full(n, np.inf)
    if dropout > 0:
        leave = philox.uniforms(key[0], key[1], own, purposes[3], 1)[:, 0]
        for i in range(n):
            day = YEAR * math.log1p(-leave[i]) / math.log1p(-dropout)
            if day < ends[given[i], mine[i]]:
                until[i] = day
    return ok, arrival[who] + screening, mine, given, until, stratum


@njit(cache=True, fastmath=False, error_model="numpy")
def _held(day: float, start: NDArray, given: NDArray, until: NDArray, event: NDArray, arm: int,
          control: int, last_day: float) -> tuple[NDArray, NDArray, NDArray, int]:  # fmt: skip
    """What the database holds at a lock: time, event, who (of the two arms); how many are in."""
    y, e = np.empty(len(start)), np.empty(len(start), np.bool_)
    who = np.empty(len(start), np.int64)
    n, present = 0, 0
    for i in range(len(start)):
        if start[i] > day:
            continue
        present += 1
        if given[i] == arm or given[i] == control:
            seen = min(until[i], day - start[i] + 1e-9)
            y[n], e[n], who[n] = min(event[i], seen), event[i] <= min(seen, last_day), i
            n += 1
    return y[:n], e[:n], who[:n], present


@njit(cache=True, fastmath=False, error_model="numpy", nogil=True)
def _shard(key: np.uint64, first: int, purposes: NDArray, arrival: NDArray, site: NDArray,
           fixed: tuple, plan: tuple, life: NDArray, complete: NDArray, arms: tuple,
           last_day: float, persons: int, looks: tuple) -> NDArray:  # fmt: skip
    """One row of FIELDS for each replicate; NaN where too few arrived."""
    share, efficacy, futility, sided, events, sign, z_level = looks
    out, zero = np.full((len(arrival), 9), np.nan), np.zeros(1)
    event, done, dead = np.empty(persons), np.empty(persons), np.empty(persons, np.bool_)
    who = np.empty(persons, np.int64)
    for r in range(len(arrival)):
        ok, start, mine, given, until, stratum = _happen(
            (key, np.uint64(first + r)), purposes, arrival[r], site[r], who, fixed, plan)  # fmt: skip
        if not ok:
            continue
        for i in range(persons):
            event[i] = life[given[i], mine[i]]
            done[i] = start[i] + min(complete[given[i], mine[i]], until[i])
            dead[i] = event[i] <= min(until[i], last_day)
        days = _lock_days(done, dead, share, events)
        for k in range(len(share)):
            y, e, rows, present = _held(days[k], start, given, until, event, arms[0], arms[1], last_day)
            g, s = (given[rows] == arms[0]).astype(np.int64), stratum[rows]
            order = np.argsort(y)
            score, spread = log_rank_ordered(order, y, e, g, s, zero, zero)
            z = -sign * score[0] / math.sqrt(spread[0, 0]) if spread[0, 0] > 0 else 0.0
            rejects = 1 if z >= efficacy[k] else (-1 if sided == 2 and z <= -efficacy[k] else 0)
            if rejects != 0 or z <= futility[k] or k + 1 == len(share):
                beta, se = two_group_cox(order, y, e, g, s)
                row = (float(k), float(rejects), float(present), float(e.sum()), days[k], beta, se,
                       beta - z_level * se, beta + z_level * se)  # fmt: skip
                for f in range(9):
                    out[r, f] = row[f]
                break
    return out


def suits(prepared: Prepared, method: str) -> bool:
    """Whether the kernel covers this design: a log-rank test without covariates."""
    fixed = prepared.design.randomisation.kind != "response_adaptive"
    return method == "survival" and not prepared.covariates.shape[1] and fixed


def survival_shard(prepared: Prepared, rule: Rule, arm: int, seed: int, first: int, count: int) -> Arrays:
    """Verdicts of replicates `first` to `first + count`: one array a field."""
    design = prepared.design
    how, wanted = design.randomisation, design.enrolment.persons
    life = np.array([event_day(design.primary, c) for c in prepared.courses])
    words = [purpose_id(p) for p in ("who arrives", "refusal", "assignment", "dropout")]
    fixed = (prepared.excluded, prepared.levels, np.array([*prepared.sizes, 1], np.int64),
             prepared.ends)  # fmt: skip
    plan = (how.by_site, how.kind == "minimisation", KINDS[how.kind],
            np.array([a.ratio for a in design.arms], float), np.array(how.blocks, np.int64),
            how.probability, design.enrolment.refuses, design.conduct.dropout_per_year,
            design.enrolment.screening)  # fmt: skip
    looks = (rule.share, rule.efficacy, rule.futility, rule.sided, rule.events,
             1.0 if design.primary.better == "higher" else -1.0, z_of(rule.level / 2))  # fmt: skip
    most = first_draws(prepared)
    while True:
        day, site = _drawn(prepared, seed, first, count, most)
        rows = _shard(np.uint64(seed % 2**64), first, np.array(words, np.uint64), day, site, fixed,
                      plan, life, prepared.complete, (arm, design.control), design.primary.day,
                      wanted, looks)  # fmt: skip
        if np.isfinite(rows[:, 0]).all():
            break
        most *= 2
    whole = ("look", "rejects", "persons", "events")
    return {f: rows[:, i].astype(np.int64) if f in whole else rows[:, i].copy()
            for i, f in enumerate(FIELDS)}  # fmt: skip


def _drawn(prepared: Prepared, seed: int, first: int, count: int, most: int) -> tuple[NDArray, NDArray]:
    """Arrival days and sites, (count, most); NaN behind the last known arrival."""
    drawn = [arrivals(prepared.design, seed, r, most) for r in range(first, first + count)]
    day = np.full((count, max(len(d) for d, _ in drawn)), np.nan)
    site = np.zeros(day.shape, np.int64)
    for i, (d, s) in enumerate(drawn):
        day[i, : len(d)], site[i, : len(d)] = d, s
    return day, site
