"""Contrasts against plain arithmetic and independent libraries, on heads that differ and on heads that do not."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from interp.errors import InputError
from interp.records.answers import HeadScale
from interp.records.arrays import HeadActivations
from interp.results.attribution import Attribution, Cohorts, PublishedModel
from interp.results.identity import PublishedFile
from interp.results.schema import read_result, write_result
from probes.fitting.folds import TooFew
from probes.heads import arrays
from probes.heads.contrasts import attribute

N_A, N_B = 38, 53  # the sizes of Gemma's cohorts cw and cr (paper Table 3)


@pytest.fixture(scope="module")
def studies() -> ModuleType:
    path = Path(__file__).with_name("attribution_studies.py")
    spec = importlib.util.spec_from_file_location("attribution_studies", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def null(studies: ModuleType) -> tuple[HeadActivations, np.ndarray]:
    """A small study without effect: three layers, one of them with fewer and wider heads."""
    rng = np.random.default_rng(1)
    y = studies.cohorts(rng, N_A, N_B)
    heads = studies.study(rng, N_A + N_B, layers=2, heads=4, width=12)
    other = studies.study(rng, N_A + N_B, layers=1, heads=2, width=24)
    both = dataclasses.replace(
        heads, layers=(3, 7, 11), norms=(*heads.norms, *other.norms), means=(*heads.means, *other.means)
    )
    return both, y


def pooled_d(a: np.ndarray, b: np.ndarray) -> float:
    variance = (a.var(ddof=1) * (len(a) - 1) + b.var(ddof=1) * (len(b) - 1)) / (len(a) + len(b) - 2)
    return float((a.mean() - b.mean()) / np.sqrt(variance))


def test_numbers_are_the_studys_formulas(null: tuple[HeadActivations, np.ndarray]) -> None:
    heads, y = null
    found = attribute(heads, y, permutations=99)
    for effect in found["magnitude"].heads:
        x = heads.norms[heads.layers.index(effect.layer)][:, effect.head].astype(float)
        assert effect.d is not None and effect.d.value == pytest.approx(pooled_d(x[y], x[~y]))
        assert (effect.mean_a, effect.mean_b) == pytest.approx((x[y].mean(), x[~y].mean()))
    for effect in found["directional"].heads:
        z = heads.means[heads.layers.index(effect.layer)][:, effect.head].astype(float)
        v = z[y].mean(0) - z[~y].mean(0)
        projected = z @ (v / np.linalg.norm(v))
        assert effect.d_in_sample == pytest.approx(pooled_d(projected[y], projected[~y]))
        a, b = z[y].mean(0), z[~y].mean(0)
        assert effect.cosine == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_a_held_out_answer_never_meets_a_direction_that_it_made(null: tuple[HeadActivations, np.ndarray]) -> None:
    heads, y = null
    plan = arrays.plan(y, 19, 0)
    z = arrays.compact(arrays.vectors(heads)[0])
    projected = arrays.held_out(z, y[None], ~y[None], plan.folds)[0]
    for train, test in plan.folds:
        v = z[train][y[train]].mean(0) - z[train][~y[train]].mean(0)
        expected = (z[test] - z[train].mean(0)) @ v / np.linalg.norm(v)
        np.testing.assert_allclose(projected[test], expected, atol=1e-12)


def test_coordinates_of_wide_heads_keep_every_projection() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((30, 200)), np.arange(30) < 13
    narrow = arrays.compact(z)
    assert narrow.shape == (30, 30)
    plan = arrays.plan(y, 19, 0)
    a, wide = plan.labelings, z - z.mean(0)
    seen, again = (arrays.in_sample(x, a, ~a) for x in (narrow, wide))
    np.testing.assert_allclose(arrays.projection_d(seen, a, ~a), arrays.projection_d(again, a, ~a), rtol=1e-9)
    seen, again = (arrays.held_out(x, a, ~a, plan.folds) for x in (narrow, wide))
    np.testing.assert_allclose(arrays.projection_d(seen, a, ~a), arrays.projection_d(again, a, ~a), rtol=1e-9)


def test_many_labelings_at_once_equal_one_at_a_time(null: tuple[HeadActivations, np.ndarray]) -> None:
    heads, y = null
    plan, x = arrays.plan(y, 19, 3), arrays.norms(null[0])
    d = arrays.norm_d(x, plan.labelings, ~plan.labelings)
    z = arrays.compact(arrays.vectors(heads)[5])
    every = arrays.projection_d(
        arrays.held_out(z, plan.labelings, ~plan.labelings, plan.folds), plan.labelings, ~plan.labelings
    )
    for k, labels in enumerate(plan.labelings):
        np.testing.assert_allclose(d[k], [pooled_d(c[labels], c[~labels]) for c in x.T], rtol=1e-9)
        one = arrays.held_out(z, labels[None], ~labels[None], plan.folds)[0]
        assert every[k] == pytest.approx(pooled_d(one[labels], one[~labels]))
        assert labels.sum() == N_A and all(labels[test].sum() == y[test].sum() for _, test in plan.folds)


def test_p_values_agree_with_t_tests_and_with_the_largest_of_every_permutation(
    null: tuple[HeadActivations, np.ndarray],
) -> None:
    heads, y = null
    found = attribute(heads, y, permutations=1999, contrasts=("magnitude",))["magnitude"]
    x = arrays.norms(heads)
    t = stats.ttest_ind(x[y], x[~y]).pvalue
    np.testing.assert_allclose([h.p for h in found.heads], t, atol=0.04)
    plan = arrays.plan(y, 1999, 0)
    largest = np.abs(arrays.norm_d(x, plan.labelings[1:], ~plan.labelings[1:])).max(1)
    for head in found.heads:
        assert head.d is not None and head.p is not None and head.p_family is not None
        assert head.p_family == pytest.approx((1 + np.sum(largest >= abs(head.d.value))) / 2000)
        assert head.p_family >= head.p and head.survives == (head.p_family < 0.05)
    assert found.largest is not None and found.largest.expected == pytest.approx(largest.mean())


def plant(heads: HeadActivations, y: np.ndarray, layer: int, head: int, by: float) -> HeadActivations:
    """Move one head of cohort a by this many of its standard deviations, in norm and along one axis."""
    norms, means = [x.copy() for x in heads.norms], [x.copy() for x in heads.means]
    norms[layer][y, head] += by * norms[layer][:, head].std()
    means[layer][y, head, 3] += by * means[layer][:, head, 3].std()
    return dataclasses.replace(heads, norms=tuple(norms), means=tuple(means))


@pytest.mark.parametrize("sizes", [(N_A, N_B), (18, 64)])
def test_a_planted_head_is_found_among_270_and_alone(studies: ModuleType, sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    y = studies.cohorts(rng, *sizes)
    heads = plant(studies.study(rng, sum(sizes), width=24), y, 17, 4, 2.0)
    for contrast in attribute(heads, y, permutations=499).values():
        assert contrast.ranking[0] == (17, 4) and contrast.surviving == ((17, 4),)
        effect = next(h for h in contrast.heads if (h.layer, h.head) == (17, 4))
        assert effect.p_family is not None and effect.p_family < 0.01
        assert effect.d is not None and effect.d.lower > 0.5 and effect.mean_a is not None and effect.mean_b is not None
        assert effect.mean_a > effect.mean_b


def test_a_head_that_one_cohort_has_louder_is_found_in_a_model(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A random-weight model answers twenty-four prompts; half of the answers are made, and read, with L5H2 at 1.6."""
    from hooks.agreement import specimens
    from hooks.answers.batch import as_prompts, generate_batch
    from hooks.heads.activations import capture_heads
    from hooks.models.loading import open_backend

    model = open_backend(specimens.save("gemma3", tmp_path / "model"))
    prompts = as_prompts([f"What is the number {i} of {'tin' if i % 3 else 'lead'}?" for i in range(28)])
    sides = [(prompts[::2], HeadScale(((5, 2),), 1.6)), (prompts[1::2], None)]
    generations = [
        g for side, edit in sides for g in generate_batch(model, side, max_new_tokens=6, layers=(), edit=edit)[0]
    ]
    heads = capture_heads(model, prompts, generations)
    y = np.array([g.edit is not None for g in generations])
    for contrast in attribute(heads, y, permutations=499).values():
        assert contrast.ranking[0] == (5, 2)
        effect = next(h for h in contrast.heads if (h.layer, h.head) == (5, 2))
        assert effect.p_family is not None and effect.p_family < 0.01


