"""`python -m probes.replicate`: every quantitative claim of the paper, recomputed from the study's published data."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from interp.cli.front_door import run_command
from interp.runs.files import write_json, write_text
from interp.runs.report import VERDICTS
from interp.study import data, runs
from interp.study.data import Study
from probes import falsify
from probes.claims import heads, probe, second_model, weights
from probes.claims.evaluation import ClaimResult, ClaimVerdict, evaluate

PROG = "python -m probes.replicate"
RECIPES = weights.RECIPES | heads.RECIPES | probe.RECIPES | second_model.RECIPES
WORDS = {
    ClaimVerdict.REPRODUCED: "recomputed from single answers, items or activations; equal within the paper's rounding",
    ClaimVerdict.DIFFERS: "recomputed, and not what the paper says",
    ClaimVerdict.SUMMARY_ONLY: "equal to a stored number whose raw data was not published",
    ClaimVerdict.NOT_RECOMPUTABLE: "nothing was published that it could be computed from",
}


@dataclass(frozen=True)
class Replicate:
    """Recompute every quantitative claim of the paper from its published data and say which of them stand."""

    output_dir: Path = Path("results/replicate")
    """Where claims.json and claims.md go, the published runs under runs/, and what the audits say under falsify/."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is said on stderr."""


def replicate(study: Study) -> list[ClaimResult]:
    """Return the verdict on every claim, in the paper's order; every file is checked before anything is computed."""
    study.verify()
    return [evaluate(claim, RECIPES[claim.id], study) for claim in data.claims()]


def row(result: ClaimResult) -> dict[str, Any]:
    """Return one claim as it stands in `claims.json`."""
    values: list[float | None] = list(result.computed.values)
    estimate = result.computed.estimate
    return {
        "id": result.claim.id,
        "section": result.claim.section,
        "claim": result.claim.claim,
        "paper_value": result.claim.paper_value,
        "recomputed": None if not values else values[0] if len(values) == 1 else values,
        "interval": None if estimate is None else [estimate.lower, estimate.upper],
        "interval_method": None if estimate is None else estimate.method,
        "difference": list(result.differences) if result.verdict is ClaimVerdict.DIFFERS else None,
        "verdict": result.verdict,
        "file": ", ".join(result.recipe.files) or None,
        "recipe": result.recipe.text,
        "note": result.note,
    }


def table(results: Sequence[ClaimResult]) -> str:
    """Return the claims as lines of a terminal: id, claim, paper's value, recomputed value, verdict."""
    lines = [f"{'id':5}{'claim':42}{'paper':>18}{'recomputed':>24}  verdict"]
    lines += [
        f"{r.claim.id:5}{_cut(r.claim.claim, 40):42}{_cut(r.claim.paper_value, 17):>18}"
        f"{_cut(shown(r), 23):>24}  {r.verdict}"
        for r in results
    ]
    return "\n".join([*lines, "", counts_line(results)])


def shown(result: ClaimResult) -> str:
    """Return the recomputed numbers to six digits, with the interval where there is one."""
    numbers = " ".join("-" if v is None else f"{v:.6g}" for v in result.computed.values)
    estimate = result.computed.estimate
    return numbers if estimate is None else f"{numbers} [{estimate.lower:.4g}, {estimate.upper:.4g}]"


def counts_line(results: Sequence[ClaimResult]) -> str:
    """Return how many claims have each verdict."""
    counts = Counter(r.verdict for r in results)
    parts = (f"{counts[verdict]} {verdict.replace('_', ' ')}" for verdict in ClaimVerdict)
    return f"{len(results)} claims: {', '.join(parts)}."


def page(results: Sequence[ClaimResult]) -> str:
    """Return the readable page: what differs first, then every claim with its file, recipe and note."""
    parts = [
        "# The paper's claims against its published data\n",
        f"{data.PAPER}; data: {data.REPOSITORY} at {data.COMMIT}.\n",
        counts_line(results) + "\n",
        *(f"- **{verdict.replace('_', ' ')}**: {words}." for verdict, words in WORDS.items()),
        "\n## What differs\n",
        differences(results),
        "\n## Every claim\n",
        "| id | section | claim | paper | recomputed | verdict | from | recipe | note |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_page_row(r) for r in results),
    ]
    return "\n".join(parts) + "\n"


