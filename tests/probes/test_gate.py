"""The gate on an open model, and `python -m probes.gate` on finished runs of a tiny one."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from babbling import BUDGET, N_LAYERS, Babble

from hooks.answers.batch import as_prompts, generate_batch
from hooks.backend.base import HookedModel
from hooks.models.loading import open_backend
from interp.cli.front_door import run_command
from interp.errors import InputError
from interp.labels.of_answers import label
from interp.records.answers import Generation, StopReason
from interp.records.arrays import Features, Position, Probe, Site
from interp.records.findings import FailureMode
from interp.records.prompts import Claim, Prompt
from interp.results.fit import VERDICTS, FitReport
from interp.results.reading import read_report
from interp.results.schema import write_result
from interp.runs.arrays import read_features, read_probes, write_probes
from interp.runs.directory import close_run, open_run, read_run
from interp.runs.layout import FEATURES, GENERATIONS, PROBES, PROMPTS, REPORT
from interp.runs.rendering import read_rendering, write_rendering
from interp.runs.rows import read_rows
from probes.evidence.live_gate import HEDGE, Gate, GatedAnswer, HedgeReason, open_gate, read_gate
from probes.fitting import layers
from probes.fitting.linear import probability
from probes.gate import PROG, AskGate, main, warning

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def model(babble: Babble) -> HookedModel:
    """A tiny model whose answers end by themselves, most of them within the budget."""
    return open_backend(babble.model, prove=False)


@pytest.fixture(scope="module")
def answers(model: HookedModel, babble: Babble) -> dict[str, Generation]:
    """Each prompt's text with the plain answer to it, asked alone."""
    texts = [row["text"] for row in babble.rows]
    return {text: generate_batch(model, as_prompts([text]), max_new_tokens=BUDGET, layers=())[0][0] for text in texts}


@pytest.fixture(scope="module")
def finished(answers: dict[str, Generation]) -> str:
    """A question whose answer ends within the budget and says something."""
    return next(text for text, made in answers.items() if made.stop is not StopReason.LENGTH and len(made.text) > 3)


@pytest.fixture(scope="module")
def cut_off(answers: dict[str, Generation]) -> str:
    """A question whose answer does not end within the budget."""
    return next(text for text, made in answers.items() if made.stop is StopReason.LENGTH)


@pytest.fixture(scope="module")
def probe(model: HookedModel) -> Callable[..., Probe]:
    def make(**changes: Any) -> Probe:
        w = np.random.default_rng(0).standard_normal(model.geometry.d_model) / 200
        first = Probe(w, 0.1, "correct", Site.RESID_POST, 3, Position.CONTENT, 1, 0.1, "made up")
        return dataclasses.replace(first, **changes)

    return make


def captured(model: HookedModel, question: str, pool_tokens: int = 1) -> list[Features]:
    return generate_batch(model, as_prompts([question]), max_new_tokens=BUDGET, pool_tokens=pool_tokens)[1]


def at(features: list[Features], site: Site, position: Position = Position.CONTENT) -> Features:
    return next(f for f in features if f.site is site and f.position is position)


def test_the_score_is_the_probes_on_what_the_answer_captured(
    model: HookedModel, probe: Callable[..., Probe], answers: dict[str, Generation], finished: str
) -> None:
    last = {"site": Site.LN_FINAL, "layer": N_LAYERS - 1}
    for one in (probe(), probe(**last), probe(pool_tokens=3), probe(position=Position.END_OF_TURN)):
        read = at(captured(model, finished, one.pool_tokens), one.site, one.position)
        told = Gate(one, 0.5, model, max_new_tokens=BUDGET).answer(finished)
        assert told.score == pytest.approx(float(probability(one.score(read))[0]), abs=1e-6)
        assert told.answer == answers[finished].text


def test_a_probe_on_averaged_hidden_states_scores_that_average(
    model: HookedModel, probe: Callable[..., Probe], finished: str
) -> None:
    one = probe(site=Site.LN_FINAL, layer=N_LAYERS - 1, pool_layers=4)
    seen = captured(model, finished)
    x = layers.pooled(at(seen, Site.RESID_POST), at(seen, Site.LN_FINAL), 4).stacked.x[0, 0]
    score = Gate(one, 0.5, model, max_new_tokens=BUDGET).answer(finished).score
    assert score == pytest.approx(1 / (1 + np.exp(-(x @ one.w + one.b))), abs=1e-5)


