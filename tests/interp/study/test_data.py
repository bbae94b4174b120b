from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from interp.errors import InputError
from interp.study import data
from interp.study.data import Study, hashes

SMALL = [data.SMOLLM_PROBE, data.GEMMA_PROBE, data.FIRST_PASS]


class Server:
    """A real HTTP server over a folder, which remembers what it was asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.cut: set[str] = set()
        asked, cut = self.asked, self.cut

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.lstrip("/")
                asked.append(name)
                if name in cut:
                    self.send_half(root / name)
                else:
                    super().do_GET()

            def send_half(self, file: Path) -> None:
                body = file.read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(root)))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self) -> None:
        if self.thread.is_alive():
            self.http.shutdown()
            self.http.server_close()
            self.thread.join()


@pytest.fixture
def server(tmp_path: Path, paper_dir: Path) -> Iterator[Server]:
    for name in SMALL:
        target = tmp_path / "served" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(paper_dir / name, target)
    running = Server(tmp_path / "served")
    yield running
    running.stop()


def cached(server: Server, tmp_path: Path) -> Study:
    return Study(None, tmp_path / "cache", server.url)


def test_fetches_into_the_cache_and_asks_once(server: Server, tmp_path: Path) -> None:
    study = cached(server, tmp_path)
    first = study.path(SMALL[0])
    assert first.is_relative_to(tmp_path / "cache")
    assert study.path(SMALL[0]) == first
    assert server.asked == [SMALL[0]]


def test_an_interrupted_fetch_resumes_with_the_files_that_are_missing(server: Server, tmp_path: Path) -> None:
    hidden = server.root / SMALL[2]
    aside = hidden.rename(hidden.with_suffix(".aside"))
    study = cached(server, tmp_path)
    for name in SMALL[:2]:
        study.path(name)
    with pytest.raises(InputError, match=SMALL[2]):
        study.path(SMALL[2])
    aside.rename(hidden)
    server.asked.clear()
    for name in SMALL:
        cached(server, tmp_path).path(name)
    assert server.asked == [SMALL[2]]


def test_a_transfer_that_breaks_off_is_never_believed_and_the_next_fetch_completes_it(
    server: Server, tmp_path: Path
) -> None:
    server.cut.add(SMALL[0])
    with pytest.raises(InputError, match=f"{SMALL[0]} could not be fetched"):
        cached(server, tmp_path).path(SMALL[0])
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []
    server.cut.clear()
    assert cached(server, tmp_path).path(SMALL[0]).read_bytes() == (server.root / SMALL[0]).read_bytes()


def test_a_damaged_answer_is_named_and_leaves_nothing_in_the_cache(server: Server, tmp_path: Path) -> None:
    (server.root / SMALL[0]).write_bytes(b"{}")
    with pytest.raises(InputError, match=f"{SMALL[0]} arrived damaged"):
        cached(server, tmp_path).path(SMALL[0])
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []


def test_a_file_damaged_in_the_cache_is_fetched_again(server: Server, tmp_path: Path) -> None:
    study = cached(server, tmp_path)
    path = study.path(SMALL[0])
    path.write_bytes(path.read_bytes()[:-1])
    assert study.path(SMALL[0]).read_bytes() == (server.root / SMALL[0]).read_bytes()
    assert server.asked == [SMALL[0]] * 2


def test_without_a_network_the_cache_serves_and_the_rest_says_what_to_do(server: Server, tmp_path: Path) -> None:
    study = cached(server, tmp_path)
    study.path(SMALL[0])
    server.stop()
    assert study.path(SMALL[0]).is_file()
    with pytest.raises(InputError, match=f"{SMALL[1]} could not be fetched.*no connection.*H_LAST_PAPER_DIR"):
        study.path(SMALL[1])


def test_a_local_copy_with_a_changed_or_missing_file_is_refused_by_name(paper_dir: Path, tmp_path: Path) -> None:
    target = tmp_path / SMALL[0]
    target.parent.mkdir(parents=True)
    target.write_bytes((paper_dir / SMALL[0]).read_bytes() + b" ")
    study = Study(tmp_path, tmp_path / "cache")
    with pytest.raises(InputError, match=f"{SMALL[0]}.*does not match its sha256"):
        study.path(SMALL[0])
    with pytest.raises(InputError, match=f"{SMALL[1]} is missing"):
        study.path(SMALL[1])


def test_a_name_that_is_not_published_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a file of the published study"):
        Study(tmp_path, tmp_path).path("eval/results/gemma_features.npz")


def test_the_environment_names_the_local_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(data.LOCAL_COPY, str(tmp_path))
    assert data.open_study().local == tmp_path
    monkeypatch.setenv(data.LOCAL_COPY, str(tmp_path / "absent"))
    with pytest.raises(InputError, match="not a directory"):
        data.open_study()
    monkeypatch.delenv(data.LOCAL_COPY)
    assert data.open_study().local is None


def test_every_file_of_the_local_copy_is_the_published_one(paper_dir: Path, tmp_path: Path) -> None:
    Study(paper_dir, tmp_path).verify()
    assert len(hashes()) == 23


def test_the_claims_are_numbered_from_1_to_85() -> None:
    assert [c.id for c in data.claims()] == [f"P{n:03d}" for n in range(1, 86)]
