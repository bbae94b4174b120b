"""From evidence and verdict to the record that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interp.records.arrays import Probe
from interp.records.prompts import Split
from interp.results.evidence import BySplit, Headline, TargetReport
from interp.results.fit import AnswerCounts, Delivery, LabelRates, Target, TargetReports
from probes.evidence import base_rates
from probes.evidence.gather import TargetEvidence
from probes.fitting.records import Records
from probes.verdict.judgement import TargetVerdict


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What every report of probes says, and the probes behind it."""

    answers: BySplit[AnswerCounts]
    labels: BySplit[LabelRates]
    delivery: BySplit[Delivery]
    targets: TargetReports
    probes: tuple[Probe, ...]


def assemble(
    records: Records, evidence: Mapping[Target, TargetEvidence], verdicts: Mapping[Target, TargetVerdict]
) -> Findings:
    """Put what was gathered and judged of each target into one record."""
    reports = {target: target_report(evidence[target], verdicts[target]) for target in evidence}
    fitted = [one.headline.probe for one in evidence.values()]
    fit, fresh = Split.FIT, Split.FRESH
    return Findings(
        BySplit(base_rates.answers(records, fit), base_rates.answers(records, fresh)),
        BySplit(base_rates.label_rates(records, fit), base_rates.label_rates(records, fresh)),
        BySplit(base_rates.delivery(records, fit), base_rates.delivery(records, fresh)),
        TargetReports(reports.get("correct"), reports.get("asserted")),
        tuple(probe.probe for probe in fitted if probe is not None),
    )


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
