"""How a contrast's ranking is set beside what zeroing each head does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from hooks.heads.shifts import Shifts
from interp.results.attribution import Contrast
from probes.heads.interventions import reference

LAYERS, HEADS, ANSWERS = 12, 4, 9


def shifts(rng: np.random.Generator, read_at: int) -> Shifts:
    """Effects that grow with the layer; the probe reads after block `read_at`."""
    logprob = tuple(-0.1 * (n + 1) + 0.05 * rng.standard_normal((HEADS, ANSWERS)) for n in range(LAYERS))
    score = tuple(3 * x if n <= read_at else np.zeros_like(x) for n, x in enumerate(logprob))
    return Shifts(tuple(map(str, range(ANSWERS))), tuple(range(LAYERS)), logprob, score)


@pytest.mark.parametrize("agree", [True, False])
def test_rankings_that_agree_and_that_disagree_with_the_effects(agree: bool) -> None:
    made = shifts(np.random.default_rng(0), LAYERS - 1)
    size = {(n, h): abs(made.logprob[n][h].mean()) for n in range(LAYERS) for h in range(HEADS)}
    ranking = tuple(sorted(size, key=lambda place: -size[place] if agree else size[place]))
    contrast = Contrast("heads survive", "", "", ranking)
    found = reference(
        made, {"magnitude": contrast, "directional": Contrast("could not be tested", "", "")}, "correct", None
    )
    assert set(found.rank_correlation) == {"magnitude"}
    assert found.rank_correlation["magnitude"]["logprob"].value == pytest.approx(1.0 if agree else -1.0)
    one = next(h for h in found.heads if (h.layer, h.head) == (7, 2))
    assert one.logprob.value == pytest.approx(made.logprob[7][2].mean())
    assert one.logprob.lower < one.logprob.value < one.logprob.upper


def test_spearman_is_scipys_and_heads_that_cannot_reach_the_probe_are_left_out_of_its_score() -> None:
    rng = np.random.default_rng(1)
    made = shifts(rng, 7)
    places = [(n, h) for n in range(LAYERS) for h in range(HEADS)]
    ranking = tuple(places[i] for i in rng.permutation(len(places)))
    found = reference(made, {"magnitude": Contrast("heads survive", "", "", ranking)}, "correct", None)
    rank = {place: -i for i, place in enumerate(ranking)}
    for name, arrays, last in (("logprob", made.logprob, LAYERS), ("score", made.score, 8)):
        assert arrays is not None
        reached = [(n, h) for n, h in places if n < last]
        expected = spearmanr([rank[p] for p in reached], [abs(arrays[n][h].mean()) for n, h in reached]).statistic
        value = found.rank_correlation["magnitude"][name]
        assert value.value == pytest.approx(expected) and value.n_pos == len(reached)
        assert value.lower < value.value < value.upper


def test_without_a_probe_there_is_no_score_and_its_reason() -> None:
    made = shifts(np.random.default_rng(0), 0)
    bare = Shifts(made.generation_ids, made.layers, made.logprob, None)
    ranking = tuple((n, h) for n in range(LAYERS) for h in range(HEADS))
    found = reference(bare, {"magnitude": Contrast("heads survive", "", "", ranking)}, None, "no probe")
    assert found.reason == "no probe" and all(h.score is None for h in found.heads)
    assert set(found.rank_correlation["magnitude"]) == {"logprob"}
