"""The next reach that a weakened arm can do, and the ones it cannot.

Run: python examples/next_movement.py
"""

import numpy as np

from twin_engine.motion.muscles import Limb
from twin_engine.motion.primitive import fit
from twin_engine.motion.reference import plan
from twin_engine.motion.tasks import REACH_JOINTS, demonstrated_reach

CASES = {"healthy": {}, "biceps at 40 %": {"BIC": 0.4}, "all at 40 %": {"all": 0.4}, "all at 20 %": {"all": 0.2}}
LIMITS = {"shoulder_elv_r": (0.0, np.radians(90.0))}


def main() -> None:
    """Print the shortest feasible time, or the joint that binds."""
    primitive = fit(REACH_JOINTS, demonstrated_reach())
    for name, strength in CASES.items():
        found = plan(Limb("myoarm_r", REACH_JOINTS, strength), primitive, LIMITS)
        if found.feasible:
            top = np.degrees(found.angles[:, 1].max())
            print(f"{name:15} feasible in {found.duration:.2f} s, to {top:.0f} degrees, "
                  f"{100 * found.torque_ratio:.0f} % of strength; binds: {found.binding}")  # fmt: skip
        else:
            print(f"{name:15} not feasible ({found.reason}): misses {found.missing:.1f} N m at {found.binding}")


if __name__ == "__main__":
    main()
