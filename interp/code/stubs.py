"""What a piece of code gives a function beyond its signature: a body, a stand-in for one, or nothing."""

from __future__ import annotations

import io
import itertools
import re
import tokenize
from collections.abc import Iterator
from enum import IntEnum
from tokenize import TokenInfo

_SILENT = (tokenize.COMMENT, tokenize.NL)


class Body(IntEnum):
    """What the body of a function is; of several definitions in one piece of code the most counts."""

    STUB = 0  # a docstring, imports and comments at most: what the task itself gives
    PLACEHOLDER = 1  # pass, ... or raise NotImplementedError, and nothing else
    PROGRAM = 2  # statements of its own, or code that is too broken to tell


def body_of(code: str, function: str) -> Body | None:
    """Return what the body of `function` is in `code`; None where the code does not define it.

    The code is cut into tokens, never parsed or run: it is foreign, and may be broken or cut off.
    """
    most = None
    for start in re.finditer(rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{re.escape(function)}\b", code, re.MULTILINE):
        most = max(_body(code[start.start() :]), most or Body.STUB)
        if most is Body.PROGRAM:  # no more can be found, and broken code would be read to its end again and again
            break
    return most


def _body(code: str) -> Body:
    """Return what the body of the function is whose definition begins the code."""
    try:
        return max(map(_weight, _statements(code)), default=Body.STUB)
    except (tokenize.TokenError, SyntaxError, ValueError):  # ValueError: characters that Python's source cannot hold
        return Body.PROGRAM


def _weight(statement: list[TokenInfo]) -> Body:
    words = [token.string for token in statement]
    if words[0] in ("import", "from") or all(token.type == tokenize.STRING for token in statement):
        return Body.STUB
    if words in (["pass"], ["..."]) or words[:2] == ["raise", "NotImplementedError"]:
        return Body.PLACEHOLDER
    return Body.PROGRAM


def _statements(code: str) -> Iterator[list[TokenInfo]]:
    """Yield the tokens of each statement in the body of the function whose definition begins the code."""
    tokens = (t for t in tokenize.generate_tokens(io.StringIO(code).readline) if t.type not in _SILENT)
    _skip_signature(tokens)
    first = next(tokens)
    one_line = first.type != tokenize.NEWLINE
    if not one_line and not _enters(next(tokens)):
        return
    depth = 0 if one_line else 1
    statement: list[TokenInfo] = []
    for token in itertools.chain([first] if one_line else [], tokens):
        if token.type in (tokenize.INDENT, tokenize.DEDENT):
            depth += 1 if token.type == tokenize.INDENT else -1
        elif token.type == tokenize.NEWLINE or token.string == ";":
            if statement:
                yield statement
            statement = []
        else:
            statement.append(token)
        if not depth and (not one_line or token.type == tokenize.NEWLINE):
            return


def _enters(token: TokenInfo) -> bool:
    """Say whether a token begins an indented body, or nothing follows the signature."""
    if token.type not in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
        raise tokenize.TokenError("the body is not indented")
    return token.type == tokenize.INDENT


def _skip_signature(tokens: Iterator[TokenInfo]) -> None:
    """Move past the colon that ends the signature."""
    depth = 0
    for token in tokens:
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == ":" and not depth:
                return
    raise tokenize.TokenError("no colon ends the signature")