def test_only_below_the_threshold_a_hedge_comes_before_the_untouched_content(
    model: HookedModel, probe: Callable[..., Probe], answers: dict[str, Generation], finished: str
) -> None:
    plain = answers[finished].text
    score = Gate(probe(), 0.5, model, max_new_tokens=BUDGET).answer(finished).score
    assert score is not None and plain
    for threshold, hedged in ((score - 1e-6, False), (score, True), (score + 1e-6, True)):
        told = Gate(probe(), threshold, model, max_new_tokens=BUDGET).answer(finished)
        reason = HedgeReason.BELOW_THRESHOLD if hedged else None
        assert (told.text, told.hedged, told.reason) == (HEDGE + plain if hedged else plain, hedged, reason)
        assert told.answer == plain and told.stop is StopReason.EOS


@pytest.mark.parametrize("position", Position)
def test_a_cut_off_answer_is_hedged_however_the_probe_would_score_it(
    model: HookedModel, probe: Callable[..., Probe], cut_off: str, answers: dict[str, Generation], position: Position
) -> None:
    sure = probe(b=50.0, position=position)  # it would give any answer a probability of one
    told = Gate(sure, 0.0, model, hedge="Perhaps: ", max_new_tokens=BUDGET).answer(cut_off)
    plain = answers[cut_off].text
    assert told == GatedAnswer(
        cut_off, f"Perhaps: {plain}", plain, None, 0.0, True, StopReason.LENGTH, HedgeReason.CUT_OFF
    )


def test_what_the_gate_does_not_score_is_what_a_run_does_not_label(
    model: HookedModel, probe: Callable[..., Probe], answers: dict[str, Generation]
) -> None:
    gate = Gate(probe(b=50.0), 0.5, model, max_new_tokens=BUDGET)
    unscored = {text for text in answers if gate.answer(text).score is None}
    (some,) = as_prompts(["A question?"])
    claimed = dataclasses.replace(some, claims=(Claim("x", ("x",)),))
    labels = {
        text: label(dataclasses.replace(claimed, id=made.prompt_id), made).correct for text, made in answers.items()
    }
    assert unscored == {text for text, correct in labels.items() if correct is None}
    assert 0 < len(unscored) < len(answers)


def test_an_empty_answer_is_hedged(babble: Babble, probe: Callable[..., Probe]) -> None:
    silent = open_backend(babble.empty, prove=False)
    for position in Position:
        told = Gate(probe(b=50.0, position=position), 0.5, silent, max_new_tokens=BUDGET).answer(babble.rows[0]["text"])
        assert (told.score, told.reason, told.text) == (None, HedgeReason.EMPTY, HEDGE)


def test_a_threshold_that_is_no_probability_is_refused(model: HookedModel, probe: Callable[..., Probe]) -> None:
    with pytest.raises(InputError, match="probability"):
        Gate(probe(), 1.5, model)


def test_the_gate_of_a_finished_run_scores_as_its_probe_did(fit_tiny: Callable[..., Any], model: HookedModel) -> None:
    run = fit_tiny().run
    gate = open_gate(run, "correct", model)
    judged = read_report(run).targets.correct
    assert judged is not None and judged.sidecar is not None
    assert (gate.threshold, gate.max_new_tokens) == (judged.sidecar.threshold, BUDGET)
    prompts = {prompt.id: prompt for prompt in read_rows(run / PROMPTS, Prompt)}
    rows = read_rows(run / GENERATIONS, Generation)
    generation = next(row for row in rows[::-1] if row.stop is StopReason.EOS and row.text)
    read = read_features(run / FEATURES, gate.probe.site, gate.probe.position)
    told = gate.answer(prompts[generation.prompt_id])
    assert told.answer == generation.text
    expected = probability(gate.probe.score(read))[list(read.generation_ids).index(generation.id)]
    assert told.score == pytest.approx(float(expected), abs=1e-3)  # answered alone, not in a batch
    with pytest.raises(InputError, match="no gate for 'asserted'"):
        open_gate(run, "asserted", model)


def test_a_run_without_a_probe_has_no_gate(model: HookedModel, tmp_path: Path) -> None:
    with open_run(tmp_path, "bare", {"model": {"name": "tiny"}}) as run:
        close_run(run)
    with pytest.raises(InputError, match="no probe"):
        open_gate(run.path, "correct", model)


def test_a_gate_goes_on_the_same_weights_whatever_they_are_called_and_wherever_they_lie(
    fit_tiny: Callable[..., Any], model: HookedModel
) -> None:
    fitted = read_gate(fit_tiny().run, "correct")
    moved = {"name": "another", "repo": "/elsewhere", "source": "hub", "attn": "eager", "device": "cuda"}
    was = dataclasses.replace(fitted.loaded, model=dataclasses.replace(fitted.loaded.model, **moved))
    assert dataclasses.replace(fitted, loaded=was).on(model).backend is model


