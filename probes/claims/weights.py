"""Recomputations of the paper's claims about arc 1, imitation into weights (sections 3.4 and 4, Table 1, Figure 4)."""

from __future__ import annotations

from interp.stats.rates import rate
from interp.study import data, report, stored
from interp.study.data import FIRST_PASS, GEMMA_FIT, HUMANEVAL_BASE, HUMANEVAL_TRAINED, MCAS_ITEMS, Study
from probes.claims.evaluation import Compute, Computed, Recomputation, paper_numbers, percent

PROBLEMS = 164  # HumanEval
CEILING = 95.0  # percent; what "near-ceiling" is taken to mean
HUMANEVAL = (HUMANEVAL_BASE, HUMANEVAL_TRAINED)
RE_EVALUATION = "needs the re-evaluation's {what}; no published file holds them"


def _pass_rate(name: str) -> Compute:
    def compute(study: Study) -> Computed:
        passed = report.passes(study, name)
        estimate = rate(int(passed.sum()), len(passed))
        note = f"{passed.sum()} of {len(passed)} tasks passed."
        return Computed((100 * estimate.value,), estimate=percent(estimate), note=note)

    return compute


def _humaneval(study: Study) -> Computed:
    base, trained = (report.passes(study, name).sum() for name in HUMANEVAL)
    gain = percent(report.humaneval_gain(study))
    return Computed((gain.value,), estimate=gain, note=f"{trained} against {base} tasks.")


def _mcas(study: Study) -> Computed:
    gain = percent(report.mcas_gain(study))
    return Computed((gain.value,), estimate=gain)


def _svr(study: Study) -> Computed:
    values = stored.self_verification_rates(study)
    note = f"Stored as {values[0]} and {values[1]} percent; the answers were not published."
    return Computed(values, holds=min(values) >= CEILING, note=note)


def _mean_recall(study: Study) -> Computed:
    recalls = stored.recalls(study, GEMMA_FIT)
    return Computed((sum(recalls) / len(recalls),))


def _six_labels(study: Study) -> Computed:
    values = (
        percent(report.humaneval_gain(study)).value,
        percent(report.mcas_gain(study)).value,
        None,
        None,
        None,
        None,
    )
    return Computed(values, note="Only the two first-pass labels have published items, and the HumanEval one differs.")


def _mcas_items(study: Study) -> Computed:
    return Computed((float(stored.mcas_prompts(study)),))


def _humaneval_tasks(study: Study) -> Computed:
    return Computed((float(len(report.passes(study, HUMANEVAL_BASE))),))


def nearest_count(percent: float) -> tuple[int, bool]:
    """Return the count of HumanEval's tasks that lies nearest to a percentage, and whether it rounds to it."""
    count = round(percent * PROBLEMS / 100)
    return count, abs(100 * count / PROBLEMS - percent) <= 0.05 + 1e-9


def _rate_note(claim_id: str) -> str:
    count, fits = nearest_count(_printed(claim_id))
    return f"{count} of {PROBLEMS} tasks {'rounds' if fits else 'comes nearest but does not round'} to it."


def _delta_note(after: str, before: str) -> str:
    counts = [nearest_count(_printed(claim_id))[0] for claim_id in (after, before)]
    exact = 100 * (counts[0] - counts[1]) / PROBLEMS
    return f"The rates that the paper prints mean {counts[0]} against {counts[1]} tasks, a delta of {exact:.2f}."


def _printed(claim_id: str) -> float:
    text = next(c.paper_value for c in data.claims() if c.id == claim_id)
    return paper_numbers(text)[0][0]


_HUMANEVAL_LATER = Recomputation(RE_EVALUATION.format(what="passes per task"))
_MCAS_LATER = Recomputation(RE_EVALUATION.format(what="MCAS scores per item"))
_RECOVERY = Recomputation(RE_EVALUATION.format(what="recovery items"))
_TRAINED_RECALL = Recomputation(
    "needs the checklist recall of the trained model's 100 answers; eval_full_ddv2.json holds the answers without it"
)


def _later(recomputation: Recomputation, note: str) -> Recomputation:
    return Recomputation(recomputation.text, note=note)


RECOMPUTATIONS = {
    "P001": Recomputation(
        "100 x (sum of trained scores - sum of base scores) / (2 x 500 items)",
        (MCAS_ITEMS,),
        _mcas,
    ),
    "P002": Recomputation(
        "100 x (tasks passed by the trained model - by the base model) / 164",
        HUMANEVAL,
        _humaneval,
    ),
    "P003": Recomputation("100 x tasks passed / tasks", (HUMANEVAL_BASE,), _pass_rate(HUMANEVAL_BASE)),
    "P004": Recomputation("100 x tasks passed / tasks", (HUMANEVAL_TRAINED,), _pass_rate(HUMANEVAL_TRAINED)),
    "P005": _later(_HUMANEVAL_LATER, _delta_note("P007", "P006")),
    "P006": _later(_HUMANEVAL_LATER, _rate_note("P006")),
    "P007": _later(_HUMANEVAL_LATER, _rate_note("P007")),
    "P011": Recomputation("number of MCAS items", (MCAS_ITEMS,), _mcas_items),
    "P012": Recomputation("number of HumanEval tasks", (HUMANEVAL_BASE,), _humaneval_tasks),
    "P014": Recomputation(f"both stored rates are at least {CEILING:g} percent", (FIRST_PASS,), _svr),
    "P015": _MCAS_LATER,
    "P016": _MCAS_LATER,
    "P017": _MCAS_LATER,
    "P018": _RECOVERY,
    "P019": _RECOVERY,
    "P020": _RECOVERY,
    "P021": _later(_HUMANEVAL_LATER, _rate_note("P021")),
    "P022": _later(_HUMANEVAL_LATER, _rate_note("P022")),
    "P023": _later(_HUMANEVAL_LATER, _delta_note("P022", "P021")),
    "P024": _later(_HUMANEVAL_LATER, _rate_note("P024")),
    "P025": _later(_HUMANEVAL_LATER, _rate_note("P025")),
    "P026": _later(_HUMANEVAL_LATER, _delta_note("P025", "P021")),
    "P027": Recomputation("mean checklist recall of the base model's 100 answers", (GEMMA_FIT,), _mean_recall),
    "P028": _TRAINED_RECALL,
    "P029": _TRAINED_RECALL,
    "P085": Recomputation(
        "the two first-pass labels from items, as P002 and P001; the four later ones were not published",
        (*HUMANEVAL, MCAS_ITEMS),
        _six_labels,
    ),
}
