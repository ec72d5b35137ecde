"""Muscle-driven forward simulation of an arm or a leg, with its impairment.

Models of `myo_sim` on MuJoCo, explicit Euler of at most 5 ms: with longer steps stiff legs spike, and the
implicit integrators loosen the coupled joints.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion import impairment as impaired
from twin_engine.motion.muscles import load_model, weaken

Array = NDArray[np.float64]
LONGEST_STEP = 0.005


@dataclass(frozen=True)
class Run:
    """What happened: time (n,), joint angles (n, joints) in rad, speeds, activations and excitations (n, muscles)."""

    time: Array
    joints: tuple[str, ...]
    angles: Array
    speeds: Array
    muscles: tuple[str, ...]
    activation: Array
    excitation: Array


class Simulator:
    """A muscle model that moves.

    Parameters
    ----------
    name : str
        Model of `myo_sim`: "myoarm_r", "myolegs".
    condition : Impairment, optional
    step : float
        Seconds, at most .005.

    Raises
    ------
    InputError
        A longer step, or muscles that the model lacks.
    """

    def __init__(self, name: str, condition: impaired.Impairment | None = None, step: float = 0.002) -> None:
        import mujoco

        if not 0 < step <= LONGEST_STEP:
            raise InputError("too long a step for stiff muscles", "step", step, f"0 to {LONGEST_STEP} s",
                             "use 0.002")  # fmt: skip
        self._mj = mujoco
        self.condition = condition or impaired.Impairment()
        self.model = load_model(name)
        self.model.opt.integrator = mujoco.mjtIntegrator.mjINT_EULER
        self.model.opt.timestep = step
        self.muscles = tuple(self.model.actuator(i).name for i in range(self.model.nu))
        weaken(self.model, self.muscles, self.condition.strength)
        self._limit()
        self.data = mujoco.MjData(self.model)
        self._matrix = impaired.synergy_matrix(self.muscles)
        low, high = self.model.actuator_lengthrange.T
        shortest, longest = self.model.actuator_gainprm[:, 0], self.model.actuator_gainprm[:, 1]
        self._fibre = (high - low) / (longest - shortest)
        self._tendon = low - shortest * self._fibre

    def _limit(self) -> None:
        known = [self.model.joint(i).name for i in range(self.model.njnt)]
        for joint, (low, high) in self.condition.limits.items():
            if joint not in known:
                raise InputError("the model has no such joint", "range_deg", joint, ", ".join(known[:12]) + " ...",
                                 "correct the name")  # fmt: skip
            i = known.index(joint)
            self.model.jnt_limited[i] = 1
            self.model.jnt_range[i] = max(low, self.model.jnt_range[i, 0]), min(high, self.model.jnt_range[i, 1])

    def fibres(self) -> tuple[Array, Array]:
        """Fibre length (L0) and velocity (L0/s) of every muscle now."""
        return ((self.data.actuator_length - self._tendon) / self._fibre, self.data.actuator_velocity / self._fibre)

    def run(self, seconds: float, drive: Callable[[float], Array], start: dict[str, float] | None = None,
            held: tuple[str, ...] = ()) -> Run:  # fmt: skip
        """Simulate; `drive(t)` gives excitations (muscles,) in 0-1, `start` angles in rad, `held` joints stay.

        Raises
        ------
        InputError
            Excitations of the wrong shape or not finite.
        """
        mj, data = self._mj, self.data
        mj.mj_resetData(self.model, data)
        known = [self.model.joint(i).name for i in range(self.model.njnt)]
        for joint, value in (start or {}).items():
            data.qpos[self.model.jnt_qposadr[known.index(joint)]] = value
        fixed = [self.model.jnt_qposadr[known.index(j)] for j in held]
        stay = data.qpos[fixed].copy()
        reflexes = impaired.Reflexes(self.condition.spasticity, self.muscles, self.model.opt.timestep)
        mj.mj_forward(self.model, data)
        rows = []
        for i in range(round(seconds / self.model.opt.timestep)):
            asked = np.asarray(drive(i * self.model.opt.timestep), dtype=float)
            if asked.shape != (self.model.nu,) or not np.isfinite(asked).all():
                raise InputError("excitations must be finite, one a muscle", "drive", str(asked.shape),
                                 f"({self.model.nu},)", "give 0 to 1 for every muscle")  # fmt: skip
            coupled = impaired.couple(np.clip(asked, 0, 1), self._matrix, self.condition.synergy.coupling)
            data.ctrl[:] = np.clip(coupled + reflexes.see(*self.fibres()), 0.0, 1.0)
            mj.mj_step(self.model, data)
            if fixed:
                data.qpos[fixed], data.qvel[fixed] = stay, 0.0
            rows.append((data.time, data.qpos.copy(), data.qvel.copy(), data.act.copy(), data.ctrl.copy()))
        time, q, v, act, ctrl = (np.array(c) for c in zip(*rows, strict=True))
        return Run(time, tuple(known), q, v, self.muscles, act, ctrl)
