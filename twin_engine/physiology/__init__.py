"""Physiological models: one model, one file, one paper."""
