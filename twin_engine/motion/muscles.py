"""A muscle-driven limb on MuJoCo: coupled joints, torques, moment arms, muscle forces.

Models come from the `myo_sim` wheel (Apache-2.0; MoBL arm of Saul et al. 2015, legs of Rajagopal
2016). Dependent joints follow polynomials of the independent ones, q_dep = p(q_ind); with
G = dq_full/dq_ind, torques are G' tau_full and moment arms (M G)'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[Any]
# Torque left over, in N m, below which a posture counts as held (assumption: a fingertip's weight).
RESIDUAL_N_M = 0.1
# Weight of squared reserve torques (N m) against squared activations in the quadratic programme.
_RESERVE = 100.0


@dataclass(frozen=True)
class Effort:
    """Muscle activations (muscles,) in 0-1 and what torque they leave over (joints,) in N m."""

    activation: Array
    residual: Array

    @property
    def held(self) -> bool:
        """Whether the muscles produce the torque asked for."""
        return bool(np.max(np.abs(self.residual)) <= RESIDUAL_N_M)


class Limb:
    """A muscle model driven by some independent joints; the others stay at rest or follow.

    Parameters
    ----------
    name : str
        Model of `myo_sim`, e.g. "myoarm_r".
    joints : sequence of str
        Independent joints.
    strength : mapping, optional
        Muscle -> remaining share of active force in (0, 1]; "all" sets every muscle.
    """

    def __init__(self, name: str, joints: Sequence[str], strength: Mapping[str, float] | None = None) -> None:
        import mujoco

        self.engine = mujoco
        self.model = load_model(name)
        self.data = mujoco.MjData(self.model)
        known = [self.model.joint(i).name for i in range(self.model.njnt)]
        missing = [j for j in joints if j not in known]
        if missing:
            raise InputError("the model has no such joint", name, ", ".join(missing), ", ".join(known[:12]) + " ...",
                             "correct the name")  # fmt: skip
        self.joints = tuple(joints)
        self.muscles = tuple(self.model.actuator(i).name for i in range(self.model.nu))
        self._own = np.array([known.index(j) for j in joints])
        self._couplings = self._read_couplings(known)
        weaken(self.model, self.muscles, strength or {})
        flags = mujoco.mjtDisableBit
        self.model.opt.disableflags |= int(flags.mjDSBL_EQUALITY | flags.mjDSBL_CONTACT | flags.mjDSBL_LIMIT)
        self.model.dof_damping[:] = 0.0
        self.model.jnt_stiffness[:] = 0.0

    def _read_couplings(self, known: list[str]) -> list[tuple[int, int, Array]]:
        rows = []
        for e in range(self.model.neq):
            if self.model.eq_type[e] == self.engine.mjtEq.mjEQ_JOINT and self.model.eq_obj2id[e] >= 0:
                rows.append((int(self.model.eq_obj1id[e]), int(self.model.eq_obj2id[e]), self.model.eq_data[e, :5]))
        return [(a, b, np.array(c)) for a, b, c in rows]

    def set_load(self, body: str, mass: float) -> None:
        """Add a mass in kg at the centre of a body, as if held."""
        b = self.model.body(body).id
        self.model.body_mass[b] += mass
        self.engine.mj_setConst(self.model, self.data)

    def refresh(self) -> None:
        """Take over changes of the model's geometry or masses."""
        self.engine.mj_setConst(self.model, self.data)

    def muscle_lengths(self) -> Array:
        """Length of every muscle with its tendon (muscles,), in m, in the reference posture."""
        self.data.qpos[:] = self.model.qpos0
        self.engine.mj_fwdPosition(self.model, self.data)
        return np.array(self.data.actuator_length)

    def scale_coupling(self, joint: int, factor: float) -> None:
        """Multiply what a dependent joint, by its number, follows its leader by."""
        self._couplings = [(d, i, c * factor if d == joint else c) for d, i, c in self._couplings]

    def expand(self, q: Array) -> tuple[Array, Array]:
        """Full coordinates and G = dq_full/dq (nv, joints) at independent coordinates."""
        full, slope = self.model.qpos0.copy(), np.zeros((self.model.nv, len(self.joints)))
        place = {int(j): i for i, j in enumerate(self._own)}
        for j, value in zip(self._own, q, strict=True):
            full[self.model.jnt_qposadr[j]] = value
            slope[self.model.jnt_dofadr[j], place[int(j)]] = 1.0
        for dependent, independent, c in self._couplings:
            x0 = self.model.qpos0[self.model.jnt_qposadr[independent]]
            x = full[self.model.jnt_qposadr[independent]] - x0
            at = self.model.jnt_qposadr[dependent]
            full[at] = self.model.qpos0[at] + c @ x ** np.arange(5)
            if independent in place:
                rate = c[1:] @ (np.arange(1, 5) * x ** np.arange(4))
                slope[self.model.jnt_dofadr[dependent], place[independent]] = rate
        return full, slope

    def points(self, q: Array, bodies: Sequence[str]) -> Array:
        """Positions (bodies, 3) in m of bodies' origins."""
        self.data.qpos[:] = self.expand(q)[0]
        self.engine.mj_kinematics(self.model, self.data)
        return np.array([self.data.body(b).xpos for b in bodies])

    def torque(self, q: Array, v: Array, a: Array) -> Array:
        """Torques (joints,) in N m that make the limb move so, without its muscles."""
        full, g = self.expand(q)
        step = 1e-6
        bend = (self.expand(q + step * v)[1] - self.expand(q - step * v)[1]) / (2 * step)
        self.data.qpos[:], self.data.qvel[:], self.data.qacc[:] = full, g @ v, g @ a + bend @ v
        self.data.ctrl[:] = 0.0
        if self.model.na:
            self.data.act[:] = 0.0
        self.engine.mj_inverse(self.model, self.data)
        return g.T @ self.data.qfrc_inverse

    def muscle_torque(self, q: Array, v: Array) -> tuple[Array, Array]:
        """Passive (joints,) and full active (joints, muscles) torque of the muscles in N m."""
        full, g = self.expand(q)
        self.data.qpos[:], self.data.qvel[:] = full, g @ v
        force = []
        for activation in (0.0, 1.0):
            if self.model.na:
                self.data.act[:] = activation
            self.data.ctrl[:] = activation
            self.engine.mj_forward(self.model, self.data)
            force.append(self.data.actuator_force.copy())
        arms = (self._moments() @ g).T
        return arms @ force[0], arms * (force[1] - force[0])

    def _moments(self) -> Array:
        dense = np.zeros((self.model.nu, self.model.nv))
        d = self.data
        self.engine.mju_sparse2dense(dense, d.actuator_moment, d.moment_rownnz, d.moment_rowadr, d.moment_colind)
        return dense

    def effort(self, torque: Array, passive: Array, active: Array) -> Effort:
        """Least squared activations that give the torque (static optimisation, Crowninshield 1981).

        `passive` and `active` come from `muscle_torque`. What the muscles cannot give is taken by
        reserves with a heavy weight, and reported.
        """
        import daqp

        n, k = active.shape[1], active.shape[0]
        weight = np.concatenate([np.ones(n), np.full(k, _RESERVE)])
        rows = np.hstack([active, np.eye(k)])
        asked = torque - passive
        upper = np.concatenate([np.ones(n), np.full(k, 1e6), asked])
        lower = np.concatenate([np.zeros(n), np.full(k, -1e6), asked])
        kind = np.concatenate([np.zeros(n + k), np.full(k, 5)]).astype(np.int32)
        x, _, flag, _ = daqp.solve(np.diag(weight), np.zeros(n + k), np.ascontiguousarray(rows), upper, lower, kind)
        if flag < 1:
            raise RuntimeError(f"the quadratic programme ended with flag {flag}")
        return Effort(x[:n], x[n:])


