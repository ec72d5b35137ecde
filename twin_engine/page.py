"""One self-contained HTML page: what reports, portal and demo share.

Every page works off-line, sends no request, follows the reader's light or dark theme, and carries
its fonts. A content security policy with the script's hash keeps foreign code out.
"""

import base64
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from twin_engine import assets
from twin_engine.files import write_text
from twin_engine.text import language, tr

# One colour an arm or series, readable on light and dark paper and by colour-blind readers
# (Okabe & Ito 2008, "Color Universal Design", with two shades deepened for white paper).
SERIES = ("#0b7a75", "#c9621d", "#4b6fb5", "#9b4f96", "#7a7a2a", "#b23a48")


@dataclass
class Section:
    """One section of a page: a title and ready HTML (already escaped)."""

    title: str
    body: str
    anchor: str = ""


def page(title: str, sections: Sequence[Section], *, kicker: str = "twin", lead: str = "",
         foot: str = "", script: str = "", forms: bool = False) -> str:  # fmt: skip
    """The page as one HTML string.

    Parameters
    ----------
    title, kicker, lead, foot : str
        Plain text; escaped here.
    sections : sequence of Section
        Bodies are HTML and are not escaped.
    script : str
        One inline script; its hash enters the content security policy.
    forms : bool
        The page comes from a server of ours and may send forms back to it.
    """
    from markupsafe import Markup

    if "</script" in script.lower():
        raise ValueError("an inline script must not contain </script")
    for i, section in enumerate(sections):
        section.anchor = section.anchor or f"s{i + 1}"
        section.body = Markup(section.body)
    return _template().render(title=title, sections=sections, kicker=kicker, lead=lead, foot=foot,
                              script=Markup(script), css=Markup(_css()), csp=policy(script, forms),
                              lang=language(), tr=tr)  # fmt: skip


def write(target: Path | str, title: str, sections: Sequence[Section], **parts: Any) -> Path:
    """Write the page at once or not at all; the words are those of `page`."""
    return write_text(target, page(title, sections, **parts))


def policy(script: str = "", forms: bool = False) -> str:
    """The content security policy of a page with this inline script, and with forms to its own server."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    scripts = f"'sha256-{digest}'" if script else "'none'"
    target = "'self'" if forms else "'none'"
    return ("default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
            f"script-src {scripts}; base-uri 'none'; form-action {target}")  # fmt: skip


def escape(text: object) -> str:
    """Text made safe for HTML."""
    from markupsafe import escape as safe

    return str(safe(text))


def table(rows: Sequence[dict[str, Any]], headings: dict[str, str] | None = None) -> str:
    """Rows of equal keys as an HTML table; `headings` maps key to its text."""
    from twin_engine.tables import cell

    if not rows:
        return f"<p>{escape(tr('nothing to show'))}</p>"
    keys = list(headings or rows[0])
    numeric = {k for k in keys if any(type(r.get(k)) in (int, float) for r in rows)}
    kind = {k: ' class="number"' if k in numeric else "" for k in keys}
    head = "".join(f"<th{kind[k]}>{escape(headings[k] if headings else tr(k))}</th>" for k in keys)
    body = "".join(
        "<tr>" + "".join(f"<td{kind[k]}>{_html_cell(r.get(k), cell)}</td>" for k in keys) + "</tr>"
        for r in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _html_cell(value: Any, cell: Any) -> str:
    return escape(cell(value)).replace("\n", "<br>")


def cards(items: Iterable[tuple[str, str, str]]) -> str:
    """Figures at a glance: (label, value, note)."""
    made = "".join(
        f'<div class="card"><p class="label">{escape(label)}</p><p class="value">{escape(value)}</p>'
        + (f'<p class="note">{escape(note)}</p>' if note else "") + "</div>"
        for label, value, note in items
    )  # fmt: skip
    return f'<div class="cards">{made}</div>'


def note(*sentences: str) -> str:
    """A marked box for limits and warnings."""
    return '<div class="note-box">' + "".join(f"<p>{escape(s)}</p>" for s in sentences) + "</div>"


def figure(chart: Any, caption: str) -> str:
    """A matplotlib figure as inline SVG with its caption; closes the figure."""
    import re

    from matplotlib import pyplot

    stream = io.StringIO()
    chart.savefig(stream, format="svg", bbox_inches="tight", transparent=True, metadata={"Date": None})
    pyplot.close(chart)
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg ", '<svg fill="currentColor" ', 1)
    # The theme's ink replaces matplotlib's black, so one picture serves light and dark.
    svg = re.sub(r"#000000\b", "currentColor", svg)
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def image(png: bytes, caption: str, alt: str = "", mime: str = "image/png") -> str:
    """A raster picture as data URI with its caption."""
    data = base64.b64encode(png).decode()
    return (f'<figure><img src="data:{mime};base64,{data}" alt="{escape(alt or caption)}">'
            f"<figcaption>{escape(caption)}</figcaption></figure>")  # fmt: skip


def chart(width: float = 8.0, height: float = 3.6, **grid: Any) -> Any:
    """A matplotlib figure and axes in the house's style: `figure, axes = chart(ncols=2)`.

    Same input gives the same bytes: ids in the SVG are salted with a constant.
    """
    import matplotlib

    matplotlib.use("Agg")
    from cycler import cycler
    from matplotlib import font_manager, pyplot

    font = assets.path("fonts/NotoSansKR-Regular.otf")
    font_manager.fontManager.addfont(str(font))
    name = font_manager.FontProperties(fname=str(font)).get_name()
    style: Any = {
        "font.family": [name, "DejaVu Sans"], "font.size": 10, "svg.hashsalt": "twin",
        "svg.fonttype": "path", "axes.spines.top": False, "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=SERIES), "axes.grid": True,
        "grid.alpha": 0.18, "axes.titleweight": "bold", "axes.titlelocation": "left",
        "legend.frameon": False, "figure.constrained_layout.use": True, "text.parse_math": False,
    }  # fmt: skip
    pyplot.rcParams.update(style)
    return pyplot.subplots(figsize=(width, height), **grid)


@cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(assets.path("web/page.html").read_text(encoding="utf-8"))


@cache
def _css() -> str:
    css = assets.path("web/page.css").read_text(encoding="utf-8")
    for weight in ("Regular", "Bold"):
        font = base64.b64encode(assets.path(f"fonts/NotoSansKR-{weight}.woff2").read_bytes()).decode()
        css = css.replace(f"FONT_{weight.upper()}", font)
    return css
