"""Zero-dimensional networks: vessels, junctions and outlets as one small implicit system.

Vessel (Updegrove et al. 2017, SimVascular; Pegolotti et al. 2024, svZeroDSolver), the capacitor
after the resistor:

    P_in - P_out = drop(Q_in) + L dQ_out/dt,   Q_in - Q_out = C d(P_in - drop(Q_in))/dt,

with drop(Q) = R Q + S |Q| Q, or any given law. Coronary outlet: Kim et al. 2010 (Ann Biomed Eng
38:3195). Units are the caller's, if consistent (SI in this house).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[np.float64]
# Spectral radius at infinite frequency: svZeroDSolver's default.
_RADIUS = 0.5
Signal = Callable[[float], float]
Drop = Callable[[float], tuple[float, float]]


def constant(value: float) -> Signal:
    """A signal that does not change."""
    return lambda t: value


def quadratic(resistance: float, stenosis: float = 0.0) -> Drop:
    """R Q + S |Q| Q with its derivative."""
    return lambda q: ((resistance + stenosis * abs(q)) * q, resistance + 2 * stenosis * abs(q))


@dataclass(frozen=True)
class Vessel:
    """A segment from node `inlet` to node `outlet`."""

    name: str
    inlet: str
    outlet: str
    drop: Drop
    compliance: float = 0.0
    inductance: float = 0.0


@dataclass(frozen=True)
class Flow:
    """A prescribed flow into a node."""

    node: str
    flow: Signal


@dataclass(frozen=True)
class Pressure:
    """A prescribed pressure at a node."""

    node: str
    pressure: Signal


@dataclass(frozen=True)
class Resistance:
    """P = pressure + R Q out of a node."""

    node: str
    resistance: float
    pressure: float = 0.0


@dataclass(frozen=True)
class Windkessel:
    """Proximal resistance, capacitor, distal resistance."""

    node: str
    proximal: float
    compliance: float
    distal: float
    pressure: float = 0.0


@dataclass(frozen=True)
class Coronary:
    """Arterial, microvascular and venous resistance; the second capacitor sits on the muscle."""

    node: str
    arterial: float
    micro: float
    venous: float
    arterial_compliance: float
    intramyocardial_compliance: float
    muscle_pressure: Signal
    venous_pressure: float = 0.0


Boundary = Flow | Pressure | Resistance | Windkessel | Coronary


@dataclass(frozen=True)
class Course:
    """Time (n,), pressures by node, inflow and outflow by vessel."""

    time: Array
    pressure: dict[str, Array]
    inflow: dict[str, Array]
    outflow: dict[str, Array]


class Network:
    """Vessels and boundaries between named nodes.

    Raises
    ------
    InputError
        Names repeat, a boundary sits on an unknown node, or an end has no boundary.
    """

    def __init__(self, vessels: Sequence[Vessel], boundaries: Sequence[Boundary]) -> None:
        self.vessels, self.boundaries = tuple(vessels), tuple(boundaries)
        self.nodes = sorted({n for v in vessels for n in (v.inlet, v.outlet)})
        self._check()
        index = {n: i for i, n in enumerate(self.nodes)}
        self._in = np.array([index[v.inlet] for v in vessels])
        self._out = np.array([index[v.outlet] for v in vessels])
        self._at = [index[b.node] for b in boundaries]
        n, m = len(self.nodes), len(self.vessels)
        self._q_in, self._q_out = n + np.arange(m), n + m + np.arange(m)
        # A flow at each boundary into its node, then the boundary's own states.
        states = [{Windkessel: 1, Coronary: 2}.get(type(b), 0) for b in boundaries]
        self._q_at = n + 2 * m + np.arange(len(boundaries))
        self._own = n + 2 * m + len(boundaries) + np.concatenate(([0], np.cumsum(states)))[:-1]
        self.size = n + 2 * m + len(boundaries) + int(sum(states))

    def _check(self) -> None:
        if len({v.name for v in self.vessels}) != len(self.vessels) or not self.vessels:
            raise InputError("vessel names must differ", "vessels",
                             [v.name for v in self.vessels], "one name a vessel", "rename")  # fmt: skip
        ends = {n for n in self.nodes
                if sum(n in (v.inlet, v.outlet) for v in self.vessels) == 1}  # fmt: skip
        held = [b.node for b in self.boundaries]
        wrong = sorted((ends - set(held)) | (set(held) - set(self.nodes)))
        if wrong or len(set(held)) != len(held):
            raise InputError("the network is not connected", "boundaries", ", ".join(wrong) or held,
                             "one boundary at every end", "join the vessel or give it an outlet")  # fmt: skip

    def residual(self, t: float, y: Array, rate: Array) -> tuple[Array, Array, Array]:
        """(r, dr/dy, dr/drate) of the implicit system r(t, y, y') = 0."""
        r = np.zeros(self.size)
        dy, dr = np.zeros((self.size, self.size)), np.zeros((self.size, self.size))
        n = len(self.nodes)
        for j, v in enumerate(self.vessels):
            self._vessel(j, v, y, rate, r, dy, dr)
            for row, column, sign in ((self._in[j], self._q_in[j], -1.0),
                                      (self._out[j], self._q_out[j], 1.0)):  # fmt: skip
                r[row] += sign * y[column]
                dy[row, column] += sign
        for b, boundary in enumerate(self.boundaries):
            column = self._q_at[b]
            r[self._at[b]] += y[column]
            dy[self._at[b], column] += 1.0
            self._boundary(b, boundary, t, y, rate, n + 2 * len(self.vessels) + b, r, dy, dr)
        return r, dy, dr

    def _vessel(self, j: int, v: Vessel, y: Array, rate: Array, r: Array, dy: Array, dr: Array
                ) -> None:  # fmt: skip
        p, out, q, qo = self._in[j], self._out[j], self._q_in[j], self._q_out[j]
        momentum, mass = q, qo
        drop, slope = v.drop(float(y[q]))
        r[momentum] = y[p] - y[out] - drop - v.inductance * rate[qo]
        dy[momentum, p], dy[momentum, out], dy[momentum, q] = 1.0, -1.0, -slope
        dr[momentum, qo] = -v.inductance
        r[mass] = y[q] - y[qo] - v.compliance * (rate[p] - slope * rate[q])
        dy[mass, q], dy[mass, qo] = 1.0, -1.0
        dr[mass, p], dr[mass, q] = -v.compliance, v.compliance * slope

    def _boundary(self, b: int, x: Boundary, t: float, y: Array, rate: Array, row: int, r: Array,
                  dy: Array, dr: Array) -> None:  # fmt: skip
        p, q, own = self._at[b], self._q_at[b], int(self._own[b])
        if isinstance(x, Flow):
            r[row] = y[q] - x.flow(t)
            dy[row, q] = 1.0
        elif isinstance(x, Pressure):
            r[row] = y[p] - x.pressure(t)
            dy[row, p] = 1.0
        elif isinstance(x, Resistance):
            r[row] = y[p] - x.pressure + x.resistance * y[q]
            dy[row, p], dy[row, q] = 1.0, x.resistance
        elif isinstance(x, Windkessel):
            r[row] = y[p] - y[own] + x.proximal * y[q]
            dy[row, p], dy[row, own], dy[row, q] = 1.0, -1.0, x.proximal
            r[own] = x.compliance * rate[own] + y[q] + (y[own] - x.pressure) / x.distal
            dr[own, own], dy[own, q], dy[own, own] = x.compliance, 1.0, 1 / x.distal
        else:
            self._coronary(x, t, y, rate, (row, p, q, own), r, dy, dr)

    @staticmethod
    def _coronary(x: Coronary, t: float, y: Array, rate: Array, at: tuple[int, int, int, int],
                  r: Array, dy: Array, dr: Array) -> None:  # fmt: skip
        row, p, q, arterial = at
        muscle = arterial + 1
        # The state is P_m - P_im, so that the muscle's pressure needs no derivative.
        inside = y[muscle] + x.muscle_pressure(t)
        through = (y[arterial] - inside) / x.micro
        r[row] = y[p] - y[arterial] + x.arterial * y[q]
        dy[row, p], dy[row, arterial], dy[row, q] = 1.0, -1.0, x.arterial
        r[arterial] = x.arterial_compliance * rate[arterial] + y[q] + through
        dr[arterial, arterial] = x.arterial_compliance
        dy[arterial, q], dy[arterial, arterial] = 1.0, 1 / x.micro
        dy[arterial, muscle] = -1 / x.micro
        out = (inside - x.venous_pressure) / x.venous
        r[muscle] = x.intramyocardial_compliance * rate[muscle] - through + out
        dr[muscle, muscle] = x.intramyocardial_compliance
        dy[muscle, arterial], dy[muscle, muscle] = -1 / x.micro, 1 / x.micro + 1 / x.venous

    def steady(self, t: float = 0.0, guess: Array | None = None) -> Array:
        """The state at rest under the boundary values at `t`.

        Raises
        ------
        InputError
            Newton's method finds no solution.
        """
        y = np.full(self.size, 1e-9) if guess is None else guess.copy()
        zero = np.zeros(self.size)
        for _ in range(60):
            r, dy, _ = self.residual(t, y, zero)
            step = np.linalg.solve(dy, -r)
            y += step
            if self._settled(step, y, 1e-12):
                return y
        raise InputError("the flow does not settle", "network", float(np.max(np.abs(r))),
                         "a steady solution", "check resistances and boundary values")  # fmt: skip

    def run(self, span: float, steps: int, start: Array | None = None) -> Course:
        """March from 0 to `span` by the generalised-alpha method.

        Second order with damping of the fast modes (Jansen, Whiting & Hulbert 2000, Comput Methods
        Appl Mech Eng 190:305; spectral radius at infinity as in svZeroDSolver).
        """
        y = self.steady() if start is None else start.copy()
        h, times = span / steps, np.linspace(0, span, steps + 1)
        states = np.empty((steps + 1, self.size))
        states[0], rate = y, np.zeros(self.size)
        for s in range(steps):
            y, rate = self._step(times[s], h, y, rate)
            states[s + 1] = y
        return self._course(times, states)

    def _step(self, t: float, h: float, y: Array, rate: Array) -> tuple[Array, Array]:
        mid = 0.5 * (3 - _RADIUS) / (1 + _RADIUS)
        end = 1 / (1 + _RADIUS)
        gamma = 0.5 + mid - end
        new = rate * (gamma - 1) / gamma
        for _ in range(30):
            inside = y + end * h * (rate + gamma * (new - rate))
            r, dy, dr = self.residual(t + end * h, inside, rate + mid * (new - rate))
            step = np.linalg.solve(end * gamma * h * dy + mid * dr, -r)
            new = new + step
            if self._settled(step * h, y, 1e-10):
                break
        return y + h * (rate + gamma * (new - rate)), new

    def _settled(self, step: NDArray[Any], y: NDArray[Any], tolerance: float) -> bool:
        """Flows and pressures differ by ten orders in SI, so each is measured by its own size."""
        flows = np.zeros(self.size, dtype=bool)
        flows[[*self._q_in, *self._q_out, *self._q_at]] = True
        return all(np.max(np.abs(step[part]), initial=0.0)
                   <= tolerance * np.max(np.abs(y[part]), initial=0.0) + 1e-300
                   for part in (flows, ~flows))  # fmt: skip

    def _course(self, time: Array, states: Array) -> Course:
        return Course(time, {n: states[:, i] for i, n in enumerate(self.nodes)},
                      {v.name: states[:, self._q_in[j]] for j, v in enumerate(self.vessels)},
                      {v.name: states[:, self._q_out[j]] for j, v in enumerate(self.vessels)})  # fmt: skip

    def inflows(self, state: Array) -> Array:
        """Flow into every vessel, in their order, of a state."""
        return state[self._q_in]

    def at_rest(self, t: float = 0.0) -> Course:
        """The steady solution as a course of one instant."""
        return self._course(np.array([t]), self.steady(t)[None])
