"""Results at rest: a record is written whole and read back strictly, and every file says which schema it has."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from interp.errors import InputError
from interp.records.shown import Shown
from interp.runs.files import canonical_json, read_json, write_json
from interp.runs.rows import parse_row


@dataclass(frozen=True, slots=True)
class Result(Shown):
    """What a whole JSON file holds. `schema` is the class's SCHEMA; it moves whenever the file's form does."""

    SCHEMA: ClassVar[int]

    schema: int


R = TypeVar("R", bound=Result)


def write_result(path: Path, result: Result) -> None:
    """Write a result as JSON with sorted keys, atomically; NaN and infinity raise ValueError."""
    write_json(path, dataclasses.asdict(result))


def read_result(path: Path, cls: type[R]) -> R:
    """Read a result back.

    Raises:
        InputError: a missing or broken file, another schema, a key that is unknown, absent or there twice, a wrong
            type, or a number that is not finite.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no {cls.__name__}; expected the JSON object that this toolkit writes.")
    schema = content.get("schema")
    if schema != cls.SCHEMA or not isinstance(schema, int) or isinstance(schema, bool):
        older = isinstance(schema, int) and not isinstance(schema, bool) and schema < cls.SCHEMA
        raise InputError(
            f"{path} has the schema {repr(schema)[:40]}, but this version reads {cls.SCHEMA}: it was made by "
            f"{'an older' if older else 'another'} version of the toolkit; make it again with this one."
        )
    result = parse_row(cls, canonical_json(content), str(path))
    if json.loads(_written(result, path)) != content:
        raise InputError(
            f"{path} leaves out a field of {cls.__name__}, or holds a number that it cannot keep; restore it, or make "
            "it again."
        )
    return result


def _written(result: Result, path: Path) -> str:
    """Return what a result is written as; an integer too large for its field has become infinite."""
    try:
        return canonical_json(dataclasses.asdict(result))
    except ValueError as error:
        raise InputError(f"{path} holds a number that is not finite; restore it, or make it again.") from error
