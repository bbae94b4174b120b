"""What a chat endpoint replied, kept on disk so that no question is paid for twice.

One SQLite file in WAL mode with full synchronisation: a reply is on disk before the next step is taken, so a killed
process loses none, and several processes may use the file at once. Of two replies to one question, given to two
processes at the same moment, the first that is stored counts for both. Replies are kept as they came; what they chose
is read anew each time. WAL needs a local disk, not a network file system.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from interp.errors import InputError

SCHEMA = 1
_BATCH = 500  # keys a query; SQLite allows at least 999
_WAIT_S = 60.0  # for another process that is writing
_TABLE = """
create table if not exists replies (
    key text primary key, raw text not null, finish text, model text, prompt_tokens integer, reply_tokens integer
) strict, without rowid
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: text, why it ended, the model that answered, and tokens, all in the endpoint's words."""

    raw: str
    finish: str | None
    model: str | None
    prompt_tokens: int | None
    reply_tokens: int | None


def default_path() -> Path:
    """Return where replies are kept: beside the embedded weights, in `H_LAST_CACHE_DIR` or the user's cache."""
    from interp.runs.cache import cache_directory

    return cache_directory() / "judge" / "replies.sqlite"


class JudgeCache:
    """Replies by the hash of what was asked; a context manager, which may be used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> JudgeCache:
        with self._explained(), contextlib.ExitStack() as opening:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
            opening.callback(self._db.close)
            self._prepare()
            opening.pop_all()  # it is open: closing it is __exit__'s from here on
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def get(self, keys: Sequence[str]) -> dict[str, Reply]:
        """Return the replies that are known."""
        found: dict[str, Reply] = {}
        with self._explained():
            for start in range(0, len(keys), _BATCH):
                some = keys[start : start + _BATCH]
                marks = ", ".join("?" * len(some))
                rows = self._db.execute(f"select * from replies where key in ({marks})", list(some))
                found |= {key: Reply(*values) for key, *values in rows}
        return found

    def put(self, key: str, reply: Reply) -> Reply:
        """Store a reply durably, and return the one that counts: this, or one that was stored before it."""
        with self._explained():
            row = (key, *astuple(reply))
            self._db.execute("insert or ignore into replies values (?, ?, ?, ?, ?, ?)", row)
        return self.get([key])[key]

    def _prepare(self) -> None:
        from filelock import FileLock

        # SQLite does not wait for its turn where two processes change the journal's mode at once
        with FileLock(self.path.with_name(f"{self.path.name}.lock")):
            version = self._db.execute("pragma user_version").fetchone()[0]
            if version not in (0, SCHEMA):
                raise InputError(
                    f"{self.path} was made by another version of h-last (schema {version}, expected {SCHEMA}); delete "
                    "it, or set H_LAST_CACHE_DIR to another directory."
                )
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            self._db.execute(_TABLE)
            self._db.execute(f"pragma user_version = {SCHEMA}")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise InputError(
                f"The judge's replies cannot be kept in {self.path} ({error}); free some space or set H_LAST_CACHE_DIR "
                "to a directory that can be written, then run the same command again."
            ) from error
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"{self.path} is damaged ({error}); restore it, or delete it to ask its questions again."
            ) from error
        except OSError as error:
            raise InputError(
                f"The judge's replies cannot be kept in {self.path} ({error.strerror}); set H_LAST_CACHE_DIR to a "
                "directory that can be written."
            ) from error
