"""What the study's files hold, against what its paper and its own summaries say of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from interp.study import data, stored
from interp.study.data import Study


@pytest.fixture(scope="module")
def study(paper_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(paper_dir, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize(
    ("name", "answers", "correct"),
    [
        (data.GEMMA_FIT, 100, 58),
        (data.SMOLLM_FIT, 100, 56),
        (data.GEMMA_FRESH_GOLD, 193, 55),
        (data.SMOLLM_FRESH_GOLD, 193, 9),
    ],
)
def test_every_file_of_recalls_is_read_whole(study: Study, name: str, answers: int, correct: int) -> None:
    recalls = stored.recalls(study, name)
    assert len(recalls) == answers and sum(recall >= data.CORRECT for recall in recalls) == correct


def test_delivery_and_recall_give_the_cells_that_the_study_counted(study: Study) -> None:
    pairs = zip(stored.recalls(study, data.SMOLLM_FIT), stored.asserted(study, data.SMOLLM_FIT), strict=True)
    cells = Counter((recall >= data.CORRECT, told) for recall, told in pairs)
    counted = study.json(data.SMOLLM_FIT)["summary"]["cells"]
    assert cells == {
        (True, True): counted["confident_right"],
        (True, False): counted["hedged_right"],
        (False, True): counted["confident_wrong"],
        (False, False): counted["hedged_wrong"],
    }


def test_answers_that_the_judge_could_not_score_have_no_axis_score(study: Study) -> None:
    scores = stored.axis_scores(study, data.GEMMA_FIT, "factual_accuracy")
    row = study.json(data.GEMMA_AXES)["axes"]["factual_accuracy"]
    assert (sum(score >= 4 for score in scores), len(scores)) == (row["n_pos_step16"], 99)
    axis = stored.gemma_axis(study, "factual_accuracy")
    assert (axis.cv, axis.fresh) == (row["cv_auc_step16"], row["transfer_auc_fresh"])


def test_both_probes_have_the_asymmetry_of_their_two_rates(study: Study) -> None:
    for probe in (stored.gemma_probe(study, "C=0.1"), stored.gemma_pooled_probe(study, "C=1.0")):
        assert probe.asymmetry == pytest.approx(probe.p_assert_wrong - probe.p_assert_correct)
        assert probe.p_assert_correct >= 0.7 and 0 < probe.threshold < 1
    assert stored.gemma_probe(study, "C=0.1").auroc == 0.5163372859025033


def test_a_ranking_has_every_head_and_the_sizes_of_its_cohorts(study: Study) -> None:
    ranking = stored.ranking(study, data.GEMMA_HEADS)
    assert (len(ranking.heads), ranking.cw, ranking.cr, ranking.last_tokens) == (280, 38, 53, 32)
    assert ranking.repo == "unsloth/gemma-4-E2B-it"


def test_the_first_pass_has_its_rates_and_its_items(study: Study) -> None:
    assert min(stored.self_verification_rates(study)) >= 95 and stored.mcas_prompts(study) == 500
