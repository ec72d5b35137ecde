"""`twin records federate PHENOTYPE --site A --site B --site C`."""

import argparse
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr

AGE_GRID = tuple(float(a) for a in range(0, 105, 5))


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin records federate`."""
    parser.add_argument("phenotype", metavar="PHENOTYPE", help=tr("a shipped phenotype's name, or a YAML file"))
    parser.add_argument(
        "--site", metavar="FILE|URL", action="append", default=[], help=tr("a hospital's warehouse; at least three")
    )
    add_flags(parser)


def run(args: argparse.Namespace) -> Answer:
    """Counts, moments, quantile intervals, and a logistic model of the outcome, over all sites."""
    from avatars.warehouse import federate, phenotype
    from avatars.warehouse.federate_site import Refusal

    chosen = phenotype.load(args.phenotype)
    sites = [_site(address, f"site {i + 1}", chosen) for i, address in enumerate(args.site)]
    warnings: list[str] = []

    def tried(name: str, question: Any) -> Any:
        try:
            return question()
        except Refusal as why:
            warnings.append(tr("{name}: a site refused: {why}", name=name, why=str(why)))
            return None

    columns = ["age_y", "female"]
    found = tried("moments", lambda: federate.moments(sites, columns))
    fit = tried("logistic", lambda: federate.logistic(sites, columns, "outcome")) if chosen.outcome else None
    quartiles = {q: tried("quantile", lambda q=q: federate.quantile(sites, "age_y", q)) for q in (0.25, 0.5, 0.75)}
    data = {
        "phenotype": chosen.name,
        "sites": len(sites),
        "persons": tried("count", lambda: federate.count(sites)),
        "moments": [
            {"name": n, "mean": found.mean[i], "sd": found.covariance[i, i] ** 0.5} for i, n in enumerate(columns)
        ]
        if found
        else [],
        "age_quantiles": [
            {"quantile": q, "low_y": span[0], "high_y": span[1]} for q, span in quartiles.items() if span is not None
        ],
        "logistic": [
            {"name": n, "log_odds_ratio": fit.estimate[i], "se": fit.covariance[i, i] ** 0.5}
            for i, n in enumerate(fit.names)
        ]
        if fit
        else [],
    }
    return Answer(data, warnings=sorted(set(warnings)))


def _site(address: str, name: str, chosen: Any) -> Any:
    import numpy as np

    from avatars.warehouse import cohort
    from avatars.warehouse.federate_site import Site
    from avatars.warehouse.store import open_store

    with open_store(address) as store:
        members = cohort.build(store, chosen).members
        persons = {
            p: (g, y) for p, g, y in store.query("SELECT person_id, gender_concept_id, year_of_birth FROM person")
        }
    columns = {
        "age_y": np.array([float(day.year - persons[p][1]) for p, day, _ in members]),
        "female": np.array([float(persons[p][0] == 8532) for p, _, _ in members]),
        "outcome": np.array([float(bool(hit)) for _, _, hit in members]),
    }
    return Site(name, columns, grids={"age_y": AGE_GRID})
