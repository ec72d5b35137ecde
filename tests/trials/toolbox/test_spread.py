"""Shards over processes and Dask: any number of workers, killed workers, interrupted runs."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from trials.shards import Shards
from trials.spread import gather, joined
from twin_engine.errors import InputError

TASKS = [(i, 3) for i in range(6)]


def square(common: int, first: int, count: int) -> dict[str, np.ndarray]:
    """A shard's work."""
    return {"x": common + np.arange(first, first + count, dtype=float) ** 2}


def dies_once(common: str, first: int, count: int) -> dict[str, np.ndarray]:
    """The worker that meets task 2 first is killed, as by the system short of memory."""
    mark = Path(common) / "killed"
    if first == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(1, first, count)


def refuses_after_three(common: str, first: int, count: int) -> dict[str, np.ndarray]:
    """Stands for a run that is interrupted, unless the folder says go on."""
    folder = Path(common)
    if first >= 3 and not (folder / "go").exists():
        raise KeyboardInterrupt
    (folder / f"done{first}").write_text(str(len(list(folder.glob(f"done{first}*"))) + 1))
    return square(1, first, count)


def test_results_do_not_depend_on_the_workers(tmp_path: Path) -> None:
    one = joined(gather(square, 5, TASKS, "k", Shards(tmp_path / "a"), workers=1))
    two = joined(gather(square, 5, TASKS, "k", Shards(tmp_path / "b"), workers=2))
    np.testing.assert_array_equal(one["x"], two["x"])


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    made = joined(gather(dies_once, str(tmp_path), TASKS, "k", Shards(tmp_path / "a"), workers=2))
    assert (tmp_path / "killed").exists()
    expected = joined([square(1, *task) for task in TASKS])
    np.testing.assert_array_equal(made["x"], expected["x"])


def test_an_interrupted_run_goes_on_from_its_last_shard(tmp_path: Path) -> None:
    shards = Shards(tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        gather(refuses_after_three, str(tmp_path), TASKS, "k", shards, workers=1)
    before = {f.name: f.stat().st_mtime_ns for f in tmp_path.glob("done*")}
    assert len(before) == 3
    (tmp_path / "go").touch()
    again = Shards(tmp_path / "a")
    made = joined(gather(refuses_after_three, str(tmp_path), TASKS, "k", again, workers=1))
    assert again.found == 3
    assert all((tmp_path / name).stat().st_mtime_ns == t for name, t in before.items())
    np.testing.assert_array_equal(made["x"], joined([square(1, *t) for t in TASKS])["x"])


def test_a_damaged_shard_is_made_again(tmp_path: Path) -> None:
    shards = Shards(tmp_path)
    gather(square, 5, TASKS, "k", shards, workers=1)
    file = next(iter(sorted(shards.folder.glob("*.npz"))))
    file.write_bytes(file.read_bytes()[:20])
    made = joined(gather(square, 5, TASKS, "k", Shards(tmp_path), workers=1))
    np.testing.assert_array_equal(made["x"], joined([square(5, *t) for t in TASKS])["x"])


def test_another_key_finds_no_old_shard(tmp_path: Path) -> None:
    gather(square, 5, TASKS, "k", Shards(tmp_path), workers=1)
    other = Shards(tmp_path)
    gather(square, 6, TASKS, "other", other, workers=1)
    assert other.found == 0


def test_dask_gives_the_same(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False,
                                  dashboard_address=None) as cluster:  # fmt: skip
        made = joined(gather(square, 5, TASKS, "k", Shards(tmp_path), scheduler=cluster.scheduler_address))
    np.testing.assert_array_equal(made["x"], joined([square(5, *t) for t in TASKS])["x"])


def test_no_scheduler_is_one_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no scheduler answers"):
        gather(square, 5, TASKS, "k", Shards(tmp_path), scheduler="nonsense://nowhere")
