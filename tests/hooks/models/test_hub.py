"""The hub: its cache, its variables and its refusals, against a server on this machine. Each case is one sentence."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from interp.runs.arrays import write_arrays

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "org/tiny"
LOCATE = """
import sys
from interp.errors import InputError
from hooks.models.catalogue import locate, resolve
try:
    print(locate(resolve(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None), weights="hub"))
except InputError as error:
    print("error:", error)
"""
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Hub:
    """What the server on this machine holds, and what it was asked."""

    files: dict[str, bytes]
    refusal: tuple[int, str] | None = None  # status and the hub's X-Error-Code, for everything
    refuse_files: bool = False  # for the files only, not for the listing
    cut: bool = False  # send half of each weight file, then close
    tokens: dict[str, str | None] = field(default_factory=dict)  # request -> its Authorization
    url: str = ""


def _handler(hub: Hub) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            hub.tokens[f"{self.command} {path}"] = self.headers.get("Authorization")
            listing = path.startswith("/api/")
            if hub.refusal and (listing or hub.refuse_files) and not (listing and hub.refuse_files):
                self._answer(b"", status=hub.refusal[0], headers={"X-Error-Code": hub.refusal[1]})
            elif listing and "/tree/" in path:
                tree = [{"type": "file", "path": n, "size": len(d), "oid": n} for n, d in hub.files.items()]
                self._answer(json.dumps(tree).encode())
            elif listing:
                self._answer(json.dumps({"id": REPO, "sha": COMMIT, "siblings": []}).encode())
            else:
                self._file(path.partition(f"/resolve/{COMMIT}/")[2])

        def _file(self, name: str) -> None:
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{name.replace("/", "-")}"'}
            self._answer(hub.files[name], headers=headers, cut=hub.cut and name.endswith(".safetensors"))

        def _answer(
            self, body: bytes, status: int = 200, headers: dict[str, str] | None = None, cut: bool = False
        ) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body[: len(body) // 2] if cut else body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def checkpoint(tmp_path: Path) -> dict[str, bytes]:
    """The files of a repository: what is wanted, and what is not."""
    write_arrays(tmp_path / "w.safetensors", {"a": np.ones((64, 64), dtype=np.float32)})
    weights = (tmp_path / "w.safetensors").read_bytes()
    return {
        "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
        "tokenizer.json": b"{}",
        "chat_template.jinja": b"{{ messages }}",
        "model.safetensors": weights,
        "README.md": b"unwanted",
        "pytorch_model.bin": b"unwanted",
        "onnx/model.safetensors": b"unwanted",
        "consolidated.safetensors": b"unwanted",
    }


@pytest.fixture
def hub(checkpoint: dict[str, bytes]) -> Iterator[Hub]:
    """A hub on this machine that holds one repository."""
    hub = Hub(checkpoint)
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    hub.url = f"http://127.0.0.1:{httpd.server_port}"
    yield hub
    httpd.shutdown()
    httpd.server_close()


def locate(home: Path, *arguments: str, **variables: str) -> str:
    """What `locate` says in a fresh process with these variables (the hub's client reads them when imported)."""
    hidden = ("HF_", "HUGGING", "XDG_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    env |= {"HF_HOME": str(home), "NO_PROXY": "127.0.0.1", **variables}
    command = [sys.executable, "-c", LOCATE, *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    return done.stdout.strip()


def fill_cache(home: Path, files: dict[str, bytes]) -> Path:
    """Put a snapshot into the hub's cache as its client lays it out."""
    repo = home / "hub" / "models--org--tiny"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    snapshot = repo / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for name, data in files.items():
        (snapshot / name).parent.mkdir(exist_ok=True)
        (snapshot / name).write_bytes(data)
    return snapshot


def link_cache(home: Path, files: dict[str, bytes]) -> Path:
    """Put a snapshot into the hub's cache as links to files that are named by their hashes."""
    snapshot = fill_cache(home, {})
    blobs = snapshot.parents[1] / "blobs"
    blobs.mkdir()
    for name, data in files.items():
        large = hashlib.sha256(data).hexdigest()
        small = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        blob = blobs / (large if name.endswith(".safetensors") else small)
        blob.write_bytes(data)
        (snapshot / name).parent.mkdir(exist_ok=True)
        (snapshot / name).symlink_to(os.path.relpath(blob, (snapshot / name).parent))
    return snapshot


def test_files_that_are_what_their_hashes_say_are_taken(checkpoint: dict[str, bytes], tmp_path: Path) -> None:
    link_cache(tmp_path / "hf", checkpoint)
    assert f"commit='{COMMIT}'" in locate(tmp_path / "hf", REPO, HF_HUB_OFFLINE="1")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "chat_template.jinja"])
def test_a_file_that_was_changed_in_the_cache_is_refused(
    checkpoint: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    file = (link_cache(tmp_path / "hf", checkpoint) / name).resolve()
    data = file.read_bytes()
    file.write_bytes(data[:-1] + (b" " if data[-1:] != b" " else b"x"))
    if name == "config.json":
        file.write_bytes(data + b" ")
    said = locate(tmp_path / "hf", REPO, HF_HUB_OFFLINE="1")
    assert f"{name} in the hub's cache" in said and "is not the file of org/tiny at this commit" in said


@pytest.mark.parametrize("name", ["generation_config.json", "added_tokens.json", "additional_chat_templates/a.jinja"])
def test_a_file_that_was_put_into_the_cache_is_refused(checkpoint: dict[str, bytes], tmp_path: Path, name: str) -> None:
    planted = link_cache(tmp_path / "hf", checkpoint) / name
    planted.parent.mkdir(exist_ok=True)
    planted.write_text("{}")
    said = locate(tmp_path / "hf", REPO, HF_HUB_OFFLINE="1")
    assert f"{planted.name} in the hub's cache" in said and "it was put there, changed or damaged" in said
    planted.unlink()
    (tmp_path / "elsewhere").write_text("{}")
    planted.symlink_to(tmp_path / "elsewhere")
    assert "it was put there, changed or damaged" in locate(tmp_path / "hf", REPO, HF_HUB_OFFLINE="1")


def test_an_adapter_on_the_hub_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.files["adapter_config.json"] = b"{}"
    assert "org/tiny holds an adapter (adapter_config.json)" in locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url)


def test_shards_under_names_of_their_own_are_downloaded(hub: Hub, tmp_path: Path) -> None:
    weights = hub.files.pop("model.safetensors")
    hub.files |= {"weights-1.safetensors": weights, "part/weights-2.safetensors": weights}
    where = {"a": "weights-1.safetensors", "b": "part/weights-2.safetensors"}
    hub.files["model.safetensors.index.json"] = json.dumps({"weight_map": where}).encode()
    assert f"commit='{COMMIT}'" in locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url)
    snapshot = tmp_path / "hf" / "hub" / "models--org--tiny" / "snapshots" / COMMIT
    assert all((snapshot / name).is_file() for name in where.values())


