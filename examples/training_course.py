"""Ten simulated patients train a reach for four weeks; one real prognosis beside them.

Run: python examples/training_course.py
"""

import numpy as np

from twin_engine.motion.prognosis import PUBLISHED_ERROR, prognosis
from twin_engine.motion.session import Schedule, plan
from twin_engine.motion.tasks import load


def main() -> None:
    """Print success and difficulty by patient, then the recovery expected from two scores."""
    schedule, reach = Schedule(weeks=4, per_week=3, adherence=0.8), load("reach")
    for person in range(10):
        made = plan(schedule, [reach], seed=1, person=person)
        results = made.course.results
        success = 100 * np.mean([r.success for r in results])
        print(f"patient {person}: {made.attended} of {made.planned} sessions, success {success:.0f} %, "
              f"target from {results[0].setting:.2f} to {results[-1].setting:.2f} m")  # fmt: skip
    known = prognosis({1.0: 12.0, 2.0: 19.0})
    print(f"Fugl-Meyer 12 then 19: at week 26 {known.middle[-1]:.0f} ({known.low[-1]:.0f} to {known.high[-1]:.0f}); "
          f"median error on real patients {PUBLISHED_ERROR[2][0]} points")  # fmt: skip


if __name__ == "__main__":
    main()
