"""What may leave: suppression that cannot be undone, budgets, pseudonyms, seals."""

import csv
import datetime as dt
import json
import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.warehouse import cohort, phenotype, privacy, release, suppress
from avatars.warehouse.store import Store, open_store
from avatars.warehouse.suppress import Audit, Table
from twin_engine.errors import InputError

# Facts, section 4: celecoxib users of GiBleed, (F, M) by race.
CELECOXIB = {"asian": (76, 76), "black": (115, 108), "hispanic": (151, 148), "native": (5, 7),
             "other": (2, 0), "white": (581, 575)}  # fmt: skip


def persons(counts: dict[str, tuple[int, int]]) -> dict[str, np.ndarray]:
    race = [r for r, (f, m) in counts.items() for _ in range(f + m)]
    sex = [s for f, m in counts.values() for s in ["F"] * f + ["M"] * m]
    return {"race": np.array(race), "sex": np.array(sex)}


@pytest.fixture(scope="module")
def table() -> Table:
    return suppress.tabulate("t", persons(CELECOXIB), ["race", "sex"])


def named(cells: frozenset) -> set[str]:
    return {" ".join(v for _, v in labels) or "all" for _, labels in cells}


def test_margins_alone_do_not_protect(table: Table) -> None:
    """Hiding (other, F) and its margin still gives exactly [2, 2]: the attack works (the control)."""
    audit = Audit([table])
    small = [i for i, c in enumerate(audit.cells) if 0 < c.value < 5]
    assert {audit.cells[i].value for i in small} == {2}
    assert [audit.interval(i, small) for i in small] == [(2, 2), (2, 2)]


def test_the_celecoxib_table_cannot_be_reconstructed(table: Table) -> None:
    pattern = suppress.protect(table, 5)
    assert named(pattern.primary) == {"other F", "other"}
    assert named(pattern.complement) == {"native F", "native"}  # the cheapest safe pattern
    audit = Audit([table])
    hidden = [i for i, c in enumerate(audit.cells) if pattern.hides(c)]
    (cell,) = [i for i, c in enumerate(audit.cells) if c.labels == (("race", "other"), ("sex", "F"))]
    assert audit.interval(cell, hidden) == (0, 7)
    assert audit.exposed(hidden, 5) == []
    assert not pattern.recode


def test_threshold_eleven(table: Table) -> None:
    pattern = suppress.protect(table, 11)
    assert named(pattern.complement) == {"asian F", "asian M", "native"}
    assert pattern.recode  # more than a fifth is gone: use larger groups


def brute_force(pattern_cells: list[tuple[dict[str, str], int | None]], levels: dict[str, list[str]], most: int,
                target: dict[str, str]) -> set[int]:  # fmt: skip
    """An attacker of our own, without the audit's code: all tables that fit what was published."""
    atoms = list(product(*levels.values()))
    names = list(levels)
    found = set()
    for values in product(range(most + 1), repeat=len(atoms)):
        world = dict(zip(atoms, values, strict=True))

        def total(labels: dict[str, str], world: dict = world) -> int:
            return sum(n for a, n in world.items() if all(a[names.index(k)] == v for k, v in labels.items()))

        if all(count is None or total(labels) == count for labels, count in pattern_cells):
            found.add(total(target))
    return found


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=4, max_size=4))
def test_an_attacker_who_tries_everything_learns_nothing(counts: list[int]) -> None:
    columns = persons({"a": (counts[0], counts[1]), "b": (counts[2], counts[3])})
    if len(set(columns["race"].tolist())) < 2 or len(set(columns["sex"].tolist())) < 2:
        return
    made = suppress.tabulate("t", columns, ["race", "sex"])
    try:
        pattern = suppress.protect(made, 3)
    except InputError:
        return  # too small to be released at all
    seen = [(dict(c.labels), None if pattern.hides(c) else c.value) for c in made.cells]
    for cell in made.cells:
        if 0 < cell.value < 3:
            possible = brute_force(seen, {"race": ["a", "b"], "sex": ["F", "M"]}, 12, dict(cell.labels))
            assert min(possible) == 0 and max(possible) >= 3


