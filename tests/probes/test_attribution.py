"""`python -m probes.attribution` from a finished run to its page: on tiny models, killed and continued, and refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hooks.agreement import specimens
from hooks.answers.batch import as_prompts, generate_batch
from hooks.answers.rendering import default_rendering
from hooks.heads import activations, shifts
from hooks.heads.activations import merge_heads
from hooks.models.loading import open_backend
from interp.errors import InputError
from interp.records.answers import Generation, StopReason
from interp.records.arrays import HeadActivations, Position
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.attribution import Attribution
from interp.results.identity import RunIdentity
from interp.results.schema import read_result
from interp.runs import arrays
from interp.runs.arrays import read_features, read_head_activations, read_probes, write_head_activations
from interp.runs.directory import close_run, open_run, verify
from interp.runs.files import read_json, write_json
from interp.runs.layout import ATTRIBUTION, HEADS, SHIFTS
from interp.runs.loaded import read_loaded
from interp.runs.rendering import write_rendering
from interp.runs.rows import read_rows, write_rows
from probes import attribution
from probes.attribution import Attribute, run_attribution
from probes.heads.cohorts import ContrastOptions


@pytest.fixture(scope="session")
def own_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A finished run of a specimen, without features: 26 answers, every other one labelled wrong, the last cut off."""
    made: dict[str, Path] = {}

    def get(family: str) -> Path:
        if family not in made:
            root = tmp_path_factory.mktemp(family)
            made[family] = _run(specimens.save(family, root / "model"), root / "results")
        return made[family]

    return get


def _run(directory: Path, root: Path) -> Path:
    model = open_backend(directory)
    texts = [f"{'Name the metal' if i % 3 else 'Why is it'} number {i}?" for i in range(26)]
    prompts = [dataclasses.replace(p, split=Split.FIT, domain="own") for p in as_prompts(texts)]
    generations, _ = generate_batch(model, prompts, max_new_tokens=6, layers=())
    generations = [dataclasses.replace(g, stop=StopReason.EOS) for g in generations]
    labels = [
        Label(
            g.id, float(i % 2), (bool(i % 2),), None if i == 25 else bool(i % 2), None if i == 25 else True, "made up"
        )
        for i, g in enumerate(generations)
    ]
    name = {"name": model.model_id.name, "source": "directory"}
    with open_run(root, "own", {"model": name, "prompts": {"name": "own"}}) as run:
        write_rows(run.path / "prompts.jsonl", prompts)
        write_rows(run.path / "generations.jsonl", generations)
        write_rows(run.path / "labels.jsonl", labels)
        loaded = {"model": dataclasses.asdict(model.model_id), "backend": model.name, "proof": model.proof}
        write_json(run.path / "model.json", loaded)
        write_rendering(run.path, default_rendering(model.tokenizer))
        close_run(run)
    return run.path


def quick(run: Path, **more: Any) -> Attribute:
    output_dir = more.pop("output_dir")
    contrast = ContrastOptions(**({"permutations": 99, "intervene": 2, "batch_size": 6} | more))
    return Attribute(run, contrast, output_dir=output_dir)


@pytest.mark.parametrize(
    ("family", "layers", "widths"),
    [
        ("qwen3.5", (3, 7, 11, 15, 19, 23), {16}),
        pytest.param("gemma4", tuple(range(35)), {8, 16}, marks=pytest.mark.slow),
    ],
)
def test_the_architectures_of_the_study_run_end_to_end(
    own_run: Callable[[str], Path], tmp_path: Path, family: str, layers: tuple[int, ...], widths: set[int]
) -> None:
    run = run_attribution(quick(own_run(family), output_dir=tmp_path))
    heads = read_head_activations(run.path / HEADS)
    assert heads.layers == layers and {means.shape[2] for means in heads.means} == widths
    found = read_result(run.path / ATTRIBUTION, Attribution)
    assert isinstance(found.source, RunIdentity) and found.source.directory == own_run(family).name
    assert (found.cohorts.n_a, found.cohorts.n_b) == (13, 12)  # the answer that was cut off is in neither
    for contrast in found.contrasts.values():
        assert sorted(contrast.ranking) == [(layer, head) for layer in layers for head in range(8)]
        assert contrast.outcome in ("heads survive", "no head survives")
    assert found.intervention is not None
    assert [(h.layer, h.head) for h in found.intervention.heads] == sorted(found.contrasts["magnitude"].ranking)
    assert found.intervention.reason == "the run holds no probe for what tells the cohorts apart"
    assert set(found.intervention.rank_correlation["magnitude"]) == {"logprob"}
    manifest = verify(run.path)
    last = "--permutations 99 --intervene 2 --batch-size 6"
    assert manifest.command_line == f"{attribution.PROG} {own_run(family).name} {last}"
    page = (run.path / "attribution.md").read_text()
    assert page.index("## Verdict") < page.index("| head |") and "would have claimed" in page
    assert manifest.files.keys() >= {ATTRIBUTION, HEADS, SHIFTS}


