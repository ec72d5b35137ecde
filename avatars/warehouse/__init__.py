"""The research warehouse: OMOP CDM 5.4 in one file (DuckDB) or in PostgreSQL."""
