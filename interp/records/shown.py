"""What records and runs inherit so that they show themselves: as HTML in a notebook, in plain words when printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Shown:
    """Something that `interp.show.html` shows in a notebook and `interp.show.text` in a terminal.

    Read back strictly: an unknown key, a missing field or a wrong type is refused (`interp.runs.rows`).
    """

    __slots__ = ()
    __pydantic_config__ = {"extra": "forbid", "strict": True}

    def _repr_html_(self) -> str:
        from interp.show.html import html

        return html(self)

    def __str__(self) -> str:
        from interp.show import text

        return text.text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Let IPython's plain text be the same words, in place of every field."""
        printer.text("..." if cycle else str(self))


class ShownShort(Shown):
    """Something that holds arrays: its repr is the one line that it prints as, never its numbers."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Table(Shown):
    """Records of one kind as a table; made by `interp.show.html.table`."""

    rows: tuple[Any, ...]
