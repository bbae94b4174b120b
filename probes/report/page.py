"""A report as one HTML page that needs nothing else: the verdict first, then figures, threats, tables, provenance.

The page is made from the report and the files of its run alone, loads nothing, and is the same bytes each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interp.records.arrays import Position
from interp.records.findings import Estimate, FailureMode, Outcome, Severity
from interp.runs.files import read_json, sha256_file
from interp.runs.report import QUESTIONS, VERDICTS
from interp.show import markup
from interp.show.markup import Html
from interp.show.signs import SIGNS, STEP_OF_FAILURE
from probes.report import markdown as words
from probes.report import tables
from probes.report.tables import Numbers, ReportTable

if TYPE_CHECKING:
    from figures.inline import InlineFigure

TEMPLATE = "report.html.jinja"
LONG = 12  # rows beyond which a table is folded
FEW = 2  # relations that the head of the page names
DIGEST = 12  # characters of a sha256 that a caption shows
WIDE_BAR = 168  # pixels


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number beside the verdict: its name, the number in words, and its bar where it is an AUROC."""

    name: str
    value: str
    interval: str
    counts: str
    marks: str = ""
    bar: Html | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """One question with its verdict, the numbers behind it, and what each step said."""

    question: str
    failure: str
    glyph: str
    verdict: str
    reason: str
    numbers: tuple[KeyNumber, ...]
    steps: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class SharedThreat:
    """A threat, told once with the questions that it bears on."""

    severity: str
    glyph: str
    name: str
    sentence: str
    bears_on: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the page's numbers lie: the report's file and the run whose files the figures are drawn from."""

    report: Path
    run: Path
    has_probe: bool


def fit_page(run: Path) -> str:
    """Return `report.html` of a fitted run, from its `report.json` and its other files."""
    found = read_json(run / "report.json")
    title = f"{found['loaded']['model']['name']} on {found['config']['prompts']['name']}"
    source = Source(run / "report.json", run, has_probe=True)
    return _render(found, title, source, (), tables.provenance(found))


def falsify_page(path: Path, run: Path, further: Sequence[ReportTable], origin: ReportTable) -> str:
    """Return `falsify.html`, from `falsify.json` and the run that it judged; `further` tables are shown at the end."""
    found = read_json(path)
    title = f"{found['config']['model']['name']} on {found['config']['prompts']['name']}"
    return _render(found, title, Source(path, run, has_probe=False), further, origin)


def _render(found: Numbers, title: str, source: Source, further: Sequence[ReportTable], origin: ReportTable) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    drawn, missing = _figures(found, source)
    environment = Environment(
        loader=PackageLoader("probes.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    targets = words.targets(found)
    return environment.get_template(TEMPLATE).render(
        title=title,
        facts=_facts(found),
        answered=[_answered(target, one, found["gates"]) for target, one in targets],
        delivery=words.delivery(found),
        lexicon=words.lexicon(found),
        figures=[(figure, Html(figure.svg), _origins(figure, source)) for figure in drawn],
        missing=[sentence.replace("report.json", source.report.name) for sentence in missing],
        threats=_threats(targets),
        data=tables.data_tables(found),
        targets=[(QUESTIONS[t], _sentences(one), tables.target_tables(one)) for t, one in targets],
        further=further,
        origin=origin,
        report=(source.report.name, sha256_file(source.report)),
        glossary=_emphasised(words.GLOSSARY),
        bar=_bar,
        long=LONG,
    )


def _figures(found: Numbers, source: Source) -> tuple[list[InlineFigure], list[str]]:
    """Draw what the run can fill; a page that did not fit the run's saved probe leaves out the figures of it."""
    from figures.inline import FROM_THE_PROBE, inline_figures
    from figures.parts.result import Result

    config = found["config"]
    names = frozenset(p.name for p in source.run.iterdir() if p.is_file())
    position = Position(config.get("position", Position.CONTENT))
    result = Result(source.run, config["model"]["name"], position, names, found)
    return inline_figures(result, frozenset() if source.has_probe else FROM_THE_PROBE)


def _origins(figure: InlineFigure, source: Source) -> list[tuple[str, str]]:
    """Return the files that a figure was drawn from, each with the head of its sha256."""
    files = [source.report if name == "report.json" else source.run / name for name in figure.files]
    return [(file.name, sha256_file(file)[:DIGEST]) for file in files]


def _facts(found: Numbers) -> list[str]:
    """Return what was read, in a few words each."""
    sizes = " and ".join(f"{found['answers'][split]['n']} {split}" for split in tables.SPLITS)
    facts = [f"{sizes} answers", f"h_last at the {found['config'].get('position', Position.CONTENT)} position"]
    relations = {row["relation"] for one in found["targets"].values() for row in one["relations"]}
    if 0 < len(relations) <= FEW:
        facts.insert(0, " and ".join(sorted(relations)).replace("_", " "))
    readings = max((len(one["readings"]) for one in found["targets"].values()), default=0)
    return [*facts, f"{readings} readings by layer"] if readings > 1 else facts


