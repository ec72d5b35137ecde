"""Kernels of `warp_body` (imported only where warp-lang is installed): the same arithmetic as `_xpbd`, in doubles."""

# mypy: ignore-errors
import warp as wp


@wp.func
def times(r: wp.vec3d, s: wp.array2d(dtype=wp.float64), t: int, o: int):
    """A row times a symmetric matrix kept as xx, yy, zz, xy, xz, yz."""
    return wp.vec3d(
        r[0] * s[t, o] + r[1] * s[t, o + 3] + r[2] * s[t, o + 4],
        r[0] * s[t, o + 3] + r[1] * s[t, o + 1] + r[2] * s[t, o + 5],
        r[0] * s[t, o + 4] + r[1] * s[t, o + 5] + r[2] * s[t, o + 2],
    )


@wp.kernel(enable_backward=False)
def predict(
    x: wp.array(dtype=wp.vec3d),
    v: wp.array(dtype=wp.vec3d),
    before: wp.array(dtype=wp.vec3d),
    w: wp.array(dtype=wp.float64),
    gravity: wp.vec3d,
    keep: wp.float64,
    h: wp.float64,
):
    """Velocities under gravity and damping, positions ahead."""
    i = wp.tid()
    before[i] = x[i]
    if w[i] > wp.float64(0.0):
        v[i] = v[i] * keep + h * gravity
        x[i] = x[i] + h * v[i]


@wp.kernel(enable_backward=False)
def settle(x: wp.array(dtype=wp.vec3d), v: wp.array(dtype=wp.vec3d), before: wp.array(dtype=wp.vec3d), h: wp.float64):
    """Velocities from the positions reached."""
    i = wp.tid()
    v[i] = (x[i] - before[i]) / h


@wp.kernel(enable_backward=False)
def solve(
    x: wp.array(dtype=wp.vec3d), tets: wp.array2d(dtype=wp.int32), rows: wp.array2d(dtype=wp.float64), first: int
):
    """Elements of one colour: rows are Q (9), W (6), K (6), mu/L, mu V h^2 w of the four vertices."""
    t = first + wp.tid()
    a, b, c, d = tets[t, 0], tets[t, 1], tets[t, 2], tets[t, 3]
    e1, e2, e3 = x[b] - x[a], x[c] - x[a], x[d] - x[a]
    q0 = wp.vec3d(rows[t, 0], rows[t, 1], rows[t, 2])
    q1 = wp.vec3d(rows[t, 3], rows[t, 4], rows[t, 5])
    q2 = wp.vec3d(rows[t, 6], rows[t, 7], rows[t, 8])
    fx = e1[0] * q0 + e2[0] * q1 + e3[0] * q2
    fy = e1[1] * q0 + e2[1] * q1 + e3[1] * q2
    fz = e1[2] * q0 + e2[2] * q1 + e3[2] * q2
    cx, cy, cz = wp.cross(fy, fz), wp.cross(fz, fx), wp.cross(fx, fy)
    kx, ky, kz = times(cx, rows, t, 15), times(cy, rows, t, 15), times(cz, rows, t, 15)
    ratio = rows[t, 21]
    above = wp.dot(fx, kx) + wp.dot(fy, ky) + wp.dot(fz, kz) - (wp.dot(fx, cx) - wp.float64(1.0) - ratio)
    y = above / (wp.dot(cx, kx) + wp.dot(cy, ky) + wp.dot(cz, kz) + ratio)
    px = times(y * cx - fx, rows, t, 9)
    py = times(y * cy - fy, rows, t, 9)
    pz = times(y * cz - fz, rows, t, 9)
    d1 = wp.vec3d(wp.dot(px, q0), wp.dot(py, q0), wp.dot(pz, q0))
    d2 = wp.vec3d(wp.dot(px, q1), wp.dot(py, q1), wp.dot(pz, q1))
    d3 = wp.vec3d(wp.dot(px, q2), wp.dot(py, q2), wp.dot(pz, q2))
    x[a] = x[a] - rows[t, 22] * (d1 + d2 + d3)
    x[b] = x[b] + rows[t, 23] * d1
    x[c] = x[c] + rows[t, 24] * d2
    x[d] = x[d] + rows[t, 25] * d3
