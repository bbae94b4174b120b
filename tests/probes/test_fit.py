"""`python -m probes.fit` end to end on a tiny random Qwen3: what lands in the run directory, and what it says."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tyro

from interp.records.answers import Generation
from interp.records.arrays import Features, Position, Site
from interp.records.findings import Step, Verdict
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.evidence import Headline, TargetReport
from interp.runs.arrays import read_features, read_probes
from interp.runs.files import read_json
from interp.runs.rows import read_rows
from interp.stats.auroc import auroc
from probes.falsify import Falsify, falsify_run
from probes.fit import Fit

RELATIVE = 1e-4  # how far the attention implementations may move h_last, as a share of its largest value
FILES = {
    "config.json",
    "features.json",
    "features.safetensors",
    "generations.jsonl",
    "labels.jsonl",
    "model.json",
    "rendering.json",
    "probe.safetensors",
    "prompts.jsonl",
    "report.html",
    "report.json",
    "report.md",
    "run.json",
}


def estimates(value: Any) -> Iterator[dict[str, Any]]:
    """Every estimate anywhere in a report."""
    if isinstance(value, dict):
        if "lower" in value:
            yield value
        for part in value.values():
            yield from estimates(part)
    elif isinstance(value, list):
        for part in value:
            yield from estimates(part)


def bare_numbers(value: Any, key: str = "") -> Iterator[str]:
    """Every measured quantity that is given as a bare number."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from bare_numbers(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from bare_numbers(part, key)
    elif isinstance(value, float) and key in {"cv", "nested_cv", "fresh", "auroc", "asymmetry", "rate", "margin"}:
        yield key


def h_last(run: Path, site: Site = Site.LN_FINAL, position: Position = Position.CONTENT) -> Features:
    return read_features(run / "features.safetensors", site, position)


def tokens(run: Path) -> list[tuple[int, ...]]:
    return [g.tokens for g in read_rows(run / "generations.jsonl", Generation)]


def correct(told: Any) -> TargetReport:
    """What the report says of correctness."""
    found: TargetReport | None = told.report.targets.correct
    assert found is not None
    return found


def headline(told: Any) -> Headline:
    found = correct(told).headline
    assert found is not None
    return found


def verdict(told: Any, target: str = "correct") -> Verdict:
    found: Verdict = told.report.verdict(target)
    return found


def test_a_run_ends_with_all_its_files_and_a_summary_that_ends_with_the_path(
    fit_tiny: Callable[..., Any], tmp_path: Path
) -> None:
    told = fit_tiny("--output-dir", tmp_path)
    assert told.code == 0
    assert {p.name for p in told.run.iterdir()} == FILES
    assert told.out.strip().endswith("report.md")
    assert Path(told.out.strip().split("\n")[-1]).is_file()
    assert len(told.out.split("\n")) <= 24, "more than a screenful"
    assert "answers" in told.err, "no progress was shown"
    n = correct(told).n
    assert min(n.fit.n_pos, n.fit.n_neg, n.fresh.n_pos, n.fresh.n_neg) >= 5


def test_the_manifest_is_the_newest_file_and_names_the_hash_of_every_other(fit_tiny: Callable[..., Any]) -> None:
    run = fit_tiny().run
    named = read_json(run / "run.json")["files"]
    assert set(named) == FILES - {"run.json"}
    for name, digest in named.items():
        assert hashlib.sha256((run / name).read_bytes()).hexdigest() == digest, name
        assert (run / name).stat().st_mtime_ns <= (run / "run.json").stat().st_mtime_ns, name


def test_the_report_is_strict_json_whose_every_estimate_has_an_interval_and_counts(
    fit_tiny: Callable[..., Any],
) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    report = json.loads((fit_tiny("--target", "both").run / "report.json").read_text(), parse_constant=refuse)
    found = list(estimates(report))
    assert len(found) > 20
    for one in found:
        assert set(one) == {"value", "lower", "upper", "method", "n_pos", "n_neg", "p_value"}
        assert one["lower"] <= one["value"] <= one["upper"]
        assert one["n_pos"] + one["n_neg"] > 0
        assert one["method"]
    assert list(bare_numbers(report["targets"])) == list(bare_numbers(report["labels"])) == []


