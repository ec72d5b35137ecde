"""Makes the golden tables of the gait2392 walking trial with OpenSim 4.6 (PyPI `opensim==4.6`).

    python tests/golden/make_gait2392.py SHARED/motion/opensim_gait2392 tests/golden

Inverse kinematics: the trial's own subject01_Setup_IK.xml. Inverse dynamics: its result, low-pass
6 Hz, forces "Muscles" excluded, calcn_r <- ground_force_v/p, ground_torque_; calcn_l <- 1_...
The trial's stored subject01_walk1_ik.mot was made with another model (its subtalar joints are held
at 5.04 and 15.12 degrees, and it runs beyond the marker file's end), so it is no oracle.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import opensim


def force(side: str, body: str, prefix: str) -> "opensim.ExternalForce":
    made = opensim.ExternalForce()
    made.setName(side)
    made.set_applied_to_body(body)
    made.set_force_expressed_in_body("ground")
    made.set_point_expressed_in_body("ground")
    made.set_force_identifier(f"{prefix}ground_force_v")
    made.set_point_identifier(f"{prefix}ground_force_p")
    made.set_torque_identifier(f"{prefix}ground_torque_")
    return made


def main(source: Path, target: Path) -> None:
    for name in ("subject01_simbody.osim", "subject01_walk1.trc", "subject01_Setup_IK.xml", "subject01_walk1_grf.mot"):
        shutil.copyfile(source / name, name)
    kinematics = opensim.InverseKinematicsTool("subject01_Setup_IK.xml")
    kinematics.setOutputMotionFileName("ik.mot")
    kinematics.run()
    loads = opensim.ExternalLoads()
    loads.setDataFileName("subject01_walk1_grf.mot")
    loads.cloneAndAppend(force("right", "calcn_r", ""))
    loads.cloneAndAppend(force("left", "calcn_l", "1_"))
    loads.printToXML("loads.xml")
    dynamics = opensim.InverseDynamicsTool()
    dynamics.setModelFileName("subject01_simbody.osim")
    dynamics.setCoordinatesFileName("ik.mot")
    dynamics.setExternalLoadsFileName("loads.xml")
    excluded = opensim.ArrayStr()
    excluded.append("Muscles")
    dynamics.setExcludedForces(excluded)
    dynamics.setLowpassCutoffFrequency(6.0)
    dynamics.setStartTime(0.5)
    dynamics.setEndTime(2.0)
    dynamics.setOutputGenForceFileName("id.sto")
    dynamics.run()
    shutil.copyfile("ik.mot", target / "gait2392_walk1_ik_opensim46.mot")
    shutil.copyfile("id.sto", target / "gait2392_walk1_id_opensim46.sto")


if __name__ == "__main__":
    source, target = (Path(a).resolve() for a in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        main(source, target)
