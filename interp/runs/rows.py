"""Records as JSON lines, read strictly.

An unknown key, a key that comes twice, a missing field or a wrong type is refused with the file's name and the line's
number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from interp.errors import InputError
from interp.runs.files import DoubledKey, canonical_json, check_plain, parse_json, write_text

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(cls: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def parse_row(cls: type[T], text: str, where: str) -> T:
    """Parse one JSON object into a record; `where` names its place in the error, for example `file.jsonl, line 3`."""
    from pydantic import ValidationError

    _check_keys(text, where)
    try:
        record: T = _adapter(cls).validate_json(text)  # type: ignore[arg-type]
        return record
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        problem = f"{field}: {first['msg']}" if field else first["msg"]
        raise InputError(f"{where} is not a valid {cls.__name__} ({problem}); correct that line.") from error


def _check_keys(text: str, where: str) -> None:
    """Refuse a key that comes twice in an object, of which pydantic would take the last."""
    try:
        parse_json(text)
    except DoubledKey as error:
        raise error.in_file(where) from error
    except (ValueError, RecursionError):  # what else is wrong with it, the record's reader says
        return


def row_text(record: Any) -> str:
    """Return a record as one line of canonical JSON."""
    return canonical_json(dataclasses.asdict(record))


def write_rows(path: Path, rows: Iterable[Any]) -> None:
    """Write records as JSON lines atomically."""
    write_text(path, "".join(row_text(row) + "\n" for row in rows))


def keep_rows(path: Path, rows: Iterable[Any]) -> None:
    """Write the records that a run begins with; where they are there already, they must be the same."""
    text = "".join(row_text(row) + "\n" for row in rows)
    if not path.is_file():
        write_text(path, text)
    elif path.read_bytes() != text.encode():
        raise InputError(
            f"{path} is not what this run was begun with: it was changed or damaged; delete that file (it is written "
            "again), or the directory to run again."
        )


def read_rows(path: Path, cls: type[T]) -> list[T]:
    """Read JSON lines into records; a bad line raises InputError with its number."""
    check_plain(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; expected JSON lines of {cls.__name__}.") from error
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path} cannot be read ({error}); expected JSON lines of {cls.__name__}.") from error
    return [parse_row(cls, line, f"{path}, line {i}") for i, line in enumerate(lines, 1) if line.strip()]