def test_a_gate_does_not_go_on_another_checkpoint_in_a_directory_of_the_same_name(
    fit_tiny: Callable[..., Any], babble: Babble, tmp_path: Path
) -> None:
    other = tmp_path / babble.model.name
    shutil.copytree(babble.model, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 1e-3}))
    with pytest.raises(InputError, match="belongs to .* but the open model is"):
        read_gate(fit_tiny().run, "correct").on(open_backend(other, prove=False))


@pytest.mark.parametrize("change", [{"commit": "0" * 64}, {"dtype": "bfloat16"}])
def test_a_gate_goes_on_no_other_model(
    fit_tiny: Callable[..., Any], model: HookedModel, change: dict[str, str]
) -> None:
    fitted = read_gate(fit_tiny().run, "correct")
    was = dataclasses.replace(fitted.loaded, model=dataclasses.replace(fitted.loaded.model, **change))
    with pytest.raises(InputError, match="belongs to .* but the open model is"):
        dataclasses.replace(fitted, loaded=was).on(model)


def test_all_of_the_commit_is_compared(fit_tiny: Callable[..., Any], model: HookedModel) -> None:
    fitted = read_gate(fit_tiny().run, "correct")
    commit = fitted.loaded.model.commit
    late = commit[:-1] + ("0" if commit[-1] != "0" else "1")
    was = dataclasses.replace(fitted.loaded, model=dataclasses.replace(fitted.loaded.model, commit=late))
    with pytest.raises(InputError, match=late):
        dataclasses.replace(fitted, loaded=was).on(model)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `python -m probes.gate` with these arguments and lines of standard input in this process."""

    def call(*arguments: object, lines: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["probes.gate", *(str(a) for a in arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode("utf-8", "surrogateescape"))))
        capsys.readouterr()
        code = run_command(AskGate, main, PROG)
        return code, *capsys.readouterr()

    return call


def rewritten(run: Path, root: Path, change: Callable[[FitReport], FitReport], probes: bool = True) -> Path:
    """A finished run like another one, with a changed report."""
    old = read_run(run)
    with open_run(root, "changed", old.config) as new:
        write_result(new.path / REPORT, change(read_report(run)))
        write_rendering(new.path, read_rendering(run))
        if probes:
            write_probes(new.path / PROBES, list(read_probes(run / PROBES).values()))
        close_run(new)
    return new.path


def judged_otherwise(**changes: Any) -> Callable[[FitReport], FitReport]:
    """Change what the report says of correctness."""

    def change(report: FitReport) -> FitReport:
        assert report.targets.correct is not None
        correct = dataclasses.replace(report.targets.correct, **changes)
        return dataclasses.replace(report, targets=dataclasses.replace(report.targets, correct=correct))

    return change


def test_the_command_says_what_is_asserted_and_what_is_hedged_and_why(
    fit_tiny: Callable[..., Any], model: HookedModel, gate: Command, answers: dict[str, Generation], cut_off: str
) -> None:
    run, asked = fit_tiny().run, [*list(answers)[:12], cut_off]
    code, out, err = gate(run, *(word for text in asked for word in ("--question", text)))
    assert code == 0, err
    opened = open_gate(run, "correct", model)
    expected = ""
    for told in (opened.answer(text) for text in asked):
        if told.reason is HedgeReason.CUT_OFF:
            said = f"hedged: cut off at the budget of {BUDGET} tokens; the probe was fitted on finished answers only"
        else:
            said = f"{'hedged' if told.hedged else 'asserted'}: P(correct) = {told.score:.3f}, "
            said += f"{'not above' if told.hedged else 'above'} the threshold {opened.threshold:.3f}"
        expected += f"question: {told.question}\n{said}\n{HEDGE if told.hedged else ''}{told.answer}\n\n"
    assert out == expected
    assert "cut off" in out and "asserted" in out


def test_json_lines_hold_the_same_and_come_from_standard_input_as_well(
    fit_tiny: Callable[..., Any], model: HookedModel, gate: Command, finished: str, cut_off: str
) -> None:
    run = fit_tiny().run
    code, out, err = gate(run, "--json", "--hedge", "Vielleicht: ", lines=f"{finished}\n{cut_off}\n")
    assert code == 0, err
    opened = open_gate(run, "correct", model, "Vielleicht: ")
    expected = [dataclasses.asdict(opened.answer(text)) for text in (finished, cut_off)]
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows == expected
    assert set(rows[0]) == {"question", "text", "answer", "score", "threshold", "hedged", "stop", "reason"}
    assert rows[1]["stop"] == "length" and rows[1]["reason"] == "cut_off" and rows[1]["score"] is None


@pytest.mark.parametrize("failure", FailureMode)
def test_a_probe_that_is_no_handle_is_named_before_the_first_answer(
    fit_tiny: Callable[..., Any], gate: Command, finished: str, tmp_path: Path, failure: FailureMode
) -> None:
    run = fit_tiny().run
    was = read_report(run).verdict("correct")
    verdict = dataclasses.replace(was, failure=failure, reason="The data could not tell.")
    changed = rewritten(run, tmp_path, judged_otherwise(verdict=verdict))
    code, out, err = gate(changed, "--question", finished, "--log-level", "error")
    assert code == 0 and out.startswith(f"question: {finished}\n")
    if failure is FailureMode.NONE:
        assert err == warning(verdict) == ""
    else:
        assert err == (
            "warning: the probe behind this gate was not shown to be a handle "
            f"({VERDICTS[failure]}: The data could not tell).\n"
        )


def refused(told: tuple[int, str, str], *words: str) -> None:
    code, out, err = told
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.endswith(".\n") and err.count("\n") == 1, err
    for word in words:
        assert word in err, err


def test_bad_questions_are_one_sentence(fit_tiny: Callable[..., Any], gate: Command) -> None:
    run = fit_tiny().run
    refused(gate(run), "There is no question", "--question TEXT")
    for blank in (" ", "\u200b", "\u2800\ufeff"):
        refused(gate(run, "--question", blank), "Question 1 of 1 is empty")
    refused(gate(run, lines="Why?\n\nHow?\n"), "Question 2 of 3 is empty")
    refused(gate(run, lines="Wh\udcff?\n"), "not valid UTF-8")
    refused(gate(run, "--question", "Wh\udcff?"), "Question 1 of 1 is not valid UTF-8")
    refused(gate(run, "--question", "Why?", "--target", "axes"), "axes", "correct", "asserted")


def test_a_run_that_has_no_gate_is_one_sentence(fit_tiny: Callable[..., Any], gate: Command, tmp_path: Path) -> None:
    run, asked = fit_tiny().run, ("--question", "Why?")
    refused(gate(tmp_path, *asked), "it is not a finished run")
    refused(gate(tmp_path / "nowhere", *asked), "it is not a finished run")
    refused(gate(run, *asked, "--target", "asserted"), "no gate for 'asserted'", "probes for correct")
    refused(gate(rewritten(run, tmp_path / "bare", lambda report: report, probes=False), *asked), "holds no probe")
    judged = read_report(run).targets.correct
    assert judged is not None and judged.sidecar is not None
    sidecar = dataclasses.replace(judged.sidecar, threshold=None, reason="on fit, no threshold is balanced")
    changed = rewritten(run, tmp_path / "none", judged_otherwise(sidecar=sidecar))
    refused(gate(changed, *asked), "no threshold for 'correct'", "on fit, no threshold is balanced")
    unfitted = judged_otherwise(sidecar=None, headline=None)
    refused(gate(rewritten(run, tmp_path / "unfitted", unfitted), *asked), "no gate for 'correct'")


def test_weights_that_changed_since_the_run_are_refused(
    fit_tiny: Callable[..., Any], gate: Command, tmp_path: Path
) -> None:
    def change(report: FitReport) -> FitReport:
        was = dataclasses.replace(report.loaded.model, commit="0" * 64)
        return dataclasses.replace(report, loaded=dataclasses.replace(report.loaded, model=was))

    changed = rewritten(fit_tiny().run, tmp_path, change)
    code, out, err = gate(changed, "--question", "Why?")
    assert (code, out) == (2, "")
    assert err.split("\n")[-2].startswith("error: The weights of ") and "are not the ones that made the run" in err


def test_the_command_runs_for_real_and_its_help_loads_no_torch(fit_tiny: Callable[..., Any], finished: str) -> None:
    run = fit_tiny().run
    words = [sys.executable, "-m", "probes.gate", str(run), "--json"]
    environ = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(words, input=f"{finished}\n", capture_output=True, text=True, timeout=300, env=environ)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["question"] == finished
    code = (
        "import sys; sys.argv = ['x', '--help']\nfrom probes import gate\nfrom interp.cli.front_door import run_command"
    )
    code += "\ntry: run_command(gate.AskGate, gate.main, gate.PROG)\n"
    code += (
        "except SystemExit: print([heavy for heavy in ('torch', 'transformers', 'sklearn') if heavy in sys.modules])"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=environ)
    assert asked.stdout.splitlines()[-1] == "[]" and "--question" in asked.stdout, asked.stderr
