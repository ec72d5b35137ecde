"""Sections of a design file, one file each."""
