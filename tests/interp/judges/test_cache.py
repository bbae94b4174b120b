"""The cache of replies: durable, shared between processes, and clear about what is wrong with its file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.judges.cache import JudgeCache, Reply, default_path

REPLY = Reply("YES\n", "stop", "m-1", 3, 1)


def test_a_reply_comes_back_whole_and_the_first_one_counts(tmp_path: Path) -> None:
    unknown = Reply("", None, None, None, None)
    with JudgeCache(tmp_path / "deep" / "c.sqlite") as cache:
        assert cache.put("a", REPLY) == REPLY
        assert cache.put("b", unknown) == unknown
        assert cache.put("a", unknown) == REPLY
    with JudgeCache(tmp_path / "deep" / "c.sqlite") as cache:
        assert cache.get(["a", "b", "c"]) == {"a": REPLY, "b": unknown}


def test_more_keys_than_one_query_takes_are_found(tmp_path: Path) -> None:
    with JudgeCache(tmp_path / "c.sqlite") as cache:
        cache.put("k7", REPLY)
        cache.put("k1777", REPLY)
        assert set(cache.get([f"k{i}" for i in range(2000)])) == {"k7", "k1777"}


def test_replies_are_synchronised_to_disk(tmp_path: Path) -> None:
    with JudgeCache(tmp_path / "c.sqlite") as cache:
        assert cache._db.execute("pragma journal_mode").fetchone() == ("wal",)
        assert cache._db.execute("pragma synchronous").fetchone() == (2,)  # full


WRITER = """
import sys, os
from pathlib import Path
from interp.judges.cache import JudgeCache, Reply
with JudgeCache(Path(sys.argv[1])) as cache:
    for i in range(int(sys.argv[3])):
        cache.put(f"{i}", Reply(sys.argv[2], None, None, i, 1))
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), 9)
"""


def _writer(path: Path, name: str, n: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, str(n)])


def test_processes_write_at_once_and_agree(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    writers = [_writer(path, f"w{i}", 60) for i in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    with JudgeCache(path) as cache:
        found = cache.get([f"{i}" for i in range(60)])
    assert [found[f"{i}"].prompt_tokens for i in range(60)] == list(range(60))


def test_a_killed_process_leaves_every_reply_that_it_put(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    assert _writer(path, "killed", 25).wait(timeout=120) == -9
    with JudgeCache(path) as cache:
        assert len(cache.get([f"{i}" for i in range(25)])) == 25


def test_a_file_that_is_no_cache_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.write_text("not a database, but long enough to be taken for one " * 50)
    with pytest.raises(InputError, match=r"c\.sqlite is damaged \(.*\); restore it, or delete it"), JudgeCache(path):
        pass


def test_a_cache_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    database = sqlite3.connect(path)
    database.execute("pragma user_version = 9")
    database.close()
    with pytest.raises(InputError, match=r"another version of h-last \(schema 9, expected 1\)"), JudgeCache(path):
        pass


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "c.sqlite", tmp_path):
        with pytest.raises(InputError, match="cannot be kept in .* H_LAST_CACHE_DIR"), JudgeCache(path):
            pass


def test_a_full_disk_is_said_and_what_was_put_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with JudgeCache(path) as cache:
        cache.put("a", REPLY)
        cache._db.execute("pragma max_page_count = 2")  # SQLite says "full", as on a full disk
        with pytest.raises(InputError, match=r"cannot be kept .*\(database or disk is full\); free some space"):
            for i in range(100):
                cache.put(f"{i}", Reply("long " * 2000, None, None, None, None))
    with JudgeCache(path) as cache:
        assert cache.get(["a"]) == {"a": REPLY}


def test_it_lies_in_the_toolkits_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("H_LAST_CACHE_DIR", str(tmp_path))
    assert default_path() == tmp_path / "judge" / "replies.sqlite"
