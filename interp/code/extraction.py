"""Which part of an answer is the program: found by fixed rules, said, and never repaired."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

VERSION = "code-extraction-1"
# Where a base model's continuation has left the function (Chen et al. 2021, section 2.1).
CONTINUATION_STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
_FENCE = re.compile(r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)[^\n`]*$", re.MULTILINE)
_PYTHON = ("", "python", "python3", "py")


class Found(StrEnum):
    """How the program was found in the answer."""

    FENCED = "fenced"  # a fenced code block
    UNCLOSED_FENCE = "unclosed_fence"  # a fenced code block that the answer does not close
    WHOLE_TEXT = "whole_text"  # no fence; the answer holds the function's definition and is taken as it stands
    CONTINUATION = "continuation"  # a base model's text, up to where it leaves the function
    NONE = "none"  # no fence and no definition of the function


@dataclass(frozen=True, slots=True)
class Extraction:
    """The program of an answer.

    Attributes:
        code: the text that is taken for the program, unchanged; None where there is none.
        found: how it was found.
        blocks: how many fenced blocks the answer has.
        ended: whether the text itself shows that the program is over, so that a budget reached later cut nothing off.
    """

    code: str | None
    found: Found
    blocks: int
    ended: bool = False


def from_answer(text: str, function: str) -> Extraction:
    """Return the program of a chat model's answer.

    Of several fenced blocks in Python or without a language, the first one that defines the function counts, else the
    first one. An answer without any fence counts as a whole if it defines the function.
    """
    blocks = _blocks(text)
    defines = re.compile(rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{re.escape(function)}\b", re.MULTILINE)
    python = [block for block in blocks if block.language in _PYTHON]
    chosen = next((block for block in python if defines.search(block.code)), python[0] if python else None)
    if chosen is not None and chosen.code.strip():
        found = Found.FENCED if chosen.closed else Found.UNCLOSED_FENCE
        return Extraction(chosen.code, found, len(blocks))
    if not blocks and defines.search(text):
        return Extraction(text, Found.WHOLE_TEXT, 0)
    return Extraction(None, Found.NONE, len(blocks))


def from_continuation(text: str) -> Extraction:
    """Return what a base model wrote to continue a function, up to the first line that leaves it."""
    ends = [at for stop in CONTINUATION_STOPS if (at := text.find(stop)) >= 0]
    code = text[: min(ends, default=len(text))]
    if not code.strip():
        return Extraction(None, Found.NONE, 0, bool(ends))
    return Extraction(code, Found.CONTINUATION, 0, bool(ends))


@dataclass(frozen=True, slots=True)
class _Block:
    language: str
    code: str
    closed: bool


def _blocks(text: str) -> list[_Block]:
    """Return the fenced blocks; a block ends at a bare fence of the same kind and at least the same length."""
    blocks: list[_Block] = []
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        mark = fence["mark"]
        if opened is None:
            opened = fence
        elif mark.startswith(opened["mark"]) and fence[0].strip() == mark:
            blocks.append(_Block(opened["language"].lower(), text[opened.end() + 1 : fence.start()], True))
            opened = None
    if opened is not None:
        blocks.append(_Block(opened["language"].lower(), text[opened.end() + 1 :], False))
    return blocks
