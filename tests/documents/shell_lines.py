"""The command lines that README.md and docs/ show, in code blocks and, with their options, in running text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docs_help import ROOT, Command, commands

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
SHELL = ("", "sh", "bash", "console")  # what a code block with command lines calls itself
STARTS = ("python ", "make ", "pip ", "pytest ", "git ", "export ", ".venv/", "cd ", "jupyter ", "curl ", "bash ", "./")


@dataclass(frozen=True)
class Line:
    """One command line, the document that shows it, and its words."""

    text: str
    document: str

    @property
    def words(self) -> list[str]:
        """The words of the line without its comment; optional parts are taken in."""
        return [word for word in shlex.split(self.text.replace("[", "").replace("]", ""), comments=True) if word != "$"]

    @property
    def command(self) -> Command | None:
        """The toolkit's command that it runs, if it runs one."""
        if self.words[:2] != ["python", "-m"]:
            return None
        return {one.module: one for one in commands()}.get(self.words[2])

    @property
    def arguments(self) -> list[str]:
        """What follows the module's name."""
        return self.words[3:]


def lines() -> list[Line]:
    """Return every command line once, in the order of the documents."""
    found = {tuple(line.words): line for path in DOCUMENTS for line in _lines(path)}
    return list(found.values())


def _lines(path: Path) -> Iterator[Line]:
    shown = path.read_text(encoding="utf-8")
    inline = re.findall(r"`(python -m [a-z]+\.[^`]+ [^`]+)`", re.sub(r"```.*?```", "", shown, flags=re.DOTALL))
    for block in [*shell_blocks(shown), "\n".join(inline)]:
        for text in block.replace("\\\n", " ").split("\n"):
            line = " ".join(text.strip().removeprefix("$ ").split())
            if line.startswith(STARTS):
                yield Line(line, path.relative_to(ROOT).as_posix())


def shell_blocks(markdown: str) -> Iterator[str]:
    """Yield the code blocks that hold command lines; a block inside a list is indented."""
    inside: str | None = None
    held: list[str] = []
    for line in markdown.split("\n"):
        if not line.lstrip().startswith("```"):
            held.append(line)
        elif inside is None:
            inside, held = line.strip().removeprefix("```"), []
        else:
            if inside in SHELL:
                yield "\n".join(held)
            inside = None
