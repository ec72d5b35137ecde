"""Work in shards over processes or a Dask cluster: the results do not depend on who did what.

Finished shards are kept on disk by the process that gathers them, so an interrupted run goes on
from its last shard, and a worker that is killed costs its own shard only.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np

from trials.shards import Arrays, Shards
from twin_engine.errors import InputError

MOST_FAILURES = 5


def gather(function: Callable[..., Arrays], common: Any, tasks: list[tuple], key: str,
           shards: Shards, *, workers: int | None = None, scheduler: str | None = None,
           done: Callable[[int], None] = lambda n: None) -> list[Arrays]:  # fmt: skip
    """`function(common, *task)` for every task, in the order of the tasks.

    Parameters
    ----------
    function : callable
        Importable by name; gives a dict of arrays.
    common : object
        Sent to each worker once.
    tasks : list of tuple
    key : str
        Text of everything the results depend on, apart from the task.
    shards : Shards
    workers : int, optional
        Processes; default: all cores. 1 works in this process.
    scheduler : str, optional
        Address of a Dask scheduler.
    done : callable
        Told the number of finished tasks after each.

    Raises
    ------
    InputError
        No scheduler answers.
    RuntimeError
        Workers die again and again.
    """
    names = [f"{key}\n{task}" for task in tasks]
    made: dict[int, Arrays] = {}
    for i, name in enumerate(names):
        known = shards.known(name)
        if known is not None:
            made[i] = known
    done(len(made))
    left = [i for i in range(len(tasks)) if i not in made]
    if not left:
        return [made[i] for i in range(len(tasks))]
    if scheduler:
        source = _on_dask(function, common, tasks, left, scheduler)
    elif (workers or os.cpu_count() or 1) == 1 or len(left) == 1:
        source = ((i, function(common, *tasks[i])) for i in left)
    else:
        source = _on_processes(function, common, tasks, left, workers or os.cpu_count() or 1)
    for i, arrays in source:
        shards.keep(names[i], arrays)
        made[i] = arrays
        done(1)
    return [made[i] for i in range(len(tasks))]


_COMMON: Any = None


def _receive(common: Any) -> None:
    global _COMMON
    _COMMON = common


def _call(function: Callable[..., Arrays], task: tuple) -> Arrays:
    return function(_COMMON, *task)


def _on_processes(function: Callable[..., Arrays], common: Any, tasks: list[tuple],
                  left: list[int], workers: int) -> Iterator[tuple[int, Arrays]]:  # fmt: skip
    """Tasks over processes; after a killed worker a new pool takes what is left."""
    from multiprocessing import get_context

    open_tasks, failures = list(left), 0
    while open_tasks:
        # Spawned, not forked: threads of the solver may be alive in this process.
        with ProcessPoolExecutor(min(workers, len(open_tasks)), get_context("spawn"), _receive,
                                 (common,)) as pool:  # fmt: skip
            waiting = {pool.submit(_call, function, tasks[i]): i for i in open_tasks}
            try:
                for future in as_completed(waiting):
                    i = waiting[future]
                    arrays = future.result()
                    open_tasks.remove(i)
                    yield i, arrays
            except BrokenProcessPool:
                failures += 1
                if failures > MOST_FAILURES:
                    raise RuntimeError("worker processes die again and again") from None


def _on_dask(function: Callable[..., Arrays], common: Any, tasks: list[tuple], left: list[int],
             scheduler: str) -> Iterator[tuple[int, Arrays]]:  # fmt: skip
    try:
        from distributed import Client
        from distributed import as_completed as finished
    except ImportError:
        raise InputError("Dask is not installed", "--scheduler", scheduler, "dask and distributed",
                         'pip install "medtwin[cluster]"') from None  # fmt: skip
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError("no scheduler answers", "--scheduler", scheduler,
                         "the address of a running Dask scheduler",
                         f"start one: dask scheduler ({type(error).__name__})") from None  # fmt: skip
    with client:
        shared = client.scatter(common, broadcast=True)
        waiting = {client.submit(_apply, function, shared, tasks[i], pure=False, retries=3): i
                   for i in left}  # fmt: skip
        for future in finished(list(waiting)):
            yield waiting[future], future.result()


def _apply(function: Callable[..., Arrays], common: Any, task: tuple) -> Arrays:
    return function(common, *task)


def joined(pieces: list[Arrays]) -> Arrays:
    """Pieces below each other."""
    return {name: np.concatenate([p[name] for p in pieces]) for name in pieces[0]}
