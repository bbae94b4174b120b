"""How much of a delta rests on cut-off answers: equal models, cut differently, must not pass for a gain."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interp.records.findings import Severity
from interp.scores.comparison import Comparison, compare_sets
from interp.scores.paired import pair
from interp.scores.sets import Conditions, Score, ScoreSet

YES_NO = (0.0, 1.0)


def side(
    name: str, values: list[float | None], cut: list[bool | None], metric: str = "pass@1", **changes: object
) -> ScoreSet:
    fields = {
        "prompts": "p",
        "judge": "tests",
        "decoding": "greedy",
        "max_new_tokens": 512,
        "edit": None,
        "model": name,
    }
    scores = tuple(
        Score(f"task-{i:03d}", metric, v, ("cut_off" if c else "unscored") if v is None else None, c)
        for i, (v, c) in enumerate(zip(values, cut, strict=True))
    )
    return ScoreSet(metric, Conditions(**(fields | changes)), YES_NO, scores)  # type: ignore[arg-type]


def names(found: Comparison, severity: Severity | None = None) -> set[str]:
    return {threat.name for threat in found.threats if severity in (None, threat.severity)}


def equally_able(n: int, p_cut: tuple[float, float], judged: bool, seed: int = 0) -> Comparison:
    """Two models that would pass the same tasks if they could finish; only how often they are cut off differs.

    A cut-off answer fails, as a grader would have it, or (`judged`) stays without a score.
    """
    rng = np.random.default_rng(seed)
    able = rng.random(n) < 0.4
    sets = []
    for name, p in zip("AB", p_cut, strict=True):
        cut = rng.random(n) < p
        lost = None if judged else 0.0
        values = [lost if c else float(a) for a, c in zip(able, cut, strict=True)]
        sets.append(side(name, values, [bool(c) for c in cut]))
    return compare_sets(*sets)


@pytest.mark.parametrize("seed", range(20))
def test_a_delta_of_truncation_alone_is_flagged_as_fatal(seed: int):
    found = equally_able(164, (0.6, 0.05), judged=False, seed=seed)
    delta = found.numbers.delta
    assert delta is not None
    assert delta.lower > 0  # the plain reading: B gains
    assert "rests_on_truncation" in names(found, Severity.FATAL)
    assert {"truncation_differs", "truncation_leaves_sign_open"} <= names(found, Severity.WARNING)
    cut = found.numbers.truncation
    assert cut is not None
    assert cut.finished is not None
    assert cut.finished.value == 0
    assert cut.part == pytest.approx(delta.value)
    assert cut.least is not None
    assert cut.most is not None
    assert cut.least.value < 0 < cut.most.value


def test_where_cut_off_answers_stay_unscored_equal_models_are_equal_and_the_shares_still_warn():
    found = equally_able(164, (0.6, 0.05), judged=True)
    assert found.numbers.delta is not None
    assert found.numbers.delta.value == 0
    assert names(found) == {"truncation_differs", "unscored"}


def test_a_real_gain_without_truncation_has_no_threat():
    rng = np.random.default_rng(1)
    a, b = rng.random(164) < 0.3, rng.random(164) < 0.6
    found = compare_sets(*(side(n, [float(v) for v in x], [False] * 164) for n, x in (("A", a), ("B", b))))
    assert found.threats == ()


def test_a_gain_among_finished_answers_is_not_put_down_to_truncation():
    values_a, values_b = [0.0] * 60 + [1.0] * 40, [1.0] * 60 + [1.0] * 40
    cut = [False] * 95 + [True] * 5
    found = compare_sets(side("A", list(values_a), list(cut)), side("B", list(values_b), list(cut)))
    assert names(found) == set()


def test_a_gain_that_only_its_cut_off_items_leave_open_is_a_warning():
    # 30 of 100 items gain and are finished; 40 others are cut off on both sides and equal so far
    a, b = [0.0] * 30 + [0.0] * 70, [1.0] * 30 + [0.0] * 70
    cut = [False] * 60 + [True] * 40
    found = compare_sets(side("A", list(a), list(cut)), side("B", list(b), list(cut)))
    assert names(found) == {"truncation_leaves_sign_open"}
    assert found.numbers.truncation is not None
    assert [round(e.value, 2) for e in (found.numbers.truncation.least, found.numbers.truncation.most) if e] == [
        -0.1,
        0.7,
    ]


def test_unknown_truncation_is_fatal_and_is_not_taken_for_none():
    found = compare_sets(side("A", [1.0, 0.0], [False, None]), side("B", [1.0, 1.0], [False, False]))
    assert found.numbers.truncation is None
    assert names(found, Severity.FATAL) == {"unrecorded_truncation"}


verdicts = st.lists(
    st.tuples(*[st.tuples(st.sampled_from([None, 0.0, 1.0]), st.booleans())] * 2), min_size=1, max_size=40
)


@given(verdicts, st.data())
@settings(max_examples=60, deadline=None)
def test_no_continuation_of_the_cut_off_answers_leads_outside_the_limits(rows, data):
    a, b = (side(name, [r[k][0] for r in rows], [r[k][1] for r in rows]) for k, name in ((0, "A"), (1, "B")))
    found = pair(a, b).truncation
    assert found is not None
    assert sum(dataclasses.astuple(found.table)) == len(rows)
    bounded = [r for r in rows if all(cut or value is not None for value, cut in r)]
    assert found.n_bounded == len(bounded)
    if not bounded:
        assert found.least is None
        return
    ends = [[data.draw(st.sampled_from([0.0, 1.0])) if cut else value for value, cut in r] for r in bounded]
    delta = float(np.mean([y - x for x, y in ends]))
    assert found.least is not None
    assert found.most is not None
    assert found.least.value - 1e-12 <= delta <= found.most.value + 1e-12


@given(verdicts)
@settings(max_examples=50, deadline=None)
def test_the_parts_of_a_delta_add_up(rows):
    a, b = (side(name, [r[k][0] for r in rows], [r[k][1] for r in rows]) for k, name in ((0, "A"), (1, "B")))
    found = pair(a, b)
    assert found.truncation is not None
    if found.delta is None:
        assert found.truncation.part is None
        return
    finished = found.truncation.finished
    rest = 0.0 if finished is None else finished.value * finished.n_pos / found.n_paired
    assert found.truncation.part == pytest.approx(found.delta.value - rest)