def test_an_index_on_the_hub_that_leads_elsewhere_is_refused(hub: Hub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    hub.files["model.safetensors.index.json"] = b'{"weight_map": {"a": "../../../x.safetensors"}}'
    assert "names '../../../x.safetensors'; expected" in locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url)


def test_wanted_files_are_downloaded_and_the_commit_is_known(hub: Hub, tmp_path: Path) -> None:
    said = locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url)
    assert "source='hub', repo='org/tiny'" in said
    assert f"commit='{COMMIT}'" in said
    snapshot = tmp_path / "hf" / "hub" / "models--org--tiny" / "snapshots" / COMMIT
    found = sorted(path.name for path in snapshot.rglob("*") if path.is_file())
    assert found == ["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"]
    assert set(hub.tokens.values()) == {None}


def test_token_is_sent(hub: Hub, tmp_path: Path) -> None:
    locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url, HF_TOKEN="hf_mine")
    assert {token for request, token in hub.tokens.items() if REPO in request} == {"Bearer hf_mine"}


def test_offline_uses_the_cache_and_asks_nobody(hub: Hub, checkpoint: dict[str, bytes], tmp_path: Path) -> None:
    snapshot = fill_cache(tmp_path / "hf", checkpoint)
    said = locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="1")
    assert str(snapshot) in said
    assert f"commit='{COMMIT}'" in said
    assert hub.tokens == {}


