"""The soft body against exact solutions, Newton's method on the same mesh, and conservation laws."""

import newton
import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.tissue import _batches
from twin_engine.tissue.body import Material, SoftBody, bar

V, T = bar((20, 4, 4), (1.0, 0.2, 0.2))
TIP = np.flatnonzero(V[:, 0] > 1 - 1e-9)
WALL = np.flatnonzero(V[:, 0] < 1e-9)


def cantilever(gravity: float, poisson: float, stiffer: bool = False) -> SoftBody:
    centre = V[T].mean(axis=1)[:, 0]
    materials = [Material(1e6 if stiffer and 0.4 < x < 0.6 else 1e5, poisson, 1000.0) for x in centre]
    return SoftBody(V, T, materials, fixed=WALL, gravity=(0.0, 0.0, -gravity))


def tip(x: np.ndarray) -> float:
    return float((V[TIP, 2] - x[TIP, 2]).mean())


@pytest.mark.parametrize(
    ("gravity", "poisson", "newton_tip"),
    [(0.2, 0.3, 0.067761), (0.2, 0.45, 0.063297), (0.2, 0.49, 0.058368), (1.0, 0.45, 0.29792)],
)
def test_cantilever_equals_newton(gravity: float, poisson: float, newton_tip: float) -> None:
    """E 100 kPa, 1 x .2 x .2 m, 1,600 tets: the tip within 1 % at 10 substeps."""
    body = cantilever(gravity, poisson)
    oracle = newton.equilibrium(body)
    assert tip(oracle) == pytest.approx(newton_tip, rel=1e-4)
    for _ in range(400):
        body.step()
    print(f"g {gravity}, nu {poisson}: tip {tip(body.x):.6f} m, Newton {tip(oracle):.6f} m")
    assert tip(body.x) == pytest.approx(tip(oracle), rel=0.01)


def test_stiff_inclusion_equals_newton() -> None:
    """A block ten times stiffer at .4-.6 of the length: the tip within 1 % at 10 substeps."""
    body = cantilever(0.2, 0.45, stiffer=True)
    oracle = newton.equilibrium(body)
    for _ in range(400):
        body.step()
    assert tip(body.x) == pytest.approx(tip(oracle), rel=0.01)


def test_linear_tetrahedra_lock() -> None:
    """Timoshenko's beam bends .07839 m (nu .45): this mesh is 19 % too stiff, half the cell less so."""
    beam = 0.07839
    fine, tets = bar((40, 8, 8), (1.0, 0.2, 0.2))
    body = SoftBody(fine, tets, Material(1e5, 0.45, 1000.0), fixed=np.flatnonzero(fine[:, 0] < 1e-9),
                    gravity=(0.0, 0.0, -0.2))  # fmt: skip
    end = np.flatnonzero(fine[:, 0] > 1 - 1e-9)
    refined = float((fine[end, 2] - newton.equilibrium(body)[end, 2]).mean())
    coarse = tip(newton.equilibrium(cantilever(0.2, 0.45)))
    print(f"locking: 50 mm cells {100 * (1 - coarse / beam):.1f} %, 25 mm cells {100 * (1 - refined / beam):.1f} %")
    assert coarse < refined < beam


def uniform(f: np.ndarray, material: Material) -> np.ndarray:
    """First Piola-Kirchhoff stress of a homogeneous deformation, from the energy of one cube."""
    v, t = bar((1, 1, 1), (1.0, 1.0, 1.0))
    body = SoftBody(v, t, material)
    stress = np.zeros((3, 3))
    e = 1e-5
    for i, j in np.ndindex(3, 3):
        shift = np.zeros((3, 3))
        shift[i, j] = e
        energies = []
        for sign in (1, -1):
            body.x = v @ (f + sign * shift).T
            energies.append(body.elastic_energy())
        stress[i, j] = (energies[0] - energies[1]) / (2 * e)
    return stress


SOFT = Material(5000.0, 0.45, 1000.0)


@pytest.mark.parametrize(("stretch", "side", "stress"), [(0.8, 1.10397, -1247.31), (1.2, 0.92045, 851.69)])
def test_uniaxial(stretch: float, side: float, stress: float) -> None:
    """s^2 = (g - mu/(L l))/l, g = 1 + mu/L; E 5 kPa, nu .45 (closed form of the energy)."""
    p = uniform(np.diag([stretch, side, side]), SOFT)
    assert p[0, 0] == pytest.approx(stress, rel=1e-3)
    assert p[1, 1] == pytest.approx(0.0, abs=2e-3 * abs(stress))


@pytest.mark.parametrize(("ratio", "stress"), [(1.05, 834.26), (0.95, -832.34)])
def test_dilatation(ratio: float, stress: float) -> None:
    """sigma = mu (J^-1/3 - 1) + L (J - 1)."""
    side = ratio ** (1 / 3)
    assert uniform(np.eye(3) * side, SOFT)[0, 0] / side**2 == pytest.approx(stress, rel=1e-4)


def test_simple_shear() -> None:
    """P12 = mu k at any k."""
    f = np.eye(3)
    f[0, 1] = 0.5
    assert uniform(f, SOFT)[0, 1] == pytest.approx(1724.14 * 0.5, rel=1e-4)