def test_several_releases_together(table: Table) -> None:
    """Everyone, celecoxib users, and the others: the third is the first minus the second."""
    others = {r: (f + 40, m + 40) for r, (f, m) in CELECOXIB.items()} | {"other": (12, 9)}
    everyone = {r: (f + others[r][0], m + others[r][1]) for r, (f, m) in CELECOXIB.items()}
    columns = persons(everyone)
    drug = []
    for race, (f, m) in everyone.items():
        a, b = CELECOXIB[race]
        drug += ["yes"] * a + ["no"] * (f - a) + ["yes"] * b + ["no"] * (m - b)
    columns["drug"] = np.array(drug)
    whole = suppress.tabulate("everyone", columns, ["race", "sex"])
    users = suppress.tabulate("users", columns, ["race", "sex"], where={"drug": "yes"})
    rest = suppress.tabulate("rest", columns, ["race", "sex"], where={"drug": "no"})
    first, second = suppress.protect(whole), suppress.protect(users, before=[(whole, suppress.protect(whole))])
    alone = suppress.protect(rest)
    joint = Audit([whole, users, rest])

    def hidden(patterns: list[suppress.Pattern]) -> list[int]:
        return [i for i, c in enumerate(joint.cells) if any(p.hides(c) for p in patterns)]

    # Released without a look at the others, the complement gives (other, F) away ...
    assert joint.exposed(hidden([first, second, alone]), 5)
    # ... audited together it does not.
    third = suppress.protect(rest, before=[(whole, first), (users, second)])
    assert joint.exposed(hidden([first, second, third]), 5) == []


def test_two_dates_of_a_growing_cohort() -> None:
    """The second release minus the first would show the three who came in between."""
    columns = persons({"a": (40, 30), "b": (35, 28)})
    n = len(columns["race"])
    columns["early"] = np.array(["any other" if i in (0, 1, 2) else "yes" for i in range(n)])
    columns["late"] = np.full(n, "yes")
    early = suppress.tabulate("early", columns, ["race", "sex"], where={"early": "yes"})
    late = suppress.tabulate("late", columns, ["race", "sex"], where={"late": "yes"})
    nested = [{"early": "yes", "late": "any other"}]
    before = [(early, suppress.protect(early))]
    joint = Audit([early, late], nested)
    newcomers = joint.rows[len(early.cells)] - joint.rows[0]  # (a, F) late minus early
    assert newcomers.sum() == 1
    pattern = suppress.protect(late, before=before, empty=nested)
    assert joint.exposed([i for i, c in enumerate(joint.cells) if pattern.hides(c)], 5) == []


# ---- k-anonymity, differential privacy -------------------------------------------------------


