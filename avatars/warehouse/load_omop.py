"""Loads OMOP tables from CSV, Parquet or DuckDB; names of CDM 5.3 are accepted.

DuckDB reads the source; each table is one unit of the ledger. A row is refused when a value does
not fit its type or when its key is missing. Doubled keys are stored: finding them is the quality
check's work (GiBleed itself doubles 4,384 drug ids).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avatars.warehouse import ledger, schema
from avatars.warehouse.ledger import Count, Refused
from avatars.warehouse.schema import quoted
from avatars.warehouse.store import Store
from twin_engine.errors import InputError

READABLE = (".csv", ".tsv", ".parquet", ".duckdb")
EPOCH_COLUMNS = ("column0", "column00")


@dataclass
class Part:
    """One source table: the CDM table it fills, and how DuckDB reads it."""

    table: str
    unit: str
    relation: str


def load(store: Store, source: Path) -> tuple[Count, list[str]]:
    """Load every CDM table found in a file or folder.

    Parameters
    ----------
    store : Store
        An open warehouse with its tables.
    source : Path
        A DuckDB file, a CSV or Parquet file named after its table, or a folder of those.

    Returns
    -------
    Count, list of str
        The count, and the units of the ledger that make it up.

    Raises
    ------
    InputError
        Nothing readable there.
    """
    import duckdb

    from twin_engine.tables import progress
    from twin_engine.text import tr

    reader = duckdb.connect()
    reader.execute("SET enable_progress_bar = false")
    parts = list(_parts(reader, source, store.path))
    if not parts:
        raise InputError(
            "no OMOP table found",
            str(source),
            None,
            "files or tables named as in CDM 5.4",
            "name each file after its table, for example person.csv",
        )
    total = Count()
    with progress(tr("tables"), len(parts)) as bar:
        for part in parts:
            total.add(ledger.done(store, part.unit) or _load_part(store, reader, part))
            bar.advance()
    reader.close()
    return total, [part.unit for part in parts]


def _parts(reader: Any, source: Path, own: Path | None) -> Iterator[Part]:
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    for file in files:
        suffix = file.suffix.lower()
        if suffix not in READABLE or file.resolve() == own:
            continue
        mark = ledger.digest(file)
        if suffix == ".duckdb":
            yield from _attached(reader, file, mark)
        elif file.stem.lower() in schema.tables():
            yield Part(file.stem.lower(), f"{mark}:{file.stem.lower()}", _reading(file))


def _attached(reader: Any, file: Path, mark: str) -> Iterator[Part]:
    import duckdb

    name = f"s{mark[:8]}"
    try:
        reader.execute(f"ATTACH '{_literal(file)}' AS {name} (READ_ONLY)")
    except duckdb.Error:
        raise InputError("unreadable file", str(file), None, "a DuckDB file", "check the file") from None
    found = reader.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY table_name",
        (name,),
    ).fetchall()
    for space, table in found:
        if table.lower() in schema.tables():
            yield Part(table.lower(), f"{mark}:{table.lower()}", f'{name}."{space}"."{table}"')


def _reading(file: Path) -> str:
    if file.suffix.lower() == ".parquet":
        return f"read_parquet('{_literal(file)}')"
    with open(file, encoding="utf-8", errors="replace") as text:
        header = text.readline()
    # Athena's downloads: tab-separated, with quotation marks that quote nothing.
    tabs = "\t" in header
    return (
        f"read_csv('{_literal(file)}', all_varchar = true, header = true, nullstr = '', "
        f"delim = '{chr(9) if tabs else ','}', quote = '{'' if tabs else chr(34)}', "
        f"escape = '{'' if tabs else chr(34)}', store_rejects = true)"
    )


def _literal(file: Path) -> str:
    return str(file.resolve()).replace("'", "''")


def _load_part(store: Store, reader: Any, part: Part) -> Count:
    read = _stage(reader, part)
    names = ", ".join(quoted(c) for c in schema.columns(part.table))
    good = reader.sql(f"SELECT {names} FROM staged WHERE problem IS NULL ORDER BY row_no").to_arrow_table()
    refused = [
        Refused(row, part.table, reason)
        for row, reason in reader.execute(
            "SELECT row_no, problem FROM staged WHERE problem IS NOT NULL ORDER BY row_no"
        ).fetchall()
    ]
    rejected = _rejected(reader, part)
    refused += [Refused(line, part.table, "the line does not fit the columns") for line in rejected]
    count = Count(read + len(rejected), good.num_rows, len(refused), units=1)
    if good.num_rows:
        count.tables = Counter({part.table: good.num_rows})
    with store.transaction():
        store.put(part.table, good)
        ledger.note_unit(store, part.unit, part.unit.partition(":")[0], "omop", count, refused)
    return count


def _stage(reader: Any, part: Part) -> int:
    """Fill `staged` with typed columns, the row's number and its problem; returns the rows read."""
    relation = part.relation
    described = reader.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    found = {row[0]: str(row[1]) for row in described}
    wanted = schema.columns(part.table)
    mapping = {}
    for name in found:
        plain = name.strip().strip('"').lower()
        mapping[schema.RENAMED.get(plain, plain)] = name
    if not set(mapping) & set(wanted):
        if _only_a_header(reader, relation, found, wanted):
            relation, mapping = f"(SELECT * FROM {relation} LIMIT 0)", {}
        else:
            raise InputError(
                "no column of this table is known",
                part.table,
                ", ".join(found)[:80],
                ", ".join(wanted)[:80],
                "check the header",
            )
    casts, problems = [], []
    for column, kind in wanted.items():
        if column not in mapping:
            casts.append(f"CAST(NULL AS {kind}) AS {quoted(column)}")
            continue
        raw = '"' + mapping[column].replace('"', '""') + '"'
        cast = _cast(raw, kind)
        casts.append(f"{cast} AS {quoted(column)}")
        problems.append(f"WHEN {raw} IS NOT NULL AND {cast} IS NULL THEN 'no {kind.lower()}: {column}'")
    key = schema.key(part.table)
    if key:
        given = _cast('"' + mapping[key].replace('"', '""') + '"', wanted[key]) if key in mapping else "NULL"
        problems.append(f"WHEN {given} IS NULL THEN 'no key: {key}'")
    problem = f"CASE {' '.join(problems)} END" if problems else "NULL"
    reader.execute(
        f"CREATE OR REPLACE TEMP TABLE staged AS SELECT row_number() OVER () AS row_no, "
        f"{', '.join(casts)}, CAST({problem} AS VARCHAR) AS problem FROM {relation}"
    )
    return int(reader.execute("SELECT count(*) FROM staged").fetchall()[0][0])


