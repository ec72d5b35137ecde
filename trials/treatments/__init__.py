"""One treatment, one file; found by file name."""
