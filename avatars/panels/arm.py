"""The ghost arm that shows the best next movement for this person's strength."""

import json

from avatars.avatar import Avatar
from twin_engine import assets
from twin_engine.panels import Panel
from twin_engine.text import tr

ORDER = 4
_WORDS = ("strength of the arm, %", "shortest time", "feasible", "refused", "{v} s", "binds", "strength in use",
          "gravity alone asks {v} N m more than the muscles give", "shoulder plane", "shoulder elevation",
          "shoulder rotation", "elbow flexion", "forearm rotation", "turn the view", "{v} %")  # fmt: skip
_JOINTS = {"elv_angle_r": "shoulder plane", "shoulder_elv_r": "shoulder elevation",
           "shoulder_rot_r": "shoulder rotation", "elbow_flexion_r": "elbow flexion",
           "pro_sup_r": "forearm rotation"}  # fmt: skip


def build(person: Avatar) -> Panel:
    """The planned reaches, and the one nearest to this person's strength."""
    table = json.loads(assets.path("demo/reach.json").read_text(encoding="utf-8"))
    for case in table["cases"]:
        case["binding"] = _JOINTS.get(case["binding"], "")
    share = float(person["arm_strength_percent"].value)
    nearest = min(range(len(table["cases"])), key=lambda i: abs(100 * table["cases"][i]["strength"] - share))
    return Panel("arm", tr("The best next movement"),
                 tr("The ghost reaches as this arm could: within its range, held against gravity, timed to its "
                    "strength. Change the strength."),
                 tr("Planned on a musculoskeletal model (Saul 2015), verified by inverse dynamics; feasible, not "
                    "proven best."),
                 {"cases": table["cases"], "start": nearest}, _WORDS)  # fmt: skip