def write(results: Sequence[ClaimResult], audits: Mapping[str, Mapping[str, Any]], output_dir: Path) -> None:
    """Write `claims.json`, `claims.md`, and what the audits find in each published run under `falsify/`."""
    for name, found in audits.items():
        write_json(output_dir / "falsify" / f"{name}.json", found)
        write_text(output_dir / "falsify" / f"{name}.md", falsify.page(found))
    write_json(output_dir / "claims.json", [row(r) for r in results])
    write_text(output_dir / "claims.md", page(results) + audits_page(audits))


def audit(study: Study, output_dir: Path) -> dict[str, dict[str, Any]]:
    """Write the published runs under `runs/`, and put each model's through the steps, controls and audits."""
    paths = {name: runs.as_run(name, output_dir / "runs", study) for name in runs.NAMES}
    options = {name: falsify.Falsify(paths[name], target="correct") for name in runs.MODELS}
    return {name: falsify.falsify_run(one) for name, one in options.items()}


def audits_page(audits: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the steps and audits say of each published run: the verdict, the steps, every threat."""
    parts = ["\n## What the audits say of the published runs\n"]
    for name, found in audits.items():
        verdict = found["targets"]["correct"]["verdict"]
        parts.append(f"### {name}\n\n**{VERDICTS[verdict['failure']]}.** {verdict['reason']}\n")
        parts += [f"- {s['step'].replace('_', ' ')}: {s['outcome']}; {s['detail']}" for s in verdict["steps"]]
        parts += [f"- threat ({t['severity']}): {t['sentence']}" for t in verdict["threats"]]
        parts.append(f"\nAll numbers: `falsify/{name}.md`.\n")
    return "\n".join(parts)


def main(options: Replicate) -> int:
    """Run the command: a table on the terminal that ends with the page's path."""
    study = data.open_study()
    results = replicate(study)
    audits = audit(study, options.output_dir)
    write(results, audits, options.output_dir)
    sys.stdout.write(f"{table(results)}\n\n{verdicts(audits)}\n{options.output_dir / 'claims.md'}\n")
    return 0


def verdicts(audits: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one line a published run: the verdict on its correctness probe, and the threats by name."""
    lines = ["The published runs, by the steps and audits of this toolkit:"]
    for name, found in audits.items():
        verdict = found["targets"]["correct"]["verdict"]
        threats = ", ".join(sorted({t["name"] for t in verdict["threats"]})) or "none"
        lines.append(f"  {name}: {VERDICTS[verdict['failure']]} (threats: {threats})")
    return "\n".join(lines) + "\n"


def differences(results: Sequence[ClaimResult]) -> str:
    """Return the claims that differ as a Markdown list: what the paper says, what the data says, and why."""
    return "\n".join(f"- {_difference(r)}" for r in results if r.verdict is ClaimVerdict.DIFFERS)


def _difference(result: ClaimResult) -> str:
    claim = result.claim
    by = ", ".join(f"{d:+.4g}" for d in result.differences)
    return (
        f"{claim.id} ({claim.section}) {claim.claim}: the paper says {claim.paper_value}, the data {shown(result)}"
        f"{f' (difference {by})' if by else ''}. {result.note}"
    )


def _page_row(result: ClaimResult) -> str:
    files = "<br>".join(f"`{Path(name).name}`" for name in result.recipe.files)
    claim = result.claim
    cells = (claim.id, claim.section, claim.claim, claim.paper_value, shown(result))
    more = (result.verdict.replace("_", " "), files, result.recipe.text, result.note)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (*cells, *more)) + " |"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


if __name__ == "__main__":
    sys.exit(run_command(Replicate, main, PROG))
