"""A PostgreSQL of our own, warehouses of one line, and a small CDM maker."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avatars.warehouse.store import Store, open_store


def _binary(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A fresh cluster on a private socket, without a TCP port; stopped and removed at the end."""
    initdb, control = _binary("initdb"), _binary("pg_ctl")
    if not initdb or not control:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    # PostgreSQL refuses to run as root; the socket's path must stay under 100 characters.
    root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="twinpg", dir="/tmp"))
    data = folder / "data"
    if root:
        shutil.chown(folder, "postgres", "postgres")

    def call(*words: str) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if root else []
        subprocess.run([*prefix, *words], check=True, capture_output=True, timeout=120, cwd="/tmp")

    call(initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -k {folder} -c fsync=off -c full_page_writes=off"
    call(control, "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        call(control, "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def gibleed(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file with GiBleed in it; open it read-only."""
    from avatars.warehouse import load_omop

    file = tmp_path_factory.mktemp("gibleed") / "records.duckdb"
    with open_store(file, create=True) as store:
        load_omop.load(store, shared_data / "records/gibleed/eunomia_gibleed.duckdb")
    return file


@pytest.fixture(scope="session")
def gibleed_server(postgresql_url: str, shared_data: Path) -> str:
    """The URL of a PostgreSQL warehouse with GiBleed in it."""
    from avatars.warehouse import load_omop

    with open_store(postgresql_url, create=True) as server:
        load_omop.load(server, shared_data / "records/gibleed/eunomia_gibleed.duckdb")
        server.tune()
    return postgresql_url


@pytest.fixture()
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An empty warehouse."""
    with open_store(tmp_path_factory.mktemp("empty") / "records.duckdb", create=True) as store:
        yield store


@pytest.fixture()
def cdm(empty: Store) -> Callable[..., Store]:
    """Fill an empty warehouse: `cdm(person=[{...}], condition_occurrence=[{...}])`."""

    def fill(**rows: list[dict[str, Any]]) -> Store:
        with empty.transaction():
            for table, given in rows.items():
                empty.put(table, given)
        return empty

    return fill
