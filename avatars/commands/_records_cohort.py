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
        found = cohort.build(store, chosen, members=False)
    outcome = found.attrition[-1][1] if chosen.outcome else None
    persons = found.attrition[-2 if chosen.outcome else -1][1]
    rows = [{"rule": rule, "persons": n} for rule, n in found.attrition]
    data = {
        "phenotype": chosen.name,
        "title": chosen.title,
        "persons": persons,
        "with_outcome": outcome,
        "attrition": rows,
    }

    def show() -> None:
        from twin_engine.tables import show_table

        print(tr("{n} persons", n=f"{persons:,}"))
        show_table(tr(chosen.title), [{"rule": tr(rule), "persons": n} for rule, n in found.attrition])

    return Answer(data, show=show)
