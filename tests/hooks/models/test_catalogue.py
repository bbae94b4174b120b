"""A name becomes one model, and its files become an identity before anything is loaded."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hooks.models.catalogue import MODELS, locate, resolve
from hooks.models.spec import EmbeddedWeights, ModelSpec
from interp.errors import InputError

SHORT_NAMES = {
    "qwen3-0.6b": "Qwen/Qwen3-0.6B",
    "qwen3-1.7b": "Qwen/Qwen3-1.7B",
    "qwen3.5-0.8b": "Qwen/Qwen3.5-0.8B",
    "gemma-4-e2b": "google/gemma-4-E2B-it",
    "smollm2-1.7b": "HuggingFaceTB/SmolLM2-1.7B-Instruct",
    "smollm2-135m": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "gemma-3-270m": "google/gemma-3-270m",
}


def test_short_names_mean_their_hub_ids() -> None:
    assert {spec.name: spec.repo for spec in MODELS} == SHORT_NAMES
    assert all(resolve(name).repo == repo for name, repo in SHORT_NAMES.items())


def test_two_models_have_embedded_weights_under_a_licence() -> None:
    embedded = {spec.name: spec.embedded.licence for spec in MODELS if spec.embedded}
    assert embedded == {"smollm2-135m": "Apache-2.0", "gemma-3-270m": "Gemma Terms of Use"}
    assert all(spec.embedded.notices for spec in MODELS if spec.embedded)


def test_hub_id_is_taken_as_it_is() -> None:
    assert resolve("Some-Org/model_1.5b", "v2") == ModelSpec("Some-Org/model_1.5b", "Some-Org/model_1.5b", "v2")


def test_revision_is_kept_with_a_short_name() -> None:
    assert resolve("qwen3-0.6b", "main").revision == "main"


def test_directory_wins_over_a_hub_id_of_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "org" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert resolve("org/name") == ModelSpec("name", str(tmp_path / "org" / "name"))
    assert resolve("org/other").repo == "org/other"


def test_home_directory_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("~/mine") == ModelSpec("mine", str(tmp_path / "mine"))


@pytest.mark.parametrize("name", ["", " ", "gpt2", "./nowhere", "/nowhere/at/all", "a/b/c", "org/", "/name", "a b/c"])
def test_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve(name)
    assert all(known in str(caught.value) for known in SHORT_NAMES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "meant"), [("Qwen3-1.7B", "qwen3-1.7b"), ("smolm2-135m", "smollm2-135m"), ("gemma3-270m", "gemma-3-270m")]
)
def test_slip_of_the_pen_gets_a_guess(name: str, meant: str) -> None:
    with pytest.raises(InputError, match=rf"did you mean {meant}\?"):
        resolve(name)


def test_revision_of_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory and has no revision 'main'"):
        resolve(str(tmp_path), "main")


def test_located_directory_is_known_by_its_content(tiny_made: Path) -> None:
    found = locate(resolve(str(tiny_made)))
    assert (found.directory, found.source, found.repo) == (tiny_made, "directory", str(tiny_made))
    assert len(found.commit) == 64
    assert locate(resolve(str(tiny_made))) == found


def test_located_embedded_weights_have_the_identity_of_their_directory(tiny_weights: EmbeddedWeights) -> None:
    spec = ModelSpec("tiny", "org/tiny", embedded=tiny_weights)
    found = locate(spec)
    assert (found.source, found.repo) == ("embedded", "tiny-part1==1.0:tiny.gguf")
    assert found.commit == locate(resolve(str(found.directory))).commit
    assert locate(spec, weights="embedded") == found


def test_directory_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no config\.json"):
        locate(resolve(str(tmp_path)))


def test_weights_of_a_directory_cannot_be_chosen(tiny_made: Path) -> None:
    with pytest.raises(InputError, match="is a directory; leave --weights hub out"):
        locate(resolve(str(tiny_made)), weights="hub")


def test_embedded_weights_that_do_not_exist_are_refused() -> None:
    with pytest.raises(InputError, match=r"qwen3-0\.6b has no embedded weights, only smollm2-135m, gemma-3-270m have"):
        locate(resolve("qwen3-0.6b"), weights="embedded")


def test_revision_of_embedded_weights_is_refused(tiny_weights: EmbeddedWeights) -> None:
    spec = ModelSpec("tiny", "org/tiny", revision="main", embedded=tiny_weights)
    with pytest.raises(InputError, match="no revision 'main'; add --weights hub"):
        locate(spec)


def test_import_is_light() -> None:
    code = "import sys, hooks.models.catalogue, hooks.models.embedded, hooks.models.hub\n"
    code += "print([m for m in ('torch', 'transformers', 'huggingface_hub', 'tokenizers') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@dataclasses.dataclass(frozen=True)
class Real:
    """A model with embedded weights, and what is known of the original."""

    spec: ModelSpec
    directory: Path
    tokenizer: Any
    architecture: str
    eos: tuple[str, int]


ORIGINALS = {
    "smollm2-135m": ("LlamaForCausalLM", ("<|im_end|>", 2)),
    "gemma-3-270m": ("Gemma3ForCausalLM", ("<eos>", 1)),
}


@pytest.fixture(scope="module", params=list(ORIGINALS))
def real(request: pytest.FixtureRequest) -> Real:
    """A real model, fetched and converted once into the user's cache."""
    from transformers import AutoTokenizer

    spec = resolve(request.param)
    directory = locate(spec).directory
    return Real(spec, directory, AutoTokenizer.from_pretrained(directory, local_files_only=True), *ORIGINALS[spec.name])


