"""The person: records, warehouse, populations, procedures."""
