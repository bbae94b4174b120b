"""Identity is what was loaded: whatever loading opens is hashed, whatever is not hashed moves nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from hooks.models.catalogue import locate, resolve
from hooks.models.checkpoint import fingerprint, hash_directory, loaded_files
from hooks.models.loading import load, load_tokenizer, open_backend
from interp.errors import InputError

PLANTED = (
    *("added_tokens.json", "special_tokens_map.json", "vocab.json", "merges.txt", "vocab.txt", "dict.txt", "bpe.codes"),
    *("tokenizer.model", "tokenizer.model.v3", "spiece.model", "sentencepiece.bpe.model", "source.spm", "tekken.json"),
    *("tiktoken.model", "qwen.tiktoken", "prophetnet.tokenizer", "merges_file", "emoji.json", "params.json"),
    *("preprocessor_config.json", "processor_config.json", "chat_template.json", "audio_tokenizer_config.json"),
    *("additional_chat_templates/rag.jinja", "modelcard.json", "trainer_state.json", "model.safetensors.index.json"),
    *(
        "pytorch_model.bin",
        "pytorch_model.bin.index.json",
        "consolidated.safetensors",
        "model-00001-of-00002.safetensors",
    ),
    *("model.gguf", "modeling_own.py", "custom_generate/generate.py", "requirements.txt", "README.md", "notes.txt"),
    *("onnx/config.json", "original/params.json", ".gitattributes", "adapters/adapter_config.json"),
)


@pytest.fixture(scope="module")
def audit() -> Iterator[Callable[[Path], Any]]:
    """Note what Python opens under a directory; a hook stays for good, so it is put in once and turned off."""
    watched: list[tuple[str, set[str]]] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and watched and isinstance(arguments[0], (str, bytes, os.PathLike)):
            root, seen = watched[-1]
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if path.startswith(f"{root}/"):
                seen.add(path.removeprefix(f"{root}/"))

    sys.addaudithook(note)

    @contextlib.contextmanager
    def watch(directory: Path) -> Iterator[set[str]]:
        watched.append((os.path.realpath(directory), set()))
        try:
            yield watched[-1][1]
        finally:
            watched.pop()

    yield watch
    watched.clear()


@pytest.fixture
def model(specimen: Callable[..., Path], tmp_path: Path) -> Path:
    """A whole small checkpoint of its own."""
    return Path(shutil.copytree(specimen("qwen3"), tmp_path / "model"))


def plant(model: Path, name: str, text: str = "{}") -> None:
    (model / name).parent.mkdir(exist_ok=True)
    if not (model / name).exists():
        (model / name).write_text(text)


def commit(model: Path) -> str:
    return locate(resolve(str(model))).commit


def change_json(path: Path, **entries: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_every_file_that_loading_opens_is_hashed(model: Path, audit: Callable[[Path], Any]) -> None:
    import torch

    for name in PLANTED:
        plant(model, name)
    with audit(model) as opened:
        load(model, torch.float32, "sdpa", torch.device("cpu"))
    assert {"config.json", "tokenizer.json", "added_tokens.json", "additional_chat_templates/rag.jinja"} <= opened
    assert opened <= set(hash_directory(model))


@pytest.mark.parametrize("kind", ["BertTokenizer", "GPT2Tokenizer", "T5Tokenizer", "LlamaTokenizer", "XLMTokenizer"])
def test_every_file_that_other_tokenizers_open_is_hashed(model: Path, audit: Callable[[Path], Any], kind: str) -> None:
    (model / "tokenizer.json").unlink()
    for name in PLANTED:
        plant(model, name)
    plant(model, "vocab.txt", "[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\na\nb\n")
    change_json(model / "tokenizer_config.json", tokenizer_class=kind)
    change_json(model / "config.json", model_type="bert", tokenizer_class=kind)
    with audit(model) as opened, contextlib.suppress(InputError):  # what it makes of such files is not the question
        load_tokenizer(model)
    assert "tokenizer_config.json" in opened
    assert opened <= set(hash_directory(model))


def test_every_name_that_a_tokenizer_of_transformers_reads_counts(model: Path) -> None:
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES, tokenizer_class_from_name

    classes = [tokenizer_class_from_name(name) for name in set(TOKENIZER_MAPPING_NAMES.values()) if name]
    names = {file for kind in classes if kind for file in getattr(kind, "vocab_files_names", {}).values() if file}
    assert {"tokenizer.json", "vocab.json", "merges.txt"} <= names and len(names) > 10
    for name in names:
        plant(model, name)
    assert names <= set(loaded_files(model))


@pytest.mark.parametrize(
    "name",
    [
        *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"),
        *("model.safetensors", "added_tokens.json", "special_tokens_map.json", "tokenizer.model", "spiece.model"),
        *("vocab.json", "merges.txt", "tekken.json", "qwen.tiktoken", "additional_chat_templates/rag.jinja"),
    ],
)
def test_identity_changes_with_a_part_of_the_model_that_is_added_or_changed(model: Path, name: str) -> None:
    before = fingerprint(hash_directory(model))
    plant(model, name)
    with (model / name).open("ab") as file:
        file.write(b" ")
    assert fingerprint(hash_directory(model)) != before


def shard(model: Path, names: tuple[str, str]) -> None:
    """Cut the weights into two files of these names."""
    weights = load_file(model / "model.safetensors")
    (model / "model.safetensors").unlink()
    keys = sorted(weights)
    where = {key: names[key > "model.layers.13"] for key in keys}
    for name in names:
        (model / name).parent.mkdir(exist_ok=True)
        save_file({k: weights[k] for k in keys if where[k] == name}, model / name, metadata={"format": "pt"})
    (model / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))


@pytest.mark.parametrize(
    "names", [("weights-1.safetensors", "weights-2.safetensors"), ("a/one.safetensors", "b/two.safetensors")]
)
def test_shards_are_known_by_the_index_whatever_they_are_called(model: Path, names: tuple[str, str]) -> None:
    shard(model, names)
    assert set(names) <= set(hash_directory(model))
    before = commit(model)
    assert open_backend(model, prove=False).model_id.commit == before
    weights = load_file(model / names[1])
    save_file({key: 2 * value for key, value in weights.items()}, model / names[1], metadata={"format": "pt"})
    assert commit(model) != before


def test_only_the_weights_that_are_loaded_are_hashed(model: Path) -> None:
    before = commit(model)
    for name in ("consolidated.safetensors", "model-00001-of-00002.safetensors", "model.fp16.safetensors"):
        plant(model, name)
    assert commit(model) == before


@pytest.mark.parametrize("name", ["../model.safetensors", "/tmp/x.safetensors", "a/../../x.safetensors", "weights.bin"])
def test_an_index_that_leads_elsewhere_is_refused(model: Path, name: str) -> None:
    shard(model, ("model-1.safetensors", "model-2.safetensors"))
    index = json.loads((model / "model.safetensors.index.json").read_text())
    index["weight_map"]["lm_head.weight"] = name
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(
        InputError, match="model.safetensors.index.json names .*; expected .safetensors files inside of"
    ):
        locate(resolve(str(model)))


@pytest.mark.parametrize("part", [None, "text_config"])
def test_weights_that_the_configuration_names_are_refused(model: Path, part: str | None) -> None:
    named = {"transformers_weights": "other.safetensors"}
    change_json(model / "config.json", **(named if part is None else {part: named}))
    with pytest.raises(InputError, match=r"under transformers_weights \('other.safetensors'\)"):
        locate(resolve(str(model)))


@pytest.mark.parametrize(
    "name", ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin", "adapter_model-00001.safetensors"]
)
@pytest.mark.parametrize("alone", [False, True])
def test_an_adapter_is_refused_with_and_without_its_base_model(model: Path, name: str, alone: bool) -> None:
    if alone:
        (model / "config.json").unlink()
        (model / "model.safetensors").unlink()
    plant(model, name)
    with pytest.raises(InputError, match=rf"holds an adapter \({name}\), which is not loaded: merge it into its base"):
        open_backend(model)


@pytest.mark.parametrize("what", ["model.safetensors", "chat_template.jinja", "special_tokens_map.json"])
def test_files_that_change_while_they_are_loaded_are_refused(
    model: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hooks.models import loading

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        loaded = load(*arguments, **options)
        content = (model / what).read_bytes() if (model / what).exists() else b"{}"
        (model / what).unlink(missing_ok=True)
        (model / what).write_bytes(content)
        os.utime(model / what, ns=(0, 0))
        return loaded

    monkeypatch.setattr(loading, "load", meanwhile)
    with pytest.raises(InputError, match=f"{what} was changed while the model was being loaded"):
        open_backend(model, prove=False)


def test_a_run_that_was_planned_for_other_weights_is_refused(model: Path, tmp_path: Path) -> None:
    from hooks.answers.collect import record_model
    from interp.runs.directory import open_run

    config = {"model": {"name": "model", "commit": commit(model)}}
    change_json(model / "config.json", rms_norm_eps=1e-3)
    with open_run(tmp_path / "runs", "a", config) as run:
        with pytest.raises(InputError, match="was changed after this run had been planned"):
            record_model(run, open_backend(model, prove=False))
        assert not (run.path / "model.json").exists()
