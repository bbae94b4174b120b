"""The rule of the verdict: each of its branches, and how often it is right on simulated sweeps."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import norm

from hooks.dose.response import Doses
from hooks.dose.verdict import judge
from interp.results.dose import CONTENT, DISPOSITION, Measure, TemperVerdict, VerdictRule

FACTORS = (1.0, 0.9, 0.8, 0.5)
DOSE = 1 - np.array(FACTORS)
SETS = 6
MOVE, DAMAGE = 0.30, 0.25
Effects = Sequence[float]
STILL = (0.0,) * SETS
# Scenario -> the true change, at factor 0.5, of delivery and of recall under each set, and the right verdict.
SCENARIOS: dict[str, tuple[Effects, Effects, TemperVerdict]] = {
    "clean move": ((-MOVE, *STILL[1:]), STILL, TemperVerdict.CLEAN),
    "content damage": ((-MOVE, *STILL[1:]), (-DAMAGE, *STILL[1:]), TemperVerdict.DAMAGE),
    "no move": (STILL, STILL, TemperVerdict.STILL),
    "random equal": ((-MOVE,) * SETS, STILL, TemperVerdict.RANDOM),
}


def simulate(
    delivery: Effects,
    content: Effects,
    rng: np.random.Generator,
    *,
    n: int = 100,
    alike: float = 0.95,
    cut: float = 0.05,
) -> Doses:
    """A sweep with these true changes: rates 0.85 (asserted) and 0.45 (recall) at factor 1, linear in 1 - factor.

    `alike` is the correlation of the latent answers of a prompt across factors, `cut` the share of cut-off answers.
    """
    asserted = _answers(0.85, delivery, rng, n, alike)
    recall = _answers(0.45, content, rng, n, alike)
    lost = rng.random(asserted.shape) < cut
    lost[:, 0] = lost[0, 0]
    unscored = lost.astype(float)
    values = {DISPOSITION: np.where(lost, np.nan, asserted), CONTENT: recall, Measure.UNSCORED: unscored}
    return Doses(tuple(f"s{i}" for i in range(SETS)), FACTORS, values)


def _answers(rate: float, effects: Effects, rng: np.random.Generator, n: int, alike: float) -> np.ndarray:
    shared, own = rng.normal(size=n), rng.normal(size=(SETS, len(FACTORS), n))
    latent = np.sqrt(alike) * shared + np.sqrt(1 - alike) * own
    latent[:, 0] = latent[0, 0]  # factor 1 is the same answer in all sets
    rates = rate + np.outer(np.array(effects), DOSE / DOSE.max())
    return np.asarray((latent < norm.ppf(rates)[:, :, None]).astype(float))


def rates(studies: int, seed: int = 0, **how: float) -> dict[str, Counter[str]]:
    """How often each verdict is given in each scenario."""
    rng = np.random.default_rng(seed)
    return {
        name: Counter(str(judge(simulate(d, c, rng, **how)).verdict) for _ in range(studies))
        for name, (d, c, _) in SCENARIOS.items()
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_planted_effect_is_named(name: str) -> None:
    delivery, content, expected = SCENARIOS[name]
    found = judge(simulate(delivery, content, np.random.default_rng(3), n=300))
    assert found.verdict == expected, found.reason


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_simulated_sweeps_are_rarely_judged_wrong_and_mostly_right() -> None:
    """With 100 prompts a wrong verdict is rare; what is not right is unresolved."""
    for name, counts in rates(300).items():
        right = SCENARIOS[name][2]
        wrong = sum(n for verdict, n in counts.items() if verdict not in (right, TemperVerdict.UNRESOLVED))
        sys.stdout.write(f"\n{name}: {dict(counts)}")
        assert wrong / 300 <= 0.05, (name, counts)
        assert counts[right] / 300 >= 0.5, (name, counts)


def plain(asserted: list[float], recall: float = 0.0, n: int = 200, random: float = 0.0) -> Doses:
    """Shares of asserted answers at each factor under the chosen heads, exactly; random sets lose `random` at 0.5."""
    x = np.zeros((SETS, len(FACTORS), n))
    for k, share in enumerate(asserted):
        x[:, k, : round(n * asserted[0])] = 1
        x[0, k] = np.arange(n) < round(n * share)
    x[1:, -1, : round(n * random)] = 0
    met = np.zeros_like(x)
    met[:, :, : n // 2] = 1
    met[0, -1, : round(n * recall)] = 0
    return Doses(tuple("abcdef"), FACTORS, {DISPOSITION: x, CONTENT: met, Measure.UNSCORED: np.zeros_like(x)})


def cutting(share: float) -> Doses:
    doses = plain([0.9, 0.9, 0.9, 0.9])
    doses.values[Measure.UNSCORED][0, 2, : round(200 * share)] = 1
    return doses


@pytest.mark.parametrize(
    ("doses", "verdict", "said"),
    [
        (plain([0.9, 0.8, 0.7, 0.5]), TemperVerdict.CLEAN, "a fall of 0.10 is excluded"),
        (plain([0.2, 0.3, 0.5, 0.7]), TemperVerdict.CLEAN, "a fall of 0.10 is excluded"),
        (plain([0.9, 0.8, 0.7, 0.5], recall=0.2), TemperVerdict.DAMAGE, "it fell"),
        (plain([0.9, 0.8, 0.7, 0.5], random=0.4), TemperVerdict.RANDOM, "5 of 5 random sets"),
        (plain([0.9, 0.9, 0.9, 0.9]), TemperVerdict.STILL, "lies within 0.10 of 0"),
        (plain([0.9, 0.9, 0.5, 0.9]), TemperVerdict.UNRESOLVED, "neither clearly moved nor"),
        (plain([0.9, 0.9, 0.9, 0.83]), TemperVerdict.UNRESOLVED, "a change, but not shown"),
        (plain([0.5, 0.9, 0.9, 0.3]), TemperVerdict.UNRESOLVED, "the other way at a weaker factor"),
        (plain([0.9, 0.9, 0.9, 0.9], n=20), TemperVerdict.UNRESOLVED, "for 20 prompts only; expected 30"),
        (cutting(0.2), TemperVerdict.UNRESOLVED, "changes by +0.20 at factor 0.8"),
    ],
    ids=lambda value: str(value) if isinstance(value, TemperVerdict) else "",
)
def test_every_branch_says_why(doses: Doses, verdict: TemperVerdict, said: str) -> None:
    found = judge(doses)
    assert (found.verdict, said in found.reason) == (verdict, True), found.reason


def test_a_move_without_random_sets_is_not_ascribed_to_the_heads() -> None:
    doses = plain([0.9, 0.8, 0.7, 0.5])
    alone = Doses(doses.sets[:3], FACTORS, {m: x[:3] for m, x in doses.values.items()})
    found = judge(alone)
    assert found.verdict == TemperVerdict.UNRESOLVED and "against 2 random sets" in found.reason
    assert judge(alone, VerdictRule(min_random_sets=2)).verdict == TemperVerdict.CLEAN


def test_one_random_set_of_five_that_moves_as_far_leaves_it_open() -> None:
    doses = plain([0.9, 0.8, 0.7, 0.5])
    doses.values[DISPOSITION][2, -1, :120] = 0
    found = judge(doses)
    assert found.verdict == TemperVerdict.UNRESOLVED and "1 of 5 random sets" in found.reason


def test_a_ceiling_and_the_smallest_possible_p_are_said() -> None:
    notes = " ".join(judge(plain([1.0, 1.0, 1.0, 1.0])).notes)
    assert "hardly do anything but fall" in notes
    assert "smallest possible p is 0.167" in notes


def test_a_fall_of_content_without_a_move_is_said() -> None:
    found = judge(plain([0.9, 0.9, 0.9, 0.9], recall=0.2))
    assert found.verdict == TemperVerdict.STILL
    assert any("Checklist recall fell" in note for note in found.notes)
