"""Names the distribution that shadows one of our packages."""

from pathlib import Path


def owner(package: str, origin: Path | None) -> str:
    """The distribution that owns the found package, with its place."""
    from importlib.metadata import packages_distributions

    names = [n for n in packages_distributions().get(package, []) if n != "medtwin"]
    return f"{', '.join(names) or 'unknown distribution'} ({origin})"
