"""The dose-response figure equals the numbers of the sweep that it is drawn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from figures import export
from figures.__main__ import drawings
from figures.export import Drawing
from figures.further import dose_response
from figures.listing import HEADS
from figures.parts import style
from figures.parts.result import DrawnRun, NotInRun, open_result
from hooks.dose.document import spelled
from hooks.dose.evidence import gather
from hooks.dose.verdict import judge
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.judgements import Label
from interp.records.loaded import Loaded, ModelId
from interp.records.prompts import Prompt, Split
from interp.results.dose import AskedPrompts, HeadSet, ListedHeads, Measure, TemperResult, VerdictRule
from interp.results.schema import read_result, write_result
from interp.runs.directory import close_run, open_run
from interp.runs.layout import TEMPER
from interp.runs.rows import write_rows

FACTORS = (1.0, 0.9, 0.8, 0.5)
SETS = (HeadSet("chosen", ((3, 1), (5, 0))), *(HeadSet(f"random {i}", ((3, 1 + i), (5, i))) for i in range(1, 6)))
FALL = {1.0: 0.0, 0.9: 0.1, 0.8: 0.2, 0.5: 0.5}
N = 60


def sweep(root: Path, model: str) -> Path:
    """A run as `hooks.temper` writes it: the chosen heads take delivery down, random ones hardly move anything."""
    rng = np.random.default_rng(0)
    prompts = [Prompt(f"p{i}", "?", "facts", Split.FRESH, ()) for i in range(N)]
    edits = [HeadScale(SETS[0].heads, 1.0)]
    edits += [HeadScale(head_set.heads, factor) for head_set in SETS for factor in FACTORS[1:]]
    generations, labels = [], []
    for i, prompt in enumerate(prompts):
        for edit in edits:
            name = f"{prompt.id}|{edit.heads}*{edit.factor}"
            hedged = edit.heads == SETS[0].heads and i < N * FALL[edit.factor]
            recall = float(rng.random() < 0.4) if edit.factor < 0.9 else float(i % 5 < 2)
            generations.append(
                Generation(name, prompt.id, model, "x", (1,), 3, "", 0, StopReason.EOS, 9, -0.5, -0.5, edit)
            )
            labels.append(Label(name, recall, (recall > 0,), recall > 0, not hedged, "made up"))
    with open_run(root, model, {"model": {"name": model}, "command": "made up"}) as run:
        write_rows(run.path / "prompts.jsonl", prompts)
        write_rows(run.path / "generations.jsonl", generations)
        write_rows(run.path / "labels.jsonl", labels)
        write_result(run.path / TEMPER, tempered(model, prompts, generations, labels))
        close_run(run)
    return run.path


def tempered(model: str, prompts: list[Prompt], generations: list[Generation], labels: list[Label]) -> TemperResult:
    evidence = gather(prompts, generations, labels, SETS, FACTORS)
    return TemperResult(
        schema=TemperResult.SCHEMA,
        sets=spelled(evidence.sets),
        factors=evidence.doses.factors,
        rule=VerdictRule(),
        judged=judge(evidence.doses),
        measured=evidence.conditions,
        loaded=Loaded(ModelId(model, "directory", "r", "c", "float32", "cpu", "sdpa"), "torch", "passed"),
        prompts=AskedPrompts("facts", "fresh", len(prompts)),
        heads=ListedHeads(SETS[0].heads),
        max_new_tokens=9,
        instruments="made up",
        inputs={},
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[DrawnRun]:
    root = tmp_path_factory.mktemp("sweeps")
    return [open_result(sweep(root, "one-model")), open_result(sweep(root, "another-model"))]


@pytest.fixture(scope="module")
def drawing(results: list[DrawnRun]) -> Drawing:
    filled, missing = drawings(results[:1], HEADS)
    assert missing == [] or all("dose_response" not in sentence for sentence in missing)
    return next(one for one in filled if one.figure is dose_response.FIGURE)


@pytest.mark.parametrize("width", list(style.WIDTHS.values()))
def test_every_curve_interval_and_grey_line_equals_temper_json(
    results: list[DrawnRun], drawing: Drawing, width: float
) -> None:
    result = read_result(results[0].path / TEMPER, TemperResult)
    with style.paper_style():
        figure = export.compose(drawing, width)
    for ax, measure in zip(figure.axes, (Measure.CHECKLIST_RECALL, Measure.ASSERTED), strict=True):
        lines = {one.get_gid(): one for one in ax.get_children() if isinstance(one, Line2D) and one.get_gid()}
        drawn = [lines.pop("line-chosen heads"), *(lines.pop(f"random-{i}") for i in range(5))]
        for line, head_set in zip(drawn, result.sets, strict=True):
            changes = [c.measures.of(measure).difference for c in result.measured if c.set == head_set.name]
            assert list(line.get_xdata()) == [1.0, 0.9, 0.8, 0.5]
            assert list(line.get_ydata()) == [0.0, *(change.value for change in changes[1:])]
        (band,) = [one for one in ax.collections if isinstance(one, PolyCollection)]
        chosen = [condition.measures.of(measure).difference for condition in result.measured[1:4]]
        corners = {tuple(corner) for path in band.get_paths() for corner in path.vertices.tolist()}
        ends = {(f, end) for f, c in zip((0.9, 0.8, 0.5), chosen, strict=True) for end in (c.lower, c.upper)}
        assert corners == ends | {(1.0, 0.0)}
        assert {name: line.get_ydata()[0] for name, line in lines.items()} == {
            "reference-no change": 0.0, "reference-fall that counts": -0.1, "reference-rise that counts": 0.1
        }  # fmt: skip
        assert ax.get_xlim()[0] > ax.get_xlim()[1], "the heads are scaled down from left to right"


def test_the_verdict_and_the_level_at_factor_1_are_written(results: list[DrawnRun], drawing: Drawing) -> None:
    content, disposition = drawing.panels
    assert content.title.startswith("one-model: content (checklist recall)")
    verdict = read_result(results[0].path / TEMPER, TemperResult).judged.verdict
    assert disposition.title.endswith(f"\nverdict: {verdict}")
    assert disposition.stated[0].shown.startswith("1.000 [")
    assert content.stated[0].shown.startswith("0.400 [")


def test_sweeps_of_two_models_stand_below_each_other(results: list[DrawnRun]) -> None:
    filled, _ = drawings(results, HEADS)
    panels = next(one for one in filled if one.figure is dose_response.FIGURE).panels
    assert [panel.title.split(":")[0] for panel in panels] == ["one-model"] * 2 + ["another-model"] * 2
    assert dose_response.grid(panels, style.DOUBLE_COLUMN)[:2] == (2, 2)


@pytest.mark.parametrize("width", list(style.WIDTHS.values()))
def test_no_text_is_cut_or_runs_into_another(drawing: Drawing, width: float) -> None:
    with style.paper_style():
        figure = export.compose(drawing, width)
    titles = [ax.title for ax in figure.axes] + [ax._left_title for ax in figure.axes]
    texts = [t for t in [*titles, *figure.legends[0].get_texts()] if t.get_text().strip()]
    boxes = [t.get_window_extent() for t in texts]
    for text, box in zip(texts, boxes, strict=True):
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, f"{text.get_text()!r} is cut"
    for i, box in enumerate(boxes):
        assert not any(box.padded(-0.75).overlaps(other.padded(-0.75)) for other in boxes[i + 1 :])


def test_other_figures_see_only_the_answers_of_the_unedited_model(results: list[DrawnRun]) -> None:
    kept = results[0].labels(Split.FRESH)
    assert len(kept) == N
    assert all(label.generation_id.endswith("*1.0") for label in kept)


def test_a_run_without_a_sweep_says_what_would_supply_it(results: list[DrawnRun], tmp_path: Path) -> None:
    with open_run(tmp_path, "m", {"model": {"name": "m"}}) as run:
        close_run(run)
    with pytest.raises(NotInRun, match=r"holds no temper\.json; python -m hooks\.temper writes it"):
        dose_response.read(open_result(run.path))


def test_the_interactive_page_shows_every_number_with_its_source(drawing: Drawing) -> None:
    from plotly.subplots import make_subplots

    for panel in drawing.panels:
        figure = make_subplots(rows=1, cols=1)
        dose_response.interactive(figure, panel, 1)
        said = [text for trace in figure.data for text in trace.hovertext]
        for point in (*panel.points, *(p for _, points in panel.random for p in points)):
            assert any(point.source in text and point.shown in text for text in said)
