"""`python -m hooks.temper`: the run directory, its continuation, other seeds, every architecture, bad input."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hooks.agreement import specimens
from hooks.dose.response import along
from hooks.temper import PROG, Temper, main
from interp.cli.front_door import run_command
from interp.cli.options import budget
from interp.records.answers import Generation, HeadScale
from interp.records.judgements import Label
from interp.records.loaded import ModelId
from interp.results.attribution import Attribution, Cohorts, Contrast, PublishedModel
from interp.results.dose import ContentAndDisposition, ListedHeads, RankedHeads, Replication, Sweep, TemperResult
from interp.results.identity import RunIdentity
from interp.results.schema import read_result, write_result
from interp.runs.directory import verify
from interp.runs.files import read_json
from interp.runs.layout import GENERATIONS, LABELS, REPLICATION, SWEEP, TEMPER, TEMPER_TEXT
from interp.runs.rows import read_rows
from probes.fitting.records import open_finished

N = 8  # prompts a split
ENDS = 60  # token ids of the tiny model that end its turn, so that random answers end
FILES = {
    *(
        "config.json",
        "prompts.jsonl",
        "model.json",
        "rendering.json",
        "sweep.json",
        "generations.jsonl",
        "labels.jsonl",
    ),
    *("temper.json", "temper.md", "run.json"),
}


@dataclass(frozen=True)
class Told:
    """What one call of the command gave."""

    code: int
    out: str
    err: str

    @property
    def run(self) -> Path:
        return Path(self.out.strip().split("\n")[-1]).parent


def ending(directory: Path) -> Path:
    """Let many tokens end the turn of a model, so that random weights have answers of many lengths."""
    file = directory / "generation_config.json"
    ends = [specimens.IM_END, *range(specimens.VOCAB - ENDS, specimens.VOCAB)]
    file.write_text(json.dumps(json.loads(file.read_text()) | {"eos_token_id": ends}))
    return directory


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ending(specimens.save("gemma3", tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="session")
def prompt_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        {
            "id": f"p{i}",
            "text": f"Which metal has the number {i}?" if i % 2 else f"Name the river that is {i} miles long.",
            "split": "fit" if i < N else "fresh",
            "claims": [{"text": "zebra", "accept": ["zebra"]}],
            "relation": "metal" if i % 2 else "river",
        }
        for i in range(2 * N)
    ]
    path = tmp_path_factory.mktemp("prompts") / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    def call(*arguments: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["hooks.temper", *map(str, arguments)])
        capsys.readouterr()
        return Told(run_command(Temper, main, PROG), *capsys.readouterr())

    return call


@pytest.fixture
def sweep(command: Callable[..., Told], tiny: Path, prompt_file: Path, tmp_path: Path) -> Callable[..., Told]:
    """Run the command on the tiny model with defaults that arguments replace."""

    def call(*arguments: object) -> Told:
        words = [str(a) for a in arguments]
        given = {"--model": tiny, "--prompts": prompt_file, "--heads": "L2H1,L5H0", "--factors": "1.0,0.5,0.0"}
        given |= {"--max-new-tokens": 6, "--random-heads": 2, "--limit": 5, "--output-dir": tmp_path / "results"}
        return command(*(w for flag, value in given.items() if flag not in words for w in (flag, value)), *words)

    return call


def hashes(directory: Path) -> dict[str, str]:
    files = sorted(p for p in directory.rglob("*") if p.is_file())
    return {str(p.relative_to(directory)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_sweep_is_a_run_directory_with_every_edit_on_record(sweep: Callable[..., Told]) -> None:
    told = sweep()
    assert told.code == 0, told.err
    assert {p.name for p in told.run.iterdir()} == FILES
    verify(told.run)
    generations = read_rows(told.run / GENERATIONS, Generation)
    labels = read_rows(told.run / LABELS, Label)
    assert [label.generation_id for label in labels] == [g.id for g in generations]
    counts = Counter(g.edit for g in generations)
    assert set(counts.values()) == {5}
    assert counts[HeadScale(((2, 1), (5, 0)), 1.0)] == 5
    result = read_result(told.run / TEMPER, TemperResult)
    assert result.factors == along((1.0, 0.5, 0.0))
    assert [head_set.name for head_set in result.sets] == ["chosen", "random 1", "random 2"]
    assert result.heads == ListedHeads(((2, 1), (5, 0)))
    for head_set in result.sets[1:]:
        assert [layer for layer, _ in head_set.heads] == [2, 5]
    assert [(condition.set, condition.factor) for condition in result.measured] == [
        (name, factor) for name in ("chosen", "random 1", "random 2") for factor in (1.0, 0.5, 0.0)
    ]
    for condition in result.measured:
        cohorts = dataclasses.astuple(condition.cohorts)
        assert sum(cohorts) == sum(condition.stops.values()) == condition.answers == 5
    assert result.judged.verdict == "unresolved"
    assert "expected 30 or more" in result.judged.reason
    assert result.inputs == {name: digest for name, digest in hashes(told.run).items() if name in result.inputs}
    assert len(result.inputs) == 4
    records = open_finished(told.run).records  # what audits of any run read: the unedited model only
    assert len(records.generations) == len(records.labels) == 5
    page = (told.run / TEMPER_TEXT).read_text()
    assert "**Unresolved.**" in page and "random 2" in page
    assert str(told.run) not in page
    assert "Tempering: unresolved." in told.out


def test_the_same_command_reads_the_run_back_and_another_seed_makes_another(sweep: Callable[..., Told]) -> None:
    first = sweep()
    before = hashes(first.run)
    again = sweep()
    assert (again.code, again.out) == (0, first.out)
    assert "answers:" not in again.err
    assert hashes(first.run) == before
    other = sweep("--seed", 1)
    assert other.run != first.run
    sets = [read_result(told.run / SWEEP, Sweep).sets for told in (first, other)]
    assert sets[0][0] == sets[1][0] and sets[0][1:] != sets[1][1:]


def test_another_order_of_the_prompts_gives_the_same_answers_in_a_run_of_its_own(sweep: Callable[..., Told]) -> None:
    first, other = sweep("--batch-size", 20), sweep("--batch-size", 20, "--prompt-order-seed", 3)
    assert other.run != first.run
    a, b = (read_rows(told.run / GENERATIONS, Generation) for told in (first, other))
    assert [(g.id, g.tokens) for g in a] == [(g.id, g.tokens) for g in b]


def test_a_sweep_that_is_cut_at_any_file_ends_in_the_same_bytes(
    sweep: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = hashes(sweep("--batch-size", 7).run)
    replace = Path.replace
    names = ["config.json", "model.json", "sweep.json", "00000.safetensors", "00003.safetensors", "generations.jsonl"]
    names += ["labels.jsonl", "temper.json", "temper.md", "run.json"]

    def interrupted(self: Path, target: Path) -> Path:
        done = replace(self, target)
        if names and target.name == names[0]:
            names.pop(0)
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(Path, "replace", interrupted)
    codes = []
    while not codes or codes[-1]:
        told = sweep("--batch-size", 7, "--output-dir", tmp_path / "cut")
        codes.append(told.code)
        assert len(codes) < 15
    assert codes == [130] * 10 + [0]
    assert hashes(told.run) == whole


@pytest.mark.slow
def test_killed_processes_and_one_that_goes_on_end_in_the_same_bytes(
    tiny: Path, prompt_file: Path, tmp_path: Path
) -> None:
    def start(results: Path) -> subprocess.Popen[bytes]:
        given = {"--model": tiny, "--prompts": prompt_file, "--heads": "L2H1,L5H0", "--max-new-tokens": 12}
        given |= {"--split": "both", "--batch-size": 16, "--output-dir": results}
        words = [str(word) for pair in given.items() for word in pair]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-m", "hooks.temper", *words]
        return subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, **quiet)

    assert start(tmp_path / "whole").wait() == 0
    for wanted in ("parts/00000", "parts/00007", "parts/00020"):
        running = start(tmp_path / "killed")
        while running.poll() is None and not list((tmp_path / "killed").glob(f"*/{wanted}.safetensors")):
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
    assert start(tmp_path / "killed").wait() == 0
    assert hashes(tmp_path / "killed") == hashes(tmp_path / "whole")


def test_reruns_on_other_seeds_are_compared_by_one_flag(sweep: Callable[..., Told], tmp_path: Path) -> None:
    told = sweep("--replicate", "1,2")
    assert told.code == 0, told.err
    assert told.run.name.startswith("tiny-own-temper-replication-")
    verify(told.run)
    compared = read_result(told.run / REPLICATION, Replication)
    assert [run.seed for run in compared.runs] == [0, 1, 2]
    assert compared.verdict_repeats is True
    assert compared.signs_repeat == ContentAndDisposition(None, None)  # five prompts show nothing
    assert compared.runs[0].prompts_shared_with_the_first == 5
    assert "The verdict repeats." in told.out
    assert len(list((tmp_path / "results").iterdir())) == 4
    assert sweep("--replicate", "1,2").out == told.out


@pytest.mark.parametrize(
    ("family", "heads"),
    [("qwen3.5", "L3H7,L11H0"), ("gemma4", "L1H2,L4H2,L34H7"), ("qwen3", "L0H15"), ("llama", "L23H31")],
)
def test_the_architectures_of_the_study_run_it(
    sweep: Callable[..., Told], specimen: Callable[..., Path], family: str, heads: str
) -> None:
    told = sweep("--model", specimen(family), "--heads", heads, "--limit", 2, "--max-new-tokens", 3)
    assert told.code == 0, told.err
    assert len(read_rows(told.run / GENERATIONS, Generation)) == 2 * 7


@pytest.fixture
def ranked(tmp_path: Path) -> Callable[..., Path]:
    """An attribution.json of the model with this name; without a commit, as a published one."""

    def write(name: str, commit: str | None = None) -> Path:
        ranking = tuple((layer, 1) for layer in range(6))
        contrasts = {which: Contrast("no head survives", "", "", ranking) for which in ("directional", "magnitude")}
        own = None if commit is None else ModelId(name, "directory", name, commit, "float32", "cpu", "sdpa")
        model, source = own or PublishedModel(name, name), RunIdentity("r", "0" * 64, name, "facts")
        cohorts = Cohorts("cw", "cr", 9, 9)
        record = Attribution(Attribution.SCHEMA, model, source, cohorts, 32, contrasts)
        write_result(tmp_path / "attribution.json", record)
        return tmp_path / "attribution.json"

    return write


def test_the_heads_of_an_attribution_are_taken(sweep: Callable[..., Told], ranked: Callable[..., Path]) -> None:
    told = sweep("--heads", ranked(name="tiny"), "--top", 2, "--contrast", "magnitude")
    assert told.code == 0, told.err
    result = read_result(told.run / TEMPER, TemperResult)
    assert result.chosen.heads == ((0, 1), (1, 1))
    assert isinstance(result.heads, RankedHeads) and result.heads.contrast == "magnitude"
    assert "there: no head survives; of these heads survive: none of them" in (told.run / TEMPER_TEXT).read_text()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--factors", "0.9,0.5"], ("holds no 1.0",)),
        (["--factors", "1.0"], ("holds only 1.0", "at least one other")),
        (["--factors", "1.0,-0.5"], ("holds -0.5", "0 or more")),
        (["--factors", "1.0,nan"], ("holds nan", "finite")),
        (["--factors", "1.0,inf"], ("holds inf", "finite")),
        (["--factors", "1.0,0.5,0.50"], ("names a factor twice",)),
        (["--factors", "1.0,half"], ("'1.0,half' is not understood", "1.0,0.9,0.5")),
        (["--factors", ""], ("'' is not understood",)),
        (["--heads", ""], ("--heads names no head",)),
        (["--heads", "L2H1,L2H1"], ("names L2H1 twice",)),
        (["--heads", "L2H4"], ("Layer 2 has heads 0 to 3", "no head 4")),
        (["--heads", "L18H0"], ("Layer 18 is out of range", "layers 0 to 17")),
        (["--heads", "nowhere.json"], ("neither a list", "nor a file")),
        (["--top", "2"], ("--contrast and --top",)),
        (["--heads", "L2H0,L2H1,L2H2"], ("Layer 2 has 1 heads besides the 3 chosen ones", "--random-heads 0")),
        (["--heads", "L2H0", "--random-heads", "4"], ("Only 3 different sets", "--random-heads 3 or fewer")),
        (["--random-heads", "-1"], ("--random-heads is -1",)),
        (["--limit", "0"], ("--limit is 0",)),
        (["--seed", "-1"], ("--seed is -1",)),
        (["--prompt-order-seed", "-1"], ("--prompt-order-seed is -1",)),
        (["--batch-size", "0"], ("--batch-size is 0",)),
        (["--max-new-tokens", "0"], ("--max-new-tokens is 0",)),
        (["--replicate", "one"], ("'one' is not understood",)),
        (["--replicate", "1,0"], ("names a seed twice, or that of the run itself, 0",)),
        (["--split", "test"], ("test", "fresh", "fit", "both")),
        (["--contrast", "sum"], ("sum", "directional", "magnitude")),
        (["--relations", "friend"], ("Unknown relation 'friend'",)),
        (["--model", "qwen-9000"], ("There is no model 'qwen-9000'",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    sweep: Callable[..., Told], tmp_path: Path, arguments: list[str], expected: tuple[str, ...]
) -> None:
    told = sweep(*arguments)
    assert (told.code, told.out) == (2, "")
    lines = [line for line in re.split(r"[\r\n]", told.err) if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("error: ") and lines[0].endswith("."), told.err
    for words in expected:
        assert words in lines[0]
    assert not list(tmp_path.glob("results/*"))


def test_heads_of_another_model_are_one_sentence(sweep: Callable[..., Told], ranked: Callable[..., Path]) -> None:
    told = sweep("--heads", ranked(name="gemma-4-e2b"))
    assert told.code == 2 and "ranks the heads of gemma-4-e2b, not of tiny" in told.err
    told = sweep("--heads", ranked(name="tiny", commit="0" * 64))
    assert told.code == 2 and "made from other weights of tiny" in told.err


def test_layers_without_heads_are_one_sentence(sweep: Callable[..., Told], specimen: Callable[..., Path]) -> None:
    told = sweep("--model", specimen("qwen3.5"), "--heads", "L2H0")
    assert told.code == 2
    assert "Layer 2 has no attention output projection" in told.err and "[3, 7, 11, 15, 19, 23]" in told.err


def test_the_budget_is_the_prompt_sets_own() -> None:
    assert budget(None, "facts") == 64
    assert budget(None, "chef") == 512
    assert budget(None, "own") == 256
    assert budget(9, "facts") == 9


CONFIG = {
    *("command", "model", "prompts", "heads", "factors", "max_new_tokens", "instruments", "versions", "split", "limit"),
    *("random_heads", "seed", "prompt_order_seed", "backend", "dtype", "device", "attn", "prove", "batch_size"),
    *("thinking", "date", "system"),
}


def test_the_configuration_names_what_makes_two_sweeps_the_same(sweep: Callable[..., Told]) -> None:
    config = read_json(sweep("--limit", 1).run / "config.json")
    assert set(config) == CONFIG
    assert config["heads"] == {"kind": "list", "chosen": [[2, 1], [5, 0]]}


def test_the_recorded_command_line_is_the_same_run(sweep: Callable[..., Told], command: Callable[..., Told]) -> None:
    told = sweep("--limit", 2, "--no-prove", "--dtype", "float64", "--split", "fit")
    words = shlex.split(read_json(told.run / "run.json")["command_line"])
    again = command(*words[3:], "--output-dir", told.run.parent)
    assert (again.code, again.run) == (0, told.run), again.err
