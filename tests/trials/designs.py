"""Small designs for tests, made from the shipped ones."""

from typing import Any

import yaml

from trials.design import Design, examples
from trials.parts import parse


def plain(name: str) -> dict[str, Any]:
    """A shipped design as plain data."""
    return yaml.safe_load((examples() / f"{name}.yaml").read_text(encoding="utf-8"))


def warfarin(persons: int = 24, pool: int = 40, **changes: Any) -> dict[str, Any]:
    """EU-PACT with few persons."""
    data = plain("eu_pact")
    data["population"]["persons"] = pool
    data["enrolment"]["persons"] = persons
    data["published"] = []
    return data | changes


def diabetes(**changes: Any) -> dict[str, Any]:
    """The diabetes design."""
    return plain("diabetes_procova") | changes


def design(data: dict[str, Any]) -> Design:
    """Plain data as a checked design."""
    return parse(Design, data, "test.yaml")
