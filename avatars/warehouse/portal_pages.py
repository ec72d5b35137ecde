"""The portal's pages, from released JSON alone; Korean or English by the session."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from avatars.warehouse.security import Session
from twin_engine import assets, page, text
from twin_engine.page import Section, escape
from twin_engine.text import tr

# One page at a time: the language and matplotlib's figures belong to the process.
_one = threading.Lock()
MESSAGES = {
    400: "the request was not understood",
    401: "please log in",
    403: "your role does not allow this",
    404: "there is no such page",
    413: "what was sent is too large",
    500: "something went wrong on our side",
}
AUDIT_SHOWN = 200
WORDS = {"age_decade": "age group"}


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """The language of one page."""
    with _one:
        before = text._language
        text.set_language(lang)
        try:
            yield
        finally:
            text.set_language(before)


def _page(title: str, sections: Sequence[Section], lead: str = "") -> str:
    css = assets.path("web/portal/portal.css").read_text(encoding="utf-8")
    sections = list(sections)
    sections[0].body = f"<style>{css}</style>{sections[0].body}"
    return page.page(title, sections, kicker=tr("twin portal"), lead=lead, forms=True)


def message(status: int, lang: str) -> str:
    """A page that says only what went wrong in general."""
    with speaking(lang):
        body = f'<p>{escape(tr(MESSAGES[status]))}</p><p><a href="/">{escape(tr("back to the releases"))}</a></p>'
        return _page(str(status), [Section("", body)])


def login(lang: str, failed: bool) -> str:
    """The login form."""
    with speaking(lang):
        other = "en" if lang == "ko" else "ko"
        words = "English" if lang == "ko" else text.catalogue().get("Korean", "Korean")
        warning = (
            page.note(tr("Name, password or code is wrong, or the account is locked for a while.")) if failed else ""
        )
        field = '<label>{}<input type="{}" name="{}" autocomplete="{}" required></label>'
        body = (
            f'{warning}<form class="sheet" method="post" action="/login" autocomplete="off">'
            + field.format(escape(tr("account")), "text", "name", "username")
            + field.format(escape(tr("password")), "password", "password", "current-password")
            + field.format(escape(tr("code of the authenticator app")), "text", "code", "one-time-code")
            + f'<input type="hidden" name="lang" value="{lang}">'
            + f'<button class="main">{escape(tr("Log in"))}</button></form>'
            + f'<p><a href="/login?lang={other}">{escape(words)}</a></p>'
        )
        lead = tr(
            "Released aggregates of medical records: counts, quality, cohorts. No row of any person is kept here."
        )
        return _page(tr("Records portal"), [Section("", body)], lead)


def _bar(session: Session, back: str) -> str:
    other = "en" if session.lang == "ko" else "ko"
    words = "English" if session.lang == "ko" else text.catalogue().get("Korean", "Korean")
    csrf = f'<input type="hidden" name="csrf" value="{session.csrf}">'
    audit = f'<a href="/audit">{escape(tr("audit log"))}</a>' if session.role == "steward" else ""
    return (
        f'<div class="bar"><p class="who">{escape(session.name)} · {escape(tr(session.role))}</p>'
        f'<a href="/">{escape(tr("releases"))}</a>{audit}'
        f'<form method="post" action="/language">{csrf}<input type="hidden" name="lang" value="{other}">'
        f'<input type="hidden" name="back" value="{escape(back)}"><button>{escape(words)}</button></form>'
        f'<form method="post" action="/logout">{csrf}<button>{escape(tr("Log out"))}</button></form></div>'
    )


def index(releases: Sequence[dict[str, Any]], session: Session) -> str:
    """All releases as cards."""
    with speaking(session.lang):
        made = [
            f'<a class="sheet" href="/release/{escape(r["name"])}"><strong>{escape(tr(r["title"]))}</strong><br>'
            f"<span>{escape(r['name'])} · {escape(tr('{n} persons', n=_count(r.get('persons'))))}</span></a>"
            for r in releases
        ]
        body = "".join(made) or f"<p>{escape(tr('nothing has been released yet'))}</p>"
        return _page(tr("Releases"), [Section("", _bar(session, "/")), Section("", body)])


def _count(n: Any) -> str:
    return tr("hidden") if n is None else f"{n:,}"


def release(content: dict[str, Any], session: Session) -> str:
    """One release: card, counts, pyramid, funnel, quality, mapping, comparison."""
    with speaking(session.lang):
        sections = [
            Section("", _bar(session, f"/release/{content['name']}")),
            Section(tr("Dataset card"), _card(content)),
        ]
        if content.get("attrition"):
            sections.append(Section(tr("Attrition"), _funnel(content["attrition"])))
        for table in content.get("tables", []):
            by = ", ".join(tr(WORDS.get(a, a)) for a in table["by"])
            sections.append(Section(tr("Counts: {by}", by=by), _table(table)))
        if content.get("histogram"):
            sections.append(Section(tr("Real persons and avatars"), _overlay(content)))
        if content.get("quality"):
            sections.append(Section(tr("Data quality"), _quality(content)))
        if session.role in ("researcher", "steward"):
            link = f'<p><a href="/release/{escape(content["name"])}/download">{escape(tr("Download (JSON)"))}</a></p>'
            sections.append(Section(tr("Downloads"), link))
        return _page(tr(content["title"]), sections)


def _card(content: dict[str, Any]) -> str:
    noisy = content.get("noisy")
    persons = content.get("persons")
    figures = [
        (tr("persons"), _count(noisy["persons"] if noisy else persons), tr("with noise") if noisy else ""),
        (
            tr("smallest count shown"),
            str(content["threshold"]),
            tr("smaller ones, and what would give them away, are hidden"),
        ),
        (tr("privacy budget left"), f"ε = {content['epsilon_remaining']:g}", ""),
    ]
    if content.get("k_anonymity"):
        note = tr("by sex, race and age decade, before hiding")
        figures.append((tr("smallest group"), f"k = {content['k_anonymity']}", note))
    return page.cards(figures)


def _funnel(rows: list[dict[str, Any]]) -> str:
    figure, axes = page.chart(8.0, 0.55 * len(rows) + 0.9)
    labels = [tr(r["rule"]) for r in rows][::-1]
    values = [r["persons"] or 0 for r in rows][::-1]
    bars = axes.barh(range(len(rows)), values, height=0.62)
    for bar, row in zip(bars, rows[::-1], strict=True):
        axes.annotate(_count(row["persons"]), (bar.get_width(), bar.get_y() + 0.31), xytext=(5, 0),
                      textcoords="offset points", va="center")  # fmt: skip
    axes.set_yticks(range(len(rows)), labels)
    axes.set_xlim(0, 1.12 * max([*values, 1]))
    axes.set_xlabel(tr("persons"))
    axes.grid(False, axis="y")
    return page.figure(figure, tr("Persons left after each rule; a step of fewer persons than the limit is hidden."))


def _table(table: dict[str, Any]) -> str:
    by = table["by"]
    pyramid = _pyramid(table) if set(by) == {"sex", "age_decade"} else ""
    if len(by) == 2:
        return pyramid + page.table(_crossed(table))
    rows: list[dict[str, Any]] = []
    for cell in table["cells"]:
        row: dict[str, Any] = {tr(WORDS.get(a, a)): tr(str(cell["labels"].get(a, "all"))) for a in by}
        rows.append(row | {tr("persons"): _shown(cell["count"])})
    return page.table(rows)


def _crossed(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Two attributes as rows and columns, the one with more levels down the side."""
    levels = {a: list(dict.fromkeys(c["labels"][a] for c in table["cells"] if a in c["labels"])) for a in table["by"]}
    across, down = sorted(table["by"], key=lambda a: len(levels[a]))
    cells = {(c["labels"].get(down), c["labels"].get(across)): c["count"] for c in table["cells"]}
    return [
        {tr(WORDS.get(down, down)): tr(str(row or "all"))}
        | {tr(str(column or "all")): _shown(cells.get((row, column))) for column in (*levels[across], None)}
        for row in (*levels[down], None)
    ]


