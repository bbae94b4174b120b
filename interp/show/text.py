"""How records, reports and runs are printed: in plain words, arrays by shape and place and never by their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from interp.records.answers import Generation, StopReason
from interp.records.arrays import Features, HeadActivations, Probe
from interp.records.findings import StepResult, Threat, Verdict
from interp.records.shown import Table
from interp.results.fit import QUESTIONS, VERDICTS, ProbeReport
from interp.results.reading import is_published, read_report
from interp.runs.directory import Run
from interp.runs.layout import REPORT

STOPS = {
    StopReason.EOS: "ended by itself",
    StopReason.STOP_STRING: "stopped at the next question",
    StopReason.LENGTH: "CUT OFF",
}


@singledispatch
def text(record: Any) -> str:
    """Return a record in plain words; a kind without a form of its own is its repr."""
    return repr(record)


@text.register
def _step_text(record: StepResult) -> str:
    return f"{words(record.step)}: {record.outcome}; {record.detail}"


@text.register
def _threat_text(record: Threat) -> str:
    return f"{words(record.name)} ({record.severity}): {record.sentence}"


@text.register
def _verdict_text(record: Verdict) -> str:
    lines = [f"{VERDICTS[record.failure]}. {record.reason}"]
    return "\n".join([*lines, *(f"  {step}" for step in record.steps), *(f"  {threat}" for threat in record.threats)])


@text.register
def _generation_text(record: Generation) -> str:
    said = "(text not recorded)" if "text" in record.unrecorded else record.text
    if record.stop is None:
        return f"{said}\n[{record.id}: stop reason not recorded]"
    at = f" at {record.max_new_tokens} tokens" if record.stop is StopReason.LENGTH else ""
    return f"{said}\n[{record.id}: {STOPS[record.stop]}{at}]"


@text.register
def _features_text(record: Features) -> str:
    n, _, width = record.x.shape
    pooled = f", mean of the last {record.pool_tokens} tokens" if record.pool_tokens > 1 else ""
    pooled += f", mean of the last {record.pool_layers} hidden states" if record.pool_layers > 1 else ""
    at = f"{record.site} at {record.position}"
    return f"Features({at}: {n} answers, {_layers(record.layers)}, d_model {width}, {record.x.dtype}{pooled})"


@text.register
def _heads_text(record: HeadActivations) -> str:
    heads, widths = ({a.shape[axis] for a in record.means} for axis in (1, 2))
    sizes = f"{_range(heads)} heads of {_range(widths)}" if record.means else "no heads"
    n = len(record.generation_ids)
    return f"HeadActivations({n} answers, {_layers(record.layers)}, {sizes}, last {record.last_tokens} tokens)"


@text.register
def _probe_text(record: Probe) -> str:
    norm = float(np.linalg.norm(record.w))
    place = f"{record.site} {record.layer} at {record.position}"
    size = f"d_model {len(record.w)}, C {record.c:g}, |w| {norm:.3g}, b {record.b:.3g}"
    return f"Probe({record.target} from {place}: {size})"


@text.register
def _table_text(record: Table) -> str:
    return "\n".join(str(row) for row in record.rows)


@text.register
def _report_text(record: ProbeReport) -> str:
    return "\n".join(f"{QUESTIONS[t]} {VERDICTS[v.failure]}. {v.reason}" for t, v in record.verdicts.items())


@text.register
def _run_text(record: Run) -> str:
    state = "finished" if record.complete else "unfinished"
    lines = [f"{run_title(record)}: {record.path} ({state})"]
    return "\n".join(lines + ([str(read_report(record))] if has_verdicts(record) else []))


def has_verdicts(run: Run) -> bool:
    """Say whether a run holds a report with verdicts; the published ones hold stored numbers."""
    return REPORT in run.files and not is_published(run.path / REPORT)


def words(name: str) -> str:
    """Return a name with spaces."""
    return name.replace("_", " ")


def _layers(layers: Sequence[int]) -> str:
    if len(layers) == 1:
        return f"layer {layers[0]}"
    whole = list(layers) == list(range(layers[0], layers[-1] + 1)) if layers else False
    return f"{len(layers)} layers" + (f" {layers[0]}-{layers[-1]}" if whole else "")


def _range(sizes: set[int]) -> str:
    return str(min(sizes)) if len(sizes) == 1 else f"{min(sizes)} to {max(sizes)}"


def run_title(run: Run) -> str:
    """Return what a run's configuration says it is about: the model and the prompts."""
    named = [run.config[key] for key in ("model", "prompts") if run.config.get(key)]
    names = [value["name"] if isinstance(value, Mapping) else value for value in named]
    return " on ".join(str(name) for name in names) or "run"
