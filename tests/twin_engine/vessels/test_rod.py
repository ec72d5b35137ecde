"""The guide wire: beam theory, inextensibility, and staying inside for any hand."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from twin_engine.errors import InputError
from twin_engine.vessels.rod import Lumen, Rod, Wire, made

RADIUS = 3e-3


def course(s: np.ndarray) -> np.ndarray:
    """An S-shaped vessel, straight before the entry (m)."""
    inside = s > 0
    return np.stack([s, 0.012 * np.sin(40 * s) * inside, 0.008 * np.sin(30 * s) * inside], axis=-1)


def vessel(spacing: float = 0.5e-3) -> Lumen:
    line = course(np.linspace(-0.02, 0.2, 800))
    low = line.min(axis=0) - 0.008
    shape = np.ceil((line.max(axis=0) + 0.008 - low) / spacing).astype(int)
    axes = [low[i] + spacing * np.arange(shape[i]) for i in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    distance, _ = cKDTree(line).query(points)
    return Lumen((distance - RADIUS).reshape(shape), low, spacing)


def entered(lumen: Lumen) -> Rod:
    direction = course(np.array([1e-3]))[0] - course(np.array([0.0]))[0]
    return Rod(Wire(length=0.3), np.zeros(3), direction, lumen)


def inside(rod: Rod) -> np.ndarray:
    return rod.x[rod.segment * np.arange(rod.nodes) + rod.inserted - rod.wire.length > 0]


def test_tip_bends_as_a_beam() -> None:
    """F L^3 / (3 E I) (Euler-Bernoulli) within 2 %; the clamp lies in the middle of the held segment."""
    wire = Wire(length=0.1, stiffness=1e-4, tip_stiffness=1e-4, tip_curvature=0.0, tip_length=0.0)
    rod = Rod(wire, np.zeros(3), np.array([1.0, 0, 0]), inserted=0.1, damping=40.0)
    rod.force = np.array([0, 0, 2e-3])
    for _ in range(4000):
        rod.step(1 / 500)
    expected = 2e-3 * (0.1 - rod.segment / 2) ** 3 / (3 * 1e-4)
    print(f"tip deflection {1e3 * rod.tip()[2]:.3f} mm, beam theory {1e3 * expected:.3f} mm")
    assert rod.tip()[2] == pytest.approx(expected, rel=0.02)
    assert rod.strain() < 1e-9


def test_ten_thousand_random_hands_stay_inside() -> None:
    lumen, rng = vessel(), np.random.default_rng(0)
    rod = entered(lumen)
    deepest, strain, reached = -np.inf, 0.0, 0.0
    for _ in range(10_000):
        rod.step(1 / 500, rng.uniform(-0.04, 0.06) / 500, rng.uniform(-6, 6) / 500)
        deepest = max(deepest, float(lumen.depth(inside(rod)[-30:]).max()))
        strain, reached = max(strain, rod.strain()), max(reached, float(rod.tip()[0]))
    deepest = max(deepest, float(lumen.depth(inside(rod)).max()))
    print(f"nearest to the wall {1e3 * deepest:.3f} mm, strain {100 * strain:.2f} %, reached {1e3 * reached:.0f} mm")
    assert deepest <= 0.0
    assert strain < 0.01
    assert reached > 0.15


def test_a_shaped_tip_follows_the_hand() -> None:
    """Half a turn of the hand brings the bent tip to the other side."""
    sides = []
    for angle in (0.0, np.pi):
        rod = Rod(Wire(), np.zeros(3), np.array([1.0, 0, 0]), inserted=0.1)
        for _ in range(300):
            rod.step(1 / 500, turn=angle / 300)
        for _ in range(300):
            rod.step(1 / 500)
        sides.append(rod.tip()[1:])
    assert np.allclose(sides[0], -sides[1], atol=2e-4)
    assert np.linalg.norm(sides[0]) > 5e-3


def test_a_blocked_wire_does_not_go_on() -> None:
    rod = entered(vessel())
    for _ in range(3000):
        rod.step(1 / 500, 0.06 / 500)
    before = rod.inserted
    for _ in range(200):
        rod.step(1 / 500, 0.06 / 500)
    assert rod.inserted - before < 0.2 * 200 * 0.06 / 500
    assert rod.push.max() > 0 or rod.blocked > 0


def test_same_hand_same_bits() -> None:
    ends = []
    for _ in range(2):
        rod, rng = entered(vessel(1e-3)), np.random.default_rng(5)
        for _ in range(200):
            rod.step(1 / 500, rng.uniform(-0.04, 0.06) / 500, rng.uniform(-6, 6) / 500)
        ends.append(rod.x.tobytes())
    assert ends[0] == ends[1]


def test_bad_hands_and_wires_are_named() -> None:
    rod = entered(vessel(1e-3))
    was = rod.x.copy()
    with pytest.raises(InputError, match="must be finite"):
        rod.step(1 / 500, float("nan"))
    assert (rod.x == was).all()
    with pytest.raises(InputError, match="positive length"):
        Wire(stiffness=0.0)
    with pytest.raises(InputError, match="finite distance"):
        Lumen(np.full((2, 2, 2), np.nan), np.zeros(3), 1.0)


def test_the_wall_bears_what_beam_theory_says() -> None:
    """A straight wire bent by a wall at its tip presses with 3 E I d / L^3 (Euler-Bernoulli) within 3 %."""
    grid = np.broadcast_to(-(np.arange(60) * 1e-3 - 0.02), (140, 40, 60)).copy()
    wall = Lumen(grid, np.full(3, -0.02), 1e-3)
    wire = Wire(length=0.1, stiffness=1e-4, tip_stiffness=1e-4, tip_curvature=0.0, tip_length=0.0, radius=1e-9)
    angle, high = np.radians(6.0), 6e-3
    way = np.array([np.cos(angle), 0, -np.sin(angle)])
    rod = Rod(wire, np.array([0, 0, high]), way, wall, nodes=50, inserted=0.1, friction=0.0, damping=40.0)
    for _ in range(3000):
        rod.step(1 / 500)
    found = []
    for _ in range(300):
        rod.step(1 / 500)
        found.append(rod.wall_force().sum())
    bent = (0.1 * np.sin(angle) - high) * np.cos(angle)
    assert np.mean(found) == pytest.approx(3 * 1e-4 * bent / (0.1 * np.cos(angle)) ** 3, rel=0.03)


def test_a_throat_finer_than_the_grid_stays_open_and_a_weak_hand_is_blocked() -> None:
    """Round tubes are exact near their wall: a wire of .18 mm passes a throat of .3 mm on a 2 mm grid."""
    s = np.linspace(-0.01, 0.08, 91)
    radius = 1.5e-3 - 1.2e-3 * np.exp(-(((s - 0.04) / 4e-3) ** 2))
    line = np.stack([s, 0 * s, 0 * s], 1)
    tubes = np.column_stack([line[:-1], line[1:], radius[:-1], radius[1:]])
    coarse = np.full((46, 5, 5), 1e-3)
    reached = {}
    for hand in (5.0, 1e-4):
        rod = Rod(made("coronary_014", 0.09), np.zeros(3), np.array([1.0, 0, 0]),
                  Lumen(coarse, np.array([-0.01, -5e-3, -5e-3]), 2e-3, tubes), strength=hand)  # fmt: skip
        for _ in range(480):
            rod.step(1 / 240, 0.03 / 240)
        assert rod.lumen is not None and rod.lumen.depth(inside(rod)).max() < -0.17e-3
        reached[hand] = rod.tip()[0]
    assert reached[5.0] > 0.055 and reached[1e-4] < 0.021
