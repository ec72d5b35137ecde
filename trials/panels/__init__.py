"""Panels of the demonstration page, one file each."""