def test_a_killed_run_continues_and_ends_in_the_same_bytes(
    own_run: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashes: Callable[[Path], Any]
) -> None:
    source = own_run("gemma3")
    whole = run_attribution(quick(source, output_dir=tmp_path / "whole"))
    write_heads, write_arrays, write_sealed = write_head_activations, arrays.write_arrays, arrays.write_sealed
    written: list[str] = []

    def stop_after(limit: int) -> None:
        def interrupted(write: Callable[..., None]) -> Callable[..., None]:
            def call(path: Path, *rest: Any) -> None:
                write(path, *rest)
                written.append(path.name)
                if len(written) == limit:
                    raise KeyboardInterrupt

            return call

        for module in (activations, arrays):
            monkeypatch.setattr(module, "write_head_activations", interrupted(write_heads))
        monkeypatch.setattr(shifts, "write_arrays", interrupted(write_arrays))
        monkeypatch.setattr(shifts, "write_sealed", interrupted(write_sealed))

    for limit in (3, 9, 5):  # between a batch and its sidecar, in the merge, and between layers of the intervention
        written.clear()
        stop_after(limit)
        with pytest.raises(KeyboardInterrupt):
            run_attribution(quick(source, output_dir=tmp_path / "killed"))
    monkeypatch.undo()
    killed = run_attribution(quick(source, output_dir=tmp_path / "killed"))
    assert hashes(killed.path) == hashes(whole.path)


def test_a_finished_run_is_read_back_without_a_model(
    own_run: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_attribution(quick(own_run("gemma3"), output_dir=tmp_path, intervene=0))
    assert read_result(first.path / ATTRIBUTION, Attribution).intervention is None

    def never(_loaded: object) -> None:
        raise AssertionError("a model was opened")

    monkeypatch.setattr(attribution, "_opener", lambda _loaded: never)
    assert run_attribution(quick(own_run("gemma3"), output_dir=tmp_path, intervene=0)).path == first.path


def test_cohorts_that_are_too_small_are_not_tested_and_no_number_is_given(
    own_run: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_loaded: object) -> None:
        raise AssertionError("a model was opened")

    monkeypatch.setattr(attribution, "_opener", lambda _loaded: never)
    for more in ({"limit": 9}, {"b": "hr"}, {"split": "fresh"}):
        run = run_attribution(quick(own_run("gemma3"), output_dir=tmp_path, **more))
        found = read_result(run.path / ATTRIBUTION, Attribution)
        for contrast in found.contrasts.values():
            assert contrast.outcome == "could not be tested" and contrast.ranking == () and contrast.heads == ()
            assert "needs 10 of each" in contrast.reason
        assert found.intervention is None
        assert "could not be tested" in (run.path / "attribution.md").read_text()


def test_the_probes_score_is_read_where_the_probe_reads(fit_tiny: Callable[..., Any], tmp_path: Path) -> None:
    """The babbling model's run has a probe for correctness; with no head zeroed its score is the one on h_last."""
    from hooks.answers.given import pair

    fitted = fit_tiny().run
    run = run_attribution(quick(fitted, output_dir=tmp_path, split="both"))
    found = read_result(run.path / ATTRIBUTION, Attribution).intervention
    assert found is not None and found.probe == "correct" and all(h.score is not None for h in found.heads)
    assert set(found.rank_correlation["directional"]) == {"logprob", "score"}
    probe = read_probes(fitted / "probe.safetensors")["correct"]
    prompts = read_rows(fitted / "prompts.jsonl", Prompt)
    answers = [g for g in read_rows(fitted / "generations.jsonl", Generation) if g.id in found.generation_ids]
    model = open_backend(read_json(fitted / "model.json")["model"]["repo"])
    plain = shifts._measure(model, list(pair(model, prompts, answers)), probe, 2)
    features = read_features(fitted / "features.safetensors", probe.site, Position.CONTENT)
    np.testing.assert_allclose(plain["score"], probe.score(features.select([g.id for g in answers])), atol=1e-2)
    np.testing.assert_allclose(plain["logprob"], [g.mean_logprob for g in answers], atol=1e-4)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"b": "cw"}, "--a and --b are both cw"),
        ({"permutations": 5}, "--permutations is 5; expected a whole number of 19 or more"),
        ({"intervene": 1}, "expected 0 .off. or at least 2 answers"),
        ({"limit": 0}, "--limit is 0"),
        ({"run": Path("nowhere")}, "holds no run.json"),
    ],
)
def test_bad_options_are_one_sentence(
    own_run: Callable[[str], Path], tmp_path: Path, more: dict[str, Any], sentence: str
) -> None:
    more = dict(more)
    run = more.pop("run", None) or own_run("gemma3")
    with pytest.raises(InputError, match=sentence):
        run_attribution(quick(run, output_dir=tmp_path, **more))
    assert list(tmp_path.iterdir()) == []


def test_weights_that_changed_since_the_run_are_refused(own_run: Callable[[str], Path], tmp_path: Path) -> None:
    from hooks.models.reopen import reopen

    was = read_loaded(own_run("gemma3"))
    with pytest.raises(InputError, match="are not the ones that made the run"):
        reopen(dataclasses.replace(was, model=dataclasses.replace(was.model, commit="0" * 64)))


def test_heads_of_answers_without_a_row_are_refused() -> None:
    heads = HeadActivations(("a",), (0,), (np.ones((1, 2), np.float32),), (np.ones((1, 2, 3), np.float32),), 32)
    with pytest.raises(InputError, match="1 of 2 answers have no head activations, the first being 'b'"):
        merge_heads([heads], ["a", "b"])