def _shown(n: int | None) -> int | str:
    return tr("hidden") if n is None else n


def _pyramid(table: dict[str, Any]) -> str:
    cells = {(c["labels"].get("sex"), c["labels"].get("age_decade")): c["count"] for c in table["cells"]}
    ages = sorted({a for _, a in cells if a}, key=lambda a: int(a.rstrip("+").split("-")[0]))
    figure, axes = page.chart(8.0, 0.34 * len(ages) + 1.3)
    most = max([c or 0 for (s, a), c in cells.items() if s and a] + [1])
    for sign, sex, colour in ((-1, "female", page.SERIES[3]), (1, "male", page.SERIES[2])):
        widths = [sign * (cells.get((sex, a)) or 0) for a in ages]
        axes.barh(range(len(ages)), widths, height=0.8, color=colour, label=tr(sex))
        for i, a in enumerate(ages):
            if (sex, a) in cells and cells[sex, a] is None:
                axes.annotate(tr("hidden"), (sign * 0.02 * most, i), ha="left" if sign > 0 else "right", va="center")
    axes.set_yticks(range(len(ages)), ages)
    axes.set_xlim(-1.1 * most, 1.1 * most)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    axes.axvline(0, color="#000000", linewidth=0.8)
    axes.set_xlabel(tr("persons"))
    axes.legend(loc="upper right")
    return page.figure(figure, tr("Age and sex; ages over 89 are one group."))


