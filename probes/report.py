"""A run's numbers in words: a screenful for the terminal, a page in Markdown. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from interp.delivery import AGREEMENT
from interp.report import QUESTIONS, VERDICTS

Numbers = Mapping[str, Any]
NOT_MEASURED = "not measured"


def summary(report: Numbers) -> str:
    """Return a screenful: what was run, both verdicts, and the numbers behind them."""
    lines = [_what(report), ""]
    for split in ("fit", "fresh"):
        lines.append(f"{split:5}  {_answers(report, split)}")
    lines.append("")
    for target, found in _targets(report):
        verdict = found["verdict"]
        lines += [f"{QUESTIONS[target]}  {VERDICTS[verdict['failure']]}.", f"  {verdict['reason']}"]
        if found["headline"]:
            lines.append(f"  headline: {_headline(found['headline'])}")
            lines.append(f"  gate: {_gate(found['gate'])}")
        warnings = dict.fromkeys(t["name"] for t in verdict["threats"] if t["severity"] != "note")
        if warnings:
            lines.append(f"  threats: {', '.join(warnings)}")
        lines.append("")
    lines.append(f"delivery asymmetry on fresh: {_delivery(report, 'fresh')}")
    return "\n".join(lines) + "\n"


def markdown(report: Numbers) -> str:
    """Return the whole report as Markdown."""
    return "\n".join([f"# {_what(report)}\n", body(report), _provenance(report)])


def body(report: Numbers) -> str:
    """Return what an analysis found as Markdown: verdicts, answers, and each target's tables."""
    targets = [_target(target, found) for target, found in _targets(report)]
    return "\n".join([GLOSSARY, _verdicts(report), _data(report), *targets])


def number(estimate: Numbers | None) -> str:
    """Show an estimate as `0.519 [0.32, 0.72], 9 of 193`, or say that there is none."""
    if estimate is None:
        return NOT_MEASURED
    n = estimate["n_pos"] + estimate["n_neg"]
    return f"{interval(estimate)}, {estimate['n_pos']} of {n}"


def _targets(report: Numbers) -> list[tuple[str, Numbers]]:
    return [(target, report["targets"][target]) for target in QUESTIONS if target in report["targets"]]


def interval(estimate: Numbers | None) -> str:
    """Show an estimate as `0.519 [0.32, 0.72]`, or say that there is none."""
    if estimate is None:
        return NOT_MEASURED
    return f"{estimate['value']:.3f} [{estimate['lower']:.3f}, {estimate['upper']:.3f}]"


def _difference(estimate: Numbers | None) -> str:
    """A difference of rates: n_pos and n_neg are the sizes of the two groups."""
    if estimate is None:
        return NOT_MEASURED
    return f"{interval(estimate)} ({estimate['n_pos']} wrong, {estimate['n_neg']} correct)"


def _what(report: Numbers) -> str:
    model, config = report["loaded"]["model"], report["config"]
    return f"{model['name']} on {config['prompts']['name']}: h_last at the {config['position']} position"


def _answers(report: Numbers, split: str) -> str:
    got, labels = report["answers"][split], report["labels"][split]
    stops = ", ".join(f"{n} {reason}" for reason, n in got["stop"].items())
    return f"{got['n']} answers ({stops}); correct {number(labels['correct']['rate'])}; asserted " + number(
        labels["asserted"]["rate"]
    )


def _place(row: Numbers) -> str:
    return "ln_final" if row["site"] == "ln_final" else f"{row['site']} {row['layer']}"


def _headline(row: Numbers) -> str:
    p = row.get("fresh_p")
    said = f", p = {p:.2g}" if p is not None else ""
    return (
        f"{_place(row)}, C = {row['c']:g} (chosen on fit): nested cross-validation {interval(row['nested_cv'])}, "
        f"fresh AUROC {number(row['fresh'])}{said}"
    )


def _gate(gate: Numbers | None) -> str:
    if gate is None:
        return "not judged (fresh holds one class only)"
    if gate["asymmetry"] is None:
        return f"not judged ({gate['reason']})"
    return (
        f"threshold {gate['threshold']:.2f} (chosen on fit): asymmetry on fresh {interval(gate['asymmetry'])}, "
        f"P(assert | positive) {number(gate['p_assert_correct'])}; oracle (upper bound) "
        f"{interval(gate['oracle_asymmetry'])}"
    )


