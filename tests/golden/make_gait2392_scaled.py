"""Makes the golden table of a scaled gait2392 with OpenSim 4.6 (PyPI `opensim==4.6`): Model.scale by these factors.

    python tests/golden/make_gait2392_scaled.py SHARED/motion/opensim_gait2392 tests/golden

Marker positions in the default pose (m) and tendon slack lengths (m).
"""

import json
import sys
from pathlib import Path

import opensim

FACTORS = {"pelvis": 1.05, "femur_r": 1.1, "femur_l": 1.1, "tibia_r": 0.95, "tibia_l": 0.95, "talus_r": 0.95,
           "talus_l": 0.95, "calcn_r": 1.2, "calcn_l": 1.2, "toes_r": 1.2, "toes_l": 1.2, "torso": 0.9}  # fmt: skip


def main(source: Path, target: Path) -> None:
    model = opensim.Model(str(source / "subject01_simbody.osim"))
    state = model.initSystem()
    scales = opensim.ScaleSet()
    for body, factor in FACTORS.items():
        one = opensim.Scale()
        one.setSegmentName(body)
        one.setScaleFactors(opensim.Vec3(factor, factor, factor))
        one.setApply(True)
        scales.cloneAndAppend(one)
    model.scale(state, scales, True, 80.0)
    state = model.initSystem()
    model.realizePosition(state)
    markers, muscles = model.getMarkerSet(), model.getMuscles()
    made = {
        "factors": FACTORS,
        "markers_m": {m.getName(): [round(m.getLocationInGround(state).get(i), 9) for i in range(3)]
                      for m in (markers.get(k) for k in range(markers.getSize()))},
        "tendon_slack_m": {m.getName(): round(m.getTendonSlackLength(), 9)
                           for m in (muscles.get(k) for k in range(muscles.getSize()))},
    }  # fmt: skip
    (target / "gait2392_scaled_opensim46.json").write_text(json.dumps(made, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