def test_nhanes_k(shared_data: Path) -> None:
    """Facts: race x sex x age; exact 945 groups, k 1, 246 below 5; 5 years 204, 2, 3; decades 108, 4, 1."""
    with open(shared_data / "records/nhanes_2017_2018/demo_J.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    race, sex = (np.array([r[c] for r in rows]) for c in ("RIDRETH3", "RIAGENDR"))
    age = np.array([int(r["RIDAGEYR"]) for r in rows])
    found = [privacy.k_anonymity([race, sex, a]) for a in (age, age // 5, age // 10)]
    assert [(f.groups, f.k, f.small_groups) for f in found] == [(945, 1, 246), (204, 2, 3), (108, 4, 1)]


def test_discrete_laplace() -> None:
    draws = [privacy.discrete_laplace(Fraction(1)) for _ in range(20000)]
    share = sum(abs(d) >= 3 for d in draws) / len(draws)
    # Facts, section 4: epsilon 1: P(|Z| >= 3) .0728, variance 1.841.
    assert privacy.tail(1.0, 3) == pytest.approx(0.0728, abs=5e-5)
    assert share == pytest.approx(0.0728, abs=4 * math.sqrt(0.0728 * 0.927 / 20000))
    assert np.var(draws) == pytest.approx(1.841, rel=0.08)
    assert np.mean(draws) == pytest.approx(0.0, abs=4 * math.sqrt(1.841 / 20000))
    half = np.var([privacy.discrete_laplace(Fraction(1, 2), 1) for _ in range(5000)])
    assert half == pytest.approx(2 * math.exp(-0.5) / (1 - math.exp(-0.5)) ** 2, rel=0.2)


def test_zcdp_conversion() -> None:
    assert privacy.zcdp_epsilon(0.05, 1e-6) == pytest.approx(1.712, abs=5e-4)  # facts, section 4


def test_the_budget_is_charged_once_and_ends(tmp_path: Path) -> None:
    ledger = privacy.Budget(tmp_path / "b.json", Fraction(1))
    first = ledger.count("bleeds", 479, Fraction(1, 2))
    assert ledger.count("bleeds", 479, Fraction(1, 2)) == first
    assert ledger.remaining() == Fraction(1, 2)
    ledger.count("falls", 10, Fraction(1, 2))
    with pytest.raises(InputError, match="budget"):
        ledger.count("strokes", 10, Fraction(1, 100))
    assert ledger.remaining() == 0
    assert privacy.Budget(tmp_path / "b.json", Fraction(1)).remaining() == 0
    assert "479" not in "".join(r["question"] for r in json.loads((tmp_path / "b.json").read_text()))


# ---- identifiers and seals -------------------------------------------------------------------


def test_pseudonyms_differ_by_project_and_key() -> None:
    one, two = privacy.new_key(), privacy.new_key()
    names = {privacy.pseudonym(k, p, "MRN-1") for k in (one, two) for p in ("a", "b")}
    assert len(names) == 4
    assert privacy.pseudonym(one, "a", "MRN-1") == privacy.pseudonym(one, "a", "MRN-1")
    # "ab" + "c" is not "a" + "bc".
    assert privacy.pseudonym(one, "ab", "c") != privacy.pseudonym(one, "a", "bc")
    with pytest.raises(InputError):
        privacy.pseudonym(b"short", "a", "MRN-1")


def test_safe_harbor() -> None:
    assert privacy.year_only(dt.date(1999, 12, 31)) == 1999
    assert [privacy.age_group(a) for a in (89, 90, 101)] == ["89", "90+", "90+"]
    people = {"021": 700_000, "036": 19_999}
    assert [privacy.zip3(z, people) for z in ("02115", "03601", "99999")] == ["021", "000", "000"]


def test_a_tampered_export_is_rejected(tmp_path: Path) -> None:
    key = privacy.new_key()
    file = privacy.seal(b'{"persons": 1800}', key, "study", tmp_path / "x.sealed")
    assert privacy.unseal(file, key) == ("study", b'{"persons": 1800}')
    whole = file.read_bytes()
    assert b"1800" not in whole
    for i in range(0, len(whole), 3):
        file.write_bytes(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :])
        with pytest.raises(InputError):
            privacy.unseal(file, key)
    file.write_bytes(whole)
    with pytest.raises(InputError, match="changed"):
        privacy.unseal(file, privacy.new_key())
    file.write_bytes(whole[:20])
    with pytest.raises(InputError, match="not a sealed"):
        privacy.unseal(file, key)


# ---- a whole release -------------------------------------------------------------------------


def test_gibleed_release(gibleed: Path, tmp_path: Path) -> None:
    with open_store(gibleed) as store:
        found = cohort.build(store, phenotype.load("gi-bleed"))
        made = release.release(store, found, [["race", "sex"], ["sex", "age_decade"]], tmp_path)
        again = release.release(store, found, [["race", "sex"]], tmp_path)
    cells = {tuple(c["labels"].values()): c["count"] for c in made.content["tables"][0]["cells"]}
    assert cells["other", "female"] is None and cells["other",] is None
    assert cells[()] == 1800
    assert all(c is None or c == 0 or c >= 5 for c in cells.values())
    # The same table again hides the same cells: the two together tell no more than one.
    assert {tuple(c["labels"].values()): c["count"] for c in again.content["tables"][0]["cells"]} == cells
    private = tmp_path / "private"
    assert oct((private / "ledger.json").stat().st_mode)[-3:] == "600"
    assert oct(private.stat().st_mode)[-3:] == "700"
    assert [s["persons"] for s in made.content["attrition"]] == [1844, 1800, 1800, 1800, 355]


def test_a_noisy_release_shows_no_exact_count(gibleed: Path, tmp_path: Path) -> None:
    with open_store(gibleed) as store:
        found = cohort.build(store, phenotype.load("gi-bleed"))
        made = release.release(store, found, [["sex"]], tmp_path, epsilon=Fraction(1, 2))
    assert "tables" not in made.content and "persons" not in made.content
    assert abs(made.content["noisy"]["persons"] - 1800) < 60
    assert made.content["epsilon_remaining"] == 2.0
    with open_store(gibleed) as store:
        second = release.release(store, found, [["sex"]], tmp_path)
    assert second.path != made.path and made.path.is_file()


def test_small_steps_of_an_attrition_are_hidden() -> None:
    assert release.safe_steps([100, 98, 97, 60, 3], 5) == [100, None, None, 60, None]
    assert release.safe_steps([1844, 1800, 1800, 355], 5) == [1844, 1800, 1800, 355]


def test_comparison_with_synthetic_persons(gibleed: Path) -> None:
    with open_store(gibleed) as store:
        found = release.compare(store, cohort.build(store, phenotype.load("gi-bleed")), 5, 1)
    methods = {row["method"]: row for row in found["gates"]}
    assert methods["gaussian_copula"]["passed"]
    assert not methods["bootstrap"]["passed"]  # copied rows are found out
    assert Counter(type(row["real"]) for row in found["histogram"])[int] == len(found["histogram"])


def test_unknown_attributes_and_thresholds(cdm: Callable[..., Store], tmp_path: Path) -> None:
    store = cdm(person=[{"person_id": 1, "gender_concept_id": 8507, "year_of_birth": 1950}])
    found = cohort.build(store, phenotype.load("gi-bleed"))
    with pytest.raises(InputError, match="unknown attribute"):
        release.release(store, found, [["person_id"]], tmp_path)
    assert not (tmp_path / "released").exists()
