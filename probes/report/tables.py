"""The tables of a report as words in cells, written once for Markdown and for the page. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interp.labels.agreement import headline

Numbers = Mapping[str, Any]
NOT_MEASURED = "not measured"
SPLITS = ("fit", "fresh")


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table under its title.

    Attributes:
        note: a sentence to read below it.
        drawn: the AUROC of each row that a page draws beside it, or none at all.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    drawn: tuple[Numbers | None, ...] = ()


def number(estimate: Numbers | None) -> str:
    """Show an estimate as `0.519 [0.32, 0.72], 9 of 193`, or say that there is none."""
    if estimate is None:
        return NOT_MEASURED
    n = estimate["n_pos"] + estimate["n_neg"]
    return f"{interval(estimate)}, {estimate['n_pos']} of {n}"


def interval(estimate: Numbers | None) -> str:
    """Show an estimate as `0.519 [0.32, 0.72]`, or say that there is none."""
    if estimate is None:
        return NOT_MEASURED
    return f"{estimate['value']:.3f} [{estimate['lower']:.3f}, {estimate['upper']:.3f}]"


def place(row: Numbers) -> str:
    """Return where a reading was taken: `resid_post 17` or `ln_final`."""
    return "ln_final" if row["site"] == "ln_final" else f"{row['site']} {row['layer']}"


def answers(report: Numbers, split: str) -> str:
    """Return how many answers a split has, why they stopped, and their rates, in one sentence."""
    got, labels = report["answers"][split], report["labels"][split]
    stops = ", ".join(f"{n} {reason}" for reason, n in got["stop"].items())
    return f"{got['n']} answers ({stops}); correct {number(labels['correct']['rate'])}; asserted " + number(
        labels["asserted"]["rate"]
    )


def asymmetry(report: Numbers, split: str) -> str:
    """Return the assertion asymmetry of a split's answers, with the sizes of both groups, or why there is none."""
    found = report["delivery"][split]
    if not found["asymmetry"]:
        return f"{NOT_MEASURED} ({found['reason']})"
    e = found["asymmetry"]
    return f"{interval(e)} ({e['n_pos']} wrong, {e['n_neg']} correct)"


def data_tables(report: Numbers) -> list[ReportTable]:
    """Return what the answers are: how many, their delivery against correctness, and what was not scored."""
    counts = tuple((split, answers(report, split)) for split in SPLITS)
    header = ("split", "correct, asserted", "correct, hedged", "wrong, asserted", "wrong, hedged", "asymmetry")
    cells = tuple(
        (s, *(str(report["delivery"][s]["table"][c]) for c in ("cr", "hr", "cw", "hw")), asymmetry(report, s))
        for s in SPLITS
    )
    left = tuple(
        (s, t, ", ".join(f"{n} {why}" for why, n in report["labels"][s][t]["left_out"].items()) or "none")
        for s in SPLITS
        for t in ("correct", "asserted")
    )
    made = [
        ReportTable("Answers", ("split", "answers"), counts),
        ReportTable("Delivery against correctness", header, cells),
        ReportTable("Not scored", ("split", "label", "answers left out"), left),
    ]
    return made + ([agreement(report["agreement"])] if report.get("agreement") else [])


def agreement(rows: Sequence[Numbers]) -> ReportTable:
    """Return how far the judge agrees with the offline checklist and lexicon, and what only one of them scored."""
    header = ("label", "Cohen's kappa, judge and offline", "scored by the judge alone", "offline alone", "by neither")
    cells = tuple((r["what"], headline(r), *(str(r[k]) for k in ("only_a", "only_b", "neither"))) for r in rows)
    return ReportTable("Judge and offline instruments", header, cells)


def steps(found: Numbers) -> ReportTable:
    """Return the five steps with their outcomes."""
    rows = found["verdict"]["steps"]
    cells = tuple((s["step"].replace("_", " "), s["outcome"], s["detail"]) for s in rows)
    return ReportTable("Steps", ("step", "outcome", "what was found"), cells, drawn=tuple(s["auroc"] for s in rows))


def controls(found: Numbers) -> ReportTable:
    """Return the baselines beside the probe."""
    header = ("baseline", "kind", "AUROC on fit", "AUROC on fresh", "probe minus baseline, fresh")
    cells = tuple(_control(c) for c in found["controls"])
    return ReportTable("Cheaper ways to the same answer", header, cells, drawn=_fresh(found["controls"]))


def nulls(found: Numbers) -> ReportTable:
    """Return each null beside the number it belongs to, and the control task in a sentence."""
    header = ("null", "what is measured", "here", "typical null", "1 in 20 nulls exceeds", "p", "draws")
    cells = tuple(_null(row) for row in found["nulls"]["rows"])
    return ReportTable("Where there is nothing to find", header, cells, _control_task(found["nulls"]["control_task"]))


def abstaining(gate: Numbers) -> ReportTable:
    """Return how many fail among the answers with the highest scores."""
    header = ("answered, highest scores first", "down to probability", "of these fail")
    cells = tuple((f"{p['coverage']:.0%}", f"{p['threshold']:.2f}", number(p["risk"])) for p in gate["curve"])
    return ReportTable("Abstaining", header, cells)


