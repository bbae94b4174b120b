"""Results at rest: a record is written whole and read back strictly, and every file says which schema it has."""

from __future__ import annotations

import dataclasses
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
        InputError: a missing or broken file, another schema, an unknown key, a missing field or a wrong type.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no {cls.__name__}; expected the JSON object that this toolkit writes.")
    schema = content.get("schema")
    if schema != cls.SCHEMA:
        age = "an older" if isinstance(schema, int) and schema < cls.SCHEMA else "another"
        raise InputError(
            f"{path} has the schema {schema!r}, but this version reads {cls.SCHEMA}: it was made by {age} version of "
            "the toolkit; make it again with this one."
        )
    return parse_row(cls, canonical_json(content), str(path))
