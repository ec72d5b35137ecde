"""One door for every source: finds out what it is and calls its loader."""

from collections.abc import Callable
from pathlib import Path

from avatars.warehouse import load_dicom, schema
from avatars.warehouse.ledger import Count
from avatars.warehouse.store import Store
from twin_engine.errors import InputError


def load(
    store: Store, source: Path, *, mapping: Path | None = None, strict_orders: bool = False
) -> tuple[Count, list[str]]:
    """Load a file or folder of any known kind.

    Parameters
    ----------
    store : Store
        A warehouse opened with `create=True`.
    source : Path
        OMOP tables (CSV, Parquet, DuckDB), FHIR R4 (bundle JSON, NDJSON), DICOM, or a CSV with
        `mapping`.
    mapping : Path, optional
        The mapping file of a lab or lifelog CSV.
    strict_orders : bool
        FHIR: take a MedicationRequest only with intent instance-order.

    Returns
    -------
    Count, list of str
        What became of it, and the ledger's units.

    Raises
    ------
    InputError
        The source is missing or of no known kind.
    """
    if not source.exists():
        raise InputError("file not found", "SOURCE", str(source), "a file or folder", "check the path")
    if mapping is not None:
        from avatars.warehouse import load_csv

        return load_csv.load(store, source, mapping)
    kind = _kind(source, store)
    if kind == "omop":
        from avatars.warehouse import load_omop

        return load_omop.load(store, source)
    if kind == "fhir":
        from avatars.warehouse import load_fhir

        return load_fhir.load(store, source, strict_orders=strict_orders)
    if kind == "dicom":
        return load_dicom.load(store, source)
    raise InputError(
        "unknown kind of source",
        "SOURCE",
        str(source),
        "OMOP (CSV, Parquet, DuckDB), FHIR R4 (JSON, NDJSON), DICOM, or a CSV with --map",
        "name OMOP files after their tables; give --map for any other CSV",
    )


def _kind(source: Path, store: Store) -> str | None:
    files = sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]
    files = [file for file in files if file.resolve() != store.path]
    tests: dict[str, Callable[[Path], bool]] = {"omop": _omop, "fhir": _fhir, "dicom": load_dicom.is_dicom}
    for kind, test in tests.items():
        if any(test(file) for file in files):
            return kind
    return None


def _omop(file: Path) -> bool:
    if file.suffix.lower() == ".duckdb":
        return True
    return file.suffix.lower() in (".csv", ".tsv", ".parquet") and file.stem.lower() in schema.tables()


def _fhir(file: Path) -> bool:
    return file.suffix.lower() in (".json", ".ndjson")
