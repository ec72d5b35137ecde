"""The laws: models, solvers, streams. Knows no patient and no window."""
