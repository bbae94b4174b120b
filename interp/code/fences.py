"""The fenced code blocks of an answer, as CommonMark has them (read by markdown-it-py)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt

# Only blocks are wanted. Tags are text, not HTML: models put whole answers between tags of their own, and CommonMark
# would take a fence behind such a tag for a part of it. Line ends are made equal here, so that nothing else is changed.
# Nesting beyond 100 is not read, nor would a reader follow it; it keeps hostile text within Python's own recursion.
_NOT_NEEDED = ["normalize", "inline", "text_join"]
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).disable(_NOT_NEEDED)
_FENCES_ALONE = MarkdownIt("zero").disable(_NOT_NEEDED).enable("fence")
_LINE_END = re.compile(r"\r\n?")
_UNSEEN = re.compile("(?m)^[\u200b-\u200f\u2060\ufeff]+(?=[ \\t>]*(?:```|~~~))")  # before a fence
_PYTHON = re.compile(r"(?:[ci]|micro)?py(?:thon)?[\d.-]*|\S+\.py")
_WORDS = re.compile(r"[^\W\d_]|:")
_FENCE = re.compile(r"```[\w.+-]*[ \t]*")
_BEFORE_A_TAG = re.compile(r"^([ \t]*```)[ \t]*(</?\w)")
_MARKDOWN_NAMES = ("markdown", "md", "gfm", "commonmark")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced code block.

    Attributes:
        language: the word of the info string that names a language, in small letters; empty where there is none.
        code: what stands in it, without the indentation and the marks of the lists and quotes around it.
        closed: whether a closing fence ends it.
        torn: whether a list item or quote ends it before its closing fence, with more text to follow.
    """

    language: str
    code: str
    closed: bool
    torn: bool

    @property
    def may_be_python(self) -> bool:
        """Whether it is said to be Python (python3, ipython, {.python}, f.py, ...), or not said what it is."""
        return not self.language or _PYTHON.fullmatch(self.language) is not None


def fenced_blocks(text: str, *, outdented: bool = False) -> list[Block]:
    """Return the fenced code blocks of a text in Markdown, in order.

    A model may wrap its whole answer in a block: one that says that it is Markdown, or says nothing and begins with a
    fence that says Python, is replaced by the blocks in it.

    Args:
        text: the text; a byte order mark is passed over.
        outdented: read fences at any indentation, with the code between them as it stands and as if there were neither
            lists nor quotes: for a fence in a list item whose code is not indented like the item.
    """
    blocks: list[Block] = []
    for block in _read(text.removeprefix("\ufeff"), outdented):
        blocks += [replace(one, closed=one.closed or block.closed) for one in _wrapped(block, outdented)] or [block]
    return blocks


def unglued(text: str) -> str:
    """Return the text with every fence on a line of its own that stood behind words, or before a tag."""
    lines = []
    for line in _LINE_END.sub("\n", text).split("\n"):
        at = line.find("```")
        if at > 0 and _FENCE.fullmatch(line, at) and _WORDS.search(line, 0, at) and "`" not in line[:at]:
            lines += [line[:at], line[at:]]
        else:
            lines.append(_BEFORE_A_TAG.sub(r"\1\n\2", line))
    return "\n".join(lines)


def _wrapped(block: Block, outdented: bool) -> list[Block]:
    """Return the blocks inside a block that wraps them; none if it does not."""
    if block.language in _MARKDOWN_NAMES:
        return list(_read(block.code, outdented))
    if block.language or not block.code.lstrip().startswith(("```", "~~~")):
        return []
    inner = list(_read(block.code, outdented))
    return inner if inner and inner[0].language and inner[0].may_be_python else []


def _read(text: str, outdented: bool) -> Iterator[Block]:
    source = _UNSEEN.sub("", _LINE_END.sub("\n", text))
    ended = source.endswith("\n")
    lines = source.removesuffix("\n").split("\n")
    parser = _FENCES_ALONE if outdented else _MARKDOWN
    for token in parser.parse("".join((line.lstrip() if outdented else line) + "\n" for line in lines)):
        if token.type != "fence":
            continue
        assert token.map is not None  # every block knows its lines
        first, end = token.map
        closed = token.content.count("\n") < end - first - 1  # the opening fence, the code's lines, the closing fence
        code = token.content
        if outdented:
            code = "".join(line + "\n" for line in lines[first + 1 : end - closed])
        if not (closed or ended) and end == len(lines):
            code = code.removesuffix("\n")
        torn = not closed and any(line.strip() for line in lines[end:])
        yield Block(_language(token.info), code, closed, torn)


def _language(info: str) -> str:
    """Return the language that an info string names: its first word, or in braces the word that names Python."""
    words = [word.lstrip(".") for word in re.split(r"[\s,:;={}()\[\]]+", info.lower()) if word.strip(".")]
    if info.lstrip().startswith("{"):
        return next((word for word in words if _PYTHON.fullmatch(word)), words[0] if words else "")
    return words[0] if words else ""
