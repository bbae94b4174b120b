"""Which part of an answer is the program: found by fixed rules, said, and never repaired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from interp.code.fences import Block, fenced_blocks, unglued
from interp.code.stubs import Body, body_of

VERSION = "code-extraction-2"
# Where a base model's continuation has left the function (Chen et al. 2021, section 2.1).
CONTINUATION_STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
_BEST_FIRST = (Body.PROGRAM, Body.PLACEHOLDER, None)  # a block that does not define the function: None


class Found(StrEnum):
    """How the program was found in the answer."""

    FENCED = "fenced"  # a fenced code block
    UNCLOSED_FENCE = "unclosed_fence"  # a fenced code block that the answer does not close
    OUTDENTED_FENCE = "outdented_fence"  # between fences in a list item, but not indented like the item
    GLUED_FENCE = "glued_fence"  # a fence behind words on one line, or before a tag, which Markdown does not read
    WHOLE_TEXT = "whole_text"  # no fence; the answer holds the function's definition and is taken as it stands
    CONTINUATION = "continuation"  # a base model's text, up to where it leaves the function
    NONE = "none"  # no block of code and no definition of the function beyond what the task gives


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
    first one. Blocks that are empty, or only repeat the signature and its docstring, are no answer and are passed over;
    one whose body is a stand-in (`pass`) counts only where no other defines the function. Blocks are what CommonMark
    has for blocks; only where a list item cuts one off and no block defines the function are the fences read without
    the list, and only where no block that is closed defines it are fences read that share their line with words
    ("Here it is:```python") or with a tag. An answer without any fence counts as a whole if it defines the function.
    """
    blocks = fenced_blocks(text)
    body, chosen = _choose(blocks, function)
    if body is not Body.PROGRAM and any(block.torn for block in blocks):
        outdented = fenced_blocks(text, outdented=True)
        better, block = _choose(outdented, function)
        if block is not None and better is Body.PROGRAM:
            found = Found.OUTDENTED_FENCE if block.closed else Found.UNCLOSED_FENCE
            return Extraction(block.code, found, len(outdented))
    whole = body is Body.PROGRAM and chosen is not None and chosen.closed
    if not whole and (apart := unglued(text)) != text:
        parted = fenced_blocks(apart)
        better, block = _choose(parted, function)
        if block is not None and better is Body.PROGRAM:
            return Extraction(block.code, Found.GLUED_FENCE if block.closed else Found.UNCLOSED_FENCE, len(parted))
    if chosen is not None:
        found = Found.FENCED if chosen.closed else Found.UNCLOSED_FENCE
        return Extraction(chosen.code, found, len(blocks))
    if not blocks and body_of(text, function) not in (None, Body.STUB):
        return Extraction(text, Found.WHOLE_TEXT, 0)
    return Extraction(None, Found.NONE, len(blocks))


def from_continuation(text: str) -> Extraction:
    """Return what a base model wrote to continue a function, up to the first line that leaves it."""
    ends = [at for stop in CONTINUATION_STOPS if (at := text.find(stop)) >= 0]
    code = text[: min(ends, default=len(text))]
    if not code.strip():
        return Extraction(None, Found.NONE, 0, bool(ends))
    return Extraction(code, Found.CONTINUATION, 0, bool(ends))


def _choose(blocks: Sequence[Block], function: str) -> tuple[Body | None, Block | None]:
    """Return the block that holds the program, if any, and what it makes of the function."""
    python = [(body_of(block.code, function), block) for block in blocks if block.may_be_python and block.code.strip()]
    ranked = (pair for wanted in _BEST_FIRST for pair in python if pair[0] is wanted)
    return next(ranked, (None, None))
