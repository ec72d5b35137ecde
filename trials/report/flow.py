"""The flow of participants as one drawing, after the CONSORT 2010 diagram.

Schulz KF, Altman DG, Moher D. BMJ 2010;340:c332.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trials.results import Results
from twin_engine.page import escape
from twin_engine.text import tr

WIDTH_ARM, GAP, LINE, PAD = 250, 20, 20, 12


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    lines: list[str]

    @property
    def height(self) -> float:
        return 2 * PAD + LINE * len(self.lines) - 4

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    def draw(self) -> str:
        text = "".join(
            f'<text x="{self.x + PAD}" y="{self.y + PAD + 12 + LINE * i}" '
            f'font-weight="{700 if i == 0 else 400}">{escape(line)}</text>'
            for i, line in enumerate(self.lines)
        )
        return (f'<rect x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" rx="8" '
                f'fill="var(--panel)" stroke="var(--soft)" stroke-width="1.2"/>{text}')  # fmt: skip


def flow(results: Results) -> str:
    """The diagram as an SVG element that takes its colours from the page."""
    arms = results.design.arms
    width = len(arms) * WIDTH_ARM + (len(arms) - 1) * GAP
    subjects = results.log.subjects
    middle = width / 2
    screened = _Box(middle - WIDTH_ARM / 2, 2, WIDTH_ARM,
                    [_count(tr("Assessed for eligibility"), len(subjects))])  # fmt: skip
    left_out = Counter(s.reason for s in subjects if s.status == "excluded")
    boxes, lines = [screened], []
    y = screened.bottom + 28
    if left_out:
        rows = [_count(tr("Not randomised"), left_out.total())]
        rows += [_count(tr(reason), n) for reason, n in sorted(left_out.items())]
        side = _Box(middle + 28, y, max(WIDTH_ARM - 18, width / 2 - 28), rows)
        boxes.append(side)
        across = side.y + side.height / 2
        lines.append(_arrow(middle, across, side.x, across))
        y = side.bottom + 28
    total = _Box(middle - WIDTH_ARM / 2, y, WIDTH_ARM, [_count(tr("Randomised"), len(results.row))])
    boxes.append(total)
    lines.append(_arrow(middle, screened.bottom, middle, total.y))
    fork = total.bottom + 22
    lines.append(_line(middle, total.bottom, middle, fork))
    columns = [_arm(results, i, i * (WIDTH_ARM + GAP), fork + 26) for i in range(len(arms))]
    middles = [column[0].middle for column in columns]
    lines.append(_line(min(middles), fork, max(middles), fork))
    for column in columns:
        lines.append(_arrow(column[0].middle, fork, column[0].middle, column[0].y))
        for upper, lower in pairwise(column):
            lines.append(_arrow(upper.middle, upper.bottom, upper.middle, lower.y))
        boxes.extend(column)
    height = max(column[-1].bottom for column in columns) + 4
    return _svg(width, height, lines, boxes)


def _arm(results: Results, arm: int, x: float, y: float) -> list[_Box]:
    """The boxes of one arm from allocation to analysis."""
    mine = [s for s in results.log.randomised() if s.arm == arm]
    left = sum(s.status == "dropped out" for s in mine)
    outcome = results.observed[results.design.primary.name]
    analysed = int(np.isfinite(outcome[results.arm == arm]).sum())
    texts = [
        [tr(results.design.arms[arm].name), _count(tr("allocated"), len(mine))],
        [_count(tr("Completed"), len(mine) - left), _count(tr("left early"), left)],
        [_count(tr("Analysed"), analysed), _count(tr("outcome not known"), len(mine) - analysed)],
    ]
    made: list[_Box] = []
    for rows in texts:
        made.append(_Box(x, made[-1].bottom + 26 if made else y, WIDTH_ARM, rows))
    return made


def _count(label: str, n: int) -> str:
    return f"{label}: {n:,}"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1} {y1}L{x2} {y2}"/>'


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1} {y1}L{x2} {y2}" marker-end="url(#tip)"/>'


def _svg(width: float, height: float, lines: list[str], boxes: list[_Box]) -> str:
    return (
        f'<svg viewBox="-1 0 {width + 2} {height}" role="img" aria-label="{escape(tr("Flow"))}" '
        f'style="max-width:{1.25 * width:.0f}px;min-width:{0.62 * width:.0f}px;margin:0 auto" '
        'font-size="15" fill="currentColor">'
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L10 5L0 10z" fill="var(--soft)"/></marker></defs>'
        f'<g stroke="var(--soft)" stroke-width="1.4" fill="none">{"".join(lines)}</g>'
        f"{''.join(box.draw() for box in boxes)}</svg>"
    )
