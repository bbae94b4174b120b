from __future__ import annotations

from collections import Counter

import pytest

from hooks.heads.draws import matched_sets
from interp.errors import InputError
from interp.prompts import sets
from interp.prompts.draws import evenly
from interp.records.prompts import Prompt, Split


def asked(relation: str | None, n: int, split: Split = Split.FRESH) -> list[Prompt]:
    return [Prompt(f"{split}-{relation}-{i}", "?", "d", split, (), relation) for i in range(n)]


def test_prompts_are_drawn_evenly_over_relations_and_what_one_lacks_others_give() -> None:
    pool = [*asked("a", 50), *asked("b", 3), *asked("c", 50)]
    drawn = evenly(pool, 23, seed=0)
    assert Counter(p.relation for p in drawn) == {"a": 10, "b": 3, "c": 10}
    assert [pool.index(p) for p in drawn] == sorted(pool.index(p) for p in drawn)


def test_both_splits_get_their_share() -> None:
    pool = [*asked("a", 30), *asked("a", 30, Split.FIT)]
    assert Counter(p.split for p in evenly(pool, 10, seed=1)) == {Split.FIT: 5, Split.FRESH: 5}


def test_the_draw_is_the_seeds_and_a_small_set_is_kept_whole() -> None:
    pool = asked(None, 40)
    assert evenly(pool, 10, seed=0) == evenly(pool, 10, seed=0) != evenly(pool, 10, seed=1)
    assert evenly(pool, 100, seed=0) == tuple(pool)


def test_a_hundred_facts_come_from_all_seven_relations() -> None:
    counts = Counter(p.relation for p in evenly(sets.load("facts").fresh, 100, seed=0))
    assert sorted(counts.values()) == [14] * 5 + [15] * 2


CHOSEN = ((3, 1), (3, 4), (8, 0))


def test_random_sets_match_the_chosen_heads_by_layer_and_never_hold_one_of_them() -> None:
    drawn = matched_sets(CHOSEN, {3: 9, 8: 4}, 20, seed=0)
    assert len(set(drawn)) == 20
    for heads in drawn:
        assert Counter(layer for layer, _ in heads) == {3: 2, 8: 1}
        assert len(set(heads)) == 3 and not set(heads) & set(CHOSEN)
        assert all(0 <= head < {3: 9, 8: 4}[layer] for layer, head in heads)
    assert drawn == matched_sets(CHOSEN, {3: 9, 8: 4}, 20, seed=0) != matched_sets(CHOSEN, {3: 9, 8: 4}, 20, seed=1)


def test_every_other_head_is_drawn_about_as_often() -> None:
    counts = Counter(matched_sets(((0, 2),), {0: 5}, 1, seed=seed)[0][0][1] for seed in range(400))
    assert set(counts) == {0, 1, 3, 4}
    assert min(counts.values()) > 70


def test_all_sets_there_are_can_be_drawn_and_not_one_more() -> None:
    assert len(set(matched_sets(CHOSEN, {3: 5, 8: 2}, 3, seed=0))) == 3
    with pytest.raises(InputError, match=r"Only 3 different sets .* 4 were asked for; pass --random-heads 3 or fewer"):
        matched_sets(CHOSEN, {3: 5, 8: 2}, 4, seed=0)


def test_a_layer_with_too_few_other_heads_is_named() -> None:
    with pytest.raises(InputError, match=r"Layer 3 has 1 heads besides the 2 chosen ones"):
        matched_sets(((3, 0), (3, 1)), {3: 3}, 1, seed=0)
    assert matched_sets(((3, 0), (3, 1)), {3: 3}, 0, seed=0) == ()
