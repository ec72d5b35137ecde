"""Where every value comes from, and what it takes to run the trial again."""

import platform
from pathlib import Path
from typing import Any

from trials.finished import Finished
from trials.report.sections import wide
from twin_engine import page
from twin_engine.cli import VERSION
from twin_engine.files import sha256
from twin_engine.page import escape
from twin_engine.text import tr


def provenance(finished: Finished) -> str:
    """Columns of the avatars, parameters of the twin, behaviour, treatments: value and source."""
    heads = {"group": tr("Of"), "name": tr("Name"), "value": tr("Value"), "unit": tr("Unit"),
             "kind": tr("Kind"), "source": tr("Source")}  # fmt: skip
    return wide(page.table(rows_of(finished), heads))


def rows_of(finished: Finished) -> list[dict[str, Any]]:
    """One row a value: group, name, value, unit, kind, source."""
    return [*_columns(finished), *_parameters(finished), *_design(finished)]


def _columns(finished: Finished) -> list[dict[str, Any]]:
    """The avatars' columns, those of one origin in one row."""
    people = finished.pool.people
    origins: dict[tuple[str, str], list[str]] = {}
    for name, (kind, source) in people.provenance.items():
        origins.setdefault((kind, source), []).append(name)
    return [
        {"group": tr("avatar"), "name": "\n".join(names), "value": "",
         "unit": "\n".join(people.units[n] or "–" for n in names), "kind": tr(kind),
         "source": tr(source)}
        for (kind, source), names in origins.items()
    ]  # fmt: skip


def _parameters(finished: Finished) -> list[dict[str, Any]]:
    from twin_engine.parameters import load

    twin = finished.design.twin
    if twin.model in ("record", "statistical"):
        return []
    sets = load(twin.model)
    chosen = sets[twin.set] if twin.set else next(iter(sets.values()))
    return [
        {"group": f"{twin.model} {chosen.name}", "name": p.name, "value": f"{p.value:g}",
         "unit": p.unit, "kind": tr(p.kind), "source": tr(p.source)}
        for p in chosen.parameters.values()
    ]  # fmt: skip


def _design(finished: Finished) -> list[dict[str, Any]]:
    d = finished.design

    def row(name: str, value: str, unit: str, source: str) -> dict[str, Any]:
        kind = "assumption" if source.startswith("assumption") else "published"
        return {"group": tr("design"), "name": tr(name), "value": value, "unit": unit,
                "kind": tr(kind), "source": tr(source)}  # fmt: skip

    rows = [
        row("adherence", f"{d.conduct.adherence:g}", "1", d.conduct.source),
        row("dropout", f"{d.conduct.dropout_per_year:g}", "1/y", d.conduct.source),
        row("persons per week", f"{sum(s.persons_per_week for s in d.enrolment.sites):g}", "1/wk",
            "assumption"),
    ]  # fmt: skip
    if d.twin.measurement:
        m = d.twin.measurement
        rows.append(row(f"reading error, {m.kind}", f"{m.sd:g}", "1" if m.kind == "log_normal" else
                        d.twin.unit, m.source))  # fmt: skip
    rows += [row(e.name, f"{e.probability:g}", "1", e.source) for e in d.intercurrent_events]
    if d.hybrid_control:
        rows += [row(s.name, f"{s.mean:g}", d.primary.unit, s.source) for s in d.hybrid_control.studies]
    for arm in d.arms:
        if "source" in arm.settings:
            values = ", ".join(f"{k} {v}" for k, v in arm.settings.items() if k != "source")
            rows.append(row(arm.name, values, "", str(arm.settings["source"])))
    return rows


def manifest(finished: Finished, tables: list[Path]) -> str:
    """Seed, hashes and versions."""
    rows = [(tr("Seed"), str(finished.seed)),
            (tr("Design, SHA-256"), finished.design.sha256())]  # fmt: skip
    rows += [(f"{file.name}, SHA-256", sha256(file)) for file in tables]
    rows.append((tr("Software"), f"medtwin {VERSION}, Python {platform.python_version()}, "
                 + ", ".join(f"{name} {version}" for name, version in _versions())))  # fmt: skip
    rows.append((tr("Processor"), processor()))
    cells = "".join(f"<tr><th>{escape(k)}</th><td><code>{escape(v)}</code></td></tr>" for k, v in rows)
    promise = tr("Equal seed and design give equal tables for any number of workers on one kind "
                 "of processor.")  # fmt: skip
    body = f'<div class="scroll"><table><tbody>{cells}</tbody></table></div>'
    return f"{body}<p>{escape(promise)}</p>"


def _versions() -> list[tuple[str, str]]:
    from importlib.metadata import version

    return [(n, version(n)) for n in ("numpy", "numba", "scipy", "simpy", "statsmodels")]


def processor() -> str:
    """The processor's name: lanes differ in the last digit between kinds of processors."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
