"""Runs inside `.venv-peers`: one peer on the case written by `bench_peers.py`; prints JSON."""

import json
import math
import os
import sys
import time
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import numpy as np


def right_hand_side(tanh: Any, maximum: Any, stack: Any, names: list[str]) -> Any:
    """The equations of `t1d.py` for any array library."""
    at = {n: i for i, n in enumerate(names)}
    i = [at[n] for n in ("BW", "Vi", "k1", "k2", "kabs", "kmax", "kmin", "b", "d", "f", "kp1", "kp2",
                         "kp3", "Fsnc", "ke1", "ke2", "Vm0", "Vmx", "Km0", "p2u", "m1", "m2", "m30",
                         "m4", "ki", "kd", "ka1", "ka2", "ksc", "Ib", "u2ss", "meal", "basal")]  # fmt: skip

    def rhs(y: Any, p: Any, insulin: Any) -> Any:
        (BW, Vi, k1, k2, kabs, kmax, kmin, b, d, f, kp1, kp2, kp3, Fsnc, ke1, ke2, Vm0, Vmx, Km0, p2u,
         m1, m2, m30, m4, ki, kd, ka1, ka2, ksc, Ib, u2ss, meal, basal) = [p[j] for j in i]  # fmt: skip
        Q1, Q2, Qg, Gp, Gt, Ip, X, I1, Id, Il, S1, S2, Gs = [y[j] for j in range(13)]
        full = Q1 + Q2
        a, c = 2.5 / (meal * (1.0 - b)), 2.5 / (meal * d)
        ke = kmin + 0.5 * (kmax - kmin) * (
            tanh(a * (full - b * meal)) - tanh(c * (full - d * meal)) + 2.0
        )
        produced = maximum(0.0, kp1 - kp2 * Gp - kp3 * Id)
        lost = ke1 * maximum(0.0, Gp - ke2)
        used = (Vm0 + Vmx * X) * Gt / (Km0 + Gt)
        given = basal * u2ss + insulin * 6000.0 / BW
        plasma = Ip / Vi
        return stack([
            -kmax * Q1, kmax * Q1 - ke * Q2, ke * Q2 - kabs * Qg,
            produced + f * kabs * Qg / BW - Fsnc - lost - k1 * Gp + k2 * Gt,
            -used + k1 * Gp - k2 * Gt, -(m2 + m4) * Ip + m1 * Il + ka1 * S1 + ka2 * S2,
            p2u * (plasma - Ib - X), ki * (plasma - I1), ki * (I1 - Id), -(m1 + m30) * Il + m2 * Ip,
            given - (ka1 + kd) * S1, kd * S1 - ka2 * S2, ksc * (Gp - Gs),
        ])  # fmt: skip

    return rhs


