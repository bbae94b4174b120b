"""How records, reports and runs show themselves in a notebook: `html(record)`, and `table(records)` for many.

Everything that a model, a judge or a user wrote is escaped. Arrays are named by shape, never by their numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch
from typing import Any
from urllib.parse import quote

import numpy as np

from interp.records.answers import Generation, StopReason
from interp.records.arrays import Features, HeadActivations, Probe
from interp.records.findings import Estimate, FailureMode, Outcome, Severity, StepResult, Threat, Verdict
from interp.records.judgements import Label
from interp.records.prompts import Prompt
from interp.records.shown import Shown, Table
from interp.results.fit import QUESTIONS, VERDICTS, ProbeReport
from interp.results.reading import read_report
from interp.runs.directory import Run
from interp.runs.layout import REPORT_PAGE, REPORT_TEXT
from interp.show import markup
from interp.show.markup import Html
from interp.show.signs import RED, SIGNS, STEP_OF_FAILURE
from interp.show.text import STOPS, has_verdicts, run_title, text, words

MOST_ITEMS = 12  # of a tuple that are shown


MOST_ROWS = 100  # of a table that are shown


def table(rows: Iterable[Any]) -> Table:
    """Return records as a table that shows itself: answers, prompts, labels, steps, threats, estimates or any other."""
    return Table(tuple(rows))


@singledispatch
def html(record: Any) -> str:
    """Return a record as HTML; a kind without a form of its own is a table of its fields."""
    if not dataclasses.is_dataclass(record):
        return _value(record)
    named = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return markup.card(type(record).__name__, markup.fields({name: _value(value) for name, value in named.items()}))


def sign(kind: Outcome | Severity) -> Html:
    """Return an outcome or severity with its sign, so that it is told by word and shape and not by colour alone."""
    glyph, colour = SIGNS[kind]
    return Html(f'<span style="white-space:nowrap"><span style="color:{colour}">{glyph}</span> {kind}</span>')


def estimate(found: Estimate | None) -> Html:
    """Return an estimate on one line, an AUROC with its bar against chance; None is said to be not measured."""
    if found is None:
        return markup.muted("not measured")
    drawn = Html(f" {markup.bar(found)}") if is_auroc(found) else Html("")
    number = f'<span style="white-space:nowrap">{markup.strong(f"{found.value:.3f}")}'
    return Html(f"{number} [{found.lower:.3f}, {found.upper:.3f}]{drawn}</span>")


def is_auroc(found: Estimate) -> bool:
    """True for an AUROC, whose chance level is 0.5, and not for a difference of two."""
    return found.method.startswith(("AUROC", "stored AUROC"))


def counts(found: Estimate) -> str:
    """Return the counts behind an estimate in words."""
    if is_auroc(found):
        return f"{found.n_pos} positive, {found.n_neg} negative"
    if found.method.startswith("rate"):
        return f"{found.n_pos} of {found.n_pos + found.n_neg}"
    return f"n = {found.n_pos} and {found.n_neg}"


@html.register
def _estimate_html(record: Estimate) -> str:
    p = "" if record.p_value is None else f", p = {record.p_value:.2g}"
    return Html(f"{estimate(record)} {markup.muted(f'{counts(record)}{p}; {record.method}')}")


@html.register
def _step_html(record: StepResult) -> str:
    return _table_html(Table((record,)))


@html.register
def _threat_html(record: Threat) -> str:
    shown = {name.replace("_", " "): _value(value) for name, value in record.evidence.items()}
    head = Html(f"{sign(record.severity)}: {markup.clean(words(record.name))}")
    return markup.card(head, record.sentence, markup.fields(shown))


@html.register
def _verdict_html(record: Verdict) -> str:
    parts: list[object] = [record.reason, _table_html(Table(record.steps))]
    if record.threats:
        parts.append(_table_html(Table(record.threats)))
    return markup.card(verdict_line(record.failure), *parts)


def verdict_line(failure: FailureMode) -> Html:
    """Return a verdict in a few words, with its sign."""
    glyph, colour = SIGNS[STEP_OF_FAILURE[failure]]
    return Html(f'<span style="color:{colour}">{glyph}</span> {markup.clean(VERDICTS[failure])}')


@html.register
def _generation_html(record: Generation) -> str:
    said = markup.muted("not recorded") if "text" in record.unrecorded else markup.prose(record.text)
    facts = f"{record.id}, {record.model}, {len(record.tokens)} tokens"
    return Html(f"<div>{said}<br>{stop(record)} {markup.muted(facts)}</div>")


def stop(record: Generation) -> Html:
    """Return why an answer ended; one that was cut off is marked."""
    if record.stop is None:
        return markup.muted("stop reason not recorded")
    if record.stop is not StopReason.LENGTH:
        return markup.muted(STOPS[record.stop])
    style = f"color:{RED};border:1px solid {RED};border-radius:.3em;padding:0 .35em;white-space:nowrap"
    return Html(f'<strong style="{style}">CUT OFF at {record.max_new_tokens} tokens</strong>')


@html.register(Features)
@html.register(HeadActivations)
@html.register(Probe)
def _arrays_html(record: Features | HeadActivations | Probe) -> str:
    return Html(f"<code>{markup.clean(text(record))}</code>")


@html.register
def _table_html(record: Table) -> str:
    rows = record.rows[:MOST_ROWS]
    if not rows:
        return markup.muted("no rows")
    header, cells = _COLUMNS.get(type(rows[0]), _any_columns)(rows)
    shown = markup.grid(header, cells)
    left = len(record.rows) - len(rows)
    return Html(f"{shown}{markup.muted(f'and {left} more rows')}") if left else shown


@html.register
def _report_html(record: ProbeReport) -> str:
    cards = [
        markup.card(Html(f"{markup.clean(QUESTIONS[target])} {verdict_line(verdict.failure)}"), verdict.reason)
        for target, verdict in record.verdicts.items()
    ]
    return Html("".join(cards))


@html.register
def _run_html(record: Run) -> str:
    state = "finished" if record.complete else "unfinished: run its command again to finish it"
    parts: list[object] = [markup.muted(f"{record.path} ({state}; {len(record.files)} files)")]
    if record.complete and has_verdicts(record):
        parts.append(Html(_report_html(read_report(record))))
    for page in (REPORT_PAGE, REPORT_TEXT):
        if page in record.files:
            parts.append(Html(f'<a href="{markup.clean(quote(str(record.path / page)))}" target="_blank">{page}</a>'))
            break
    parts.append(_details("configuration", markup.fields({k: _value(v) for k, v in sorted(record.config.items())})))
    return markup.card(run_title(record), *parts)


def _details(title: str, inner: Html) -> Html:
    return Html(f'<details><summary style="opacity:.72">{title}</summary>{inner}</details>')


def _value(value: Any) -> Html:
    """Return any value on little room."""
    if value is None:
        return markup.muted("none")
    if isinstance(value, Estimate):
        return estimate(value)
    if isinstance(value, Shown):
        return Html(html(value))
    if isinstance(value, Mapping):
        return markup.fields({str(k): _value(v) for k, v in value.items()}) if value else markup.muted("none")
    if isinstance(value, np.ndarray):
        return markup.clean(f"{value.dtype} array of {' x '.join(map(str, value.shape))}")
    if isinstance(value, tuple | list):
        return _items(value)
    if isinstance(value, float):
        return markup.clean(f"{value:.4g}")
    return markup.prose(str(value))


def _items(values: Sequence[Any]) -> Html:
    if not values:
        return markup.muted("none")
    shown = Html(", ".join(_value(value) for value in values[:MOST_ITEMS]))
    left = len(values) - MOST_ITEMS
    return Html(f"{shown} {markup.muted(f'and {left} more')}") if left > 0 else shown


Columns = tuple[Sequence[object], Sequence[Sequence[object]]]


def _any_columns(rows: Sequence[Any]) -> Columns:
    if not dataclasses.is_dataclass(rows[0]):
        return ["value"], [[_value(row)] for row in rows]
    names = [field.name for field in dataclasses.fields(rows[0])]
    return [words(name) for name in names], [[_value(getattr(row, name)) for name in names] for row in rows]


def _estimate_columns(rows: Sequence[Estimate]) -> Columns:
    return ["estimate", "counts", "method"], [[estimate(r), counts(r), r.method] for r in rows]


def _step_columns(rows: Sequence[StepResult]) -> Columns:
    cells = [[words(r.step), sign(r.outcome), estimate(r.auroc), r.detail] for r in rows]
    return ["step", "outcome", "AUROC", "what was found"], cells


def _threat_columns(rows: Sequence[Threat]) -> Columns:
    return ["threat", "severity", "what was found"], [[words(r.name), sign(r.severity), r.sentence] for r in rows]


def _generation_columns(rows: Sequence[Generation]) -> Columns:
    texts = [markup.muted("not recorded") if "text" in r.unrecorded else markup.prose(r.text) for r in rows]
    cells = [[r.id, said, stop(r)] for r, said in zip(rows, texts, strict=True)]
    return ["answer", "text", "why it ended"], cells


def _prompt_columns(rows: Sequence[Prompt]) -> Columns:
    cells = [[r.id, r.split, markup.prose(r.text), _items([claim.text for claim in r.claims])] for r in rows]
    return ["prompt", "split", "text", "claims"], cells


def _label_columns(rows: Sequence[Label]) -> Columns:
    header = ["answer", "correct", "asserted", "claims met"]
    return header, [[r.generation_id, _known(r, "correct"), _known(r, "asserted"), _met(r)] for r in rows]


def _known(label: Label, name: str) -> Html:
    value = getattr(label, name)
    if value is None:
        return markup.muted(f"unknown ({words(label.reasons.get(name, 'no reason given'))})")
    return markup.clean("yes" if value else "no")


def _met(label: Label) -> str:
    if not label.claims_met:
        return ""
    unknown = sum(met is None for met in label.claims_met)
    said = f"{sum(bool(met) for met in label.claims_met)} of {len(label.claims_met)}"
    return f"{said} ({unknown} unknown)" if unknown else said


_COLUMNS: dict[type, Any] = {
    Estimate: _estimate_columns,
    StepResult: _step_columns,
    Threat: _threat_columns,
    Generation: _generation_columns,
    Prompt: _prompt_columns,
    Label: _label_columns,
}