@pytest.mark.weights
def test_real_config_names_architecture_and_end_of_turn(real: Real) -> None:
    from transformers import AutoConfig, GenerationConfig

    assert AutoConfig.from_pretrained(real.directory, local_files_only=True).architectures == [real.architecture]
    assert (real.tokenizer.eos_token, real.tokenizer.eos_token_id) == real.eos
    assert GenerationConfig.from_pretrained(real.directory, local_files_only=True).eos_token_id == real.eos[1]
    assert real.tokenizer.pad_token_id is not None


@pytest.mark.weights
@pytest.mark.parametrize(
    "text",
    [
        "The capital of France is Paris.",
        "Heat it to 88 °C (190 °F):\n\n1. Whisk.\n2. Rest  for 10 min.",
        "Crème brûlée, naïve, 北京, 🙂",
        "\tif x:\n\t\treturn  1990",
    ],
)
def test_real_tokenizers_round_trip(real: Real, text: str) -> None:
    ids = real.tokenizer(text, add_special_tokens=False).input_ids
    assert real.tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text


@pytest.mark.weights
def test_real_tokenizers_begin_and_chat_as_the_originals_do(real: Real) -> None:
    begins = real.tokenizer("Hi").input_ids[: -len(real.tokenizer("Hi", add_special_tokens=False).input_ids)]
    if real.spec.name == "gemma-3-270m":
        assert real.tokenizer.convert_ids_to_tokens(begins) == ["<bos>"]
        assert real.tokenizer.chat_template is None  # a base model
    else:
        chat = [{"role": "user", "content": "Hi"}]
        text = real.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        assert begins == []
        assert text.startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
        assert text.endswith("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
        assert real.tokenizer.tokenize("x:\n\n1.") == ["x", ":", "ĊĊ", "1", "."]


@pytest.mark.weights
def test_real_models_load_whole_and_can_count(real: Real) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    auto: Any = AutoModelForCausalLM
    model, info = auto.from_pretrained(real.directory, local_files_only=True, output_loading_info=True)
    assert not any(info.values())
    with torch.no_grad():
        last = model(real.tokenizer("One, two, three, four,", return_tensors="pt").input_ids).logits[0, -1]
    assert real.tokenizer.decode([int(last.argmax())]) == " five"


@pytest.mark.weights
def test_real_models_keep_their_licence(real: Real) -> None:
    assert real.spec.embedded
    kept = {Path(notice.member).name for notice in real.spec.embedded.notices}
    assert kept <= {path.name for path in real.directory.iterdir()}


@pytest.mark.slow
@pytest.mark.weights
def test_real_wheels_convert_to_what_the_cache_holds(
    real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = locate(real.spec)
    monkeypatch.setenv("H_LAST_CACHE_DIR", str(tmp_path))
    fresh = locate(real.spec)
    assert fresh.directory != cached.directory
    assert dataclasses.replace(fresh, directory=cached.directory) == cached


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["qwen3-1.7b", "smollm2-135m"])
@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "adapter_model.safetensors", "model.gguf"])
def test_a_model_in_a_directory_called_like_a_short_name_is_never_passed_over(here: Path, name: str, file: str) -> None:
    (here / name).mkdir()
    (here / name / file).write_text("{}")
    with pytest.raises(InputError, match=rf"also a directory here that holds a model; write \./{name} for the"):
        resolve(name)
    assert resolve(f"./{name}") == ModelSpec(name, str(here / name))


def test_another_directory_of_that_name_is_passed_over_aloud(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    (here / "qwen3-1.7b" / "a-run").mkdir(parents=True)
    assert resolve("qwen3-1.7b").repo == "Qwen/Qwen3-1.7B"
    assert "taken as the short name of Qwen/Qwen3-1.7B, not as the directory of that name here" in caplog.text


@pytest.mark.parametrize("name", ["model.gguf", "./model.gguf", "models/model.gguf", "models/Model-Q4_K.GGUF"])
def test_a_gguf_file_is_refused_with_the_command_that_converts_it(here: Path, name: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(b"GGUF")
    with pytest.raises(InputError, match=r"is a GGUF file.*convert\(Path\('.*'\), Path\('.*'\)\)\"`, then pass \./"):
        resolve(name)


def test_the_command_for_a_gguf_file_does_what_it_says(here: Path, tiny_gguf: Path) -> None:
    import shlex

    (here / "model.gguf").symlink_to(tiny_gguf)
    (here / "adapter_config.json").write_text("{}")  # what lies beside the file is not read with it
    (here / "generation_config.json").write_text('{"temperature": 9.0}')
    with pytest.raises(InputError) as caught:
        resolve("model.gguf")
    command = str(caught.value).split("`")[1]
    root = Path(__file__).resolve().parents[3]
    words = [sys.executable, *shlex.split(command)[1:]]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(root)}
    )
    assert done.returncode == 0, done.stderr
    found = locate(resolve("./model"))
    assert found.source == "directory" and len(found.commit) == 64
    assert "temperature" not in (here / "model" / "generation_config.json").read_text()


@pytest.mark.parametrize("name", ["model.safetensors", "model.tar.gz", "org/weights"])
def test_a_file_is_no_model(here: Path, name: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(b"x")
    with pytest.raises(InputError, match="it is a file; expected the directory with config.json"):
        resolve(name)


@pytest.mark.parametrize("name", ["models/gone.gguf", "gone.gguf", "gone.safetensors"])
def test_a_file_that_is_not_there_is_no_hub_id(here: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"There is no file {name}"):
        resolve(name)


@pytest.mark.parametrize("name", ["a\0b", "a" * 5000, "~nobody-of-this-name/model", "\ud800"])
def test_a_name_that_no_path_can_have_is_unknown(name: str) -> None:
    with pytest.raises(InputError, match="There is no model"):
        resolve(name)
