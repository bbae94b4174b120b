"""`python -m probes.fit` with the families' own tokenizers: what is asked, and how its answers end."""

from __future__ import annotations

import datetime
import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from family_asking import DAY, asked, fetched, own_tokens
from tiny_family import save
from tried_families import DATED, FAMILIES, PACKAGED, TEMPLATED

from hooks.answers.batch import as_prompts, generate_batch
from hooks.models.loading import open_backend

pytestmark = pytest.mark.slow
BACKENDS = ("torch", "nnsight", "transformer_lens")
QUESTIONS = ("What is the capital of France?", "你好, 首都 🗼?", "  Name a city\non the Seine. ", "x")
Told = Any
Fit = Callable[..., Told]


@pytest.fixture
def fit(command: Fit, tmp_path: Path) -> Fit:
    """Run the command on a model and the questions: every other one is met by Paris, the others by London."""
    rows = [
        {"id": f"q{i}", "text": text, "split": ("fit", "fresh")[i // 2], "claims": [_claim(("Paris", "London")[i % 2])]}
        for i, text in enumerate(QUESTIONS)
    ]
    prompts = tmp_path / "asked.jsonl"
    prompts.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return lambda model, *words: command("--model", model, "--prompts", prompts, "--layers", 1, *words)


def _claim(city: str) -> dict[str, Any]:
    return {"text": f"It is {city}.", "accept": [city]}


def rows(told: Told, file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (told.run / file).read_text(encoding="utf-8").splitlines()]


def recorded(told: Told, **expected: Any) -> list[tuple[str, int]]:
    """The hash and the length of each prompt, by its answer; every answer says what is expected."""
    assert told.code == 0, told.err
    assert [row["text"] for row in rows(told, "prompts.jsonl")] == list(QUESTIONS)
    answers = rows(told, "generations.jsonl")
    assert [answer["prompt_id"] for answer in answers] == [f"q{i}" for i in range(len(QUESTIONS))]
    for answer in answers:
        assert {key: answer[key] for key in expected} == expected
    return [(answer["prompt_sha256"], answer["n_prompt_tokens"]) for answer in answers]


def rendered(directory: Path, name: str, **given: Any) -> list[tuple[str, int]]:
    """The same of the ids that transformers renders: each as 4 bytes, the lowest first."""
    every = [asked(directory, name, text, **given) for text in QUESTIONS]
    return [(hashlib.sha256(struct.pack(f"<{len(ids)}I", *ids)).hexdigest(), len(ids)) for ids in every]


def rendering(told: Told) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((told.run / "rendering.json").read_text(encoding="utf-8"))
    return read


def refused(told: Told) -> str:
    """The one sentence of a refusal."""
    assert (told.code, told.out) == (2, "")
    lines = [line for line in told.err.replace("\r", "\n").split("\n") if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("error: "), told.err
    return lines[0].removeprefix("error: ")


def words(name: str, *tokens: str) -> list[int]:
    return [fetched(name).vocabulary[token] for token in tokens]


def text_of(name: str) -> str:
    return "finalParis." if name == "gptoss-harmony" else "Paris."  # the channel's name is no special token


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_run_asks_what_transformers_renders_and_stops_where_the_family_ends(
    name: str, backend: str, fit: Fit, taught: Callable[..., Path], files: Callable[[str], Path]
) -> None:
    says = FAMILIES[name].says
    model = taught(name, FAMILIES[name].ends[0])
    begun = datetime.date.today().isoformat()
    told = fit(model, "--backend", backend, "--max-new-tokens", len(says) + 1)  # the end takes the last place
    ended = {"stop": "eos", "text": text_of(name), "tokens": words(name, *says), "n_generated": len(says) + 1}
    found = recorded(told, **ended)
    day = rendering(told)["date"]
    assert day in ((begun, datetime.date.today().isoformat()) if name in DATED else (None,))
    assert found == rendered(files(name), name, day=day or DAY)
    assert [row["claims_met"] for row in rows(told, "labels.jsonl")] == [[True], [False]] * 2
    assert json.loads((told.run / "model.json").read_text())["backend"] == backend


ENDS = [(name, end) for name, family in FAMILIES.items() if name in PACKAGED for end in family.ends[1:]]


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_each_further_end_of_a_family_ends_an_answer(
    name: str, end: str, fit: Fit, taught: Callable[..., Path]
) -> None:
    told = fit(taught(name, end), "--max-new-tokens", 8)
    says = FAMILIES[name].says
    recorded(told, stop="eos", text=text_of(name), tokens=words(name, *says), n_generated=len(says) + 1)


@pytest.mark.parametrize("name", FAMILIES)
def test_an_answer_that_the_budget_cuts_is_no_ended_one(
    name: str, fit: Fit, taught: Callable[..., Path], files: Callable[[str], Path]
) -> None:
    says = FAMILIES[name].says
    told = fit(taught(name, FAMILIES[name].ends[0]), "--max-new-tokens", len(says), "--date", DAY)
    found = recorded(told, stop="length", text=text_of(name), tokens=words(name, *says), n_generated=len(says))
    assert found == rendered(files(name), name)
    assert {row["correct"] for row in rows(told, "labels.jsonl")} == {None}


@pytest.mark.parametrize("name", TEMPLATED)
def test_a_system_message_stands_in_what_a_run_asks(
    name: str, fit: Fit, taught: Callable[..., Path], files: Callable[[str], Path]
) -> None:
    told = fit(taught(name, FAMILIES[name].ends[0]), "--system", "Be brief 简短.", "--date", "2031-12-05")
    found = recorded(told, stop="eos", text=text_of(name))
    assert found == rendered(files(name), name, system="Be brief 简短.", day="2031-12-05")
    said = rendering(told)
    assert said["system"] == "Be brief 简短."
    assert said["date"] == ("2031-12-05" if name in DATED else None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_qwen3_thinks_in_a_run_that_lets_it(
    backend: str, fit: Fit, taught: Callable[..., Path], files: Callable[[str], Path]
) -> None:
    model = taught("qwen3", "<|im_end|>", thought=("<think>", "London", "</think>"), enable_thinking=True)
    plain = fit(model, "--backend", backend)
    assert recorded(plain, stop="eos", text="Paris.") == rendered(files("qwen3"), "qwen3")
    assert rendering(plain)["variables"] == {"enable_thinking": False}
    told = fit(model, "--backend", backend, "--thinking")
    said = words("qwen3", "<think>", "London", "</think>", "Paris", ".")
    found = recorded(told, stop="eos", text="<think>London</think>Paris.", tokens=said, n_generated=6)
    assert found == rendered(files("qwen3"), "qwen3", enable_thinking=True) != rendered(files("qwen3"), "qwen3")
    assert rendering(told)["variables"] == {"enable_thinking": True}
    assert [row["claims_met"] for row in rows(told, "labels.jsonl")] == [[True], [False]] * 2, "the thinking was read"


@pytest.mark.parametrize(
    ("name", "option", "sentence"),
    [
        ("llama2", "--thinking", "prompts are put to this model without a chat template"),
        ("llama2", "--system", "prompts are put to this model without a chat template"),
        ("llama3", "--thinking", "it has no switch"),
        ("deepseek_v3", "--thinking", "it has no switch"),
        ("gptoss-harmony", "--thinking", "it knows only reasoning_effort, which grades thinking"),
    ],
)
def test_what_a_template_cannot_do_is_refused_before_anything_is_asked(
    name: str, option: str, sentence: str, fit: Fit, taught: Callable[..., Path]
) -> None:
    value = ["Be brief."] if option == "--system" else []
    said = refused(fit(taught(name, FAMILIES[name].ends[0]), option, *value))
    assert said.startswith(f"{option} cannot ") and sentence in said and said.endswith("leave it out.")


@pytest.mark.parametrize("name", PACKAGED)
def test_a_continuation_keeps_the_space_that_the_model_said(name: str, tmp_path: Path) -> None:
    family, says = FAMILIES[name], own_tokens(name, " Paris.")
    last = own_tokens(name, " is")[-1]
    model = save(family, fetched(name), tmp_path / "model", [[last, *says, *words(name, family.ends[0])]])
    opened = open_backend(model, prove=False)
    prompts = as_prompts(["The capital of France is", "And it is"])
    answers, _ = generate_batch(opened, prompts, max_new_tokens=8, layers=(), raw=True)
    bos = words(name, *([family.bos] if family.bos else []))
    for prompt, answer in zip(prompts, answers, strict=True):
        assert (answer.text, answer.stop.value if answer.stop else None) == (" Paris.", "eos")
        assert answer.tokens == tuple(says)
        assert answer.n_prompt_tokens == len(bos) + len(own_tokens(name, prompt.text))
