"""Parametric organs: one file each, found by its name; shapes and parts only, no looks."""
