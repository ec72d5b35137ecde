"""Light at texels by ray casting; every texel has random numbers of its own, so threads change nothing.

Light is E / pi per channel. Every kernel adds to `out` and to the luminance-weighted direction `toward`.
"""

import math
from typing import Any

import numpy as np
from numba import njit, prange

from scenes.bvh import DEPTH, cast

_FLAGS: Any = {"cache": True, "fastmath": False, "error_model": "numpy"}
_PARALLEL: Any = {**_FLAGS, "parallel": True}
START = 1e-4  # m above the surface, where rays begin
FAR = 1e6


@njit(**_FLAGS)
def chance(texel, stage, sample):  # noqa: ANN201
    """A uniform number of its own for (texel, stage, sample): PCG output hash (Jarzynski & Olano 2020, JCGT 9(3))."""
    x = (texel * 747796405 + stage * 2891336453 + sample * 277803737 + 12345) & 0xFFFFFFFF
    for _ in range(2):
        x = (x * 747796405 + 2891336453) & 0xFFFFFFFF
        x = (((x >> ((x >> 28) + 4)) ^ x) * 277803737) & 0xFFFFFFFF
        x = (x >> 22) ^ x
    return (x + 0.5) / 4294967296.0


@njit(**_FLAGS)
def _look_up(sky, dx, dy, dz):
    """Radiance of the sky table: rows from nadir to zenith, columns by azimuth from +y toward +x."""
    rows, columns, _ = sky.shape
    a = (math.atan2(dx, dy) / (2 * math.pi)) % 1.0
    e = math.asin(min(1.0, max(-1.0, dz))) / math.pi + 0.5
    return sky[min(rows - 1, int(e * rows)), min(columns - 1, int(a * columns))]


@njit(**_FLAGS)
def _add(out, toward, k, weight, light, dx, dy, dz):
    r, g, b = weight * light[0], weight * light[1], weight * light[2]
    out[k, 0] += r
    out[k, 1] += g
    out[k, 2] += b
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    toward[k, 0] += y * dx
    toward[k, 1] += y * dy
    toward[k, 2] += y * dz


@njit(**_PARALLEL)
def panels(position, normal, tree, areas, sky, n, clamp, out, toward):  # noqa: ANN201
    """Rectangular lights (rows: centre, half u, half v, radiance, portal): n x n strata each.

    A portal shows the sky. `clamp` bounds the weight of a single ray (bright dots near a window frame).
    """
    boxes, links, corners = tree
    for k in prange(position.shape[0]):
        stack = np.empty(DEPTH, np.int64)
        p, q = position[k], normal[k]
        ox, oy, oz = p[0] + START * q[0], p[1] + START * q[1], p[2] + START * q[2]
        for a in range(areas.shape[0]):
            s = areas[a]
            nx, ny, nz = s[4] * s[8] - s[5] * s[7], s[5] * s[6] - s[3] * s[8], s[3] * s[7] - s[4] * s[6]
            cell = 4.0 * math.sqrt(nx * nx + ny * ny + nz * nz) / (n * n)
            length = math.sqrt(nx * nx + ny * ny + nz * nz)
            for i in range(n):
                for j in range(n):
                    u = 2.0 * (i + chance(k, 11 + a, 2 * (i * n + j))) / n - 1.0
                    v = 2.0 * (j + chance(k, 11 + a, 2 * (i * n + j) + 1)) / n - 1.0
                    dx = s[0] + u * s[3] + v * s[6] - ox
                    dy = s[1] + u * s[4] + v * s[7] - oy
                    dz = s[2] + u * s[5] + v * s[8] - oz
                    d = math.sqrt(dx * dx + dy * dy + dz * dz)
                    dx, dy, dz = dx / d, dy / d, dz / d
                    here = dx * q[0] + dy * q[1] + dz * q[2]
                    there = -(dx * nx + dy * ny + dz * nz) / length
                    if here <= 0.0 or there <= 0.0:
                        continue
                    weight = min(clamp, here * there * cell / (d * d) / math.pi)
                    reach = FAR if s[12] > 0.5 else d * 0.9995
                    if cast(boxes, links, corners, stack, ox, oy, oz, dx, dy, dz, reach, True)[1] >= 0:
                        continue
                    light = _look_up(sky, dx, dy, dz) if s[12] > 0.5 else s[9:12]
                    _add(out, toward, k, weight, light, dx, dy, dz)


