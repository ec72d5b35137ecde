"""One-dimensional pulse waves in elastic arteries: second-order finite volumes in Numba.

    A_t + (A u)_x = 0,   u_t + (u^2/2 + P/rho)_x = -2 (zeta + 2) pi mu u / (rho A)

(Alastruey, Parker & Sherwin 2012, "Arterial pulse wave haemodynamics"; Boileau et al. 2015,
doi:10.1002/cnm.2732, eqs. 1-4). Reconstructing (P, u) keeps rest exactly at rest in tapered
vessels. Faces take the acoustic Riemann state; junctions conserve mass and total pressure with the
outgoing Riemann invariants W = u +- 4 c; time steps are SSP-RK2 (Gottlieb & Shu 1998, Math Comput
67:73). Smooth flow needs no limiter, and one would cost accuracy.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin_engine.vessels.arteries import Array, Blood, Mesh, Tree

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract", "arcp", "nsz"}}
_COURANT = 0.85
_NEWTON = 8


@njit(**_FLAGS)
def _pressures(area, k, root_a0, reference, half_over_density, pressure, speed):
    for i in range(area.size):
        root = math.sqrt(area[i])
        pressure[i] = reference + k[i] * (root - root_a0[i])
        speed[i] = math.sqrt(k[i] * root * half_over_density)


@njit(**_FLAGS)
def _slopes(values, first, last, slope):
    """Half the central difference inside, half the one-sided one at the ends."""
    if last - first == 1:
        slope[first] = 0.0
        return
    slope[first] = 0.5 * (values[first + 1] - values[first])
    slope[last - 1] = 0.5 * (values[last - 1] - values[last - 2])
    for i in range(first + 1, last - 1):
        slope[i] = 0.25 * (values[i + 1] - values[i - 1])


@njit(**_FLAGS)
def _faces(first, last, shift, density, reference, p, u, c, dp, du, face_k, face_root, flow, head):
    for i in range(first + 1, last):
        p_left, u_left = p[i - 1] + dp[i - 1], u[i - 1] + du[i - 1]
        p_right, u_right = p[i] - dp[i], u[i] - du[i]
        z_left, z_right = density * c[i - 1], density * c[i]
        total = 1.0 / (z_left + z_right)
        u_star = (z_left * u_left + z_right * u_right + p_left - p_right) * total
        p_star = (z_right * p_left + z_left * p_right
                  + z_left * z_right * (u_left - u_right)) * total  # fmt: skip
        root = face_root[i + shift] + (p_star - reference) / face_k[i + shift]
        flow[i + shift] = root * root * u_star
        head[i + shift] = 0.5 * u_star * u_star + p_star / density


@njit(**_FLAGS)
def _end_state(v, side, start, density, reference, p, u, dp, du, face_k, face_root):
    """Root of area, velocity, wall constants and outgoing invariant at one end of a segment."""
    sign = 1.0 if side == 1 else -1.0
    cell = start[v + 1] - 1 if side == 1 else start[v]
    face = start[v + 1] + v if side == 1 else start[v] + v
    pressure, velocity = p[cell] + sign * dp[cell], u[cell] + sign * du[cell]
    k, root0 = face_k[face], face_root[face]
    root = root0 + (pressure - reference) / k
    invariant = velocity + sign * 4.0 * math.sqrt(k * root / (2.0 * density))
    return face, k, root0, root * root, sign, invariant


@njit(**_FLAGS)
def _junction(count, density, reference, state, flow, head):
    """Newton on the common total pressure; `state` columns: face, k, root0, A, sign, W."""
    common = 0.0
    for _ in range(_NEWTON):
        balance, admittance, gap = 0.0, 0.0, 0.0
        for e in range(count):
            k, root0, area, sign, w = state[e, 1], state[e, 2], state[e, 3], state[e, 4], state[e, 5]
            root = math.sqrt(area)
            c = math.sqrt(k * root / (2.0 * density))
            u = w - sign * 4.0 * c
            total = reference + k * (root - root0) + 0.5 * density * u * u
            if e == 0 and common == 0.0:
                common = total
            y = area / (density * c)
            balance += sign * area * u
            admittance += y
            gap += y * (common - total)
            state[e, 6], state[e, 7] = total, c
        change = (balance - gap) / admittance
        common += change
        largest = 0.0
        for e in range(count):
            area, sign, c = state[e, 3], state[e, 4], state[e, 7]
            u = state[e, 5] - sign * 4.0 * c
            step = (common - state[e, 6]) * area / (density * c * (c - sign * u))
            state[e, 3] = max(area + step, 0.1 * area)
            largest = max(largest, abs(step) / area)
        if largest < 1e-13:
            break
    for e in range(count):
        face, k, area, sign = int(state[e, 0]), state[e, 1], state[e, 3], state[e, 4]
        root = math.sqrt(area)
        u = state[e, 5] - sign * 4.0 * math.sqrt(k * root / (2.0 * density))
        flow[face] = area * u
        head[face] = 0.5 * u * u + (reference + k * (root - state[e, 2])) / density


@njit(**_FLAGS)
def _inlet(q, density, reference, k, root0, area, w):
    """Area at the inlet where the flow is given and W = u - 4 c comes from inside."""
    for _ in range(30):
        c = math.sqrt(k * math.sqrt(area) / (2.0 * density))
        wrong = q / area - 4.0 * c - w
        step = -wrong / (-q / (area * area) - c / area)
        area = max(area + step, 0.1 * area)
        if abs(step) < 1e-14 * area:
            break
    u = q / area
    return q, 0.5 * u * u + (reference + k * (math.sqrt(area) - root0)) / density


@njit(**_FLAGS)
def _outlet(stored, r1, density, reference, k, root0, area, w):
    """Area where P(A) = P_stored + R1 A u with u = W - 4 c."""
    for _ in range(30):
        root = math.sqrt(area)
        c = math.sqrt(k * root / (2.0 * density))
        u = w - 4.0 * c
        wrong = reference + k * (root - root0) - stored - r1 * area * u
        step = -wrong / (0.5 * k / root - r1 * (u - c))
        area = max(area + step, 0.1 * area)
        if abs(step) < 1e-14 * area:
            break
    root = math.sqrt(area)
    u = w - 4.0 * math.sqrt(k * root / (2.0 * density))
    return area * u, 0.5 * u * u + (reference + k * (root - root0)) / density


@njit(**_FLAGS)
def _rates(q_in, area, u, stored, mesh, blood, work, d_area, d_u, d_stored):
    (start, dx, k, root0, face_k, face_root, node_start, node_vessel, node_side, inlet,
     outlet_vessel, outlet, reference) = mesh  # fmt: skip
    density, drag = blood
    p, c, dp, du, flow, head, state = work
    _pressures(area, k, root0, reference, 0.5 / density, p, c)
    vessels = start.size - 1
    for v in range(vessels):
        _slopes(p, start[v], start[v + 1], dp)
        _slopes(u, start[v], start[v + 1], du)
        _faces(start[v], start[v + 1], v, density, reference, p, u, c, dp, du, face_k, face_root,
               flow, head)  # fmt: skip
    face, kf, r0, a, _, w = _end_state(inlet, 0, start, density, reference, p, u, dp, du, face_k,
                                       face_root)  # fmt: skip
    flow[face], head[face] = _inlet(q_in, density, reference, kf, r0, a, w)
    for o in range(outlet_vessel.size):
        face, kf, r0, a, _, w = _end_state(outlet_vessel[o], 1, start, density, reference, p, u, dp,
                                           du, face_k, face_root)  # fmt: skip
        r1, r2, compliance, out = outlet[o]
        held = stored[o] if compliance > 0.0 else out
        flow[face], head[face] = _outlet(held, r1, density, reference, kf, r0, a, w)
        d_stored[o] = (flow[face] - (stored[o] - out) / r2) / compliance if compliance > 0.0 else 0.0
    for n in range(node_start.size - 1):
        count = node_start[n + 1] - node_start[n]
        for e in range(count):
            j = node_start[n] + e
            face, kf, r0, a, sign, w = _end_state(node_vessel[j], node_side[j], start, density,
                                                  reference, p, u, dp, du, face_k, face_root)  # fmt: skip
            state[e, 0], state[e, 1], state[e, 2] = face, kf, r0
            state[e, 3], state[e, 4], state[e, 5] = a, sign, w
        _junction(count, density, reference, state, flow, head)
    for v in range(vessels):
        for i in range(start[v], start[v + 1]):
            f = i + v
            d_area[i] = -(flow[f + 1] - flow[f]) / dx[i]
            d_u[i] = -(head[f + 1] - head[f]) / dx[i] - drag * u[i] / area[i]


@njit(**_FLAGS)
def _wall_damping(step, density, start, dx, gamma, root0, area, u, lower, upper):
    """Kelvin-Voigt wall, implicit: u - dt/rho (g (A u)_x)_x = u*, g = Gamma / (A0 sqrt A)."""
    for v in range(start.size - 1):
        first, last = start[v], start[v + 1]
        if gamma[first] == 0.0 or last - first < 2:
            continue
        factor = step / (density * dx[first] * dx[first])
        for i in range(first, last):
            g_left = gamma[i] / (root0[i] ** 2 * math.sqrt(area[i])) if i > first else 0.0
            g_right = gamma[i] / (root0[i] ** 2 * math.sqrt(area[i])) if i < last - 1 else 0.0
            left, right = factor * g_left, factor * g_right
            below = -left * area[i - 1] if i > first else 0.0
            diagonal = 1.0 + (left + right) * area[i]
            above = -right * area[i + 1] if i < last - 1 else 0.0
            if i > first:
                diagonal -= below * upper[i - 1]
                lower[i] = (u[i] - below * lower[i - 1]) / diagonal
            else:
                lower[i] = u[i] / diagonal
            upper[i] = above / diagonal
        u[last - 1] = lower[last - 1]
        for i in range(last - 2, first - 1, -1):
            u[i] = lower[i] - upper[i] * u[i + 1]


@njit(**_FLAGS)
def _march(step, inflow, damped, gamma, area, u, stored, mesh, blood, work, probe, taken):
    """Advance len(inflow) - 1 steps; record pressure and flow at the probed cells."""
    n, m = area.size, stored.size
    k1, k2, v1, v2 = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    s1, s2 = np.empty(m), np.empty(m)
    area2, u2, stored2 = np.empty(n), np.empty(n), np.empty(m)
    lower, upper = np.empty(n), np.empty(n)
    start, dx, k, root0, reference = mesh[0], mesh[1], mesh[2], mesh[3], mesh[12]
    fastest = 0.0
    for s in range(inflow.size - 1):
        for j in range(probe.size):
            i = probe[j]
            taken[s, j, 0] = reference + k[i] * (math.sqrt(area[i]) - root0[i])
            taken[s, j, 1] = area[i] * u[i]
        _rates(inflow[s], area, u, stored, mesh, blood, work, k1, v1, s1)
        for i in range(n):
            area2[i] = area[i] + step * k1[i]
            u2[i] = u[i] + step * v1[i]
        for j in range(m):
            stored2[j] = stored[j] + step * s1[j]
        _rates(inflow[s + 1], area2, u2, stored2, mesh, blood, work, k2, v2, s2)
        for i in range(n):
            area[i] = 0.5 * (area[i] + area2[i] + step * k2[i])
            u[i] = 0.5 * (u[i] + u2[i] + step * v2[i])
        for j in range(m):
            stored[j] = 0.5 * (stored[j] + stored2[j] + step * s2[j])
        if damped:
            _wall_damping(step, blood[0], start, dx, gamma, root0, area, u, lower, upper)
        if s % 16 == 0:
            c = work[1]
            for i in range(n):
                fastest = max(fastest, (abs(u[i]) + c[i]) / dx[i])
    return fastest


@dataclass(frozen=True)
class Beat:
    """The last period: `time` (n,) s, `pressure` Pa and `flow` m3/s by segment name at mid length."""

    time: Array
    pressure: dict[str, Array]
    flow: dict[str, Array]
    cycles: int
    change: float
    steps: int


def simulate(tree: Tree, inflow: Callable[[Array], Array], period: float, *, cell: float = 2e-3,
             least: int = 2, cycles: int = 40, tolerance: float = 1e-4,
             probes: dict[str, int] | None = None,
             stored: float | None = None) -> Beat:  # fmt: skip
    """Run until the beat repeats.

    Parameters
    ----------
    tree : Tree
        Arteries, blood, reference pressure.
    inflow : callable
        Inlet flow (m3/s) at an array of times (s).
    period : float
        Length of a beat in s.
    cell : float
        Cell length in m.
    least : int
        Fewest cells of a segment.
    cycles : int
        Most beats.
    tolerance : float
        Stop when no probed pressure changes by more than this part of its largest value.
    probes : dict, optional
        Name -> cell of the mesh; mid length of every segment by default.
    stored : float, optional
        Initial windkessel pressure in Pa; by default the mean inflow through all resistances.
    """
    mesh = tree.mesh(cell, least)
    where = probes if probes is not None else {name: mesh.middle(name) for name in mesh.names}
    solver = Solver(mesh, tree.blood)
    begin = _mean_pressure(mesh, inflow, period) if stored is None else stored
    solver.set_pressure(begin)
    before, change, done = None, math.inf, 0
    for _ in range(cycles):
        taken = solver.advance(inflow, period, done * period, np.array(list(where.values())))
        done += 1
        grid = np.linspace(0, len(taken) - 1, 400)
        now = np.stack([np.interp(grid, np.arange(len(taken)), taken[:, j, 0])
                        for j in range(taken.shape[1])])  # fmt: skip
        if before is not None:
            change = float(np.max(np.abs(now - before)) / np.max(np.abs(now)))
            if change < tolerance:
                break
        before = now
    time = np.arange(len(taken)) * period / len(taken)
    return Beat(time, {n: taken[:, j, 0] for j, n in enumerate(where)},
                {n: taken[:, j, 1] for j, n in enumerate(where)}, done, change, len(taken))  # fmt: skip


def _mean_pressure(mesh: Mesh, inflow: Callable[[Array], Array], period: float) -> float:
    mean = float(np.mean(inflow(np.linspace(0, period, 1000, endpoint=False))))
    total = np.sum(1 / (mesh.outlet[:, 0] + mesh.outlet[:, 1]))
    return mean / float(total) + float(np.mean(mesh.outlet[:, 3]))


class Solver:
    """State of one tree and its march through time."""

    def __init__(self, mesh: Mesh, blood: Blood) -> None:
        self.mesh, self._blood = mesh, (blood.density, self._drag(blood))
        n, faces = mesh.cells, mesh.cells + len(mesh.names)
        ends = int(np.max(np.diff(mesh.node_start), initial=1))
        self._arrays = (mesh.start, mesh.dx, mesh.k, mesh.root_a0, mesh.face_k, mesh.face_root_a0,
                        mesh.node_start, mesh.node_vessel, mesh.node_side, mesh.inlet,
                        mesh.outlet_vessel, mesh.outlet, mesh.reference_pressure)  # fmt: skip
        self._work = (*(np.zeros(n) for _ in range(4)), np.zeros(faces), np.zeros(faces),
                      np.zeros((ends, 8)))  # fmt: skip
        self.area, self.u = mesh.root_a0**2, np.zeros(n)
        self.stored = np.array(mesh.outlet[:, 3])
        self._fastest = 0.0

    @staticmethod
    def _drag(blood: Blood) -> float:
        return 2 * (blood.profile + 2) * math.pi * blood.viscosity / blood.density

    def set_pressure(self, pressure: float) -> None:
        """Fill the tree at rest with one pressure (Pa)."""
        mesh = self.mesh
        self.area = (mesh.root_a0 + (pressure - mesh.reference_pressure) / mesh.k) ** 2
        self.u[:] = 0.0
        self.stored[:] = pressure

    def advance(self, inflow: Callable[[Array], Array], span: float, start: float,
                probe: NDArray[np.int64]) -> Array:  # fmt: skip
        """March over `span` seconds; (steps, probes, 2) pressures and flows at each step's start.

        A step that turned out too long for the waves met is taken again with more steps.
        """
        mesh = self.mesh
        speed = np.sqrt(mesh.k * np.sqrt(self.area) / (2 * self._blood[0]))
        fastest = max(self._fastest, 1.3 * float(np.max((speed + np.abs(self.u)) / mesh.dx)))
        while True:
            steps = max(8, math.ceil(span * fastest / _COURANT))
            held = self.area.copy(), self.u.copy(), self.stored.copy()
            times = start + np.linspace(0, span, steps + 1)
            taken = np.empty((steps, probe.size, 2))
            met = _march(span / steps, inflow(times), bool(np.any(mesh.gamma)), mesh.gamma,
                         self.area, self.u, self.stored, self._arrays, self._blood, self._work,
                         probe, taken)  # fmt: skip
            if np.isfinite(taken).all() and met <= fastest * 1.1:
                self._fastest = max(met * 1.02, 1e-12)
                return taken
            self.area, self.u, self.stored = held
            fastest = max(1.5 * fastest, 1.1 * met if math.isfinite(met) else 0.0)