def test_without_a_network_the_cache_is_used(checkpoint: dict[str, bytes], tmp_path: Path) -> None:
    fill_cache(tmp_path / "hf", checkpoint)
    assert f"commit='{COMMIT}'" in locate(tmp_path / "hf", REPO, HF_ENDPOINT="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE forbids"), ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be reached")],
)
def test_nothing_cached_and_no_network_says_what_to_do_at_once(
    variables: dict[str, str], reason: str, tmp_path: Path
) -> None:
    began = time.monotonic()
    said = locate(tmp_path / "hf", "qwen3-0.6b", **variables)
    assert said.startswith("error: Qwen/Qwen3-0.6B is not")
    assert reason in said
    for remedy in ("hf auth login", "where there is a network", "local directory", "smollm2-135m, gemma-3-270m"):
        assert remedy in said
    assert time.monotonic() - began < 30  # seconds; most of them start Python


def test_hub_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        said = locate(tmp_path / "hf", REPO, HF_ENDPOINT=endpoint, HF_HUB_ETAG_TIMEOUT="1")
    assert "the hub cannot be reached" in said


def test_half_a_snapshot_is_not_believed(checkpoint: dict[str, bytes], tmp_path: Path) -> None:
    fill_cache(tmp_path / "hf", {name: checkpoint[name] for name in ("config.json", "tokenizer.json")})
    assert "org/tiny holds no weights" in locate(tmp_path / "hf", REPO, HF_HUB_OFFLINE="1")


@pytest.mark.slow  # the hub's client waits between its retries
def test_interrupted_download_is_not_believed_offline(hub: Hub, tmp_path: Path) -> None:
    hub.cut = True
    said = locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url)
    assert said.startswith("error: org/tiny could not be downloaded")
    said = locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="1")
    assert said.startswith("error: org/tiny is not (or not wholly) in the hub's cache")
    hub.cut = False
    assert f"commit='{COMMIT}'" in locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url)


@pytest.mark.parametrize(
    ("status", "code", "revision", "expected"),
    [
        (401, "RepoNotFound", None, "neither a directory here nor a repository that you can see on the hub"),
        (404, "RepoNotFound", None, "neither a directory here nor a repository that you can see on the hub"),
        (404, "RevisionNotFound", "v9", "org/tiny has no revision 'v9' on the hub"),
        (403, "GatedRepo", None, "org/tiny is gated: ask for access at https://huggingface.co/org/tiny"),
    ],
)
def test_refusals_of_the_hub_are_one_sentence(
    hub: Hub, tmp_path: Path, status: int, code: str, revision: str | None, expected: str
) -> None:
    hub.refusal = (status, code)
    said = locate(tmp_path / "hf", REPO, *([revision] if revision else []), HF_ENDPOINT=hub.url)
    assert said.startswith("error: ")
    assert expected in said


def test_gate_on_the_files_alone_is_one_sentence(hub: Hub, tmp_path: Path) -> None:
    hub.refusal, hub.refuse_files = (403, "GatedRepo"), True
    assert "org/tiny is gated" in locate(tmp_path / "hf", REPO, HF_ENDPOINT=hub.url)


def test_repository_of_pickles_is_refused(hub: Hub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    assert "org/tiny holds no weights, expected model.safetensors" in locate(tmp_path, REPO, HF_ENDPOINT=hub.url)
    assert not any("pytorch_model.bin" in asked for asked in hub.tokens)


def test_cache_that_cannot_be_written_is_one_sentence(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said = locate(tmp_path / "file", REPO, HF_ENDPOINT=hub.url)
    assert "org/tiny cannot be kept in the hub's cache" in said
    assert "HF_HOME" in said