def _cast(raw: str, kind: str) -> str:
    if kind == "BIGINT":
        # TRY_CAST rounds 1.5 to 2: a number that is not whole is not an id or a count.
        return (
            f"CASE WHEN TRY_CAST({raw} AS DOUBLE) = CAST(TRY_CAST({raw} AS BIGINT) AS DOUBLE) "
            f"THEN TRY_CAST({raw} AS BIGINT) END"
        )
    if kind == "DATE":
        text = f"CAST({raw} AS VARCHAR)"
        return f"COALESCE(TRY_CAST({raw} AS DATE), CAST(TRY_STRPTIME({text}, '%Y%m%d') AS DATE))"
    return f"TRY_CAST({raw} AS {kind})"


def _only_a_header(reader: Any, relation: str, found: dict[str, str], wanted: dict[str, str]) -> bool:
    """An empty CSV that a careless import turned into one row of column names."""
    if next(iter(found)) not in EPOCH_COLUMNS:
        return False
    rows = reader.execute(f"SELECT * FROM {relation} LIMIT 2").fetchall()
    known = set(wanted) | set(schema.RENAMED)
    return len(rows) == 1 and str(rows[0][0]).lower() in known


def _rejected(reader: Any, part: Part) -> list[int]:
    """Lines DuckDB could not split; cleared for the next file."""
    if not part.relation.startswith("read_csv"):
        return []
    exists = reader.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchall()
    if not exists[0][0]:
        return []
    lines = reader.execute("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchall()
    reader.execute("DROP TABLE reject_errors")
    reader.execute("DROP TABLE IF EXISTS reject_scans")
    return [int(line) for (line,) in lines]