def test_patch() -> None:
    """An affine displacement of the boundary moves the inside affinely (Irons 1966)."""
    v, t = bar((3, 3, 3), (0.3, 0.3, 0.3))
    f = np.array([[1.05, 0.02, 0], [0.01, 0.98, 0.03], [0, 0.0, 1.02]])
    outside = np.flatnonzero(((v < 1e-9) | (v > 0.3 - 1e-9)).any(axis=1))
    body = SoftBody(v, t, Material(1e4, 0.45, 1000.0), fixed=outside, gravity=(0, 0, 0))
    body.x[outside] = v[outside] @ f.T
    for _ in range(120):
        body.step()
    assert np.allclose(body.x, v @ f.T, atol=2e-4 * 0.3)


def test_free_fall_keeps_momentum_and_shape() -> None:
    """600 substeps of 1/600 s: -4.913175 m, the sum of the discrete steps, shape to 1e-12."""
    v, t = bar((3, 2, 2), (0.3, 0.2, 0.2))
    body = SoftBody(v, t, Material(1e4, 0.45, 1000.0), damping=0.0)
    for _ in range(60):
        body.step()
    fallen = body.x - v
    assert fallen[:, 2] == pytest.approx(-9.81 * 600 * 601 / 2 / 600**2, abs=1e-10)
    assert np.max(np.abs(fallen - fallen.mean(axis=0))) < 1e-12


def test_rest_stays_at_rest() -> None:
    body = SoftBody(V, T, Material(1e5, 0.45, 1000.0), gravity=(0, 0, 0))
    for _ in range(60):
        body.step()
    assert np.max(np.abs(body.x - V)) < 1e-12


def test_energy_never_grows_undriven() -> None:
    v, t = bar((6, 2, 2), (0.6, 0.2, 0.2))
    wall = np.flatnonzero(v[:, 0] < 1e-9)
    body = SoftBody(v, t, Material(2e4, 0.45, 1000.0), fixed=wall, gravity=(0, 0, 0), damping=1.0)
    body.x[:, 2] += 0.1 * v[:, 0] ** 2
    before = body.energy()
    for _ in range(120):
        body.step()
        now = body.energy()
        assert now <= before * (1 + 1e-6)
        before = now


def test_twist_needs_the_right_torque() -> None:
    """5 degrees of twist of the bar: .90225 N m by Newton on the same mesh and energy."""
    body = SoftBody(V, T, Material(1e5, 0.45, 1000.0), fixed=WALL, gravity=(0, 0, 0))
    angle = np.radians(5)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    centre = np.array([1.0, 0.1, 0.1])
    moved = {int(i): (V[i] - centre) @ turn.T + centre for i in TIP}
    x = newton.equilibrium(body, moved)
    _, p = newton.stress(body, x)
    force = np.zeros_like(x)
    np.add.at(force, body.tets, body.volume[:, None, None] * np.einsum("tij,taj->tai", p, newton.gradients(body)))
    torque = np.sum(np.cross(x[TIP] - centre, force[TIP]), axis=0)[0]
    assert torque == pytest.approx(0.90225, rel=1e-3)


def test_same_input_same_bits() -> None:
    runs = []
    for _ in range(2):
        body = cantilever(1.0, 0.45)
        for _ in range(30):
            body.step()
        runs.append(body.x.tobytes())
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [(lambda: Material(0.0), "positive stiffness"), (lambda: Material(1e4, 0.5), "positive stiffness"),
     (lambda: SoftBody(V, T[:, [1, 0, 2, 3]], Material(1e4)), "inverted or flat"),
     (lambda: SoftBody(V, T + len(V), Material(1e4)), "points to no vertex"),
     (lambda: SoftBody(np.full_like(V, np.nan), T, Material(1e4)), "finite vertices")],
)  # fmt: skip
def test_bad_bodies_are_named(change, message: str) -> None:
    with pytest.raises(InputError, match=message):
        change()


def test_a_pose_that_is_not_finite_leaves_the_scene_alive() -> None:
    body = cantilever(1.0, 0.45)
    with pytest.raises(InputError, match="finite point"):
        body.set_anchors(np.array([5]), [[np.nan, 0, 0]])
    body.step()
    assert np.isfinite(body.x).all()


def test_batches_share_no_vertex_and_hold_every_element_once() -> None:
    """In any order of elements; two domains share none either."""
    v, tets = bar((20, 15, 14), (0.4, 0.3, 0.28))
    tets = tets[np.random.default_rng(3).permutation(len(tets))]
    slots, counts = _batches.batches(v, tets)
    held = slots[slots >= 0]
    assert sum(counts) == len(slots) and np.array_equal(np.sort(held), np.arange(len(tets)))
    for batch in slots:
        corners = tets[batch[batch >= 0]].ravel()
        assert len(np.unique(corners)) == len(corners)
    sides = np.split(slots, np.cumsum(counts)[:-1])
    assert len(sides) == 3 and min(counts[:2]) > 0.8 * max(counts[:2])
    first, second = (set(tets[s[s >= 0]].ravel().tolist()) for s in sides[:2])
    assert not first & second


def test_two_cores_give_the_bits_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    v, tets = bar((20, 15, 14), (0.4, 0.3, 0.28))
    ends = []
    for threads in (1, 2):
        monkeypatch.setattr("twin_engine.tissue.body.get_num_threads", lambda threads=threads: threads)
        body = SoftBody(v, tets, Material(2e4), fixed=np.flatnonzero(v[:, 0] < 1e-9))
        for _ in range(5):
            body.step()
        ends.append(body.x.tobytes())
    assert ends[0] == ends[1]
