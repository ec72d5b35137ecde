"""Random numbers belong to (seed, replicate, person, purpose) and to nothing else."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin_engine.streams import normals, purpose_id, stream, uniforms

WORD = st.integers(0, 2**63 - 1)


@settings(max_examples=25, deadline=None)
@given(seed=WORD, replicate=WORD, person=WORD)
def test_bits_equal_numpys_philox(seed: int, replicate: int, person: int) -> None:
    ours = uniforms(seed, replicate, [person], "adherence", 8)[0]
    key = np.array([seed, replicate], dtype=np.uint64)
    # numpy counts before it draws: start one block lower, with the borrow this brings
    counter = np.array([2**64 - 1, 2**64 - 1, 0, 0], dtype=np.uint64)
    whole = person | purpose_id("adherence") << 64
    counter[2:] = [(whole - 1) % 2**64, (whole - 1) >> 64]
    words = np.random.Philox(key=key, counter=counter).random_raw(8)
    assert np.array_equal(ours, ((words >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52)


def test_any_grouping_and_order_gives_the_same_numbers() -> None:
    people = np.arange(1000, 1100)
    whole = normals(3, 1, people, "noise", 5)
    parts = np.vstack([normals(3, 1, part, "noise", 5) for part in np.array_split(people, 7)])
    order = np.random.default_rng(1).permutation(100)
    assert np.array_equal(whole, parts)
    assert np.array_equal(whole[order], normals(3, 1, people[order], "noise", 5))
    assert np.array_equal(whole[:, :3], normals(3, 1, people, "noise", 3))


def test_purposes_replicates_seeds_and_persons_differ() -> None:
    keys = [(1, 0, 5, "a"), (2, 0, 5, "a"), (1, 1, 5, "a"), (1, 0, 6, "a"), (1, 0, 5, "b")]
    drawn = {uniforms(s, r, [p], name, 1)[0, 0] for s, r, p, name in keys}
    drawn.add(stream(1, 0, 5, "a").random())
    assert len(drawn) == 6


def test_distributions() -> None:
    # 10^6 numbers: the bounds are 5 standard errors of mean, variance, kurtosis and correlation
    z = normals(1, 0, np.arange(250_000), "noise", 4)
    assert abs(z.mean()) < 5e-3
    assert abs(z.var() - 1.0) < 5 * np.sqrt(2e-6)
    assert abs((z**4).mean() - 3.0) < 5 * np.sqrt(96e-6)
    assert abs(np.corrcoef(z[:, 0], z[:, 1])[0, 1]) < 0.01
    u = uniforms(1, 0, np.arange(250_000), "noise", 4)
    assert u.min() > 0.0 and u.max() < 1.0
    assert abs(u.mean() - 0.5) < 5 * np.sqrt(1 / 12e6)