def test_the_saved_probe_and_features_give_the_reported_number_again(fit_tiny: Callable[..., Any]) -> None:
    told = fit_tiny()
    at = headline(told).at
    probe = read_probes(told.run / "probe.safetensors")["correct"]
    assert (probe.site, probe.layer, probe.c) == (at.site, at.layer, at.c) and at.fresh is not None
    fresh = {p.id for p in read_rows(told.run / "prompts.jsonl", Prompt) if p.split is Split.FRESH}
    labels = {x.generation_id: x.correct for x in read_rows(told.run / "labels.jsonl", Label)}
    ids = [g for g, correct in labels.items() if g in fresh and correct is not None]
    scores = probe.score(h_last(told.run, probe.site).select(ids))
    again = auroc(np.array([bool(labels[g]) for g in ids]), scores)
    assert again.value == pytest.approx(at.fresh.value, abs=1e-12)
    assert (again.n_pos, again.n_neg) == (at.fresh.n_pos, at.fresh.n_neg)


def test_the_headline_is_chosen_on_fit_alone(
    fit_tiny: Callable[..., Any], babble: Any, tmp_path: Path, prompt_file: Path
) -> None:
    def swapped(row: dict[str, Any], said: str) -> dict[str, Any]:
        word = said if row["claims"][0]["text"] == "zebra" else "zebra"
        return row if row["split"] == "fit" else row | {"claims": [{"text": word, "accept": [word]}]}

    other = babble.write(tmp_path / "other.jsonl", list(map(swapped, babble.rows, babble.said)))
    first, second = headline(fit_tiny()), headline(fit_tiny("--prompts", other))
    one, two = first.at, second.at
    assert (one.site, one.layer, one.c, one.cv) == (two.site, two.layer, two.c, two.cv)
    assert first.nested_cv == second.nested_cv is not None
    assert one.fresh != two.fresh


def test_nnsight_gives_the_same_tokens_labels_and_states(fit_tiny: Callable[..., Any]) -> None:
    plain, other = fit_tiny().run, fit_tiny("--backend", "nnsight").run
    assert tokens(plain) == tokens(other)
    assert (plain / "labels.jsonl").read_bytes() == (other / "labels.jsonl").read_bytes()
    for site in (Site.LN_FINAL, Site.RESID_POST):
        assert np.array_equal(h_last(plain, site).x, h_last(other, site).x)
    assert read_json(other / "model.json")["backend"] == "nnsight"


def test_transformer_lens_equals_eager_attention_and_is_near_sdpa(fit_tiny: Callable[..., Any]) -> None:
    lens, eager, sdpa = (
        fit_tiny(*arguments).run for arguments in (("--backend", "transformer_lens"), ("--attn", "eager"), ())
    )
    assert tokens(lens) == tokens(eager) == tokens(sdpa)
    assert (lens / "labels.jsonl").read_bytes() == (sdpa / "labels.jsonl").read_bytes()
    for site in (Site.LN_FINAL, Site.RESID_POST):
        x = h_last(lens, site).x
        assert np.array_equal(x, h_last(eager, site).x)
        assert np.abs(x - h_last(sdpa, site).x).max() <= RELATIVE * np.abs(x).max()


