"""Fits a muscle model to a person: size with its tendons, and strength to dynamometry.

Tendon and fibre lengths are stored in the model and are not recomputed from geometry; left as they are,
scaled bones change forces several times. Each muscle's lengths follow its own path's length ratio at
the reference posture.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion.muscles import Limb

Array = NDArray[np.float64]
_PLAUSIBLE = (0.6, 1.6)
# Beyond these a measured torque rather tells of a wrong unit or posture than of a person (assumption).
_STRENGTH = (0.02, 3.0)
_ROUNDS = 60
_HELPS = 0.001


@dataclass(frozen=True)
class Dynamometry:
    """One isometric measurement: joint, sign of the torque, posture of all joints (rad), torque in N m."""

    joint: str
    direction: int
    posture: Array
    torque: float


def resize(limb: Limb, factor: float | Mapping[str, float]) -> Array:
    """Scale a limb's bones in place; returns each muscle's length ratio.

    Parameters
    ----------
    limb : Limb
    factor : float or mapping
        One factor, or body -> factor (bodies not named keep 1).

    Raises
    ------
    InputError
        An implausible factor or an unknown body.
    """
    model = limb.model
    names = [model.body(i).name for i in range(model.nbody)]
    by_body = dict.fromkeys(names, float(factor)) if isinstance(factor, int | float) else dict(factor)
    unknown = sorted(set(by_body) - set(names))
    wrong = {b: f for b, f in by_body.items() if not _PLAUSIBLE[0] <= f <= _PLAUSIBLE[1]}
    if unknown or wrong:
        raise InputError("an implausible segment length", "factor", ", ".join(unknown) or wrong,
                         f"known bodies, {_PLAUSIBLE[0]:g} to {_PLAUSIBLE[1]:g}", "check the units")  # fmt: skip
    before = limb.muscle_lengths()
    f = np.array([by_body.get(n, 1.0) for n in names])
    of_parent = f[model.body_parentid]
    model.body_pos[:] *= of_parent[:, None]
    model.body_ipos[:] *= f[:, None]
    model.body_mass[:] *= f**3
    model.body_inertia[:] *= (f**5)[:, None]
    model.jnt_pos[:] *= f[model.jnt_bodyid][:, None]
    for kind in ("geom", "site"):
        body = getattr(model, f"{kind}_bodyid")
        getattr(model, f"{kind}_pos")[:] *= f[body][:, None]
        getattr(model, f"{kind}_size")[:] *= f[body][:, None]
    _resize_slides(limb, of_parent)
    limb.refresh()
    ratio = limb.muscle_lengths() / before
    model.actuator_lengthrange[:] *= ratio[:, None]
    model.actuator_length0[:] *= ratio
    return ratio


def _resize_slides(limb: Limb, of_parent: Array) -> None:
    """Sliding joints (knees) move metres, so their rest and their couplings grow too."""
    model, mj = limb.model, limb.engine
    for j in np.flatnonzero(model.jnt_type == mj.mjtJoint.mjJNT_SLIDE):
        f = of_parent[model.jnt_bodyid[j]]
        model.qpos0[model.jnt_qposadr[j]] *= f
        limb.scale_coupling(int(j), float(f))


def to_dynamometry(limb: Limb, measured: list[Dynamometry]) -> dict[str, float]:
    """Scale active muscle force in place until the model gives the measured torques.

    Muscles that act in a measured direction share one factor a measurement; where a muscle serves two
    measurements, the factors are found in turn.

    Returns
    -------
    dict
        Muscle -> factor on its active force.

    Raises
    ------
    InputError
        A joint that the limb lacks, a torque that is not positive, or a factor that no person has.
    """
    total = np.ones(len(limb.muscles))
    for m in measured:
        if m.joint not in limb.joints or not m.torque > 0:
            raise InputError("a measured torque must be positive, of a known joint", m.joint, m.torque,
                             ", ".join(limb.joints), "enter N m without a sign")  # fmt: skip
    for _ in range(_ROUNDS):
        for m in measured:
            _, active = limb.muscle_torque(m.posture, np.zeros(len(limb.joints)))
            turning = m.direction * active[limb.joints.index(m.joint)]
            total_torque = max(float(np.maximum(turning, 0).sum()), 1e-9)
            factor = m.torque / total_torque
            # Muscles that only pass by (fingers at the elbow) say nothing about a joint's strength.
            helpers = np.flatnonzero(turning > _HELPS * total_torque)
            limb.model.actuator_gainprm[helpers, 2] *= factor
            total[helpers] *= factor
    wrong = [n for n, t in zip(limb.muscles, total, strict=True) if not _STRENGTH[0] <= t <= _STRENGTH[1]]
    if wrong:
        raise InputError("the measured torque fits no person", ", ".join(wrong[:4]), float(total.max()),
                         f"{_STRENGTH[0]:g} to {_STRENGTH[1]:g} times the model", "check unit and posture")  # fmt: skip
    return dict(zip(limb.muscles, total.tolist(), strict=True))
