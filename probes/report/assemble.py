"""From evidence and verdict to the record that is written."""

from __future__ import annotations

from collections.abc import Mapping

from interp.records.arrays import Probe
from interp.results.evidence import BySplit, Headline, TargetReport
from interp.results.fit import Target, TargetReports
from probes.evidence import base_rates
from probes.evidence.gather import RunEvidence, TargetEvidence
from probes.verdict.judgement import TargetVerdict


def target_reports(evidence: RunEvidence, verdicts: Mapping[Target, TargetVerdict]) -> TargetReports:
    """Return what a report says of every target that was asked for."""
    reports = {target: target_report(gathered, verdicts[target]) for target, gathered in evidence.targets.items()}
    return TargetReports(reports.get("correct"), reports.get("asserted"))


def probes(evidence: RunEvidence) -> tuple[Probe, ...]:
    """Return the probes that could be fitted, one a target."""
    fitted = [gathered.headline.probe for gathered in evidence.targets.values()]
    return tuple(headline.probe for headline in fitted if headline is not None)


def target_report(evidence: TargetEvidence, judged: TargetVerdict) -> TargetReport:
    """Return everything that a report says of one target."""
    return TargetReport(
        n=BySplit(base_rates.class_counts(evidence.fit), base_rates.class_counts(evidence.fresh)),
        headline=_headline(evidence, judged),
        study_reading=None if evidence.study is None else evidence.layers[evidence.study],
        layers=evidence.layers,
        axes=judged.axes,
        baselines=evidence.baselines,
        nulls=evidence.nulls,
        reliability=evidence.reliability,
        sidecar=evidence.sidecar,
        relations=evidence.relations,
        verdict=judged.verdict,
    )


def _headline(evidence: TargetEvidence, judged: TargetVerdict) -> Headline | None:
    probe = evidence.headline.probe
    if probe is None:
        return None
    return Headline(evidence.layers[probe.chosen.best.layer], probe.chosen.nested, judged.fresh_p)
