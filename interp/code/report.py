"""What the rows of a HumanEval run add up to: pass@1 with its interval at every budget, and what was cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from interp.code.extraction import Found
from interp.code.rows import Status, TaskRow
from interp.records.findings import Estimate
from interp.records.loaded import Loaded, ModelId
from interp.records.shown import Shown
from interp.results.schema import Result
from interp.sandbox.process import Limits
from interp.sandbox.proof import Proof
from interp.scores.sets import Conditions, Score, ScoreSet
from interp.stats.rates import rate

METRIC = "pass@1"


@dataclass(frozen=True, slots=True)
class BudgetReport(Shown):
    """The numbers of one token budget.

    Attributes:
        max_new_tokens: the budget.
        n: how many tasks were asked.
        pass_at_1: over all tasks; takes a cut-off answer by what its code did.
        pass_at_1_finished: over the answers that were not cut off; None where all were.
        pass_at_1_at_most: what all tasks would give if every cut-off answer had passed.
        cut_off: the share of answers that were cut off.
        passed_though_cut_off: how many of those passed nevertheless.
        statuses: how many tasks have each status.
        found: in how many answers the code was found in which way.
        errors: how many programs failed by which error, and where it came; cut-off answers included.
    """

    max_new_tokens: int
    n: int
    pass_at_1: Estimate
    pass_at_1_finished: Estimate | None
    pass_at_1_at_most: float
    cut_off: Estimate
    passed_though_cut_off: int
    statuses: Mapping[Status, int]
    found: Mapping[Found, int]
    errors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AnswersSource(Shown):
    """Which answers were graded: the name of their run, and the sha256 of each of its files that was read."""

    run: str
    sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GradingConfig(Shown):
    """Everything that a graded run's numbers depend on: the identity of the run."""

    command: str
    model: Loaded
    answers: AnswersSource
    budgets: tuple[int, ...]
    data_sha256: str
    extraction: str
    limits: Limits
    sandbox_broken: tuple[str, ...]
    versions: Mapping[str, str]

    @property
    def instrument(self) -> str:
        """What made the scores: the tasks' data, the rules of extraction, and the limits of a program."""
        limits = f"{self.limits.cpu_seconds}s {self.limits.memory_mib}MiB"
        return f"humaneval-{self.data_sha256[:12]} {self.extraction} {limits}"


@dataclass(frozen=True, slots=True)
class HumanEvalReport(Result):
    """What `humaneval.json` holds: the model, what the sandbox held, and the numbers at each budget."""

    SCHEMA: ClassVar[int] = 2

    model: ModelId
    backend: str
    proof: str
    config: GradingConfig
    sandbox: Proof
    budgets: tuple[BudgetReport, ...]


def summarise(config: GradingConfig, proof: Proof, rows: Sequence[TaskRow]) -> HumanEvalReport:
    """Return what graded rows add up to, budget by budget."""
    return HumanEvalReport(
        schema=HumanEvalReport.SCHEMA,
        model=config.model.model,
        backend=config.model.backend,
        proof=config.model.proof,
        config=config,
        sandbox=proof,
        budgets=tuple(at_budget([row for row in rows if row.max_new_tokens == b]) for b in config.budgets),
    )


def at_budget(rows: Sequence[TaskRow]) -> BudgetReport:
    """Return the numbers of one budget."""
    cut = [row for row in rows if row.status is Status.CUT_OFF]
    n_finished = len(rows) - len(cut)
    passed = sum(row.passed for row in rows)
    passed_though_cut_off = sum(row.passed for row in cut)
    return BudgetReport(
        max_new_tokens=rows[0].max_new_tokens,
        n=len(rows),
        pass_at_1=rate(passed, len(rows)),
        pass_at_1_finished=rate(passed - passed_though_cut_off, n_finished) if n_finished else None,
        pass_at_1_at_most=(passed + len(cut) - passed_though_cut_off) / len(rows),
        cut_off=rate(len(cut), len(rows)),
        passed_though_cut_off=passed_though_cut_off,
        statuses={status: sum(row.status is status for row in rows) for status in Status},
        found=dict(sorted(Counter(row.found for row in rows).items())),
        errors=dict(sorted(Counter(f"{row.error} at {row.at}" for row in rows if row.error).items())),
    )


def score_sets(rows: Sequence[TaskRow], conditions: Mapping[int, Conditions]) -> list[ScoreSet]:
    """Return pass@1 task by task, one set a budget; a cut-off answer has the value of its code and is marked."""
    sets = []
    for budget, under in conditions.items():
        scores = tuple(
            Score(row.task_id, METRIC, float(row.passed), None, row.status is Status.CUT_OFF)
            for row in rows
            if row.max_new_tokens == budget
        )
        sets.append(ScoreSet(METRIC, under, (0.0, 1.0), scores))
    return sets
