"""A training session in real time: the therapist counts successes, the engine sets the next block.

The course is the table of its blocks, so the next session goes on where the last one ended.
"""

import csv
import io
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from twin_engine.errors import InputError
from twin_engine.files import write_text
from twin_engine.motion.adaptation import Report
from twin_engine.motion.session import CAP_MIN, REPETITIONS, Block, Course, Result
from twin_engine.motion.tasks import Task
from twin_engine.text import tr

_COLUMNS = ("date", *Result.__dataclass_fields__)
_FORM = "successes of {n}, pain 0-10, exertion 6-20, for example: 7 2 12; q ends"


class Book:
    """The table `training.csv` of one person's course.

    Raises
    ------
    InputError
        A row that this engine did not write, or a course of other tasks.
    """

    def __init__(self, file: Path, tasks: list[Task]) -> None:
        self.file, self.course = file, Course(tasks)
        self.rows: list[dict[str, str]] = []
        if file.exists():
            with open(file, encoding="utf-8", newline="") as stream:
                self.rows = list(csv.DictReader(stream))
        for number, row in enumerate(self.rows, 2):
            self._replay(row, number)

    def _replay(self, row: dict[str, str], number: int) -> None:
        try:
            if int(row["session"]) != self.course.sessions:
                self.course.begin(float(row["week"]))
            block = self.course.next()
            if row["task"] != block.task.name:
                raise ValueError(row["task"])
            successes = round(float(row["success"]) * REPETITIONS)
            self.course.record(block, successes, Report(int(row["pain_nrs"]), int(row["borg"])), float(row["minute"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("not a block of this course", f"{self.file}:{number}", str(error),
                             ", ".join(t.name for t in self.course.tasks),
                             "name the tasks of the course in the same order, or another folder") from None  # fmt: skip

    def begin(self, today: date) -> None:
        """Open today's session; weeks count from the first one."""
        first = date.fromisoformat(self.rows[0]["date"]) if self.rows else today
        self.course.begin((today - first).days / 7)

    def keep(self, today: date) -> None:
        """Write the last block: nothing is lost when the session is cut off."""
        last = self.course.results[-1].as_dict()
        self.rows.append({"date": today.isoformat(), **{k: str(v) for k, v in last.items()}})
        out = io.StringIO()
        table = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(self.rows)
        write_text(self.file, out.getvalue())


def play(book: Book, answers: Iterable[str], say: Callable[[str], None], clock: Callable[[], float] = time.monotonic,
         today: date | None = None) -> str:  # fmt: skip
    """Run one session; the rule that ended it, or "ended" where the therapist did.

    Parameters
    ----------
    book : Book
        The person's course.
    answers : iterable of str
        One line a block: successes, pain (NRS), exertion (Borg); a line that cannot be read is asked again.
    say : callable
        Shows a sentence.
    clock : callable
        Seconds.
    """
    today = today or date.today()
    book.begin(today)
    begun, lines = clock(), iter(answers)
    while True:
        block = book.course.next()
        say(_instruction(block))
        while True:
            line = next(lines, "q").strip()
            if line.lower() in ("q", "quit"):
                return "ended"
            try:
                successes, report = grades(line)
                break
            except InputError as error:
                say(str(error))
        stopped = book.course.record(block, successes, report, (clock() - begun) / 60)
        book.keep(today)
        if stopped is not None:
            say(tr("The session ends: {reason}", reason=tr(stopped)))
            return stopped


def grades(line: str) -> tuple[int, Report]:
    """Successes and report of one line.

    Raises
    ------
    InputError
        Not three whole numbers in their ranges.
    """
    try:
        successes, pain, borg = (int(word) for word in line.split())
        if not (0 <= successes <= REPETITIONS and 0 <= pain <= 10 and 6 <= borg <= 20):
            raise ValueError
    except ValueError:
        raise InputError("not a block's grades", "session", line, tr(_FORM, n=REPETITIONS),
                         "type the line again") from None  # fmt: skip
    return successes, Report(pain, borg)


def _instruction(block: Block) -> str:
    cues = sum(block.cues)
    return tr("{task}: {what} {setting:.3g} {unit}; {n} repetitions, {cued} of them cued; at most {cap:.0f} min in all",
              task=tr(block.task.title), what=tr(block.task.what), setting=block.setting, unit=block.task.unit,
              n=REPETITIONS, cued=cues, cap=CAP_MIN)  # fmt: skip