def _answered(target: str, found: Numbers, gates: Numbers) -> Answered:
    verdict = found["verdict"]
    failure = FailureMode(verdict["failure"])
    steps = tuple(
        (s["step"].replace("_", " "), s["outcome"], SIGNS[Outcome(s["outcome"])][0]) for s in verdict["steps"]
    )
    glyph = SIGNS[STEP_OF_FAILURE[failure]][0]
    numbers = tuple(_key_numbers(target, found, gates))
    return Answered(QUESTIONS[target], failure, glyph, VERDICTS[failure], verdict["reason"], numbers, steps)


def _key_numbers(target: str, found: Numbers, gates: Numbers) -> list[KeyNumber]:
    row, made = found["headline"], []
    if row:
        made += [_key("AUROC on fresh prompts", row["fresh"], _counted(target), (0.5, gates["fresh_auroc"]))]
        made += [_key("AUROC cross-validated on fit", row["nested_cv"], _counted(target), (0.5, gates["cv_auroc"]))]
    made += [_rates(target, found["n"])]
    gate = found["gate"]
    if gate and gate["asymmetry"]:
        made.append(_key("Gate: asymmetry on fresh", gate["asymmetry"], ("negative", "positive")))
    return [number for number in made if number is not None]


def _counted(target: str) -> tuple[str, str]:
    return ("correct", "wrong") if target == "correct" else ("asserted", "hedged")


def _key(
    name: str, estimate: Numbers | None, counted: tuple[str, str], marks: tuple[float, ...] = ()
) -> KeyNumber | None:
    if estimate is None:
        return None
    e = Estimate(**estimate)
    counts = f"{e.n_pos} {counted[0]}, {e.n_neg} {counted[1]}"
    ticks = f"ticks: chance {marks[0]:g}, gate {marks[1]:g}" if marks else ""
    drawn = markup.bar(e, marks=marks, width=WIDE_BAR) if marks else None
    return KeyNumber(name, f"{e.value:.3f}", f"[{e.lower:.3f}, {e.upper:.3f}]", counts, ticks, drawn)


def _rates(target: str, n: Numbers) -> KeyNumber:
    """Return the share of positive answers on both splits, which is what a cliff is told by."""
    name = "Correct answers, fit to fresh" if target == "correct" else "Asserted answers, fit to fresh"
    shares, counts = [], []
    for split in tables.SPLITS:
        k, all_ = n[split]["n_pos"], n[split]["n_pos"] + n[split]["n_neg"]
        shares.append(f"{k / all_:.0%}" if all_ else "none")
        counts.append(f"{k} of {all_}")
    return KeyNumber(name, " \N{RIGHTWARDS ARROW} ".join(shares), "", " and ".join(counts))


def _sentences(found: Numbers) -> list[str]:
    """Return the sentences that stand above a target's tables."""
    said = []
    if found["headline"]:
        said = [f"Headline: {words.headline(found['headline'])}.", f"Gate: {words.gate(found['gate'])}."]
        said.append(words.study_reading(found))
    return said + (tables.reliability(found["reliability"]) if found.get("reliability") else [])


def _threats(targets: Sequence[tuple[str, Numbers]]) -> list[SharedThreat]:
    """Return every threat once, the gravest first."""
    bears_on: dict[tuple[str, str, str], list[str]] = {}
    for target, found in targets:
        for threat in found["verdict"]["threats"]:
            bears_on.setdefault((threat["severity"], threat["name"], threat["sentence"]), []).append(target)
    order = [Severity.FATAL, Severity.WARNING, Severity.NOTE]
    told = sorted(bears_on.items(), key=lambda item: order.index(Severity(item[0][0])))
    return [
        SharedThreat(severity, SIGNS[Severity(severity)][0], name.replace("_", " "), sentence, _bears_on(mine, targets))
        for (severity, name, sentence), mine in told
    ]


def _bears_on(mine: Sequence[str], targets: Sequence[tuple[str, Numbers]]) -> str:
    return "" if len(mine) == len(targets) else " and ".join(mine)


def _bar(estimate: Mapping[str, Any] | None) -> Html | str:
    return "" if estimate is None else markup.bar(Estimate(**estimate))


def _emphasised(text: str) -> Html:
    """Return our own Markdown emphasis as HTML."""
    made = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text.strip()))
    return Html(re.sub(r"\*(.+?)\*", r"<em>\1</em>", made))