def _delivery(report: Numbers, split: str) -> str:
    found = report["delivery"][split]
    return _difference(found["asymmetry"]) if found["asymmetry"] else f"{NOT_MEASURED} ({found['reason']})"


GLOSSARY = """\
*h_last* is the model's hidden state at the last token of its answer. A *probe* is a linear classifier on it, fitted on
the **fit** prompts and judged on the **fresh** ones, which were asked in another form. AUROC is the chance that a
positive answer scores above a negative one: 0.5 is a coin, 1 is perfect. Every number carries a 95 % interval and its
counts (positives of all). *Unresolved* means that the data could not tell: neither yes nor no. Cut-off answers are
neither right nor wrong and are in no rate.
"""


def _verdicts(report: Numbers) -> str:
    lines = ["## Verdict\n"]
    for target, found in _targets(report):
        verdict = found["verdict"]
        lines.append(f"**{QUESTIONS[target]}** {VERDICTS[verdict['failure']]}. {verdict['reason']}\n")
    if "delivery-lexicon" in report["config"].get("instruments", ""):
        lines.append(f"Asserted and hedged are told apart by a hedging lexicon: {AGREEMENT}.\n")
    lines.append(
        "**Does delivery carry correctness?** P(assert | wrong) - P(assert | correct) is "
        f"{_delivery(report, 'fit')} on fit and {_delivery(report, 'fresh')} on fresh; negative is good.\n"
    )
    return "\n".join(lines)


def _data(report: Numbers) -> str:
    rows = [[split, _answers(report, split)] for split in ("fit", "fresh")]
    lines = ["## Answers\n", _table(["split", "answers"], rows)]
    header = ["split", "correct, asserted", "correct, hedged", "wrong, asserted", "wrong, hedged", "asymmetry"]
    cells = [
        [s, *(str(report["delivery"][s]["table"][c]) for c in ("cr", "hr", "cw", "hw")), _delivery(report, s)]
        for s in ("fit", "fresh")
    ]
    left = [
        [s, t, ", ".join(f"{n} {why}" for why, n in report["labels"][s][t]["left_out"].items()) or "none"]
        for s in ("fit", "fresh")
        for t in ("correct", "asserted")
    ]
    lines += ["\nDelivery against correctness:\n", _table(header, cells)]
    return "\n".join([*lines, "\nNot scored:\n", _table(["split", "label", "answers left out"], left), ""])


def _target(target: str, found: Numbers) -> str:
    verdict = found["verdict"]
    lines = [f"## {QUESTIONS[target]}\n", f"{VERDICTS[verdict['failure']]}. {verdict['reason']}\n"]
    steps = [[s["step"].replace("_", " "), s["outcome"], s["detail"]] for s in verdict["steps"]]
    lines.append(_table(["step", "outcome", "what was found"], steps))
    if found["headline"]:
        lines += [f"\nHeadline: {_headline(found['headline'])}.\n", f"Gate: {_gate(found['gate'])}.\n"]
        lines.append(f"The study's own reading, ln_final: fresh AUROC {number(found['study_reading']['fresh'])}.\n")
    if found["controls"]:
        lines.append("### Cheaper ways to the same answer\n")
        header = ["baseline", "kind", "AUROC on fit", "AUROC on fresh", "probe minus baseline, fresh"]
        lines.append(_table(header, [_control(c) for c in found["controls"]]))
    if found.get("nulls"):
        lines += ["\n### Where there is nothing to find\n", _nulls(found["nulls"])]
    if found.get("reliability"):
        lines += ["\n### Calibration and abstaining, on fresh\n", _reliability(found["reliability"], found["gate"])]
    if found["relations"]:
        lines.append("\n### Within each relation\n")
        rows = [[r["relation"], str(r["n_pos"]), str(r["n_neg"]), interval(r["fresh"])] for r in found["relations"]]
        lines.append(_table(["relation", "positive", "negative", "fresh AUROC"], rows))
    if verdict["threats"]:
        lines.append("\n### Threats\n")
        lines += [f"- **{t['name'].replace('_', ' ')}** ({t['severity']}): {t['sentence']}" for t in verdict["threats"]]
    if found["readings"]:
        lines.append("\n### By layer\n")
        rows = [[_place(r), f"{r['c']:g}", interval(r["cv"]), interval(r["fresh"])] for r in found["readings"]]
        lines.append(_table(["reading", "C", "cross-validated AUROC on fit", "AUROC on fresh"], rows))
        lines.append("\nThe best row was chosen among many on fit, so its cross-validated number is optimistic.")
    return "\n".join([*lines, ""])