def test_a_head_that_points_the_other_way_is_seen_by_its_direction_alone(
    null: tuple[HeadActivations, np.ndarray],
) -> None:
    heads, y = null
    means = [x.copy() for x in heads.means]
    means[2][y, 1] *= -1
    found = attribute(dataclasses.replace(heads, means=tuple(means)), y, permutations=499)
    assert (11, 1) in found["directional"].surviving
    assert found["magnitude"] == attribute(heads, y, permutations=499)["magnitude"]


def test_two_contrasts_share_the_level_that_one_has_alone(null: tuple[HeadActivations, np.ndarray]) -> None:
    heads, y = null
    both = attribute(heads, y, permutations=199)["magnitude"]
    alone = attribute(heads, y, permutations=199, contrasts=("magnitude",))["magnitude"]
    for one, other in zip(alone.heads, both.heads, strict=True):
        assert one.p == other.p and one.p_family is not None
        assert other.p_family == min(1.0, 2 * one.p_family)


def test_without_effect_the_in_sample_direction_separates_the_cohorts_and_the_cross_fitted_does_not(
    studies: ModuleType,
) -> None:
    rng = np.random.default_rng(11)
    y = studies.cohorts(rng, N_A, N_B)
    found = attribute(studies.study(rng, N_A + N_B, layers=10), y, permutations=199, contrasts=("directional",))
    heads = found["directional"].heads
    claimed = np.array([h.d_in_sample for h in heads])
    assert claimed.min() > 0 and claimed.mean() > 0.5
    assert np.mean([h.d_in_sample_null for h in heads]) == pytest.approx(claimed.mean(), abs=0.1)
    assert abs(np.mean([h.d.value for h in heads if h.d])) < 0.15 and found["directional"].outcome == "no head survives"


