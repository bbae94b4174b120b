"""`python -m probes.replicate`: every quantitative claim of the paper, recomputed from the study's published data."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from interp.cli.front_door import run_command
from interp.cli.groups import LogLevel
from interp.results.claims import ClaimsReport
from interp.results.fit import FalsifyReport
from interp.results.schema import write_result
from interp.runs.files import check_writable, write_text
from interp.runs.layout import CLAIMS, CLAIMS_TEXT
from interp.study import data, runs
from interp.study.data import Study
from probes import falsify
from probes.claims import heads, page, probe, second_model, weights
from probes.claims.evaluation import evaluate
from probes.claims.page import Audits
from probes.report import falsify as falsify_words

PROG = "python -m probes.replicate"
RECOMPUTATIONS = weights.RECOMPUTATIONS | heads.RECOMPUTATIONS | probe.RECOMPUTATIONS | second_model.RECOMPUTATIONS


@dataclass(frozen=True)
class Replicate:
    """Recompute every quantitative claim of the paper from its published data and say which of them stand."""

    output_dir: Path = Path("results/replicate")
    """Where claims.json and claims.md go, the published runs under runs/, and what the audits say under falsify/."""
    log_level: LogLevel = "warning"
    """How much is said on stderr."""


def main(options: Replicate) -> int:
    """Run the command: a table on the terminal that ends with the page's path."""
    study = data.open_study()
    check_writable(options.output_dir)
    report = replicate(study)
    audits = audit(study, options.output_dir)
    write(report, audits, options.output_dir)
    sys.stdout.write(f"{page.table(report)}\n\n{page.verdicts(audits)}\n{options.output_dir / CLAIMS_TEXT}\n")
    return 0


def replicate(study: Study) -> ClaimsReport:
    """Return the verdict on every claim, in the paper's order; every file is checked before anything is computed."""
    study.verify()
    claims = tuple(evaluate(claim, RECOMPUTATIONS[claim.id], study) for claim in data.claims())
    return ClaimsReport(ClaimsReport.SCHEMA, data.PAPER, data.REPOSITORY, data.COMMIT, claims)


def audit(study: Study, output_dir: Path) -> dict[str, FalsifyReport]:
    """Write the published runs under `runs/`, and put each model's through the steps, controls and audits."""
    paths = {name: runs.as_run(name, output_dir / "runs", study) for name in runs.NAMES}
    return {name: falsify.falsify_run(falsify.Falsify(paths[name], target="correct")) for name in runs.MODELS}


def write(report: ClaimsReport, audits: Audits, output_dir: Path) -> None:
    """Write `claims.json`, `claims.md`, and what the audits find in each published run under `falsify/`."""
    for name, audited in audits.items():
        write_result(output_dir / "falsify" / f"{name}.json", audited)
        write_text(output_dir / "falsify" / f"{name}.md", falsify_words.page(audited))
    write_result(output_dir / CLAIMS, report)
    write_text(output_dir / CLAIMS_TEXT, page.page(report) + page.audits_page(audits))


if __name__ == "__main__":
    sys.exit(run_command(Replicate, main, PROG))
