"""Small-cell and complementary suppression, audited over all releases of a population together.

A published table is a set of sums over the same unknown persons. A hidden small cell is safe only
if the published sums leave it anything from 0 to the threshold: its minimum and maximum are found
by integer programming (scipy milp, HiGHS). Margins are cells. Method: Fischetti & Salazar 2001,
Manag Sci 47:1008 (cell suppression with protection levels), here with the pattern of fewest cells,
then of the smallest hidden count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np

from twin_engine.errors import InputError

THRESHOLD = 5
# Up to this many patterns of one size are tried one by one; beyond, cells are added greedily.
EXHAUSTIVE = 6000
# A table that loses more than a fifth of its cells should be recoded (fewer, larger groups).
RECODE_SHARE = 0.2
MOST_ATOMS = 20_000

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cell:
    """A count of one release: its labels (a dimension left out is summed over) and its value."""

    release: str
    labels: Labels
    value: int


@dataclass
class Table:
    """One release: counts by some attributes, with all margins.

    Parameters
    ----------
    name : str
    levels : mapping of str to sequence of str
        Attributes and their levels.
    where : mapping of str to str
        Who is counted (attribute -> level), for example one cohort or one date.
    cells : list of Cell
    """

    name: str
    levels: Mapping[str, Sequence[str]]
    where: Mapping[str, str]
    cells: list[Cell]


def tabulate(name: str, columns: Mapping[str, np.ndarray], by: Sequence[str], *,
             where: Mapping[str, str] | None = None) -> Table:  # fmt: skip
    """Count persons by attributes, with every margin.

    Parameters
    ----------
    columns : mapping of str to ndarray of str, shape (n,)
    by : sequence of str
    where : mapping, optional
        Count only these.
    """
    where = dict(where or {})
    kept = np.ones(len(next(iter(columns.values()))), bool)
    for attribute, level in where.items():
        kept &= columns[attribute] == level
    levels = {a: sorted({str(v) for v in columns[a]}) for a in by}
    cells = []
    for choice in product(*([*levels[a], None] for a in by)):
        labels = tuple((a, v) for a, v in zip(by, choice, strict=True) if v is not None)
        rows = kept.copy()
        for attribute, level in labels:
            rows &= columns[attribute] == level
        cells.append(Cell(name, labels, int(rows.sum())))
    return Table(name, levels, where, cells)


class Audit:
    """What an attacker knows: sums over atoms (combinations of all attributes of all releases).

    Parameters
    ----------
    tables : sequence of Table
    empty : sequence of mapping
        Combinations an attacker knows to be impossible: a later cohort holds all of an earlier one.
    """

    def __init__(self, tables: Sequence[Table], empty: Sequence[Mapping[str, str]] = ()) -> None:
        attributes: dict[str, list[str]] = {}
        for table in tables:
            for name, values in (*table.levels.items(), *((a, [v]) for a, v in table.where.items())):
                known = attributes.setdefault(name, [])
                known += [v for v in values if v not in known]
        for table in tables:
            for name in table.where:
                # A filtered attribute has at least one other level: those who are not counted.
                if len(attributes[name]) == 1:
                    attributes[name].append("any other")
        self.names = list(attributes)
        size = int(np.prod([len(v) for v in attributes.values()]))
        if size > MOST_ATOMS:
            raise InputError(
                "too many groups to audit",
                "release",
                size,
                f"at most {MOST_ATOMS}",
                "fewer attributes, or larger groups",
            )
        self.atoms = [
            a
            for a in product(*attributes.values())
            if not any(all(dict(zip(self.names, a, strict=True)).get(k) == v for k, v in e.items()) for e in empty)
        ]
        self.cells: list[Cell] = [c for t in tables for c in t.cells]
        wheres = {t.name: dict(t.where) for t in tables}
        self.rows = np.array([self._row(c, wheres[c.release]) for c in self.cells])

    def _row(self, cell: Cell, where: dict[str, str]) -> np.ndarray:
        wanted = where | dict(cell.labels)
        place = [(self.names.index(a), v) for a, v in wanted.items()]
        return np.array([all(atom[i] == v for i, v in place) for atom in self.atoms], float)

    def interval(self, cell: int, hidden: Iterable[int]) -> tuple[int, int]:
        """The smallest and largest value of a cell that the published cells allow."""
        known = np.array(sorted(set(range(len(self.cells))) - set(hidden)))
        values = np.array([self.cells[i].value for i in known], float)
        return self._bound(cell, known, values, 1.0), self._bound(cell, known, values, -1.0)

    def _bound(self, cell: int, known: np.ndarray, values: np.ndarray, sign: float) -> int:
        from scipy.optimize import Bounds, LinearConstraint, milp

        found = milp(sign * self.rows[cell], integrality=np.ones(len(self.atoms)), bounds=Bounds(0, np.inf),
                     constraints=LinearConstraint(self.rows[known], values, values))  # fmt: skip
        if found.status == 3:  # unbounded above
            return 10**9
        if found.x is None:
            raise AssertionError("the published cells contradict each other")
        return round(float(self.rows[cell] @ found.x))

    def exposed(self, hidden: Iterable[int], threshold: int, first: bool = False) -> list[int]:
        """Small cells that the published ones do not leave open from 0 to the threshold."""
        hidden = set(hidden)
        found = []
        for i, cell in enumerate(self.cells):
            if not 0 < cell.value < threshold:
                continue
            low, high = self.interval(i, hidden)
            if low > 0 or high < threshold:
                found.append(i)
                if first:
                    break
        return found


@dataclass(frozen=True)
class Pattern:
    """What is hidden.

    Parameters
    ----------
    primary, complement : frozenset of (str, Labels)
        Small cells, and cells hidden to protect them.
    share : float
        Share of the new table's cells that is hidden.
    """

    primary: frozenset[tuple[str, Labels]]
    complement: frozenset[tuple[str, Labels]]
    share: float

    @property
    def recode(self) -> bool:
        """More than a fifth is gone: recode to fewer groups."""
        return self.share > RECODE_SHARE

    def hides(self, cell: Cell) -> bool:
        """Whether a cell is hidden."""
        return (cell.release, cell.labels) in self.primary | self.complement


def protect(table: Table, threshold: int = THRESHOLD,
            before: Sequence[tuple[Table, Pattern]] = (),
            empty: Sequence[Mapping[str, str]] = ()) -> Pattern:  # fmt: skip
    """The cells of a new table to hide, so that no small cell of any release can be found out.

    Parameters
    ----------
    table : Table
    threshold : int
        Counts of 1 to threshold - 1 are small.
    before : sequence of (Table, Pattern)
        Earlier releases of the same population, whose patterns cannot change any more.
    empty : sequence of mapping
        See `Audit`.

    Raises
    ------
    InputError
        No pattern protects them: the table must not be released at all.
    """
    audit = Audit([*(t for t, _ in before), table], empty)
    old = {(c.release, c.labels) for t, p in before for c in t.cells if p.hides(c)}
    hidden = {i for i, c in enumerate(audit.cells) if (c.release, c.labels) in old}
    own = [i for i, c in enumerate(audit.cells) if c.release == table.name]
    primary = {i for i in own if 0 < audit.cells[i].value < threshold}
    hidden |= primary
    # The grand total stays: it is the first thing anyone publishes.
    free = [i for i in own if i not in hidden and audit.cells[i].labels]
    chosen = _complement(audit, hidden, free, threshold)
    if chosen is None:
        raise InputError("no suppression protects this table", table.name, None,
                         "a table that hides its small cells", "fewer attributes, or larger groups")  # fmt: skip

    def names(numbers: Iterable[int]) -> frozenset[tuple[str, Labels]]:
        return frozenset((audit.cells[i].release, audit.cells[i].labels) for i in numbers)

    return Pattern(names(primary), names(chosen), (len(primary) + len(chosen)) / len(own))


def _complement(audit: Audit, hidden: set[int], free: list[int], threshold: int) -> set[int] | None:
    from math import comb

    if not audit.exposed(hidden, threshold, first=True):
        return set()
    cost = {i: audit.cells[i].value for i in free}
    for size in range(1, len(free) + 1):
        if comb(len(free), size) > EXHAUSTIVE:
            return _greedy(audit, hidden, free, threshold)
        for some in sorted(combinations(free, size), key=lambda s: (sum(cost[i] for i in s), s)):
            if not audit.exposed(hidden | set(some), threshold, first=True):
                return set(some)
    return None


def _greedy(audit: Audit, hidden: set[int], free: list[int], threshold: int) -> set[int] | None:
    """Hide the smallest cells that share a sum with an exposed one, then give back what is not needed."""
    chosen: set[int] = set()
    while True:
        exposed = audit.exposed(hidden | chosen, threshold, first=True)
        if not exposed:
            break
        near = [i for i in free if i not in chosen]
        if not near:
            return None
        atoms = audit.rows[exposed[0]] > 0
        # Cells that overlap the exposed one or lie beside it first, the smallest of them before all.
        near.sort(key=lambda i: (not (audit.rows[i][atoms] > 0).any(), audit.cells[i].value, i))
        best = min(near[:12], key=lambda i: _openness(audit, exposed[0], hidden | chosen | {i}, threshold))
        chosen.add(best)
    for i in sorted(chosen, key=lambda i: -audit.cells[i].value):
        if not audit.exposed(hidden | (chosen - {i}), threshold, first=True):
            chosen.discard(i)
    return chosen


def _openness(audit: Audit, cell: int, hidden: set[int], threshold: int) -> tuple[int, int]:
    low, high = audit.interval(cell, hidden)
    return (-(min(high, threshold) - low), sum(audit.cells[i].value for i in hidden))


def published(table: Table, pattern: Pattern) -> list[dict[str, Any]]:
    """The table as it may leave: hidden counts are None."""
    return [
        {"labels": dict(c.labels), "count": None if pattern.hides(c) else c.value} for c in table.cells
    ]  # fmt: skip
