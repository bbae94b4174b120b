"""A fitted gate on an open model: assert above the threshold, hedge below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from interp.errors import InputError
from interp.records.answers import Generation
from interp.records.arrays import Features, Probe, Site
from interp.records.prompts import Prompt, Split
from interp.runs.arrays import read_probes
from interp.runs.directory import verify
from interp.runs.files import read_json
from probes.fitting import readings
from probes.fitting.linear import probability

if TYPE_CHECKING:
    from hooks.backend.protocol import Backend

HEDGE = "I am not certain of this: "


class Answered(NamedTuple):
    """What a gate gives: the model's own answer in `text`, behind the hedge where `hedged`.

    `score` is the probability that the target holds; None where there was nothing to read (an empty answer, or one cut
    off before the position that the probe reads): such an answer is not vouched for, so it is hedged.
    """

    text: str
    score: float | None
    hedged: bool


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """A probe on an open model, the threshold that was chosen for it on fit, and what is said below it.

    The content of an answer is never touched: it is given whole, with or without `hedge` before it.
    """

    probe: Probe
    threshold: float
    backend: Backend
    hedge: str = HEDGE
    max_new_tokens: int = 256

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InputError(f"A gate's threshold is a probability, got {self.threshold}; expected 0 to 1.")

    def answer(self, prompt: str | Prompt) -> Answered:
        """Answer a prompt greedily; a score above the threshold asserts, anything else hedges."""
        from hooks.answers.batch import generate_batch

        asked = prompt if isinstance(prompt, Prompt) else Prompt("asked", prompt, "", Split.FRESH, ())
        (generation,), captured = generate_batch(
            self.backend,
            [asked],
            max_new_tokens=self.max_new_tokens,
            pool_tokens=self.probe.pool_tokens,
            layers=self._layers(),
        )
        score = self._score(generation, captured)
        hedged = score is None or not score > self.threshold
        return Answered(self.hedge + generation.text if hedged else generation.text, score, hedged)

    def _layers(self) -> tuple[int, ...]:
        """The blocks to read: the probe's own, or those that it averages."""
        last, k = self.probe.layer, self.probe.pool_layers
        return (last,) if k == 1 else tuple(range(last - k + 1, last))

    def _score(self, generation: Generation, captured: Sequence[Features]) -> float | None:
        here = {f.site: f for f in captured if f.position is self.probe.position}
        if generation.id not in here[Site.LN_FINAL].generation_ids:
            return None
        read = here[self.probe.site]
        if self.probe.pool_layers > 1:
            stacked = readings.pooled(here[Site.RESID_POST], here[Site.LN_FINAL], self.probe.pool_layers).stacked
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


def open_gate(run: Path, target: str, backend: Backend, hedge: str = HEDGE) -> Gate:
    """Return the gate of a finished run: its probe, its threshold and its token budget, on an open model.

    Raises:
        InputError: an unfinished run, one without this probe or threshold, or a run of another model.
    """
    manifest = verify(run)
    config = manifest["config"]
    if "probe.safetensors" not in manifest["files"]:
        raise InputError(f"{run} holds no probe, so there is nothing to gate with; use a run that fitted one.")
    probes = read_probes(run / "probe.safetensors")
    judged = read_json(run / "report.json")["targets"].get(target, {}).get("gate")
    if target not in probes or judged is None or judged["threshold"] is None:
        raise InputError(f"{run} has no gate for {target!r}; it has probes for {', '.join(sorted(probes))}.")
    if config["model"]["name"] != backend.model_id.name:
        raise InputError(
            f"The gate of {run} belongs to {config['model']['name']}, but the open model is {backend.model_id.name}."
        )
    return Gate(probes[target], judged["threshold"], backend, hedge, config["max_new_tokens"])
