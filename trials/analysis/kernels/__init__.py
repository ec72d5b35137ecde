"""Analyses as Numba kernels for the replicate loop, each equal to its library (see the tests)."""
