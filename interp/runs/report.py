"""A finished run's report, as it lies in `report.json` or `falsify.json`, and the words for what it found."""

from __future__ import annotations

from typing import Any

from interp.errors import InputError
from interp.records.findings import Verdict
from interp.records.shown import Shown
from interp.runs.files import canonical_json
from interp.runs.rows import parse_row

VERDICTS = {
    "none": "A handle was found",
    "single_output_distribution": "No handle: single output distribution",
    "capability_cliff": "No handle: capability cliff",
    "unresolved": "Unresolved",
}
QUESTIONS = {
    "correct": "Can h_last tell correct answers from wrong ones?",
    "asserted": "Can h_last tell asserted answers from hedged ones?",
}


class Report(Shown, dict[str, Any]):
    """Every number of a run: a plain dictionary that shows its verdicts in a notebook."""

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """Each target with its verdict; empty where nothing was diagnosed, as in published summaries."""
        targets = {target: self["targets"][target]["verdict"] for target in QUESTIONS if target in self["targets"]}
        return {target: _verdict(fields) for target, fields in targets.items() if "failure" in fields}

    def verdict(self, target: str = "correct") -> Verdict:
        """Return the verdict on one target; a target that was not tested raises InputError."""
        found = self.verdicts
        if target not in found:
            raise InputError(f"This report holds no verdict on {target!r}; it has {', '.join(found) or 'none'}.")
        return found[target]


def _verdict(fields: dict[str, Any]) -> Verdict:
    known = {name: fields[name] for name in ("steps", "threats", "failure", "reason")}
    return parse_row(Verdict, canonical_json(known), "the report's verdict")