def test_the_same_command_again_loads_no_model_and_says_the_same(
    fit_tiny: Callable[..., Any], hashes: Callable[[Path], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fit_tiny()
    before = {p: p.stat().st_mtime_ns for p in first.run.iterdir()}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("hooks.models.loading.open_backend", refuse)
    again = fit_tiny()
    assert (again.code, again.out) == (0, first.out)
    assert {p: p.stat().st_mtime_ns for p in first.run.iterdir()} == before


def test_a_changed_option_makes_a_new_directory_and_leaves_the_old_one_alone(
    fit_tiny: Callable[..., Any], hashes: Callable[[Path], dict[str, str]]
) -> None:
    first = fit_tiny().run
    before = hashes(first)
    others = [fit_tiny("--limit", 6, *more).run for more in ((), ("--seed", 1), ("--batch-size", 48))]
    assert len({first, *others}) == 4
    assert hashes(first) == before


def test_the_recorded_command_line_is_the_same_run(fit_tiny: Callable[..., Any], tmp_path: Path) -> None:
    told = fit_tiny("--no-prove", "--limit", 6, "--position", "end_of_turn", "--relations", "metal,river")
    words = shlex.split(read_json(told.run / "run.json")["command_line"])
    assert words[:3] == ["python", "-m", "probes.fit"]
    again = tyro.cli(Fit, args=words[3:], config=(tyro.conf.EnumChoicesFromValues,))
    assert (again.loading.prove, again.limit, again.position) == (False, 6, Position.END_OF_TURN)
    assert (again.asked.relations, again.target, again.layers) == ("metal,river", "correct", "0,5")


@pytest.mark.parametrize(("met", "said"), [(0, "0 positive and"), (4, "4 positive and")])
def test_too_few_of_a_class_leave_the_target_unresolved(
    met: int, said: str, fit_tiny: Callable[..., Any], babble: Any, tmp_path: Path
) -> None:
    rows = []
    for row in babble.rows:
        hit = row["claims"][0]["text"] != "zebra" and row["split"] == "fit"
        met -= hit
        rows.append(row if hit and met >= 0 else row | {"claims": [{"text": "zebra", "accept": ["zebra"]}]})
    told = fit_tiny("--prompts", babble.write(tmp_path / "few.jsonl", rows))
    assert told.code == 0
    assert verdict(told).failure == "unresolved"
    assert said in verdict(told).steps[0].detail
    assert said in (told.run / "report.md").read_text()
    assert "Unresolved" in told.out
    assert correct(told).headline is None
    assert not (told.run / "probe.safetensors").exists()


def test_answers_that_all_assert_leave_delivery_unresolved(fit_tiny: Callable[..., Any]) -> None:
    told = fit_tiny("--target", "asserted")
    assert told.code == 0
    assert list(told.report.verdicts) == ["asserted"]
    assert verdict(told, "asserted").failure == "unresolved"
    assert "0 negative" in verdict(told, "asserted").steps[0].detail


def test_answers_that_are_all_cut_off_are_neither_right_nor_wrong(fit_tiny: Callable[..., Any], babble: Any) -> None:
    told = fit_tiny("--model", babble.endless, "--max-new-tokens", 4, "--target", "both")
    assert told.code == 0
    for label in read_rows(told.run / "labels.jsonl", Label):
        assert (label.correct, label.asserted) == (None, None)
        assert label.reasons["correct"] in ("cut_off", "empty")  # empty: cut off before its first word
    for split in Split:
        assert told.report.labels.of(split).correct.rate is None
        assert told.report.answers.of(split).stop == {"length": 24}
    for target in ("correct", "asserted"):
        assert verdict(told, target).failure == "unresolved"
        assert "cut off" in verdict(told, target).reason


def test_cut_off_answers_have_no_end_of_turn_to_read(fit_tiny: Callable[..., Any], babble: Any) -> None:
    told = fit_tiny("--model", babble.endless, "--max-new-tokens", 4, "--position", "end_of_turn")
    assert told.code == 0
    assert h_last(told.run, position=Position.END_OF_TURN).x.shape[0] == 0
    assert verdict(told).failure == "unresolved"


def test_empty_answers_are_unresolved_and_counted(fit_tiny: Callable[..., Any], babble: Any) -> None:
    told = fit_tiny("--model", babble.empty, "--target", "both")
    assert told.code == 0
    assert {g.text for g in read_rows(told.run / "generations.jsonl", Generation)} == {""}
    assert told.report.answers.fit.empty == 24
    assert told.report.labels.fresh.correct.left_out == {"empty": 24}
    for target in ("correct", "asserted"):
        assert verdict(told, target).failure == "unresolved"
    assert "empty" in (told.run / "report.md").read_text()


def test_pool_tokens_averages_and_says_so(fit_tiny: Callable[..., Any]) -> None:
    one, two = fit_tiny().run, fit_tiny("--pool-tokens", 3).run
    assert tokens(one) == tokens(two)
    assert (h_last(one).pool_tokens, h_last(two).pool_tokens) == (1, 3)
    lengths = {g.id: len(g.tokens) for g in read_rows(two / "generations.jsonl", Generation)}
    moved = np.abs(h_last(one).x - h_last(two).x).max(axis=(1, 2)) > 0
    assert {g for g, m in zip(h_last(two).generation_ids, moved, strict=True) if m} == {
        g for g, n in lengths.items() if n > 1
    }
    assert read_probes(two / "probe.safetensors")["correct"].pool_tokens == 3


def test_pool_layers_probes_the_average_and_nothing_else(fit_tiny: Callable[..., Any]) -> None:
    told = fit_tiny("--pool-layers", 4, "--layers", "2-5")
    probe = read_probes(told.run / "probe.safetensors")["correct"]
    assert probe.pool_layers == 4
    assert len(correct(told).layers) == 1
    residual = h_last(told.run, Site.RESID_POST)
    mean = np.mean([*(residual.at(i) for i in (2, 3, 4)), h_last(told.run).at(5)], axis=0, dtype=np.float32)
    whole = Features(residual.generation_ids, Site.LN_FINAL, (5,), Position.CONTENT, mean[:, None], pool_layers=4)
    labels = {x.generation_id: x for x in read_rows(told.run / "labels.jsonl", Label)}
    fit = {p.id for p in read_rows(told.run / "prompts.jsonl", Prompt) if p.split is Split.FIT}
    ids = [g for g in whole.generation_ids if g in fit and labels[g].correct is not None]
    assert probe.fitted_on == whole.select(ids).fingerprint()


def test_layers_are_the_ones_asked_for_and_the_final_norm(fit_tiny: Callable[..., Any]) -> None:
    told = fit_tiny("--layers", "4-5, 1")
    assert h_last(told.run, Site.RESID_POST).layers == (1, 4, 5)
    assert [(row.site, row.layer) for row in correct(told).layers] == [
        ("resid_post", 1),
        ("resid_post", 4),
        ("resid_post", 5),
        ("ln_final", 5),
    ]


def test_all_layers_are_read_by_default(fit_tiny: Callable[..., Any]) -> None:
    told = fit_tiny("--layers", "all")
    assert h_last(told.run, Site.RESID_POST).layers == tuple(range(6))
    pooling = next(s for s in verdict(told).steps if s.step is Step.LAYER_POOLING)
    assert pooling.auroc is not None


def test_the_end_of_turn_is_read_where_it_is_asked_for(fit_tiny: Callable[..., Any]) -> None:
    content, end = fit_tiny(), fit_tiny("--position", "end_of_turn")
    assert tokens(content.run) == tokens(end.run)
    probe = read_probes(end.run / "probe.safetensors")["correct"]
    assert probe.position is Position.END_OF_TURN
    assert "end_of_turn" in end.out
    assert probe.fitted_on != read_probes(content.run / "probe.safetensors")["correct"].fitted_on


@pytest.mark.parametrize("target", ["correct", "asserted", "both"])
def test_only_the_asked_targets_are_reported(target: str, fit_tiny: Callable[..., Any]) -> None:
    told = fit_tiny("--target", target, "--limit", 8)
    assert list(told.report.verdicts) == (["correct", "asserted"] if target == "both" else [target])
    written = read_json(told.run / "report.json")["targets"]
    assert {name for name, found in written.items() if found is not None} == set(told.report.verdicts)


def test_own_prompts_can_be_restricted_to_a_relation(fit_tiny: Callable[..., Any]) -> None:
    told = fit_tiny("--relations", "metal")
    assert {p.relation for p in read_rows(told.run / "prompts.jsonl", Prompt)} == {"metal"}
    assert told.report.answers.fit.n == 12


def test_folds_and_seed_reach_every_number_of_a_fit_and_of_its_falsification(fit_tiny: Callable[..., Any]) -> None:
    told = fit_tiny("--layers", "all", "--folds", 3, "--seed", 2)
    again = falsify_run(Falsify(told.run, target="correct", folds=3, seed=2))
    assert again.targets == told.report.targets
    assert (again.answers, again.labels, again.delivery) == (
        told.report.answers,
        told.report.labels,
        told.report.delivery,
    )
    other = falsify_run(Falsify(told.run, target="correct", seed=2)).targets.correct
    assert other is not None and other.headline is not None
    assert other.headline.nested_cv != headline(told).nested_cv
