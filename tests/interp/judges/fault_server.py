"""An OpenAI-compatible server that misbehaves as told, run as a process of its own: `python fault_server.py JSON`.

The JSON holds `log` (a file that gets one JSON line a request), `rates` (fault -> share of the requests, each drawn by
itself), `script` (what becomes of the first requests, in order, before the rates count), `stall_s`, `delay_s` (before
every good reply), `seed`, and `header` (a Retry-After for every 429). It prints its port. A request that is answered
well is logged as `delivered` after the last byte was written, and as `abandoned` if the client had gone by then.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import random
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OPTIONS = json.loads(sys.argv[1])
FAULTS = ("dropped", "429", "500", "stall", "malformed", "truncated")
BURST = 5  # refusals in a row once there is one
MALFORMED = (
    "{",
    "<html>busy</html>",
    "null",
    '{"error": "overloaded"}',
    '{"choices": []}',
    '{"choices": [{"message": 3}]}',
)


class Fate:
    """What becomes of each request; one generator, so that a seed fixes the shares."""

    def __init__(self) -> None:
        self.random = random.Random(OPTIONS.get("seed", 0))
        self.script = list(OPTIONS.get("script", ()))
        self.burst = 0
        self.lock = threading.Lock()

    def draw(self) -> tuple[str, bool, float]:
        """Return the fault (or "good"), whether a good reply is off the menu, and a random number for variety."""
        with self.lock:
            rates, off, kind = OPTIONS.get("rates", {}), self.random.random(), self.random.random()
            off_menu = off < rates.get("off_menu", 0)
            if self.script:
                return self.script.pop(0), off_menu, kind
            for fault in FAULTS:
                if self._strikes(fault, rates.get(fault, 0)):
                    return fault, off_menu, kind
            return "good", off_menu, kind

    def _strikes(self, fault: str, rate: float) -> bool:
        if fault != "429" or not rate:
            return self.random.random() < rate
        if self.burst:
            self.burst -= 1
            return True
        if self.random.random() < rate / (BURST - rate * (BURST - 1)):  # so that the share of all requests is `rate`
            self.burst = BURST - 1
            return True
        return False


FATE = Fate()
LOG_LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        asked = json.loads(body)
        user = asked["messages"][-1]["content"]
        fate, off_menu, kind = FATE.draw()
        if fate != "good":
            self.note(user, fate)
        act = getattr(self, f"do_{fate}", None)
        if act is not None:
            with contextlib.suppress(OSError):
                act(asked, kind)
        elif fate == "good":
            self.answer(asked, off_menu)
        else:
            self.refuse(int(fate))

    def note(self, user: str, fate: str) -> None:
        line = json.dumps({"user": user, "fate": fate, "key": self.headers.get("authorization")})
        with LOG_LOCK, Path(OPTIONS["log"]).open("a") as log:
            log.write(line + "\n")

    def answer(self, asked: dict, off_menu: bool) -> None:
        time.sleep(OPTIONS.get("delay_s", 0))
        user = asked["messages"][-1]["content"]
        try:
            if self.gone():
                raise ConnectionError
            self.send(200, completion(asked, "I would rather not say." if off_menu else reply(user)))
        except OSError:
            self.note(user, "abandoned")
        else:
            self.note(user, "delivered")

    def gone(self) -> bool:
        try:
            return self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False

    def send(self, status: int, text: str, *, length: int | None = None) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data) if length is None else length))
        if status == 429 and "header" in OPTIONS:
            self.send_header("retry-after", OPTIONS["header"])
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def refuse(self, status: int) -> None:
        key = self.headers.get("authorization", "").removeprefix("Bearer ")
        code = "insufficient_quota" if OPTIONS.get("quota") else None
        with contextlib.suppress(OSError):
            self.send(status, json.dumps({"error": {"message": f"refused with {status} for {key}", "code": code}}))

    def do_redirect(self, asked: dict, kind: float) -> None:
        """Send the client to the server's other door, where a GET and a POST are both answered."""
        self.send_response(302 if kind < 0.5 else 307)
        self.send_header("location", "/elsewhere/chat/completions")
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.note("a redirect was followed", "followed")
        self.send(200, completion({"model": "m", "messages": []}, "YES"))

    def do_echo(self, asked: dict, kind: float) -> None:
        """Repeat the key in a good reply, plain and recoded."""
        key = self.headers["authorization"].removeprefix("Bearer ")
        forms = [key, key[::-1], base64.b64encode(f"Bearer {key}".encode()).decode(), key.encode().hex()]
        self.send(200, completion(asked, "YES. " + " ".join(forms)))

    def do_recoded(self, asked: dict, kind: float) -> None:
        key = self.headers["authorization"].removeprefix("Bearer ")
        message = f"no such key: {base64.b64encode(key.encode()).decode()}"
        self.send(401, json.dumps({"error": {"message": message}}))

    def do_surrogate(self, asked: dict, kind: float) -> None:
        self.send(200, completion(asked, "YES \ud800"))

    def do_counts(self, asked: dict, kind: float) -> None:
        self.send(200, completion(asked, "YES").replace('"prompt_tokens": 10', f'"prompt_tokens": {2**63}'))

    def do_long(self, asked: dict, kind: float) -> None:
        """Send without end, until the client goes."""
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        for _ in range(2**12):
            self.wfile.write(b" " * 2**16)

    def do_packed(self, asked: dict, kind: float) -> None:
        data = gzip.compress(b" " * 2**28)
        self.send_response(200)
        self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_dropped(self, asked: dict, kind: float) -> None:
        """Close the connection: with a reset, or in the middle of the headers."""
        if kind < 0.5:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-ty")
        self.close_connection = True
        self.connection.close()

    def do_stall(self, asked: dict, kind: float) -> None:
        """Send nothing for long, or a byte now and then, and in the end everything."""
        end, text = time.monotonic() + OPTIONS["stall_s"], completion(asked, "YES")
        if kind < 0.5:
            time.sleep(OPTIONS["stall_s"])
            self.send(200, text)
            return
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        while time.monotonic() < end and text:
            self.wfile.write(text[:1].encode())
            self.wfile.flush()
            text = text[1:]
            time.sleep(OPTIONS["stall_s"] / 20)
        self.wfile.write(text.encode())

    def do_malformed(self, asked: dict, kind: float) -> None:
        self.send(200, MALFORMED[int(kind * len(MALFORMED))])

    def do_truncated(self, asked: dict, kind: float) -> None:
        """Promise more bytes than are sent, and close."""
        text = completion(asked, "YES")
        self.close_connection = True
        self.send(200, text[: int(len(text) * kind)], length=len(text))


def reply(user: str) -> str:
    """YES or NO by the question's hash, the same whenever it is asked."""
    return "YES" if hashlib.sha256(user.encode()).digest()[0] % 2 else "NO"


def completion(asked: dict, text: str) -> str:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": f"{asked['model']}-2026",
        "choices": [choice],
    }
    return json.dumps(body | {"usage": usage})


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that goes away is expected here."""


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Handler) as server:
        print(server.server_port, flush=True)  # noqa: T201
        server.serve_forever()
