"""Probabilistic movement primitives: what demonstrations have in common, and how they may vary.

Paraschos, Daniel, Peters & Neumann 2013 (NIPS 26) and 2018 (Auton Robots 42:529): y(z) = Phi(z) w with
normalised Gaussian bases over phase z, w ~ N(mu, S).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[np.float64]
# Ten bases with centres from -.05 to 1.05; ridge 1e-6 on their weights.
_BASES, _MARGIN, _RIDGE = 10, 0.05, 1e-6
# Prior spread of a weight when demonstrations are few, in the joint's unit (assumption).
_FLOOR = 0.02


def basis(phase: Array, order: int = 0) -> Array:
    """Normalised Gaussians (n, K) at phases, or their first or second derivative by phase."""
    centres = np.linspace(-_MARGIN, 1 + _MARGIN, _BASES)
    width = (centres[1] - centres[0]) ** 2
    gap = (np.asarray(phase, dtype=float)[:, None] - centres) / width
    g = np.exp(-0.5 * gap**2 * width)
    g1, g2 = -gap * g, (gap**2 - 1 / width) * g
    s, s1, s2 = (x.sum(axis=1, keepdims=True) for x in (g, g1, g2))
    if order == 0:
        return g / s
    first = g1 / s - g * s1 / s**2
    if order == 1:
        return first
    return g2 / s - 2 * g1 * s1 / s**2 - g * s2 / s**2 + 2 * g * s1**2 / s**3


@dataclass(frozen=True)
class Primitive:
    """Mean (K d,) and covariance (K d, K d) of the weights of d joints, joint by joint."""

    joints: tuple[str, ...]
    mean: Array
    covariance: Array

    def course(self, phase: Array, order: int = 0) -> Array:
        """Mean of the joints (n, d) at phases, or its derivative by phase."""
        return basis(phase, order) @ self.mean.reshape(len(self.joints), _BASES).T

    def spread(self, phase: Array) -> Array:
        """Standard deviation of the joints (n, d) at phases."""
        b = basis(phase)
        blocks = self.covariance.reshape(len(self.joints), _BASES, len(self.joints), _BASES)
        return np.sqrt(np.stack([np.einsum("nk,kl,nl->n", b, blocks[j, :, j, :], b)
                                 for j in range(len(self.joints))], axis=1))  # fmt: skip

    def condition(self, phase: float, joint: int, value: float, sd: float = 1e-3) -> "Primitive":
        """The primitive that passes through a value of one joint at a phase (Paraschos 2013, eq. 5)."""
        row = np.zeros(len(self.mean))
        row[joint * _BASES : (joint + 1) * _BASES] = basis(np.array([phase]))[0]
        cross = self.covariance @ row
        gain = cross / (row @ cross + sd**2)
        return Primitive(self.joints, self.mean + gain * (value - row @ self.mean),
                         self.covariance - np.outer(gain, cross))  # fmt: skip

    def learn(self, executed: Array, sd: float = 0.05) -> "Primitive":
        """The primitive after the patient's own movement (frames, d) was seen, by Bayes' rule."""
        updated = self
        phase = np.linspace(0, 1, len(executed))
        for z in np.linspace(0, 1, _BASES):
            for j in range(len(self.joints)):
                updated = updated.condition(float(z), j, float(np.interp(z, phase, executed[:, j])), sd)
        return updated


def fit(joints: Sequence[str], demonstrations: Sequence[Array]) -> Primitive:
    """Learn from demonstrations, each (frames, d) over the whole movement.

    Raises
    ------
    InputError
        No demonstration, fewer than ten frames, another number of joints, or a value that is not
        finite.
    """
    joints = tuple(joints)
    weights = []
    for i, y in enumerate(demonstrations):
        shape = np.shape(y)
        if len(shape) != 2 or shape[0] < 10 or shape[1] != len(joints) or not np.isfinite(y).all():
            raise InputError("a demonstration needs ten finite frames of every joint", f"demonstration {i + 1}",
                             str(shape), f"(10 or more, {len(joints)})", "record the movement again")  # fmt: skip
        b = basis(np.linspace(0, 1, shape[0]))
        weights.append(np.linalg.solve(b.T @ b + _RIDGE * np.eye(_BASES), b.T @ y).T.ravel())
    if not weights:
        raise InputError("a reference needs a demonstration", "demonstrations", 0, "one or more",
                         "record the therapist's movement")  # fmt: skip
    stack = np.array(weights)
    spread = np.cov(stack.T) if len(stack) > 1 else np.zeros((stack.shape[1],) * 2)
    own = np.kron(np.eye(len(joints)), np.ones((_BASES, _BASES)))
    # A few demonstrations show couplings between joints that are chance; conditioning far outside them
    # would drag the other joints along. Their share grows with the number shown.
    trust = len(stack) / (len(stack) + stack.shape[1])
    spread *= own + trust * (1 - own)
    return Primitive(joints, stack.mean(axis=0), spread + _FLOOR**2 * np.eye(stack.shape[1]))
