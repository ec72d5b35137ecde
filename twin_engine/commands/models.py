"""List the models: what they compute, from which paper."""

import argparse
import importlib
from types import ModuleType
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.errors import InputError
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""
    add_flags(parser)


def run(args: argparse.Namespace) -> Answer:
    """Every model that ships or is installed; one that cannot be used says why."""
    from twin_engine import model

    rows, warnings = [], []
    for name in model.names():
        try:
            module = model.load(name).module
        except InputError as error:
            warnings.append(f"{name}: {tr(error.what)}; {tr('cure')}: {tr(error.cure)}")
            module = importlib.import_module(f"twin_engine.physiology.{name}")
        rows.append(_row(name, module))
    return Answer({"models": rows}, show=lambda: _show(rows), warnings=warnings)


def _row(name: str, module: ModuleType) -> dict[str, Any]:
    covariates = getattr(module, "COVARIATES", {})
    return {
        "name": name,
        "title": module.TITLE,
        "source": module.SOURCE,
        "time_unit": module.TIME,
        "states": list(module.State._fields),
        "outputs": [{"name": f, "unit": u} for f, u in module.Output.units.items()],
        "covariates": [{"name": n, "unit": c.unit, "levels": list(c.levels)}
                       for n, c in covariates.items()],
        "routes": list(getattr(module, "DOSES", {})),
    }  # fmt: skip


def _show(rows: list[dict[str, Any]]) -> None:
    from twin_engine.tables import show_table

    def units(row: dict[str, Any]) -> str:
        return ", ".join(f"{o['name']} ({o['unit']})" for o in row["outputs"])

    show_table(tr("models"), [
        {"name": r["name"], "title": tr(r["title"]), "states": len(r["states"]),
         "outputs": units(r), "source": r["source"]} for r in rows
    ])  # fmt: skip