@njit(**_PARALLEL)
def sunlight(position, normal, across, up, tree, sun, n, out, toward):  # noqa: ANN201
    """The sun (row: direction, lux rgb, angular radius, two vectors across): n x n rays over the disc and the texel."""
    boxes, links, corners = tree
    for k in prange(position.shape[0]):
        stack = np.empty(DEPTH, np.int64)
        q = normal[k]
        facing = sun[0] * q[0] + sun[1] * q[1] + sun[2] * q[2]
        if facing <= 0.0:
            continue
        for i in range(n * n):
            r = sun[6] * math.sqrt(chance(k, 3, 4 * i))
            f = 2 * math.pi * chance(k, 3, 4 * i + 1)
            u = (i % n + chance(k, 3, 4 * i + 2)) / n * 2 - 1
            v = (i // n + chance(k, 3, 4 * i + 3)) / n * 2 - 1
            c, e = r * math.cos(f), r * math.sin(f)
            dx = sun[0] + c * sun[7] + e * sun[10]
            dy = sun[1] + c * sun[8] + e * sun[11]
            dz = sun[2] + c * sun[9] + e * sun[12]
            o = position[k] + np.float32(START) * q + np.float32(u) * across[k] + np.float32(v) * up[k]
            if cast(boxes, links, corners, stack, o[0], o[1], o[2], dx, dy, dz, FAR, True)[1] < 0:
                _add(out, toward, k, facing / (n * n) / math.pi, sun[3:6], dx, dy, dz)


@njit(**_PARALLEL)
def lamps(position, normal, tree, points, n, out, toward):  # noqa: ANN201
    """Small lamps (rows: position, axis, candela rgb, exponent of the cosine about the axis, radius, reach)."""
    boxes, links, corners = tree
    for k in prange(position.shape[0]):
        stack = np.empty(DEPTH, np.int64)
        p, q = position[k], normal[k]
        ox, oy, oz = p[0] + START * q[0], p[1] + START * q[1], p[2] + START * q[2]
        for a in range(points.shape[0]):
            s = points[a]
            if (s[0] - ox) ** 2 + (s[1] - oy) ** 2 + (s[2] - oz) ** 2 > s[11] * s[11]:
                continue
            for i in range(n):
                z = 2 * chance(k, 70 + a, 2 * i) - 1
                f = 2 * math.pi * chance(k, 70 + a, 2 * i + 1)
                r = math.sqrt(1 - z * z) * s[10]
                dx, dy, dz = s[0] + r * math.cos(f) - ox, s[1] + r * math.sin(f) - oy, s[2] + s[10] * z - oz
                d = math.sqrt(dx * dx + dy * dy + dz * dz)
                dx, dy, dz = dx / d, dy / d, dz / d
                here = dx * q[0] + dy * q[1] + dz * q[2]
                beam = -(dx * s[3] + dy * s[4] + dz * s[5])
                if here <= 0.0 or (s[9] > 0.0 and beam <= 0.0):
                    continue
                if cast(boxes, links, corners, stack, ox, oy, oz, dx, dy, dz, d - 1.5 * s[10], True)[1] >= 0:
                    continue
                weight = here / (d * d) / n / math.pi * (beam ** s[9] if s[9] > 0.0 else 1.0)
                _add(out, toward, k, weight, s[6:9], dx, dy, dz)


@njit(**_PARALLEL)
def gather(position, normal, tree, surface, light, width, sky, open_sky, n, stage, out, toward, inside):  # noqa: ANN201
    """One bounce: n x n cosine-stratified rays read albedo x light (+ glow) where they land.

    `surface` rows, in leaf order: texel coordinates of three corners, albedo, glow, two-sided.
    `inside` gets the share of rays that met a back.
    """
    boxes, links, corners = tree
    for k in prange(position.shape[0]):
        stack = np.empty(DEPTH, np.int64)
        p, q = position[k], normal[k]
        ox, oy, oz = p[0] + START * q[0], p[1] + START * q[1], p[2] + START * q[2]
        sign = 1.0 if q[2] >= 0.0 else -1.0
        # Orthonormal basis without branches: Duff et al. 2017, JCGT 6(1).
        a = -1.0 / (sign + q[2])
        b = q[0] * q[1] * a
        back = 0.0
        for i in range(n * n):
            r = math.sqrt((i % n + chance(k, stage, 2 * i)) / n)
            f = 2 * math.pi * (i // n + chance(k, stage, 2 * i + 1)) / n
            x, y, z = r * math.cos(f), r * math.sin(f), math.sqrt(max(0.0, 1 - r * r))
            dx = x * (1 + sign * q[0] * q[0] * a) + y * b + z * q[0]
            dy = x * sign * b + y * (sign + q[1] * q[1] * a) + z * q[1]
            dz = -x * sign * q[0] - y * q[1] + z * q[2]
            _, tri, u, v = cast(boxes, links, corners, stack, ox, oy, oz, dx, dy, dz, FAR, False)
            if tri < 0:
                if open_sky:
                    _add(out, toward, k, 1.0 / (n * n), _look_up(sky, dx, dy, dz), dx, dy, dz)
                continue
            s, c = surface[tri], corners[tri]
            nx, ny, nz = c[4] * c[8] - c[5] * c[7], c[5] * c[6] - c[3] * c[8], c[3] * c[7] - c[4] * c[6]
            if dx * nx + dy * ny + dz * nz > 0.0 and s[12] < 0.5:
                back += 1.0
                continue
            w = 1.0 - u - v
            column = int(w * s[0] + u * s[2] + v * s[4] + 0.5)
            row = int(w * s[1] + u * s[3] + v * s[5] + 0.5)
            e = light[row * width + column]
            _add(out, toward, k, 1.0 / (n * n),
                 (s[6] * e[0] + s[9], s[7] * e[1] + s[10], s[8] * e[2] + s[11]), dx, dy, dz)  # fmt: skip
        inside[k] = back / (n * n)


@njit(**_PARALLEL)
def smooth(values, chart, normal, step, sigma, out):  # noqa: ANN201
    """One a-trous pass (Dammertz et al. 2010) inside each chart of an (h, w, c) map; stops at log-luminance edges."""
    height, width, channels = values.shape
    kernel = np.array([1.0, 2.0, 3.0, 2.0, 1.0])
    for y in prange(height):
        total = np.empty(channels)
        for x in range(width):
            if chart[y, x] < 0:
                continue
            here = math.log(1e-4 + values[y, x, 0] + values[y, x, 1] + values[y, x, 2])
            total[:] = 0.0
            weights = 0.0
            for j in range(-2, 3):
                for i in range(-2, 3):
                    yy, xx = y + j * step, x + i * step
                    if yy < 0 or yy >= height or xx < 0 or xx >= width or chart[yy, xx] != chart[y, x]:
                        continue
                    along = (normal[y, x, 0] * normal[yy, xx, 0] + normal[y, x, 1] * normal[yy, xx, 1]
                             + normal[y, x, 2] * normal[yy, xx, 2])  # fmt: skip
                    there = math.log(1e-4 + values[yy, xx, 0] + values[yy, xx, 1] + values[yy, xx, 2])
                    w = kernel[i + 2] * kernel[j + 2] * max(along, 0.0) ** 8
                    w *= math.exp(-(((here - there) / sigma) ** 2) / 2)
                    weights += w
                    for c in range(channels):
                        total[c] += w * values[yy, xx, c]
            for c in range(channels):
                out[y, x, c] = total[c] / weights if weights > 0 else values[y, x, c]
