"""`twin records cohort PHENOTYPE`."""

import argparse

from avatars.commands.records import add_db
from twin_engine.command import Answer
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin records cohort`."""
    parser.add_argument("phenotype", metavar="PHENOTYPE", help=tr("a shipped phenotype's name, or a YAML file"))
    add_db(parser)


def run(args: argparse.Namespace) -> Answer:
    """Count a research set rule by rule."""
    from avatars.warehouse import cohort, phenotype
    from avatars.warehouse.store import open_store

    chosen = phenotype.load(args.phenotype)
    with open_store(args.db) as store:
        found = cohort.build(store, chosen)
    return Answer(
        {
            "phenotype": chosen.name,
            "title": chosen.title,
            "persons": len(found.members),
            "with_outcome": sum(bool(m[2]) for m in found.members) if chosen.outcome else None,
            "attrition": [{"rule": rule, "persons": n} for rule, n in found.attrition],
        }
    )
