"""A fitted gate on an open model: assert above the threshold, hedge below it and wherever the probe cannot vouch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from interp.errors import InputError
from interp.labels.of_answers import silence
from interp.language.thinking import cut_off
from interp.records.answers import Generation, StopReason
from interp.records.arrays import Features, Probe, Site
from interp.records.findings import Verdict
from interp.records.loaded import Loaded
from interp.records.prompts import Prompt, Split
from interp.records.rendering import Rendering
from interp.records.shown import Shown
from interp.results.fit import Target
from interp.results.reading import read_report
from interp.runs.arrays import read_probes
from interp.runs.directory import read_run
from interp.runs.layout import PROBES
from interp.runs.rendering import read_rendering
from probes.fitting import layers
from probes.fitting.linear import probability

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend

HEDGE = "I am not certain of this: "


class HedgeReason(StrEnum):
    """Why an answer is hedged. Of answers that were cut off or are empty the probe has never seen any."""

    BELOW_THRESHOLD = "below_threshold"
    CUT_OFF = "cut_off"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class GatedAnswer(Shown):
    """What a gate gives for a question.

    Attributes:
        question: what was asked.
        text: what is said: the model's own answer, behind the hedge where `hedged`.
        answer: the model's own answer.
        score: the probability that the target holds; None where the probe cannot tell: no label of the run says
            anything of an answer that is empty or was cut off, so the probe was not calibrated on such answers.
        threshold: what the score had to exceed.
        hedged: whether the hedge stands before the answer.
        stop: why the answer ended.
        reason: why it is hedged; None where it is not.
    """

    question: str
    text: str
    answer: str
    score: float | None
    threshold: float
    hedged: bool
    stop: StopReason
    reason: HedgeReason | None


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """A probe on an open model, the threshold that was chosen for it on fit, and what is said below it.

    The content of an answer is never touched: it is given whole, with or without `hedge` before it. `rendering` is how
    prompts are put to the model, that of the probe's run; None is the default of this day.
    """

    probe: Probe
    threshold: float
    backend: Backend
    hedge: str = HEDGE
    max_new_tokens: int = 256
    rendering: Rendering | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InputError(f"A gate's threshold is a probability, got {self.threshold}; expected 0 to 1.")

    def answer(self, prompt: str | Prompt) -> GatedAnswer:
        """Answer a prompt greedily; a finished answer that scores above the threshold asserts, anything else hedges."""
        from hooks.answers.batch import generate_batch

        asked = prompt if isinstance(prompt, Prompt) else Prompt("asked", prompt, "", Split.FRESH, ())
        (generation,), captured = generate_batch(
            self.backend,
            [asked],
            max_new_tokens=self.max_new_tokens,
            pool_tokens=self.probe.pool_tokens,
            layers=self._layers(),
            rendering=self.rendering,
        )
        return self._decide(asked, generation, captured)

    def _decide(self, asked: Prompt, generation: Generation, captured: Sequence[Features]) -> GatedAnswer:
        assert generation.stop is not None, "an answer that was just made knows why it ended"
        reason = _unlabelled(generation)
        score = self._score(captured) if reason is None else None
        if score is not None and not score > self.threshold:
            reason = HedgeReason.BELOW_THRESHOLD
        return GatedAnswer(
            question=asked.text,
            text=generation.text if reason is None else self.hedge + generation.text,
            answer=generation.text,
            score=score,
            threshold=self.threshold,
            hedged=reason is not None,
            stop=generation.stop,
            reason=reason,
        )

    def _layers(self) -> tuple[int, ...]:
        """The blocks to read: the probe's own, or those that it averages."""
        last, k = self.probe.layer, self.probe.pool_layers
        return (last,) if k == 1 else tuple(range(last - k + 1, last))

    def _score(self, captured: Sequence[Features]) -> float:
        """Return the probability that the probe gives to a finished answer, which has a row at both positions."""
        here = {f.site: f for f in captured if f.position is self.probe.position}
        read = here[self.probe.site]
        if self.probe.pool_layers > 1:
            stacked = layers.pooled(here[Site.RESID_POST], here[Site.LN_FINAL], self.probe.pool_layers).stacked
            read = Features(
                stacked.generation_ids,
                self.probe.site,
                (self.probe.layer,),
                stacked.position,
                stacked.x,
                stacked.pool_tokens,
                stacked.pool_layers,
            )
        return float(probability(self.probe.score(read))[0])


def _unlabelled(generation: Generation) -> HedgeReason | None:
    """Say why a run would have no label for an answer, so that no probe was fitted on its like; None where it would."""
    if cut_off(generation):
        return HedgeReason.CUT_OFF
    return None if silence(generation) is None else HedgeReason.EMPTY


@dataclass(frozen=True, slots=True, eq=False)
class FittedGate:
    """What a finished run says of its gate, before any model is open.

    Attributes:
        run: the run directory.
        probe: the probe of one target.
        threshold: the probability that was chosen for it on fit.
        max_new_tokens: the token budget of the run's answers.
        loaded: the model that answered, as it was loaded.
        rendering: how its prompts were put to it.
        verdict: whether the probe was shown to be a handle.
    """

    run: Path
    probe: Probe
    threshold: float
    max_new_tokens: int
    loaded: Loaded
    rendering: Rendering
    verdict: Verdict

    def on(self, backend: Backend, hedge: str = HEDGE) -> Gate:
        """Return the gate on an open model; other weights or another number format raise InputError.

        The whole commit and the dtype must be the run's; what the model is called and where it lies says nothing.
        """
        then, now = self.loaded.model, backend.model_id
        if then.weights != now.weights:
            raise InputError(
                f"The gate of {self.run} belongs to {then.title}, but the open model is {now.title}; open that "
                "model, or fit a probe on this one."
            )
        return Gate(self.probe, self.threshold, backend, hedge, self.max_new_tokens, self.rendering)


def read_gate(run: Path, target: Target) -> FittedGate:
    """Return what a finished run says of its gate, without a model.

    Raises:
        InputError: an unfinished or damaged run, or one without this probe or a threshold for it.
    """
    finished = read_run(run)
    if PROBES not in finished.files:
        raise InputError(f"{run} holds no probe, so there is nothing to gate with; use a run that fitted one.")
    probes, report = read_probes(run / PROBES), read_report(run)
    judged = dict(report.targets.asked()).get(target)
    if target not in probes or judged is None or judged.sidecar is None:
        why = "" if judged is None else f" ({judged.verdict.reason.rstrip('.')})"
        raise InputError(f"{run} has no gate for {target!r}{why}; it has probes for {', '.join(sorted(probes))}.")
    if judged.sidecar.threshold is None:
        raise InputError(f"{run} has no threshold for {target!r}, so nothing can be asserted: {judged.sidecar.reason}.")
    budget = int(finished.config["max_new_tokens"])
    return FittedGate(
        run, probes[target], judged.sidecar.threshold, budget, report.loaded, read_rendering(run), judged.verdict
    )


def open_gate(run: Path, target: Target, backend: Backend, hedge: str = HEDGE) -> Gate:
    """Return the gate of a finished run: its probe, its threshold and its token budget, on an open model.

    Raises:
        InputError: an unfinished run, one without this probe or threshold, or a run of another model.
    """
    return read_gate(run, target).on(backend, hedge)