def segments(case: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts (63 + the end), index of the pump's rate, meal at the start (1 or 0)."""
    changes, meals = 24.0 * np.arange(60), np.array([420.0, 750.0, 1110.0])
    starts = np.union1d(changes, meals)
    return (np.append(starts, 1440.0), np.searchsorted(changes, starts, "right") - 1,
            np.isin(starts, meals).astype(float))  # fmt: skip


def error(end: np.ndarray, exact: np.ndarray) -> float:
    return float((np.abs(end - exact) / (np.abs(exact).max(axis=0) + 1e-12)).max())


def diffrax(case: Any) -> list[dict[str, float]]:
    import diffrax as dx
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    rhs = right_hand_side(jnp.tanh, jnp.maximum, jnp.stack, [str(n) for n in case["names"]])
    starts, which, meals = segments(case)
    term = dx.ODETerm(lambda t, y, args: rhs(y, args[0], args[1]))
    control = dx.PIDController(rtol=1e-6, atol=jnp.array(1e-6 * case["scales"]))
    meal = float(case["meal"])

    def person(y0: Any, p: Any, rates: Any) -> Any:
        def segment(y: Any, x: Any) -> Any:
            t0, t1, rate, bite = x
            y = y.at[0].add(bite * meal)
            s = dx.diffeqsolve(term, dx.Tsit5(), t0, t1, None, y, (p, rate), max_steps=4096,
                               stepsize_controller=control)  # fmt: skip
            return s.ys[-1], None

        return jax.lax.scan(segment, y0, (starts[:-1], starts[1:], rates[which], meals))[0]

    solve = jax.jit(jax.vmap(person))
    inputs = [jnp.array(case[k]) for k in ("y0", "p", "rates")]
    end = np.array(solve(*inputs).block_until_ready())
    best = math.inf
    for _ in range(3):
        start = time.process_time()
        solve(*inputs).block_until_ready()
        best = min(best, time.process_time() - start)
    return [{"speed": len(end) / best, "error": error(end, case["exact"])}]


def numbalsoda(case: Any) -> list[dict[str, float]]:
    import numba as nb
    from numbalsoda import lsoda, lsoda_sig

    names = [str(n) for n in case["names"]]
    width = len(names)
    kernel = nb.njit(right_hand_side_numba(names))

    @nb.cfunc(lsoda_sig)
    def rhs(t, y, dy, p):  # type: ignore[no-untyped-def]
        kernel(nb.carray(y, (13,)), nb.carray(p, (width + 1,)), nb.carray(dy, (13,)))

    address = rhs.address
    starts, which, meals = segments(case)

    @nb.njit
    def solve(y0, p, rates, starts, which, meals, meal, rtol, atol):  # type: ignore[no-untyped-def]
        end = y0.copy()
        full = np.empty(p.shape[1] + 1)
        for i in range(y0.shape[0]):
            full[:-1] = p[i]
            for s in range(which.size):
                full[-1] = rates[i, which[s]]
                end[i, 0] += meals[s] * meal
                grid = np.array([starts[s], starts[s + 1]])
                found, _ = lsoda(address, end[i], grid, full, rtol, atol)
                end[i] = found[-1]
        return end

    runs = []
    n = 200
    for rtol in (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9):
        more = (case["rates"][:n], starts, which, meals, float(case["meal"]), rtol, rtol)
        solve(case["y0"][:2], case["p"][:2], *more)
        best, end = math.inf, None
        for _ in range(3):
            start = time.process_time()
            end = solve(case["y0"][:n], case["p"][:n], *more)
            best = min(best, time.process_time() - start)
        size = np.abs(case["exact"]).max(axis=0) + 1e-12
        runs.append({"speed": n / best, "error": float((np.abs(end - case["exact"][:n]) / size).max())})
    return runs


def right_hand_side_numba(names: list[str]) -> Any:
    """The same equations, generated as scalar code on arrays."""
    import inspect

    text = inspect.getsource(right_hand_side).split("def rhs")[1]
    order = [n.strip().strip('"') for n in
             inspect.getsource(right_hand_side).split("in (")[1].split(")]")[0].split(",")]  # fmt: skip
    lines = [f"    {n} = p[{names.index(n)}]" for n in order]
    states = ["Q1", "Q2", "Qg", "Gp", "Gt", "Ip", "X", "I1", "Id", "Il", "S1", "S2", "Gs"]
    lines += [f"    {n} = y[{i}]" for i, n in enumerate(states)] + [f"    insulin = p[{len(names)}]"]
    body = text.split("range(13)]")[1].split("return stack([")
    lines += [line[4:] for line in body[0].splitlines()]
    values = body[1].split("])")[0]
    lines += [f"    r = ({values.strip()})"] + [f"    dy[{i}] = r[{i}]" for i in range(13)]
    space: dict[str, Any] = {"tanh": math.tanh, "maximum": max}
    exec("def f(y, p, dy):\n" + "\n".join(lines), space)
    return space["f"]


def simglucose(case: Any) -> list[dict[str, float]]:
    import warnings

    warnings.simplefilter("ignore")
    from simglucose.patient.t1dpatient import Action, T1DPatient

    patient = T1DPatient.withName("adult#001")
    start = time.process_time()
    for minute in range(1440):
        eaten = 60.0 if minute in (420, 750, 1110) else 0.0
        patient.step(Action(CHO=eaten, insulin=float(case["rates"][0, minute // 24])))
    return [{"speed": 1.0 / (time.process_time() - start)}]


if __name__ == "__main__":
    peer = {"diffrax": diffrax, "numbalsoda": numbalsoda, "simglucose": simglucose}[sys.argv[1]]
    print(json.dumps(peer(np.load(sys.argv[2]))))
