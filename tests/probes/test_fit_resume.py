"""A run that is killed and started again ends in the same bytes; two processes cannot write one run."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interp.errors import InputError
from interp.runs.directory import verify
from probes import fit

DRIVER = Path(__file__).with_name("killed_fit.py")
# In the order of a run: each process is killed a little later than the one before it.
MOMENTS = (
    "during config.json",
    "after config.json",
    "before prompts.jsonl",
    "after model.json",
    "during 00000.safetensors",
    "after 00000.safetensors",
    "before 00003.safetensors",
    "after 00005.safetensors",
    "during generations.jsonl",
    "before features.safetensors",
    "after features.safetensors",
    "after features.json",
    "during labels.jsonl",
    "after probe.safetensors",
    "during report.html",
    "during run.json",
    "after run.json",
)
FRACTIONS = (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)

Hashes = Callable[[Path], dict[str, str]]


@pytest.fixture(scope="module")
def words(babble: Any, prompt_file: Path) -> list[str]:
    """A run of eight batches with a probe for each target that can have one."""
    given = {"--model": babble.model, "--prompts": prompt_file, "--batch-size": 6, "--max-new-tokens": 12}
    return [str(w) for pair in (given | {"--layers": "0,5"}).items() for w in pair]


def drive(words: list[str], *steps: tuple[str | None, Path]) -> list[dict[str, Any]]:
    """Run the command once a step, each in its own process, killed at its moment; say how each ended."""
    done = subprocess.run(
        [sys.executable, str(DRIVER), json.dumps([(moment, str(results)) for moment, results in steps]), *words],
        capture_output=True,
        text=True,
        timeout=550,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def story(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """One run left alone, one killed at every moment and then finished, one that two processes want at once."""
    root = tmp_path_factory.mktemp("story")
    steps: list[tuple[str | None, Path]] = [(None, root / "whole")]
    steps += [(moment, root / "killed") for moment in (*MOMENTS, None)]
    return root, drive(words, *steps, ("pause 00002.safetensors", root / "shared"))


def test_a_run_killed_at_every_stage_ends_like_one_that_never_was(
    story: tuple[Path, list[dict[str, Any]]], hashes: Hashes
) -> None:
    root, (whole, *killed, _, _) = story
    assert [one["signal"] for one in killed] == [signal.SIGKILL] * len(MOMENTS) + [None]
    assert (whole["code"], killed[-1]["code"]) == (0, 0)
    assert killed[-1]["out"].split("\n")[:-3] == whole["out"].split("\n")[:-3]  # all but the paths
    assert hashes(root / "killed") == hashes(root / "whole")
    assert any(name.endswith("run.json") for name in hashes(root / "whole"))


def test_a_second_process_on_the_same_run_is_refused_and_the_first_is_not_harmed(
    story: tuple[Path, list[dict[str, Any]]], hashes: Hashes
) -> None:
    root, (*_, second, first) = story
    assert (second["code"], second["out"], second["err"].count("\n")) == (2, "", 1)
    assert second["err"].startswith("error: Another process is writing ")
    assert first["code"] == 0
    assert hashes(root / "shared") == hashes(root / "whole")


def test_a_run_without_its_manifest_is_not_believed(
    fit_tiny: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fit, "close_run", full)
    assert fit_tiny("--output-dir", tmp_path).code == 2
    (run,) = tmp_path.iterdir()
    assert (run / "report.json").is_file()
    with pytest.raises(InputError, match=r"holds no run\.json: it is not a finished run"):
        verify(run)


def test_an_interrupt_is_one_sentence_and_no_saved_batch_is_answered_twice(
    fit_tiny: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashes: Hashes
) -> None:
    from hooks.answers import batch, collect, parts
    from hooks.answers.batch import generate_batch

    write_part, answer = parts.write_part, generate_batch
    answered: list[int] = []

    def interrupted(path: Path, *rest: Any) -> None:
        write_part(path, *rest)
        if path.stem == "00000":
            raise KeyboardInterrupt

    def counted(backend: Any, prompts: Any, **rest: Any) -> Any:
        answered.append(len(prompts))
        return answer(backend, prompts, **rest)

    monkeypatch.setattr(collect, "write_part", interrupted)
    told = fit_tiny("--output-dir", tmp_path, "--batch-size", 8, "--limit", 12)
    assert (told.code, told.out) == (130, "")
    assert told.err.rstrip().split("\n")[-1] == "error: Stopped; run the same command again to continue."
    monkeypatch.setattr(collect, "write_part", write_part)
    monkeypatch.setattr(batch, "generate_batch", counted)
    again = fit_tiny("--output-dir", tmp_path, "--batch-size", 8, "--limit", 12)
    assert again.code == 0
    assert answered == [8, 8]
    assert hashes(again.run) == hashes(fit_tiny("--batch-size", 8, "--limit", 12).run)


def test_a_damaged_batch_is_named_when_the_run_goes_on(
    fit_tiny: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hooks.answers import collect

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(collect, "merge_parts", full)
        assert "No space left" in fit_tiny("--output-dir", tmp_path).err
    part = next(tmp_path.glob("*/parts/00001.safetensors"))
    content = part.read_bytes()
    part.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    refused = fit_tiny("--output-dir", tmp_path)
    assert refused.code == 2
    assert f"error: {part} is damaged" in refused.err
    part.unlink()
    prompts = next(tmp_path.glob("*/prompts.jsonl"))
    as_begun = prompts.read_text()
    prompts.write_text(as_begun.replace("river", "brook", 1))
    refused = fit_tiny("--output-dir", tmp_path)
    assert refused.code == 2
    assert f"error: {prompts} is not what this run was begun with" in refused.err
    prompts.unlink()
    assert fit_tiny("--output-dir", tmp_path).code == 0
    assert prompts.read_text() == as_begun


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_kill_at_ten_moments_of_real_processes(words: list[str], tmp_path: Path, hashes: Hashes) -> None:
    def process(results: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "probes.fit", *words, "--output-dir", str(results)]
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )

    started = time.monotonic()
    assert process(tmp_path / "whole").wait() == 0
    length = time.monotonic() - started
    whole = hashes(tmp_path / "whole")
    killed = 0
    for fraction in FRACTIONS:
        results = tmp_path / f"killed-{fraction}"
        running = process(results)
        time.sleep(fraction * length)
        running.send_signal(signal.SIGKILL)
        killed += running.wait() == -signal.SIGKILL
        assert process(results).wait() == 0
        assert hashes(results) == whole, f"killed at {fraction} of {length:.1f} s"
    assert killed >= 7, "most of the processes ended before they were killed"


@pytest.mark.parametrize("name", ["generations.jsonl", "labels.jsonl", "model.json", "rendering.json"])
def test_an_edit_between_two_stages_is_not_believed(
    fit_tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def stop(*_: object) -> None:
        raise InputError("stopped behind the labels.")

    with monkeypatch.context() as patch:
        patch.setattr(fit, "_evidence", stop)
        assert "stopped behind the labels" in fit_tiny("--output-dir", tmp_path).err
    file = next(tmp_path.glob(f"*/{name}"))
    written = file.read_text()
    edited = written.replace("true", "false", 1) if "true" in written else written.replace('"', ' "', 1)
    assert edited != written
    file.write_text(edited)
    refused = fit_tiny("--output-dir", tmp_path)
    assert refused.code == 2
    assert f"error: {file} is not what this run wrote" in refused.err
    file.write_text(written)
    assert fit_tiny("--output-dir", tmp_path).code == 0
