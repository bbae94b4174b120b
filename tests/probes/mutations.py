"""Random damage to a run directory: bytes, JSON values, rows, arrays, files; the hashes may be mended after it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

MANIFEST = "run.json"
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**63, 10**400, 1e308, float("nan"), float("inf"), 0.5),
    *("", "x", "\ud800", "\x1b[31m", "..", "../../etc/passwd", "/dev/zero", "a\0b", "true", "ü" * 3000),
    *([], [[]], [None], {}, {"a": {}}, {"schema": 2}),
)
DTYPES = ("float16", "float64", "int8", "int32", "uint8", "bool")


def mutate(draw: random.Random, run: Path) -> str:
    """Damage one to three places of a run; return what was done."""
    done = [draw.choice(KINDS)(draw, run) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    return "; ".join(done)


def mend(run: Path) -> None:
    """Write the hashes of all files into the manifest, and that of the features into their sidecar."""
    _mend_sidecar(run)
    if not (run / MANIFEST).is_file():  # a fifo would be waited for
        return
    try:
        manifest = json.loads((run / MANIFEST).read_text())
        manifest["files"] = {name: _sha256(run / name) for name in manifest["files"] if (run / name).is_file()}
        (run / MANIFEST).write_text(json.dumps(manifest))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return  # it is itself past mending


def _mend_sidecar(run: Path) -> None:
    if not ((run / "features.json").is_file() and (run / "features.safetensors").is_file()):
        return
    try:
        sidecar = json.loads((run / "features.json").read_text())
        sidecar["sha256"] = _sha256(run / "features.safetensors")
        (run / "features.json").write_text(json.dumps(sidecar))
    except (OSError, ValueError, TypeError, RecursionError):
        return


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _file(draw: random.Random, run: Path, ending: str = "") -> Path | None:
    found = sorted(p for p in run.iterdir() if p.is_file() and not p.is_symlink() and p.name.endswith(ending))
    return draw.choice(found) if found else None


def _bytes(draw: random.Random, run: Path) -> str:
    path = _file(draw, run)
    if path is None:
        return "nothing"
    data = bytearray(path.read_bytes())
    at, how = draw.randrange(len(data) + 1), draw.choice(("flip", "cut", "append", "zero", "insert"))
    if how == "flip" and at < len(data):
        data[at] ^= 1 << draw.randrange(8)
    elif how == "cut":
        del data[at:]
    elif how == "append":
        data += draw.randbytes(draw.randrange(1, 20))
    elif how == "zero":
        data[at : at + 4] = b"\0" * 4
    else:
        data[at:at] = draw.choice((b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r\n", b"[" * 100_000, b"9" * 5000))
    path.write_bytes(data)
    return f"{how} at {at} of {path.name}"


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)


def _json(draw: random.Random, run: Path) -> str:
    path = _file(draw, run, draw.choice((".json", ".jsonl")))
    if path is None:
        return "nothing"
    try:
        lines = path.read_text().split("\n") if path.suffix == ".jsonl" else [path.read_text()]
        at = draw.randrange(len(lines))
        value = json.loads(lines[at])
    except (ValueError, RecursionError):
        return "nothing"
    places = list(_places(value))
    if not places:
        return "nothing"
    inside, key = draw.choice(places)
    how = draw.choice(("odd", "swap", "remove", "rename", "number"))
    if how == "odd":
        inside[key] = draw.choice(ODD)
    elif how == "swap":
        other, there = draw.choice(places)
        inside[key], other[there] = other[there], inside[key]
    elif how == "remove":
        del inside[key]
    elif how == "rename" and isinstance(inside, dict):
        inside[str(key) + "x"] = inside.pop(key)
    elif isinstance(inside[key], (int, float)):
        inside[key] += draw.choice((1, -1, 0.001))
    try:
        lines[at] = json.dumps(value, ensure_ascii=draw.random() < 0.5)
        path.write_text("\n".join(lines))
    except (ValueError, RecursionError):  # a value that holds itself, or no text
        return "nothing"
    return f"{how} {key!r} in line {at + 1} of {path.name}"


def _doubled(draw: random.Random, run: Path) -> str:
    path = _file(draw, run, ".json")
    if path is None:
        return "nothing"
    text = path.read_text(errors="replace")
    path.write_text(text.replace("{", '{"schema": 2, "schema": 3, ', 1))
    return f"a doubled key in {path.name}"


def _rows(draw: random.Random, run: Path) -> str:
    path, other = _file(draw, run, ".jsonl"), _file(draw, run, ".jsonl")
    if path is None or other is None:
        return "nothing"
    lines = path.read_bytes().split(b"\n")
    how, at = draw.choice(("drop", "double", "shuffle", "swap", "mix", "blank")), draw.randrange(len(lines))
    if how == "drop":
        del lines[at]
    elif how == "double":
        lines.insert(at, lines[at])
    elif how == "shuffle":
        draw.shuffle(lines)
    elif how == "swap":
        theirs = other.read_bytes().split(b"\n")
        lines[at] = theirs[draw.randrange(len(theirs))]
    elif how == "mix":
        lines = other.read_bytes().split(b"\n")
    else:
        lines.insert(at, b" ")
    path.write_bytes(b"\n".join(lines))
    return f"{how} line {at + 1} of {path.name}"


def _arrays(draw: random.Random, run: Path) -> str:
    path = _file(draw, run, ".safetensors")
    if path is None:
        return "nothing"
    try:
        arrays = load(path.read_bytes())
    except SafetensorError:  # damage that came before
        return "nothing"
    if not arrays:
        return "nothing"
    name = draw.choice(sorted(arrays))
    x = np.array(arrays[name])
    how = draw.choice(("dtype", "rows", "layers", "add", "nan", "reverse", "flat", "gone", "more", "wide"))
    if how == "dtype":
        x = x.astype(draw.choice(DTYPES))
    elif how == "rows":
        x = x[: draw.randrange(len(x) + 1)] if x.ndim else x
    elif how == "layers" and x.ndim > 1:
        x = x[:, 1:]
    elif how == "add":
        x = x + np.asarray(0.001, x.dtype) if x.dtype.kind == "f" else x
    elif how == "nan" and x.dtype.kind == "f" and x.size:
        x.flat[draw.randrange(x.size)] = draw.choice((np.nan, np.inf))
    elif how == "reverse":
        x = np.ascontiguousarray(x[::-1]) if x.ndim else x
    elif how == "flat":
        x = x.reshape(-1)
    elif how == "wide" and x.ndim:
        x = np.concatenate([x, x], axis=-1)
    kept = {key: np.ascontiguousarray(value) for key, value in (arrays | {name: x}).items()}
    if how == "gone":
        del kept[name]
    elif how == "more":
        kept[draw.choice(("x", "resid_post.content", "ln_final.end_of_turn"))] = np.ascontiguousarray(x)
    path.write_bytes(save(kept))
    return f"{how} {name} of {path.name}"


def _replaced(draw: random.Random, run: Path) -> str:
    path = _file(draw, run)
    if path is None:
        return "nothing"
    how = draw.choice(("gone", "folder", "link to itself", "link to nowhere", "fifo", "socket", "empty", "other"))
    other = _file(draw, run)
    content = other.read_bytes() if other is not None else b""
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how == "link to itself":
        path.symlink_to(path)
    elif how == "link to nowhere":
        path.symlink_to("/nowhere/at/all")
    elif how == "fifo":
        os.mkfifo(path)
    elif how == "socket":
        here = Path.cwd()
        os.chdir(path.parent)  # the address of a socket is short
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path.name)
        finally:
            os.chdir(here)
    elif how == "empty":
        path.touch()
    elif how == "other":
        path.write_bytes(content)
    return f"{path.name} is {how}"


def _added(draw: random.Random, run: Path) -> str:
    name = draw.choice(("scores.json", "generations-at-3.jsonl", "heads.json", "judgements.jsonl", "extra.json"))
    (run / name).write_text(draw.choice(("", "{}", "[]", '{"schema": 1}', "\0")))
    return f"{name} is added"


def _names(draw: random.Random, run: Path) -> str:
    """Let the manifest name a file that it does not own, or none of those that it does."""
    if not (run / MANIFEST).is_file():
        return "nothing"
    try:
        manifest = json.loads((run / MANIFEST).read_text())
        files = manifest["files"]
        name = draw.choice(sorted(files))
        how = draw.choice(("../../up", "/etc/passwd", "a/b", "", ".", "..", "\0", "a\\b", "new.json", "\ud800", "drop"))
        digest = files.pop(name)
        if how != "drop":
            files[how] = digest
        (run / MANIFEST).write_text(json.dumps(manifest))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return "nothing"
    return f"the manifest names {how!r} in place of {name}"


def _renamed(draw: random.Random, run: Path) -> str:
    one, other = _file(draw, run), _file(draw, run)
    if one is None or other is None or one == other:
        return "nothing"
    aside = run / "aside"
    shutil.move(one, aside)
    shutil.move(other, one)
    shutil.move(aside, other)
    return f"{one.name} and {other.name} change places"


KINDS: tuple[Callable[[random.Random, Path], str], ...] = (
    *(_bytes, _bytes, _json, _json, _json, _json, _doubled, _rows, _rows, _arrays, _arrays),
    *(_replaced, _added, _names, _renamed),
)
