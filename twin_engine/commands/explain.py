"""Explain a parameter: value, unit, plausible range, kind, source."""

import argparse
from dataclasses import asdict

from twin_engine import assets, parameters
from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """One name: MODEL.PARAMETER, MODEL.SET.PARAMETER, or a MODEL for all of its parameters."""
    parser.add_argument("name", metavar="NAME", help=tr("MODEL.PARAMETER, or MODEL for all"))
    add_flags(parser)


def run(args: argparse.Namespace) -> Answer:
    """Look the name up in the parameter files and in the registered models."""
    name: str = args.name
    model, _, rest = name.partition(".")
    shipped = (assets.path("parameters") / f"{model}.csv").exists()
    if shipped and rest:
        return Answer(asdict(parameters.explain(name)) | {"name": name})
    sets = parameters.load(model) if shipped else _registered(model)
    if rest:
        chosen, _, parameter = rest.partition(".")
        found = sets[chosen][parameter] if chosen in sets else next(iter(sets.values()))[rest]
        return Answer(asdict(found) | {"name": name})
    rows = [asdict(p) | {"name": f"{model}.{p.name}"} for s in sets.values()
            for p in s.parameters.values()]  # fmt: skip
    return Answer({"parameters": rows})


def _registered(name: str) -> dict[str, parameters.ParameterSet]:
    from twin_engine import model

    return model.load(name).sets
