"""One store, two engines: an embedded DuckDB file by default, PostgreSQL by URL.

Every SQL text in this package is written once, with `?` for a value, in the words both engines
share. Values never enter a text.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from avatars.warehouse import schema
from avatars.warehouse.schema import quoted
from twin_engine.errors import InputError

DEFAULT = "records.duckdb"
# Readable by DuckDB 1.0 and later.
STORAGE_VERSION = "v1.0.0"
_ARROW = {
    "BIGINT": "int64",
    "DOUBLE PRECISION": "float64",
    "DATE": "date32",
    "TIMESTAMP": "timestamp",
    "VARCHAR": "string",
}


class Store:
    """An open warehouse.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection or psycopg.Connection
        An open connection in autocommit mode.
    engine : str
        "duckdb" or "postgresql".
    """

    def __init__(self, connection: Any, engine: str) -> None:
        self.connection, self.engine = connection, engine
        self.path: Path | None = None

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple]:
        """Rows of one SELECT."""
        return self._cursor(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first value of the first row, or None."""
        rows = self._cursor(sql, values).fetchall()
        return rows[0][0] if rows else None

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """One statement without a result."""
        self._cursor(sql, values)

    def _cursor(self, sql: str, values: Sequence[Any]) -> Any:
        if self.engine == "postgresql":
            sql = sql.replace("%", "%%").replace("?", "%s") if values else sql
        return self.connection.execute(sql, list(values)) if values else self.connection.execute(sql)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def put(self, table: str, rows: Any) -> int:
        """Store rows once: a row with a known key replaces, a row without a key is not doubled.

        Call inside `transaction`.

        Parameters
        ----------
        table : str
            A CDM table or one of ours.
        rows : pyarrow.Table or list of dict
            Missing columns become NULL.

        Returns
        -------
        int
            Rows given (each is in the table afterwards).
        """
        data = rows if hasattr(rows, "num_rows") else arrow(table, rows)
        if data.num_rows == 0:
            return 0
        names = ", ".join(quoted(c) for c in schema.columns(table))
        self._stage(table, data)
        key = schema.key(table)
        if key:
            self.run(f"DELETE FROM {quoted(table)} WHERE {quoted(key)} IN (SELECT {quoted(key)} FROM twin_staged)")
            source = f"SELECT {names} FROM twin_staged"
        else:
            source = f"SELECT {names} FROM twin_staged EXCEPT ALL SELECT {names} FROM {quoted(table)}"
        self.run(f"INSERT INTO {quoted(table)} ({names}) {source}")
        self._unstage()
        return int(data.num_rows)

    def _stage(self, table: str, data: Any) -> None:
        if self.engine == "duckdb":
            self.connection.register("twin_staged", data)
            return
        self.run(f"CREATE TEMP TABLE twin_staged (LIKE {quoted(table)})")
        names = ", ".join(quoted(c) for c in data.column_names)
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY twin_staged ({names}) FROM STDIN") as copy,
        ):
            for batch in data.to_batches(max_chunksize=50_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)

    def _unstage(self) -> None:
        if self.engine == "duckdb":
            self.connection.unregister("twin_staged")
        else:
            self.run("DROP TABLE twin_staged")

    def count(self, table: str) -> int:
        """Rows of one table."""
        return int(self.one(f"SELECT count(*) FROM {quoted(table)}"))

    def tune(self) -> None:
        """Covering indexes and statistics for PostgreSQL; DuckDB needs none."""
        if self.engine != "postgresql":
            return
        for table, concept, date in INDEXED:
            self.run(f"CREATE INDEX IF NOT EXISTS twin_{table} ON {table} ({concept}) INCLUDE (person_id, {date})")
        for table in (*(name for name, _, _ in INDEXED), "visit_occurrence"):
            self.run(f"CREATE INDEX IF NOT EXISTS twin_{table}_person ON {table} (person_id)")
        self.run("CREATE INDEX IF NOT EXISTS twin_period ON observation_period (person_id)")
        self.run("CREATE INDEX IF NOT EXISTS twin_ancestor ON concept_ancestor (ancestor_concept_id)")
        self.run("VACUUM ANALYZE")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


INDEXED = (
    ("condition_occurrence", "condition_concept_id", "condition_start_date"),
    ("drug_exposure", "drug_concept_id", "drug_exposure_start_date"),
    ("procedure_occurrence", "procedure_concept_id", "procedure_date"),
    ("measurement", "measurement_concept_id", "measurement_date"),
    ("observation", "observation_concept_id", "observation_date"),
)


def arrow(table: str, rows: Iterable[dict[str, Any]]) -> Any:
    """Rows of a table as an Arrow table of the table's types.

    Raises
    ------
    KeyError
        A row has a column the table lacks.
    """
    import pyarrow as pa

    kinds = schema.columns(table)
    rows = list(rows)
    unknown = {c for row in rows for c in row} - set(kinds)
    if unknown:
        raise KeyError(f"{table} has no column {sorted(unknown)}")
    types = {name: pa.timestamp("us") if kind == "timestamp" else getattr(pa, kind)() for name, kind in _ARROW.items()}
    return pa.table({c: pa.array([row.get(c) for row in rows], type=types[kind]) for c, kind in kinds.items()})


def open_store(address: str | Path = DEFAULT, *, create: bool = False) -> Store:
    """Open a warehouse.

    Parameters
    ----------
    address : str or Path
        A DuckDB file, or `postgresql://user@host/database`.
    create : bool
        Make the file and the tables where they are missing.

    Raises
    ------
    InputError
        No warehouse there, or it cannot be opened.
    """
    engine = "postgresql" if str(address).startswith(("postgresql://", "postgres://")) else "duckdb"
    connection = _postgresql(str(address)) if engine == "postgresql" else _duckdb(Path(address), create)
    store = Store(connection, engine)
    store.path = Path(address).resolve() if engine == "duckdb" else None
    if create:
        with store.transaction():
            for statement in schema.create_statements():
                store.run(statement)
    elif not _holds_tables(store):
        store.close()
        raise InputError(
            "no warehouse there",
            "--db",
            _shown(address),
            "a warehouse with tables",
            "first: twin records load SOURCE",
        )
    return store


def _holds_tables(store: Store) -> bool:
    return bool(store.one("SELECT count(*) FROM information_schema.tables WHERE table_name = ?", ("twin_load",)))


def _duckdb(path: Path, create: bool) -> Any:
    import duckdb

    if not create and not path.is_file():
        raise InputError(
            "no warehouse there",
            "--db",
            str(path),
            "a DuckDB file",
            "first: twin records load SOURCE",
        )
    try:
        return duckdb.connect(
            str(path),
            read_only=not create,
            config={"storage_compatibility_version": STORAGE_VERSION} if create else {},
        )
    except duckdb.Error:
        raise InputError(
            "the warehouse cannot be opened",
            "--db",
            str(path),
            "a DuckDB file in no other use",
            "close the program that uses it, or choose another file",
        ) from None


def _postgresql(url: str) -> Any:
    import psycopg

    try:
        return psycopg.connect(url, autocommit=True)
    except psycopg.Error:
        raise InputError(
            "the warehouse cannot be opened",
            "--db",
            _shown(url),
            "a PostgreSQL that answers",
            "check that the server runs and the user may connect",
        ) from None


def _shown(address: str | Path) -> str:
    """The address without a password."""
    head, at, tail = str(address).rpartition("@")
    if not at or ":" not in head.partition("://")[2]:
        return str(address)
    return head.rpartition(":")[0] + ":…@" + tail