def weaken(model: Any, muscles: Sequence[str], strength: Mapping[str, float]) -> None:
    """Scale active force: muscle (or the beginning of its name, or "all") -> share in (0, 1].

    Raises
    ------
    InputError
        An unknown muscle, or a share outside (0, 1].
    """
    for muscle, share in strength.items():
        if not 0 < share <= 1:
            raise InputError("strength must lie in (0, 1]", muscle, share, "a share of the healthy force",
                             "0.4 means 40 %")  # fmt: skip
        for i in _chosen(muscles, muscle):
            # Active force only: the passive share (biasprm) stays, as in weakness after stroke.
            model.actuator_gainprm[i, 2] *= share


def _chosen(muscles: Sequence[str], name: str) -> list[int]:
    chosen = [i for i, m in enumerate(muscles) if name == "all" or m.startswith(name)]
    if not chosen:
        raise InputError("the model has no such muscle", "strength", name, ", ".join(muscles[:24]),
                         "correct the name")  # fmt: skip
    return chosen


def load_model(name: str) -> Any:
    """A muscle model of the `myo_sim` wheel.

    Raises
    ------
    InputError
        The wheel is not installed, or has no such model.
    """
    import warnings

    try:
        import myo_sim
    except ImportError:
        raise InputError("the muscle models are not installed", name, "myo_sim", "the wheel myo_sim",
                         'pip install "medtwin[motion]"') from None  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return myo_sim.load_model(name)
        except (KeyError, ValueError, FileNotFoundError):
            raise InputError("no such muscle model", "limb", name, "myoarm_r, myohand_r, myolegs, myoelbow_2dof",
                             "correct the name") from None  # fmt: skip
