"""The element pass of `twin_engine.tissue` in warp-lang on the CPU, for bench_tissue.py.

The same algorithm, double precision, prepared elements and order of elements, so that trajectories can be
compared. One warp thread runs all elements: warp's CPU device runs the threads of a launch one after the other,
so a launch for every colour would only add launches. Module options are those found fastest (no adjoint code).
"""

import sys
import time

import numpy as np
import warp as wp

wp.config.quiet = True
wp.config.enable_backward = False
wp.init()


@wp.func
def sym(r: wp.vec3d, s: wp.array2d(dtype=wp.float64), t: int, o: int):
    return wp.vec3d(
        r[0] * s[t, o] + r[1] * s[t, o + 3] + r[2] * s[t, o + 4],
        r[0] * s[t, o + 3] + r[1] * s[t, o + 1] + r[2] * s[t, o + 5],
        r[0] * s[t, o + 4] + r[1] * s[t, o + 5] + r[2] * s[t, o + 2],
    )


@wp.kernel
def substep(
    x: wp.array(dtype=wp.vec3d),
    v: wp.array(dtype=wp.vec3d),
    before: wp.array(dtype=wp.vec3d),
    w: wp.array(dtype=wp.float64),
    tets: wp.array2d(dtype=wp.int32),
    rest: wp.array(dtype=wp.mat33d),
    soft: wp.array2d(dtype=wp.float64),
    weights: wp.array(dtype=wp.vec4d),
    gravity: wp.vec3d,
    keep: wp.float64,
    h: wp.float64,
):
    one = wp.float64(1.0)
    for i in range(x.shape[0]):
        before[i] = x[i]
        if w[i] > wp.float64(0.0):
            v[i] = v[i] * keep + h * gravity
            x[i] = x[i] + h * v[i]
    for t in range(tets.shape[0]):
        a = tets[t, 0]
        b = tets[t, 1]
        c = tets[t, 2]
        d = tets[t, 3]
        q = rest[t]
        e1 = x[b] - x[a]
        e2 = x[c] - x[a]
        e3 = x[d] - x[a]
        q0 = wp.vec3d(q[0, 0], q[0, 1], q[0, 2])
        q1 = wp.vec3d(q[1, 0], q[1, 1], q[1, 2])
        q2 = wp.vec3d(q[2, 0], q[2, 1], q[2, 2])
        fx = e1[0] * q0 + e2[0] * q1 + e3[0] * q2
        fy = e1[1] * q0 + e2[1] * q1 + e3[1] * q2
        fz = e1[2] * q0 + e2[2] * q1 + e3[2] * q2
        cx = wp.cross(fy, fz)
        cy = wp.cross(fz, fx)
        cz = wp.cross(fx, fy)
        kx = sym(cx, soft, t, 6)
        ky = sym(cy, soft, t, 6)
        kz = sym(cz, soft, t, 6)
        ratio = soft[t, 12]
        above = wp.dot(fx, kx) + wp.dot(fy, ky) + wp.dot(fz, kz) - (wp.dot(fx, cx) - one - ratio)
        y = above / (wp.dot(cx, kx) + wp.dot(cy, ky) + wp.dot(cz, kz) + ratio)
        px = sym(y * cx - fx, soft, t, 0)
        py = sym(y * cy - fy, soft, t, 0)
        pz = sym(y * cz - fz, soft, t, 0)
        s = weights[t]
        d1 = wp.vec3d(wp.dot(px, q0), wp.dot(py, q0), wp.dot(pz, q0))
        d2 = wp.vec3d(wp.dot(px, q1), wp.dot(py, q1), wp.dot(pz, q1))
        d3 = wp.vec3d(wp.dot(px, q2), wp.dot(py, q2), wp.dot(pz, q2))
        x[a] = x[a] - s[0] * (d1 + d2 + d3)
        x[b] = x[b] + s[1] * d1
        x[c] = x[c] + s[2] * d2
        x[d] = x[d] + s[3] * d3
    for i in range(x.shape[0]):
        v[i] = (x[i] - before[i]) / h


def main(folder: str, frames: int, substeps: int) -> None:
    data = np.load(f"{folder}/in.npz")
    h = 1 / 60 / substeps
    x = wp.array(data["x"], dtype=wp.vec3d, device="cpu")
    v, before = wp.zeros_like(x), wp.zeros_like(x)
    w = wp.array(data["inverse_mass"], dtype=wp.float64, device="cpu")
    tets = wp.array(data["tets"].astype(np.int32), dtype=wp.int32, device="cpu")
    rest = wp.array(data["rest"].reshape(-1, 3, 3), dtype=wp.mat33d, device="cpu")
    soft = wp.array(data["soft"], dtype=wp.float64, device="cpu")
    keep = float(np.exp(-float(data["damping"]) * h))
    weights = wp.array(data["weights"], dtype=wp.vec4d, device="cpu")
    args = [x, v, before, w, tets, rest, soft, weights, wp.vec3d(*data["gravity"]), keep, h]
    wp.load_module(device="cpu")
    best = np.inf
    for _ in range(frames):
        begin = time.process_time()
        for _ in range(substeps):
            wp.launch(substep, dim=1, inputs=args, device="cpu")
        wp.synchronize()
        best = min(best, time.process_time() - begin)
    np.savez(f"{folder}/out.npz", x=x.numpy(), frame=best)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