def _control(control: Numbers) -> list[str]:
    name, kind = control["name"], control["kind"]
    if control["fresh"] is None:
        return [name, kind, NOT_MEASURED, f"{NOT_MEASURED}: {control['reason']}", ""]
    return [name, kind, interval(control["cv"]), interval(control["fresh"]), interval(control["margin"])]


def _nulls(nulls: Numbers) -> str:
    """Each null beside the number it belongs to, and the control task in a sentence."""
    header = ["null", "what is measured", "here", "typical null", "1 in 20 nulls exceeds", "p", "draws"]
    task = nulls["control_task"]
    return f"{_table(header, [_null(row) for row in nulls['rows']])}\n\n{_control_task(task)}"


def _null(row: Numbers) -> list[str]:
    if row["observed"] is None:
        return [row["name"], row["statistic"], f"{NOT_MEASURED}: {row['reason']}", "", "", "", "0"]
    numbers = [f"{row[key]:.3f}" for key in ("observed", "typical", "extreme")]
    p = NOT_MEASURED if row["p_value"] is None else f"{row['p_value']:.2g}"
    return [row["name"], row["statistic"], *numbers, p, str(row["n"])]


def _control_task(task: Numbers) -> str:
    if task["selectivity"] is None:
        return f"Control task: {NOT_MEASURED} ({task['reason']})"
    return (
        f"Control task (labels that are a hash of the prompt, {task['types']} prompts, {task['tasks']} tasks): "
        f"held-out AUROC {task['control']:.3f} against {task['real']:.3f} for the real labels, selectivity "
        f"{interval(task['selectivity'])}. On the answers that it was fitted on the probe reaches "
        f"{task['memorised']:.3f} even with these meaningless labels: that is how much it can learn by heart."
    )


def _reliability(found: Numbers, gate: Numbers | None) -> str:
    area = NOT_MEASURED if found["aurc"] is None else interval(found["aurc"])
    lines = [
        f"- Calibration error of the probe's probabilities (ECE): {interval(found['ece'])} in 10 bins of equal width, "
        f"{interval(found['ece_equal_mass'])} in 10 bins of equal size.",
        f"- Brier score {interval(found['brier'])}; always saying the base rate would score "
        f"{found['brier_of_rate']:.3f}.",
        f"- Risk over coverage (AURC, lower is better): {area}; answering everything fails in {number(found['risk'])}.",
    ]
    if gate and gate.get("curve"):
        rows = [[f"{p['coverage']:.0%}", f"{p['threshold']:.2f}", number(p["risk"])] for p in gate["curve"]]
        lines.append("\n" + _table(["answered, highest scores first", "down to probability", "of these fail"], rows))
    return "\n".join(lines)


def _provenance(report: Numbers) -> str:
    model, config = report["loaded"]["model"], report["config"]
    rows = [[key, str(value)] for key, value in model.items()]
    rows += [["backend", report["loaded"]["backend"]], ["hooks proved", report["loaded"]["proof"]]]
    rows += [["prompts", f"{config['prompts']['name']}, sha256 {config['prompts']['sha256']}"]]
    rows += [["labels", config["instruments"]], ["seed", str(config["seed"])]]
    rows += [[f"{name}", version] for name, version in config["versions"].items()]
    rows += [[name, f"sha256 {digest}"] for name, digest in report["inputs"].items()]
    return "\n".join(["## Where this comes from\n", _table(["what", "value"], rows), ""])


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    clean = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    body = ["| " + " | ".join(row) + " |" for row in [[h.replace("|", "\\|") for h in header], *clean]]
    return "\n".join([body[0], "|" + "---|" * len(header), *body[1:]])
