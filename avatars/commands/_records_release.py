"""`twin records release PHENOTYPE`."""

import argparse
from fractions import Fraction
from pathlib import Path
from typing import Any

from avatars.commands.records import add_db
from twin_engine.command import Answer
from twin_engine.errors import InputError
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin records release`."""
    parser.add_argument("phenotype", metavar="PHENOTYPE", help=tr("a shipped phenotype's name, or a YAML file"))
    parser.add_argument(
        "--by",
        metavar="A,B",
        action="append",
        default=[],
        help=tr("attributes of one table: sex, race, age_decade, outcome"),
    )
    parser.add_argument("--threshold", type=int, default=5, metavar="N", help=tr("counts below N are hidden"))
    parser.add_argument(
        "--epsilon", metavar="E", help=tr("noisy counts instead of exact tables, each at this privacy cost")
    )
    parser.add_argument("--key", metavar="FILE", type=Path, help=tr("a key file of 32 bytes: seal the export with it"))
    parser.add_argument("--compare", action="store_true", help=tr("compare with synthetic persons"))
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("release"), help=tr("folder for what is written")
    )
    parser.add_argument("--seed", metavar="N", type=int, default=1, help=tr("seed of every random stream"))
    add_db(parser)


def run(args: argparse.Namespace) -> Answer:
    """Draw the cohort, protect its tables, write and perhaps seal the release."""
    from avatars.warehouse import cohort, phenotype, privacy, quality, release
    from avatars.warehouse.store import open_store

    if args.threshold < 2:
        raise InputError("the threshold is too small", "--threshold", args.threshold, "2 or more", "5 or 11 are usual")
    if args.epsilon and (args.compare or args.by):
        raise InputError("exact and noisy counts together", "--epsilon", args.epsilon, "no --by and no --compare",
                         "make two releases of two populations, or choose one")  # fmt: skip
    key = _key(args.key) if args.key else None
    chosen = phenotype.load(args.phenotype)
    with open_store(args.db) as store:
        found = cohort.build(store, chosen)
        report = quality.run(store)
        extra = {
            "quality": {s: report.count(s) for s in ("passed", "failed", "not applicable")},
            "mapping": report.mapping,
        }
        if args.compare:
            extra |= release.compare(store, found, args.threshold, args.seed)
        made = release.release(
            store, found, [names.split(",") for names in args.by or ["sex"]], args.out,
            threshold=args.threshold, epsilon=_epsilon(args.epsilon), extra=extra,
        )  # fmt: skip
    files = [str(made.path)]
    if key is not None:
        sealed = privacy.seal(made.path.read_bytes(), key, chosen.name, made.path.with_suffix(".sealed"))
        files.append(str(sealed))
    warnings = [tr("more than a fifth of the cells is hidden: use fewer or larger groups")] if made.recode else []
    return Answer(made.content, show=lambda: _show(made.content), files=files, warnings=warnings)


def _show(content: dict[str, Any]) -> None:
    from twin_engine.tables import show_table

    print(tr(content["title"]))
    noisy = content.get("noisy")
    if noisy:
        show_table(tr("noisy counts"), [noisy])
    for table in content.get("tables", []):
        rows = [
            {a: tr(c["labels"].get(a, "all")) for a in table["by"]}
            | {"persons": tr("hidden") if c["count"] is None else c["count"]}
            for c in table["cells"]
        ]
        show_table(", ".join(tr(a) for a in table["by"]), rows)
    if content.get("gates"):
        show_table(tr("Real persons and avatars"), content["gates"])
    print(f"{tr('privacy budget left')}: {content['epsilon_remaining']:g}")


def _key(path: Path) -> bytes:
    if not path.is_file() or path.stat().st_size != 32:
        raise InputError("the key has another length", "--key", str(path), "a file of 32 bytes",
                         "make one: head -c 32 /dev/urandom > key")  # fmt: skip
    return path.read_bytes()


def _epsilon(text: str | None) -> Fraction | None:
    if text is None:
        return None
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise InputError("not a privacy cost", "--epsilon", text, "a number above 0", "for example: --epsilon 1/2")
    return value
