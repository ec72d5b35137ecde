"""Makes assets/demo/reach.json: the best next reach of an arm at four strengths.

    python assets/demo/make_reach.py      (needs the extra `motion`: mujoco 3.x, myo_sim 0.2.4, daqp)

MoBL arm of myo_sim (Saul et al. 2015). Reach from plane 40, elevation 15, elbow 30 degrees to plane 75,
elevation 115 (limited to 90), rotation -20, elbow 35; twelve demonstrations with 2-4 degrees of scatter.
"""

import json
from pathlib import Path

import numpy as np

from twin_engine.files import write_text
from twin_engine.motion.muscles import Limb
from twin_engine.motion.primitive import fit
from twin_engine.motion.reference import plan

JOINTS = ("elv_angle_r", "shoulder_elv_r", "shoulder_rot_r", "elbow_flexion_r", "pro_sup_r")
POINTS = ("humerus_r", "ulna_r", "lunate_r", "3proxph_r")


def main() -> None:
    rng = np.random.default_rng(4)
    start, end = np.radians([40.0, 15, 0, 30, 0]), np.radians([75.0, 115, -20, 35, 0])
    s = np.linspace(0, 1, 101)[:, None]
    shape = 10 * s**3 - 15 * s**4 + 6 * s**5
    wobble = [np.radians(a) * rng.standard_normal(5) for _ in range(12) for a in (2, 4)]
    primitive = fit(JOINTS, [start + a + (end + b - start) * shape
                             for a, b in zip(wobble[::2], wobble[1::2], strict=True)])  # fmt: skip
    cases = []
    for share in (1.0, 0.6, 0.4, 0.2):
        limb = Limb("myoarm_r", JOINTS, {"all": share} if share < 1 else None)
        found = plan(limb, primitive, {"shoulder_elv_r": (0.0, np.radians(90))})
        frames = [limb.points(q, POINTS).round(4).tolist() for q in found.angles]
        cases.append({"strength": share, "feasible": found.feasible, "reason": found.reason,
                      "binding": found.binding, "duration_s": round(found.duration, 3) if found.feasible else None,
                      "missing_n_m": round(found.missing, 1), "torque_share": round(found.torque_ratio, 2)
                      if found.feasible else None, "frames": frames})  # fmt: skip
    target = Path(__file__).with_name("reach.json")
    write_text(target, json.dumps({"points": POINTS, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
