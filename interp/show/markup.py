"""Small pieces of HTML: escaped text, tables, cards and interval bars, styled inline for notebooks, light and dark.

Nothing here needs a style sheet or a script, so that a saved notebook shows the same wherever it is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from interp.records.findings import Estimate

LINE = "rgba(128,128,128,.35)"
CELL = f"text-align:left;vertical-align:top;padding:.2em .9em .2em 0;border-top:1px solid {LINE}"
BAR_WIDTH, BAR_HEIGHT = 104, 12
TEXT_LIMIT = 600


class Html(str):
    """A piece of HTML that is already escaped; plain strings are escaped wherever they meet it."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return itself, as template engines ask what need not be escaped."""
        return self


def clean(value: object) -> Html:
    """Return a value as HTML: escaped, unless it is `Html` already."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def prose(text: str, limit: int = TEXT_LIMIT) -> Html:
    """Return text that somebody else wrote: escaped, with its line breaks, without its middle beyond `limit` signs."""
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]} [... {len(text) - 2 * half} characters ...] {text[-half:]}"
    return Html(f'<span style="white-space:pre-wrap">{escape(text)}</span>')


def strong(value: object) -> Html:
    """Return a value in bold."""
    return Html(f"<strong>{clean(value)}</strong>")


def muted(value: object) -> Html:
    """Return a value in a quieter tone."""
    return Html(f'<span style="opacity:.72">{clean(value)}</span>')


def grid(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Html:
    """Return a table with column headers; cells are escaped."""
    head = "".join(f'<th scope="col" style="{CELL};border-top:none">{clean(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return _table(f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>")


def fields(values: Mapping[str, object]) -> Html:
    """Return names and values as a table with row headers."""
    rows = (
        f'<tr><th scope="row" style="{CELL};font-weight:normal;opacity:.72">{clean(name)}</th>{_cell(value)}</tr>'
        for name, value in values.items()
    )
    return _table(f"<tbody>{''.join(rows)}</tbody>")


def card(title: object, *parts: object) -> Html:
    """Return a titled block."""
    inner = "".join(f'<div style="margin-top:.3em">{clean(part)}</div>' for part in parts)
    style = "max-width:62em;line-height:1.45;margin-bottom:.6em"
    return Html(f'<div style="{style}"><div>{strong(title)}</div>{inner}</div>')


def bar(
    estimate: Estimate, ends: tuple[float, float] = (0.0, 1.0), marks: Sequence[float] = (0.5,), width: int = BAR_WIDTH
) -> Html:
    """Return an estimate as a dot on its interval, with ticks at `marks` (chance, a gate), in the text's own colour."""
    x, low, high, *ticks = (_place(v, ends, width) for v in (estimate.value, estimate.lower, estimate.upper, *marks))
    middle = BAR_HEIGHT / 2
    label = escape(f"{estimate}, against {' and '.join(f'{m:g}' for m in marks)}")
    lines = "".join(f'<path d="M{tick} 1V{BAR_HEIGHT - 1}" stroke-opacity=".55"/>' for tick in ticks)
    return Html(
        f'<svg class="bar" role="img" aria-label="{label}" width="{width}" height="{BAR_HEIGHT}" '
        f'viewBox="0 0 {width} {BAR_HEIGHT}" style="vertical-align:middle;max-width:none" stroke="currentColor">'
        f'<path d="M0 {middle}H{width}" stroke-opacity=".22"/>{lines}'
        f'<path d="M{low} {middle}H{high}" stroke-width="3" stroke-opacity=".5"/>'
        f'<circle cx="{x}" cy="{middle}" r="3.5" fill="currentColor" stroke="none"/></svg>'
    )


def _place(value: float, ends: tuple[float, float], width: int) -> str:
    share = (min(max(value, ends[0]), ends[1]) - ends[0]) / (ends[1] - ends[0])
    return f"{4 + share * (width - 8):.1f}"


def _cell(value: object) -> str:
    return f'<td style="{CELL}">{clean(value)}</td>'


def _table(inner: str) -> Html:
    style = "border-collapse:collapse;margin:0;font-size:inherit"
    return Html(f'<div style="overflow-x:auto"><table style="{style}">{inner}</table></div>')