def test_intervals_of_a_cross_fitted_d_cover_the_separation_that_its_directions_have() -> None:
    """One head at a time, so that its true separation along each fold's direction is known."""
    from probes.heads.measures import directional

    rng, spread, width = np.random.default_rng(3), np.arange(1, 17) ** -0.5, 16
    covered = []
    for effect in [0.0, 1.0] * 60:
        y = rng.permutation(np.arange(N_A + N_B) < N_A)
        z = rng.standard_normal((len(y), width)) * spread
        mu = np.eye(width)[2] * effect * spread[2]
        z[y] += mu
        one = HeadActivations(("x",) * len(y), (0,), (np.ones((len(y), 1)),), (z[:, None],), 32)
        plan = arrays.plan(y, 99, 0)
        interval = directional(one, plan).interval(0, N_A, N_B)
        v = np.array([z[t][y[t]].mean(0) - z[t][~y[t]].mean(0) for t, _ in plan.folds])
        true = float(np.mean(v @ mu / np.sqrt((v**2 * spread**2).sum(1))))
        covered.append(interval.lower <= true <= interval.upper)
    assert np.mean(covered) > 0.90


def test_a_length_difference_disappears_on_pairs_of_equal_length(studies: ModuleType) -> None:
    rng = np.random.default_rng(2)
    y = studies.cohorts(rng, 60, 80)
    lengths = rng.integers(8, 40, size=140) + 10 * y
    heads = studies.study(rng, 140, layers=3, heads=3, width=8)
    norms = [x.copy() for x in heads.norms]
    norms[1][:, 1] = lengths + rng.standard_normal(140)
    found = attribute(dataclasses.replace(heads, norms=tuple(norms)), y, permutations=499, lengths=lengths)
    assert found["magnitude"].surviving == ((1, 1),)
    matched = found["magnitude"].matched["length"]
    assert 30 < matched.n_pairs < 60 and matched.outcome == "no head survives"
    assert f"On {matched.n_pairs} pairs, 0 of 9 heads" in matched.reason
    assert "Of the first 5 heads over all answers, 0 survive here." in matched.reason


def test_pairs_are_alike_disjoint_and_as_near_as_can_be() -> None:
    y = np.array([True, True, True, False, False, False, False])
    lengths = np.array([10, 20, 50, 21, 20, 10, 49])
    assert arrays.pair_up(lengths, y).tolist() == [0, 5, 1, 4, 2, 6]
    kinds = ["capital", "river", "river", "river", "capital", "capital", "capital"]
    assert arrays.pair_up(lengths, y, kinds).tolist() == [0, 5, 1, 3]
    plan = arrays.plan_pairs(12, 99, 0)
    pairs = plan.labelings.reshape(100, 12, 2)
    assert (pairs.sum(2) == 1).all() and 0.3 < pairs[1:, :, 0].mean() < 0.7
    with pytest.raises(TooFew, match="3 pairs could be formed"):
        arrays.plan_pairs(3, 99, 0)


def test_halves_share_no_answer_and_take_half_of_each_cohort() -> None:
    y = np.array([[True] * 7 + [False] * 10])
    (a1, b1), (a2, b2) = arrays.halves(np.repeat(y, 50, axis=0), np.random.default_rng(0))
    assert not (a1 & a2).any() and not (b1 & b2).any()
    for half, side, n in ((a1, y, 3), (a2, y, 3), (b1, ~y, 5), (b2, ~y, 5)):
        assert (half.sum(1) == n).all() and not (half & ~side).any()


