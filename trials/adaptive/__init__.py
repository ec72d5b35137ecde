"""Designs that change while they run, by rules fixed before they start."""
