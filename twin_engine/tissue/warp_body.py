"""The soft body on a graphics card: the element pass of `_xpbd` in warp-lang, one launch a colour.

Optional: `pip install medtwin[gpu]`. Elements of a colour share no vertex, so a device may run them in any order and
a run still repeats; the colours' order replaces the mesh's, which changes a trajectory but not its equilibrium.
Skin, attachments and contact stay on the processor (`SoftBody`, `Bench`).
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.tissue import _xpbd
from twin_engine.tissue.body import SoftBody

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@njit(cache=True, error_model="numpy")
def colours(tets: Index, vertices: int) -> Index:
    """Colour of every element, the least that none of its vertices has yet (at most 64 are counted)."""
    taken = np.zeros(vertices, dtype=np.uint64)
    out = np.empty(tets.shape[0], dtype=np.int64)
    for t in range(tets.shape[0]):
        used = taken[tets[t, 0]] | taken[tets[t, 1]] | taken[tets[t, 2]] | taken[tets[t, 3]]
        c = 0
        while c < 63 and (used >> np.uint64(c)) & np.uint64(1):
            c += 1
        out[t] = c
        for k in range(4):
            taken[tets[t, k]] |= np.uint64(1) << np.uint64(c)
    return out


class WarpBody:
    """A body stepped on a warp device; positions and velocities return to the body after every step.

    Parameters
    ----------
    body : SoftBody
        Without skin and attachments.
    device : str, optional
        "cuda:0" or "cpu"; default the graphics card where there is one.

    Raises
    ------
    InputError
        warp-lang is not installed, or a vertex has more than 63 elements.
    """

    def __init__(self, body: SoftBody, device: str | None = None) -> None:
        try:
            import warp as wp
        except ImportError:
            raise InputError("warp-lang is missing", "WarpBody", None, "the package warp-lang",
                             "install it: pip install medtwin[gpu]") from None  # fmt: skip
        vars(wp.config)["quiet"] = True
        wp.init()
        from twin_engine.tissue import _warp_kernels

        self._wp, self._kernels, self.body = wp, _warp_kernels, body
        self.device = device or ("cuda:0" if wp.get_cuda_device_count() else "cpu")
        shade = colours(body.tets, len(body.x))
        if shade.max() >= 63:
            raise InputError("a vertex has too many elements", "tets", int(shade.max()), "at most 63", "mesh again")
        self._order = np.argsort(shade, kind="stable")
        self._starts = np.searchsorted(shade[self._order], np.arange(shade.max() + 2))
        self._key = (0.0, -1)

    def _array(self, values: Any, kind: Any) -> Any:
        return self._wp.array(values, dtype=kind, device=self.device)

    def _prepare(self, h: float) -> None:
        """Send the elements for a step length, again when masses have changed."""
        body, wp = self.body, self._wp
        if self._key == (h, body.version):
            return
        padded = np.concatenate([self._order, np.full(-len(self._order) % _xpbd.LANES, -1)])
        soft = _xpbd.soften(padded, body.rest, body.inverse_mass, body.tets, body.volume, body.mu, body.bulk, h)
        rows = soft.reshape(-1, _xpbd.ROWS, _xpbd.LANES).transpose(0, 2, 1).reshape(len(padded), -1)[: len(self._order)]
        self._tets = self._array(body.tets[self._order].astype(np.int32), wp.int32)
        self._rows = self._array(np.ascontiguousarray(rows), wp.float64)
        self._weight = self._array(body.inverse_mass, wp.float64)
        self._key = (h, body.version)

    def step(self, duration: float = 1 / 60, substeps: int = 10) -> None:
        """Advance by `duration` seconds."""
        body, wp, k = self.body, self._wp, self._kernels
        h = duration / substeps
        self._prepare(h)
        x, v = self._array(body.x, wp.vec3d), self._array(body.v, wp.vec3d)
        before = wp.zeros_like(x)
        keep = float(np.exp(-body.damping * h))
        for _ in range(substeps):
            wp.launch(k.predict, dim=len(body.x), device=self.device,
                      inputs=[x, v, before, self._weight, wp.vec3d(*body.gravity), keep, h])  # fmt: skip
            for a, b in zip(self._starts[:-1], self._starts[1:], strict=True):
                wp.launch(k.solve, dim=int(b - a), device=self.device,
                          inputs=[x, self._tets, self._rows, int(a)])  # fmt: skip
            wp.launch(k.settle, dim=len(body.x), device=self.device, inputs=[x, v, before, h])
        body.x[:], body.v[:] = x.numpy(), v.numpy()