def test_halves_agree_on_heads_that_differ_and_not_on_heads_that_do_not(studies: ModuleType) -> None:
    rng = np.random.default_rng(8)
    y = studies.cohorts(rng, N_A, N_B)
    heads = studies.study(rng, N_A + N_B, layers=4, heads=5, width=8)
    norms = tuple((x + np.linspace(0, 2, 5) * x.std(0) * y[:, None]).astype(np.float32) for x in heads.norms)
    for given, agree in ((dataclasses.replace(heads, norms=norms), True), (heads, False)):
        half = attribute(given, y, permutations=199, contrasts=("magnitude",))["magnitude"].split_half
        assert half is not None
        assert (half.rank_correlation.value > 0.6) == agree
        assert (half.rank_correlation.value > half.null.upper) == agree


@pytest.mark.parametrize("sizes", [(9, 60), (60, 9), (0, 30)])
def test_small_cohorts_are_not_tested(studies: ModuleType, sizes: tuple[int, int]) -> None:
    heads = studies.study(np.random.default_rng(0), sum(sizes), layers=1, heads=2, width=4)
    for contrast in attribute(heads, np.arange(sum(sizes)) < sizes[0]).values():
        assert contrast.outcome == "could not be tested" and contrast.heads == ()
        assert f"the cohorts have {sizes[0]} and {sizes[1]} answers" in contrast.reason


def test_a_head_that_does_not_vary_has_no_d_and_its_reason(null: tuple[HeadActivations, np.ndarray]) -> None:
    heads, y = null
    norms, means = [x.copy() for x in heads.norms], [x.copy() for x in heads.means]
    norms[0][:, 1], means[0][:, 1] = 2.0, 0.5
    for contrast in attribute(
        dataclasses.replace(heads, norms=tuple(norms), means=tuple(means)), y, permutations=99
    ).values():
        effect = next(h for h in contrast.heads if (h.layer, h.head) == (3, 1))
        assert (effect.d, effect.p, effect.p_family, effect.survives) == (None, None, None, None)
        assert effect.reason is not None and "does not vary" in effect.reason
        assert (3, 1) not in contrast.ranking and len(contrast.ranking) == 9


def test_bad_rows_are_refused(null: tuple[HeadActivations, np.ndarray]) -> None:
    heads, y = null
    with pytest.raises(InputError, match="91 rows of heads for 90 labels"):
        attribute(heads, y[1:])
    broken = tuple(np.where(np.arange(x.size).reshape(x.shape) == 3, np.nan, x) for x in heads.norms)
    with pytest.raises(InputError, match="layer 3 hold NaN or infinity"):
        attribute(dataclasses.replace(heads, norms=broken), y)
    with pytest.raises(InputError, match="at least one permutation"):
        attribute(heads, y, permutations=0)


def test_what_is_measured_survives_writing_and_strict_reading(
    null: tuple[HeadActivations, np.ndarray], tmp_path: Path
) -> None:
    heads, y = null
    contrasts = attribute(heads, y, permutations=99, lengths=np.full(91, 7))
    model, source = PublishedModel("x", "models/x"), PublishedFile("x", "x.json", "0" * 64)
    made = Attribution(Attribution.SCHEMA, model, source, Cohorts("cw", "cr", N_A, N_B), 32, contrasts)
    write_result(tmp_path / "attribution.json", made)
    assert read_result(tmp_path / "attribution.json", Attribution) == made


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("sizes", [(N_A, N_B), (18, 64)])
def test_without_effect_a_head_is_declared_in_no_more_than_one_of_twenty_studies_but_for_chance(
    studies: ModuleType, sizes: tuple[int, int]
) -> None:
    declared = 0
    claimed = []
    for seed in range(400):
        rng = np.random.default_rng([seed, *sizes])
        heads, y = studies.study(rng, sum(sizes)), studies.cohorts(rng, *sizes)
        found = attribute(heads, y, permutations=199, seed=seed)
        declared += any(contrast.outcome == "heads survive" for contrast in found.values())
        claimed.append(max(h.d_in_sample or 0.0 for h in found["directional"].heads))
    # The bound was set after 25 and 20 of these 400 were seen (and 4 of 182 others at 38/53); 16 or fewer are expected.
    assert stats.binomtest(declared, 400, 0.05, alternative="greater").pvalue > 0.005, declared
    assert np.mean(claimed) > 1.0  # what the in-sample number claims for the best head of a study without effect
