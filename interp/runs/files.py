"""Files that can be believed: atomic writes, JSON, hashes."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from interp.errors import InputError

_RIGHTS, _SPACE = "check its permissions", "free some space"
_REMEDIES = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _RIGHTS),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _SPACE),
    errno.ENAMETOOLONG: "make it shorter",
}
TEMPORARY = ".unfinished-"  # prefix of files that are being written; never believed, removed when a run is opened


def make_directory(path: Path, what: str = "a directory for files", option: str = "--output-dir") -> None:
    """Make a directory and those above it, where they are not there yet.

    Raises:
        InputError: a place where there can be none: a file in the way, a read-only system, a name that is too long ...
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{_shown(path)} cannot be {what}: a file is in the way; pass another {option}.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL, or half a character
        raise InputError(f"{_shown(path)} cannot be {what}: {_reason(error)}, or pass another {option}.") from error


def check_writable(directory: Path, option: str = "--output-dir", file: str | None = None) -> None:
    """Refuse a directory that no file, or not the file of this name, can be written to, before the work for it is done.

    What had to be made to find out is removed again, so that a run that is refused later leaves nothing.
    """
    new = [place for place in (directory, *directory.parents) if not os.path.lexists(place)]
    probe = directory / f"{TEMPORARY}{file or 'probe'}"  # as long as the name that the file is written under
    try:
        make_directory(directory, option=option)
        probe.touch()
        probe.unlink()
    except (OSError, ValueError) as error:
        where = _shown(directory / (file or ""))
        raise InputError(f"Nothing can be written to {where}: {_reason(error)}, or pass another {option}.") from error
    finally:
        for place in new:
            with contextlib.suppress(OSError, ValueError):  # it was never made, or somebody has put something there
                place.rmdir()


def check_output(path: Path, option: str = "--output", *, new: bool = True) -> None:
    """Refuse a result file that cannot be written, or that is there already where it has to be `new`."""
    if os.path.lexists(path) and (new or path.is_dir()):
        raise InputError(f"{path} exists already; name another file with {option}, or remove it.")
    check_writable(path.parent, option, path.name)


def _shown(path: Path) -> str:
    """Return a path as a terminal can show it, cut where it is too long for one sentence."""
    text = str(path).encode("unicode_escape", "backslashreplace").decode() if not str(path).isprintable() else str(path)
    return text if len(text) <= 200 else f"{text[:100]}...{text[-60:]}"


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ValueError):
        return "no path can hold such a sign; take it out"
    return f"{error.strerror}; {_REMEDIES.get(error.errno or 0, 'check the path')}"


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes `path`'s place, on failure it is removed."""
    temporary = path.with_name(f"{TEMPORARY}{path.name}")
    make_directory(path.parent)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a failing write does not say by itself which file it was
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces; NaN and infinity raise ValueError."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON with sorted keys atomically; NaN and infinity raise ValueError."""
    write_text(path, json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


class DoubledKey(ValueError):
    """A JSON object has one key twice, and which of the two counts is not said."""

    def __init__(self, key: str) -> None:
        self.key = key[:40]
        super().__init__(f"the key {self.key!r} comes twice")

    def in_file(self, where: str) -> InputError:
        """Return the sentence that refuses it; `where` names the file, or the file and the line."""
        return InputError(
            f"{where} has the key {self.key!r} twice in one object, so that it is not clear which of them counts; "
            "expected every key once: remove one of them."
        )


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Make a JSON object of its pairs, as an `object_pairs_hook`; a key that comes twice raises DoubledKey."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise DoubledKey(next(name for name in names if names.count(name) > 1))
    return made


def parse_json(text: str | bytes, **options: Any) -> Any:
    """Parse JSON that somebody wrote: as `json.loads`, but an object with a key twice raises DoubledKey."""
    return json.loads(text, object_pairs_hook=once, **options)


def check_plain(path: Path) -> None:
    """Refuse what is there but is no plain file: reading a folder fails, and a pipe is waited for without end."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return  # the reader says what was expected
    except OSError as error:  # a link to itself, a name that is too long
        raise InputError(f"{path} cannot be read ({error.strerror}); restore the file that belongs there.") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"{path} is not a plain file; restore the file that belongs there.")


def read_json(path: Path, *, finite: bool = True) -> Any:
    """Read a JSON file as strictly as this toolkit writes one: no key twice in an object, no number that is not
    finite, no half of a character.

    Args:
        finite: False for what others write for a model, where `Infinity` may stand.

    Raises:
        InputError: the file is missing, no plain file or no such JSON.
    """
    try:
        check_plain(path)
        content = parse_json(path.read_text(encoding="utf-8"))
        if finite:
            canonical_json(content).encode()  # which holds no such number, nor half a character
        return content
    except DoubledKey as error:
        raise error.in_file(str(path)) from error
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; expected a finished run or an unmoved file.") from error
    except (ValueError, RecursionError) as error:  # also bytes that are no text, and a number of thousands of digits
        raise InputError(
            f"{path} is not valid JSON ({str(error)[:100]}); restore it or delete it to make it again."
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected a JSON file.") from error


def sha256_file(path: Path) -> str:
    """Return the sha256 of a file's bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """Return the sha256 of a value's canonical JSON in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def sha256_json_array(values: Iterable[Any]) -> str:
    """Return what `sha256_json` gives of the list of values, which need not be in memory together."""
    digest = hashlib.sha256(b"[")
    for number, value in enumerate(values):
        digest.update((("," if number else "") + canonical_json(value)).encode())
    digest.update(b"]")
    return digest.hexdigest()
