"""Newton's method on the same energy and mesh: the oracle of the soft body."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from twin_engine.tissue.body import SoftBody

_LEVI = np.zeros((3, 3, 3))
for _i, _j, _k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
    _LEVI[_i, _j, _k], _LEVI[_i, _k, _j] = 1.0, -1.0


def cofactor(f: np.ndarray) -> np.ndarray:
    return 0.5 * np.einsum("iab,jcd,tac,tbd->tij", _LEVI, _LEVI, f, f)


def gradients(body: SoftBody) -> np.ndarray:
    """dN/dX (t, 4, 3)."""
    q = body.rest.reshape(-1, 3, 3)
    return np.concatenate([-q.sum(axis=1, keepdims=True), q], axis=1)


def stress(body: SoftBody, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F and first Piola-Kirchhoff stress mu F + (L (J-1) - mu) cof F (t, 3, 3)."""
    f = np.einsum("tai,taj->tij", x[body.tets], gradients(body))
    j = np.linalg.det(f)
    factor = body.bulk * (j - 1) - body.mu
    return f, body.mu[:, None, None] * f + factor[:, None, None] * cofactor(f)


def equilibrium(body: SoftBody, prescribed: dict[int, np.ndarray] | None = None) -> np.ndarray:
    """Positions at rest under gravity; `prescribed` vertices are moved first."""
    x = body.x.copy()
    for i, p in (prescribed or {}).items():
        x[i] = p
    held = (body.inverse_mass == 0) | np.isin(np.arange(len(x)), list(prescribed or {}))
    free = np.flatnonzero(np.repeat(~held, 3))
    g = gradients(body)
    weight = body.mass[:, None] * np.array(body.gravity)
    rows = (3 * body.tets[:, :, None] + np.arange(3)).reshape(len(body.tets), 12)
    for _ in range(60):
        f, p = stress(body, x)
        force = np.zeros_like(x)
        np.add.at(force, body.tets, -body.volume[:, None, None] * np.einsum("tij,taj->tai", p, g))
        residual = (force + weight).ravel()[free]
        c, j = cofactor(f), np.linalg.det(f)
        h = (body.bulk[:, None, None, None, None] * np.einsum("tij,tkl->tijkl", c, c)
             + (body.bulk * (j - 1) - body.mu)[:, None, None, None, None]
             * np.einsum("ika,jlb,tab->tijkl", _LEVI, _LEVI, f))  # fmt: skip
        for i in range(3):
            for k in range(3):
                h[:, i, k, i, k] += body.mu
        element = np.einsum("t,tbj,tijkl,tcl->tbick", body.volume, g, h, g).reshape(-1, 12, 12)
        n = x.size
        matrix = coo_matrix((element.ravel(), (np.repeat(rows, 12, axis=1).ravel(), np.tile(rows, (1, 12)).ravel())),
                            shape=(n, n)).tocsr()[free][:, free]  # fmt: skip
        step = spsolve(matrix.tocsc(), residual)
        x.ravel()[free] += step
        if np.max(np.abs(step)) < 1e-11:
            return x
    raise AssertionError("Newton did not converge")
