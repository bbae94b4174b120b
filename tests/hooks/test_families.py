"""Architectures beyond the study's: opened and equal to plain transformers, or refused in a sentence that is true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hooks.agreement import families
from hooks.agreement.comparison import BackendAgreement, compare
from hooks.matrix import Matrix, main
from hooks.models.loading import open_backend
from interp.errors import InputError

# What made each of them go wrong in some tool or other stands beside it.
QUICK = {
    "mamba": "a cache under another name, and no heads",
    "mixtral": "experts that round by the rows beside them",
    "gemma2": "no sdpa on some backends",
    "phi": "a bias of lm_head, parallel blocks",
    "gpt_neo": "out_proj, and Conv1D's kin under other names",
    "gpt2": "learned positions, Conv1D",
    "granitemoehybrid": "attention in some layers only",
    "olmo2": "norms behind the blocks",
}

# What the reference backend cannot read, and why; whatever else is refused there is a fault.
UNREADABLE = {
    "bart": "fails in a short pass",
    "gemma3n_text": "something else there than one state a token",
    "hrm_text": "ran 6 times in one pass",
    "hy_v4": "something else there than one state a token",
    "marian": "a row that is padded on the left has other states",
    "openai-gpt": "takes no cache under a known name",
    "opt350": "no final norm",
    "recurrent_gemma": "asked for its cache .* and returned none",
    "roberta": "counts positions otherwise",
    "rwkv": "a step from the cache has other states",
    "xlstm": "takes no attention mask",
}
# What other backends say of what they cannot read; each names itself.
OTHERS = {"nnsight": "nnsight", "transformer_lens": "TransformerLens|transformer_lens"}


def check(name: str, cells: list[BackendAgreement]) -> None:
    """Equal within the tolerance on every backend, or refused by the sentence that belongs to it."""
    refusals = {cell.backend: cell.refusal for cell in cells if cell.refusal is not None}
    assert {(cell.backend, cell.quantity): str(cell) for cell in cells if not cell.ok} == {}
    assert ("torch" in refusals) == (name in UNREADABLE), refusals
    for backend, said in refusals.items():
        assert said.endswith(".") and "has no heads" not in said
        assert re.search(UNREADABLE.get(name, OTHERS.get(backend, "")), said) or re.search(OTHERS[backend], said), said


@pytest.fixture
def family(tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: families.save(name, tmp_path / name)


@pytest.mark.parametrize("name", QUICK)
def test_an_architecture_is_opened_and_equal_or_refused_in_a_true_sentence(
    family: Callable[[str], Path], name: str
) -> None:
    cells = list(compare(name, family(name)))
    check(name, cells)
    refused = {cell.backend for cell in cells if cell.refusal}
    assert refused == ({"transformer_lens"} if name == "granitemoehybrid" else set())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(families.families()) - set(QUICK)))
def test_every_other_architecture_of_the_list_is_opened_and_equal_or_refused(
    family: Callable[[str], Path], name: str
) -> None:
    check(name, list(compare(name, family(name))))


@pytest.mark.slow
def test_every_collected_architecture_is_opened_or_refused(cases_dir: Path, tmp_path: Path) -> None:
    collected = json.loads((cases_dir / "architectures.json").read_text(encoding="utf-8"))
    wrong = {}
    for name, row in collected.items():
        made = families.save_as(row["model_type"], row["config"], tmp_path / name)
        try:
            check(name, list(compare(name, made)))
        except AssertionError as error:
            wrong[name] = str(error)[:500]
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", families.families())
def test_a_text_that_is_longer_than_the_table_of_positions_is_refused_and_no_other(
    family: Callable[[str], Path], name: str
) -> None:
    """Whether positions end is read from the model's parts; here it is tried."""
    try:
        model = open_backend(family(name), prove=False)
    except InputError:
        pytest.skip("refused; the other tests say how")
    limit = model.reach.positions or 300
    if limit > 3000:
        pytest.skip("longer texts cost too much here")
    ids = torch.full((1, limit + 1), 40)
    if model.reach.ends:
        with pytest.raises((IndexError, RuntimeError)):
            model.bare(ids, torch.ones_like(ids))
    else:
        model.bare(ids, torch.ones_like(ids))


def test_the_table_says_how_many_are_opened_and_why_others_are_not(
    family: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "families.md"
    assert main(Matrix(models=("opt", "rwkv"), families=True, markdown=page)) == 0
    text = page.read_text(encoding="utf-8")
    assert capsys.readouterr().out in text
    assert "torch 1 of 2, nnsight 1 of 2, transformer_lens 1 of 2" in text
    assert re.search(r"^\| opt +\| sdpa +\| 4 +\| equal +\| equal +\| ", text, re.MULTILINE)
    assert re.search(r"^- rwkv, torch: \w.*\.$", text, re.MULTILINE)


def test_positions_that_only_generate_counts_are_refused(family: Callable[[str], Path]) -> None:
    with pytest.raises(InputError, match="roberta counts positions otherwise where it is given the tokens alone"):
        open_backend(str(family("roberta")))


def test_eager_attention_that_is_not_the_default_one_is_refused(family: Callable[[str], Path]) -> None:
    falcon = str(family("falcon_alibi"))
    assert open_backend(falcon).model_id.attn == "sdpa"
    for backend in ("torch", "nnsight", "transformer_lens"):
        with pytest.raises(InputError, match="eager attention of FalconForCausalLM .* other logits than its default"):
            open_backend(falcon, backend=backend, attn="eager")
    with pytest.raises(InputError, match="other logits than its default"):
        open_backend(falcon, attn="eager", dtype="bfloat16")
