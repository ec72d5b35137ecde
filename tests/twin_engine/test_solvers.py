"""Both methods: order, agreement with SciPy, stiff reference problems, closed forms."""

from pathlib import Path

import numpy as np
import pytest

from twin_engine.cohort import solve_cohort
from twin_engine.jacobian import jacobian
from twin_engine.model import Model, from_file
from twin_engine.solve import Dose, solve

HERE = Path(__file__).resolve().parent / "models"


def model(name: str) -> Model:
    return from_file(HERE / f"{name}.py")


# Equations sheet, section 5: fifth-order Radau at 3e-14, a second method agrees to 1e-11; the ends
# of the stiff problems are also in Mazzia & Magherini, Test Set for IVP Solvers 2.4.
BRUSSELATOR = np.array([0.498637071268, 4.596780349452])


@pytest.mark.parametrize(("method", "order"), [("tsit5", 5), ("rodas4", 4)])
def test_order_of_convergence(method: str, order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    m = model("brusselator")
    errors = []
    for steps in (400, 800, 1600):
        monkeypatch.setattr(m.module, "MAX_STEP", 20.0 / steps)
        # So loose a tolerance that every step is the longest allowed one
        found = solve(m, until=20.0, tolerance=0.1, method=method)
        errors.append(np.abs(found.final.final[0] - BRUSSELATOR).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    print(method, "errors", errors, "orders", orders)
    assert np.all(orders > order - 0.5)


@pytest.mark.parametrize("method", ["tsit5", "rodas4"])
def test_order_of_the_interpolant(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    m = model("brusselator")
    at = np.linspace(0.0, 3.0, 173)
    fine = solve(m, until=3.0, at=at, tolerance=1e-12)["x"]
    errors = []
    for steps in (60, 120, 240):
        monkeypatch.setattr(m.module, "MAX_STEP", 3.0 / steps)
        errors.append(np.abs(solve(m, until=3.0, at=at, tolerance=0.1, method=method)["x"] - fine).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(orders > 2.8), orders


@pytest.mark.parametrize("method", ["tsit5", "rodas4"])
def test_agrees_with_scipy(method: str) -> None:
    from scipy.integrate import solve_ivp

    m = model("brusselator")
    at = np.linspace(0.0, 20.0, 41)
    theirs = solve_ivp(lambda t, y: m.module.rhs(t, m.module.State(*y), None, None), (0, 20),
                       [1.5, 3.0], "DOP853", at, rtol=1e-12, atol=1e-12)  # fmt: skip
    ours = solve(m, until=20.0, at=at, tolerance=1e-10, method=method)
    assert np.abs(ours["x"] - theirs.y[0]).max() < 2e-8
    assert np.abs(ours["y"] - theirs.y[1]).max() < 2e-8


@pytest.mark.parametrize(
    ("name", "until", "end"),
    [
        ("robertson", 40.0, [0.715827068719, 9.18553476456e-6, 0.284163745746]),
        ("robertson", 1e11, [2.083340149701e-8, 8.33336077033e-14, 0.999999979167]),
        ("van_der_pol", 2000.0, [1.70616773217, -8.92809701025e-4]),
        ("hires", 321.8122, [7.37131257333e-4, 1.44248572632e-4, 5.88872974097e-5, 1.17565134328e-3,
                             2.38635619883e-3, 6.23896825274e-3, 2.84999839519e-3,
                             2.85000160481e-3]),
    ],
)  # fmt: skip
def test_stiff_reference_problems_to_six_digits(name: str, until: float, end: list[float]) -> None:
    found = solve(model(name), until=until, tolerance=1e-8)
    error = np.abs(found.final.final[0] / end - 1.0).max()
    print(f"{name} to {until:g}: {found.steps} steps, relative error {error:.1e}")
    assert error < 1e-6
    if name == "robertson":
        assert abs(found.final.final[0].sum() - 1.0) < 1e-12


def test_jacobians_are_exact_where_they_can_be() -> None:
    assert {jacobian(model(n))[1] for n in ("robertson", "hires", "van_der_pol")} == {"exact"}


def oral(t: np.ndarray, dose: float, ka: float = 1.0, k: float = 0.1) -> np.ndarray:
    """Amount after an oral dose at 0 (Bateman function)."""
    t = np.maximum(t, 0.0)
    return dose * ka / (ka - k) * (np.exp(-k * t) - np.exp(-ka * t))


def infused(t: np.ndarray, dose: float, length: float, k: float = 0.1) -> np.ndarray:
    """Amount during and after an infusion that starts at 0."""
    rate, during = dose / length, np.clip(t, 0.0, length)
    return rate / k * (1.0 - np.exp(-k * during)) * np.exp(-k * np.maximum(0.0, t - length))


@pytest.mark.parametrize("method", ["tsit5", "rodas4"])
@pytest.mark.parametrize("route", ["bolus", "drip"])
def test_closed_forms_with_doses_and_infusions(method: str, route: str) -> None:
    at = np.sort(np.concatenate([np.linspace(0.0, 72.0, 55), [12.0, 24.0, 30.0, 36.0]]))
    doses = [Dose(t, 100.0) for t in (0.0, 12.0, 24.0, 48.0)] + [Dose(30.0, 60.0, route, 6.0)]
    found = solve(model("oral"), until=72.0, at=at, doses=doses, tolerance=1e-9, method=method)
    exact = sum(oral(at - d.time, d.amount) for d in doses[:4]) + infused(at - 30.0, 60.0, 6.0)
    assert np.abs(found["central"] - exact).max() < 1e-6
    assert np.allclose(found["concentration"], found["central"] / 20.0, rtol=1e-14)


def test_a_visit_at_a_dose_sees_the_value_before() -> None:
    found = solve(model("oral"), until=24.0, at=[0.0, 12.0, 12.0 + 1e-9], doses=[
        Dose(0.0, 100.0, "bolus"), Dose(12.0, 50.0, "bolus")], tolerance=1e-10)  # fmt: skip
    exact = [0.0, 100.0 * np.exp(-1.2), 100.0 * np.exp(-1.2) + 50.0]
    assert np.allclose(found["central"], exact, rtol=1e-8)


def test_bouncing_ball() -> None:
    # Falls for sqrt(2/g), then flies 1/2, 1/4, ... of twice that
    fall = np.sqrt(2.0 / 9.81)
    at = np.array([fall * 0.5, fall * 1.5, fall * 2.25, fall * 2.75])
    found = solve(model("ball"), until=1.3, at=at, tolerance=1e-9)
    speed = np.sqrt(2.0 * 9.81)
    exact = [1.0 - 0.5 * 9.81 * at[0] ** 2]
    for start, v, t in ((fall, speed / 2, at[1]), (2 * fall, speed / 4, at[2]),
                        (2.5 * fall, speed / 8, at[3])):  # fmt: skip
        exact.append(v * (t - start) - 0.5 * 9.81 * (t - start) ** 2)
    assert np.allclose(found["height"], exact, atol=1e-12)


def test_ticks_keep_their_memory_and_leave_doses_alone() -> None:
    m = model("clock")
    at = np.array([0.25, 0.75, 1.0, 1.75])
    found = solve(m, until=2.0, at=at, doses=[Dose(1.0, 3.0, duration=0.5)])
    assert found["level"].tolist() == [1.0, 2.0, 2.0, 4.0]
    assert np.allclose(found["sum"], [0.25, 1.0, 1.5, 1.5 + 1.5 + 1.0 + 3.0])
    first = solve_cohort(m, {}, until=1.0)
    second = solve_cohort(m, {}, start=1.0, until=2.0, initial=first)
    whole = solve_cohort(m, {}, until=2.0)
    assert np.allclose(second.outputs["sum"], whole.outputs["sum"])