def relations(found: Numbers) -> ReportTable:
    """Return the fresh AUROC within each relation."""
    rows = found["relations"]
    cells = tuple((r["relation"], str(r["n_pos"]), str(r["n_neg"]), interval(r["fresh"])) for r in rows)
    header = ("relation", "positive", "negative", "fresh AUROC")
    return ReportTable("Within each relation", header, cells, drawn=_fresh(rows))


def layers(found: Numbers) -> ReportTable:
    """Return both AUROCs of every reading."""
    rows = found["readings"]
    cells = tuple((place(r), f"{r['c']:g}", interval(r["cv"]), interval(r["fresh"])) for r in rows)
    header = ("reading", "C", "cross-validated AUROC on fit", "AUROC on fresh")
    note = "The best row was chosen among many on fit, so its cross-validated number is optimistic."
    return ReportTable("By layer", header, cells, note, _fresh(rows))


def axes(found: Numbers) -> ReportTable:
    """Return both AUROCs of every axis of the rubric; an axis without them says why."""
    header = ("axis", "outcome", "cross-validated AUROC on fit", "AUROC on fresh", "unscored on fit, on fresh", "why")
    cells = tuple(
        (
            r["axis"].replace("_", " "),
            r["outcome"],
            number(r["cv"]),
            number(r["fresh"]),
            ", ".join(str(r["counts"][split]["unscored"]) for split in SPLITS),
            r["reason"],
        )
        for r in found["axes"]
    )
    note = "Positive are scores of 4 and 5."
    return ReportTable("Axes of the rubric", header, cells, note, _fresh(found["axes"]))


def target_tables(found: Numbers) -> list[ReportTable]:
    """Return the tables that belong to one target, in the order in which they are read."""
    made = [steps(found)]
    if found["controls"]:
        made.append(controls(found))
    if found.get("nulls"):
        made.append(nulls(found))
    if found["gate"] and found["gate"].get("curve"):
        made.append(abstaining(found["gate"]))
    if found["relations"]:
        made.append(relations(found))
    if found.get("axes"):
        made.append(axes(found))
    if found["readings"]:
        made.append(layers(found))
    return made


def reliability(found: Numbers) -> list[str]:
    """Return calibration and abstaining in three sentences."""
    area = NOT_MEASURED if found["aurc"] is None else interval(found["aurc"])
    return [
        f"Calibration error of the probe's probabilities (ECE): {interval(found['ece'])} in 10 bins of equal width, "
        f"{interval(found['ece_equal_mass'])} in 10 bins of equal size.",
        f"Brier score {interval(found['brier'])}; always saying the base rate would score "
        f"{found['brier_of_rate']:.3f}.",
        f"Risk over coverage (AURC, lower is better): {area}; answering everything fails in {number(found['risk'])}.",
    ]


def provenance(report: Numbers) -> ReportTable:
    """Return what a fitted run was made from: model, prompts, instruments, versions and inputs."""
    model, config = report["loaded"]["model"], report["config"]
    rows = [(key, str(value)) for key, value in model.items()]
    rows += [("backend", report["loaded"]["backend"]), ("hooks proved", report["loaded"]["proof"])]
    rows += [("prompts", f"{config['prompts']['name']}, sha256 {config['prompts']['sha256']}")]
    rows += [("labels", config["instruments"]), ("seed", str(config["seed"]))]
    rows += list(config["versions"].items())
    rows += [(name, f"sha256 {digest}") for name, digest in report["inputs"].items()]
    return ReportTable("Where this comes from", ("what", "value"), tuple(rows))


def _fresh(rows: Sequence[Numbers]) -> tuple[Numbers | None, ...]:
    return tuple(row["fresh"] for row in rows)


def _control(control: Numbers) -> tuple[str, ...]:
    name, kind = control["name"], control["kind"]
    if control["fresh"] is None:
        return name, kind, NOT_MEASURED, f"{NOT_MEASURED}: {control['reason']}", ""
    return name, kind, interval(control["cv"]), interval(control["fresh"]), interval(control["margin"])


def _null(row: Numbers) -> tuple[str, ...]:
    if row["observed"] is None:
        return row["name"], row["statistic"], f"{NOT_MEASURED}: {row['reason']}", "", "", "", "0"
    numbers = [f"{row[key]:.3f}" for key in ("observed", "typical", "extreme")]
    p = NOT_MEASURED if row["p_value"] is None else f"{row['p_value']:.2g}"
    return row["name"], row["statistic"], *numbers, p, str(row["n"])


def _control_task(task: Numbers) -> str:
    if task["selectivity"] is None:
        return f"Control task: {NOT_MEASURED} ({task['reason']})"
    return (
        f"Control task (labels that are a hash of the prompt, {task['types']} prompts, {task['tasks']} tasks): "
        f"held-out AUROC {task['control']:.3f} against {task['real']:.3f} for the real labels, selectivity "
        f"{interval(task['selectivity'])}. On the answers that it was fitted on the probe reaches "
        f"{task['memorised']:.3f} even with these meaningless labels: that is how much it can learn by heart."
    )