def _overlay(content: dict[str, Any]) -> str:
    rows = [r for r in content["histogram"] if r["real"] != 0 or r["avatars"] != 0]
    figure, axes = page.chart(8.0, 3.2)
    places = range(len(rows))
    axes.bar([p - 0.2 for p in places], [r["real"] or 0 for r in rows], width=0.38, label=tr("real persons"))
    axes.bar([p + 0.2 for p in places], [r["avatars"] for r in rows], width=0.38, label=tr("avatars"))
    axes.set_xticks(list(places), [r["age"] for r in rows])
    axes.set_xlabel(tr("age at entry (years)"))
    axes.set_ylabel(tr("persons"))
    axes.legend()
    gates = [
        {
            tr("method"): tr(g["method"]),
            tr("largest difference of correlations"): g["max_abs_rho_difference"],
            tr("AUC real against avatar"): g["two_sample_auc"],
            tr("AUC of the membership attack"): g["membership_auc"],
            tr("gates"): tr("passed") if g["passed"] else tr("failed"),
        }
        for g in content["gates"]
    ]
    caution = "" if content.get("gates_conclusive") else page.note(
        tr("A control that must fail has passed: on these few columns the gates prove little."))  # fmt: skip
    return page.figure(figure, tr("Age at entry, real and synthetic.")) + page.table(gates) + caution


def _quality(content: dict[str, Any]) -> str:
    found = content["quality"]
    figures = [(tr(name), f"{found[name]:,}", "") for name in ("passed", "failed", "not applicable")]
    rows = [{tr("table"): m["table"], tr("codes mapped (%)"): m["codes_mapped_percent"],
             tr("records mapped (%)"): m["records_mapped_percent"]} for m in content.get("mapping", [])]  # fmt: skip
    return page.cards(figures) + page.table(rows)


def audit(
    rows: Sequence[dict[str, Any]], broken: int | None, accounts: Sequence[tuple[str, str]], session: Session
) -> str:
    """The audit log with its verdict, and the accounts."""
    with speaking(session.lang):
        verdict = page.note(
            tr("The log is whole.") if broken is None else tr("The log was changed at row {n}.", n=broken)
        )
        shown = [
            {tr("row"): r["n"], tr("time"): r["time"], tr("account"): r["who"], tr("action"): r["what"],
             tr("target"): r["target"], tr("outcome"): r["outcome"]} for r in list(rows)[-AUDIT_SHOWN:][::-1]
        ]  # fmt: skip
        csrf = f'<input type="hidden" name="csrf" value="{session.csrf}">'
        end = escape(tr("End sessions"))
        people = "".join(
            f"<p>{escape(n)} · {escape(tr(r))} "
            f'<form class="inline" method="post" action="/end-sessions">{csrf}'
            f'<input type="hidden" name="name" value="{escape(n)}"><button>{end}</button></form></p>'
            for n, r in accounts
        )
        sections = [
            Section("", _bar(session, "/")),
            Section(tr("Rows"), verdict + page.table(shown)),
            Section(tr("Accounts"), people),
        ]
        return _page(tr("Audit log"), sections)
