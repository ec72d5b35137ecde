"""The view: places, rendering, rehearsal."""
