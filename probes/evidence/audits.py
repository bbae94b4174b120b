"""Audits: what else could have made the numbers, each a Threat with its evidence in one sentence.

They read records, never the model, so that they run on published data as well as on our own runs, and on texts alone
where tokens are missing. An audit that finds nothing returns no threat.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from interp.labels.checklists import bare_name
from interp.prompts.near_duplicates import repeats
from interp.records.answers import Generation, StopReason
from interp.records.findings import Estimate, Severity, Threat
from interp.records.prompts import Prompt
from interp.results.evidence import BaselineResult, Thresholds
from interp.stats.auroc import auroc
from interp.stats.rates import rate, rate_difference
from probes.fitting.samples import Samples

WORTH_A_WARNING = 0.05  # share of answers whose loss can move a rate visibly
WORTH_EVERYTHING = 0.5  # share of answers without which a split is another split
DOMAIN_AUROC = 0.75  # how well the splits may be told apart before transfer is a question of domain
SENTENCE_END = (".", "!", "?", '"', "'", ")", "]", "`", "*", ":", "”", "’")
NULL_DRAWS = 2000
_CHAT_JUDGE = re.compile(r" by chat:(.+?) at ")  # the model in `Label.judge`
ANY_WORD = r"\S+"  # also prompts such as "1 + 1 =" have words then


def cut_off(generations: Sequence[Generation], split: str) -> list[Threat]:
    """Answers cut at the token budget: h_last then sits mid-sentence, and correctness is unknown."""
    cut, how = _cut(generations)
    if not any(cut):
        return []
    share = rate(sum(cut), len(cut))
    return [
        Threat(
            "cut_off_answers",
            _severity(share.value),
            {"split": split, "cut": sum(cut), "n": len(cut), "share": share.value, "told_by": how},
            f"{sum(cut)} of {len(cut)} {split} answers ({share.value:.0%}) were cut off (told by {how}), so their last "
            "position is mid-sentence and their correctness unknown.",
        )
    ]


def _cut(generations: Sequence[Generation]) -> tuple[list[bool], str]:
    """Say which answers were cut: by stop reason where all have one, else by how the text ends, where it was kept."""
    if all(g.stop is not None for g in generations):
        return [g.stop is StopReason.LENGTH for g in generations], "stop reason"
    texts = [g.text.rstrip() for g in generations if "text" not in g.unrecorded]
    return [bool(text) and not text.endswith(SENTENCE_END) for text in texts], "how the text ends"


def position_mismatch(fit: Sequence[Generation], fresh: Sequence[Generation]) -> list[Threat]:
    """Splits read at different positions: one ends its answers, the other is cut, so h_last means two things."""
    (a, how), (b, other) = _cut(fit), _cut(fresh)
    if not a or not b or how != other:
        return []
    difference = rate_difference(sum(b), len(b), sum(a), len(a))
    if difference.lower <= 0 <= difference.upper or abs(difference.value) < WORTH_A_WARNING:
        return []
    return [
        Threat(
            "positions_differ",
            Severity.WARNING,
            {"fit_cut": sum(a), "fresh_cut": sum(b), "difference": difference.value, "told_by": how},
            f"h_last is read mid-sentence in {sum(a)} of {len(a)} fit and {sum(b)} of {len(b)} fresh answers (told by "
            f"{how}): the two splits are not read at the same kind of position.",
        )
    ]


def prompt_shift(fit: Samples, fresh: Samples, seed: int = 0) -> list[Threat]:
    """Prompts that a bag of words can assign to their split come from two distributions."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    texts = sorted({p.text: s for s, x in ((0, fit), (1, fresh)) for p in x.prompts}.items())
    y = np.array([s for _, s in texts])
    if min(y.sum(), len(y) - y.sum()) < 5:
        return []
    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=ANY_WORD),
        LogisticRegression(max_iter=2000),
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    scores = cross_val_predict(model, [t for t, _ in texts], y, cv=folds, method="decision_function")
    return _shift("prompt_shift", "the prompts", auroc(y == 1, scores))


def feature_shift(fit: Float[np.ndarray, "n d"], fresh: Float[np.ndarray, "m d"], seed: int = 0) -> list[Threat]:
    """Features that a linear classifier can assign to their split come from two distributions."""
    from probes.fitting.cross_validation import out_of_fold_scores

    y = np.repeat([False, True], [len(fit), len(fresh)])
    scores = out_of_fold_scores(np.concatenate([fit, fresh]), y, 0.01, seed=seed)
    return _shift("feature_shift", "h_last", auroc(y, scores))


def _shift(name: str, what: str, domain: Estimate) -> list[Threat]:
    if domain.lower <= DOMAIN_AUROC:
        return []
    return [
        Threat(
            name,
            Severity.WARNING,
            {"domain_auroc": domain.value, "lower": domain.lower, "upper": domain.upper},
            f"A linear classifier tells fit from fresh by {what} alone with AUROC {domain}: a failure on fresh may be "
            "one of transfer, and a success is one across domains.",
        )
    ]


def base_rate_shift(fit: Samples, fresh: Samples) -> list[Threat]:
    """A positive class that is rarer or more frequent on fresh than on fit."""
    if not len(fit.y) or not len(fresh.y):
        return []
    shift = rate_difference(fresh.n_pos, len(fresh.y), fit.n_pos, len(fit.y))
    if shift.lower <= 0 <= shift.upper:
        return []
    return [
        Threat(
            "base_rate_shift",
            Severity.WARNING,
            {"fit": fit.n_pos / len(fit.y), "fresh": fresh.n_pos / len(fresh.y), "difference": shift.value},
            f"The rate of {fit.target} answers moves from {fit.n_pos} of {len(fit.y)} on fit to {fresh.n_pos} of "
            f"{len(fresh.y)} on fresh (difference {shift}): thresholds chosen on fit need not hold.",
        )
    ]


def judge_differs(fit: Samples, fresh: Samples) -> list[Threat]:
    """Labels of the two splits made by different instruments, or by checklists of different lengths."""
    threats = []
    a, b = {x.judge for x in fit.labels}, {x.judge for x in fresh.labels}
    if a and b and a != b:
        threats.append(
            Threat(
                "judge_differs",
                Severity.WARNING,
                {"fit": ", ".join(sorted(a)), "fresh": ", ".join(sorted(b))},
                f"fit was labelled by {', '.join(sorted(a))} and fresh by {', '.join(sorted(b))}: their errors differ.",
            )
        )
    threats += _checklists(_n_claims(fit), _n_claims(fresh))
    return threats


def own_judge(fit: Samples, fresh: Samples) -> list[Threat]:
    """Answers labelled by the model that gave them, as far as names tell."""
    pairs = [pair for s in (fit, fresh) for pair in zip(s.generations, s.labels, strict=True)]
    own = {g.model for g, x in pairs if bare_name(g.model) in map(bare_name, _CHAT_JUDGE.findall(x.judge))}
    if not own:
        return []
    name = sorted(own)[0]
    return [
        Threat(
            "own_judge",
            Severity.WARNING,
            {"model": name},
            f"{name} judged its own answers: a model tends to take its own mistakes for right, and its own manner for "
            "assurance.",
        )
    ]


def _n_claims(samples: Samples) -> Float[np.ndarray, " n"]:
    counts = [len(x.claims_met) or len(p.claims) for x, p in zip(samples.labels, samples.prompts, strict=True)]
    return np.array([c for c in counts if c], dtype=float)


def _checklists(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " m"]) -> list[Threat]:
    from scipy.stats import mannwhitneyu

    if not len(a) or not len(b) or np.ptp(np.concatenate([a, b])) == 0:
        return []
    p = float(mannwhitneyu(a, b).pvalue)
    if p >= 0.01 or abs(a.mean() - b.mean()) < 0.25:
        return []
    return [
        Threat(
            "checklists_differ",
            Severity.WARNING,
            {"fit_claims": float(a.mean()), "fresh_claims": float(b.mean()), "p_value": p},
            f"Checklists have {a.mean():.2f} claims on fit and {b.mean():.2f} on fresh (p = {p:.1g}): the same recall "
            "of 0.5 asks for different amounts.",
        )
    ]


def unscored(samples: Samples) -> list[Threat]:
    """Answers that no instrument could score, other than cut-off ones (which have their own audit)."""
    lost = {reason: n for reason, n in samples.left_out.items() if reason != "cut_off"}
    total = len(samples.y) + sum(samples.left_out.values())
    count = sum(lost.values())
    if not count or count / total < WORTH_A_WARNING:
        return []
    reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(lost.items()))
    return [
        Threat(
            "unscored_answers",
            _severity(count / total),
            {"split": samples.split, "unscored": count, "n": total},
            f"{count} of {total} {samples.split} answers have no {samples.target} label ({reasons}); what they would "
            "have said is not in any number here.",
        )
    ]


def duplicates(fit: Samples, fresh: Samples) -> list[Threat]:
    """Prompts that stand in both splits, word for word or nearly."""
    found = repeats(fit.prompts, fresh.prompts)
    return [*_repeated(fresh, found.pairs), *_uncompared(fresh, found.unchecked)]


def _uncompared(fresh: Samples, count: int) -> list[Threat]:
    if not count:
        return []
    return [
        Threat(
            "near_duplicates_unchecked",
            Severity.WARNING,
            {"unchecked": count, "n": len(fresh.prompts)},
            f"{count} of {len(fresh.prompts)} fresh prompts could not be compared with all fit prompts for being "
            "nearly the same (too many prompts are alike); repeats word for word would have been found.",
        )
    ]


def _repeated(fresh: Samples, pairs: Sequence[tuple[Prompt, Prompt, float]]) -> list[Threat]:
    if not pairs:
        return []
    repeated = len({b.id for _, b, _ in pairs})
    first = f"{pairs[0][0].id} and {pairs[0][1].id}"
    return [
        Threat(
            "near_duplicates",
            Severity.FATAL if repeated / len(fresh.prompts) > WORTH_A_WARNING else Severity.WARNING,
            {"repeated": repeated, "n": len(fresh.prompts), "example": first},
            f"{repeated} of {len(fresh.prompts)} fresh prompts stand in fit word for word or nearly (for example "
            f"{first}): fresh is not fresh.",
        )
    ]


def imbalance(fresh: Samples, thresholds: Thresholds, seed: int = 0) -> list[Threat]:
    """A class so small that the best asymmetry over thresholds passes its gate by chance."""
    if min(fresh.n_pos, fresh.n_neg) == 0:
        return []
    chance = asymmetry_by_chance(fresh.n_pos, fresh.n_neg, thresholds, seed)
    if chance <= 0.05:
        return []
    return [
        Threat(
            "imbalance",
            Severity.WARNING,
            {"n_pos": fresh.n_pos, "n_neg": fresh.n_neg, "chance_of_passing": chance},
            f"With {fresh.n_pos} of {fresh.n_pos + fresh.n_neg} {fresh.target}, scores without any signal reach an "
            f"asymmetry of {thresholds.asymmetry} in {chance:.0%} of draws: an asymmetry that passes here shows "
            "nothing.",
        )
    ]


def asymmetry_by_chance(
    n_pos: int, n_neg: int, thresholds: Thresholds, seed: int = 0, draws: int = NULL_DRAWS
) -> float:
    """Return how often random scores of these class sizes reach the asymmetry gate at their best balanced threshold."""
    rng = np.random.default_rng(seed)
    order = np.argsort(rng.random((draws, n_pos + n_neg)), axis=1) < n_pos
    # Thresholds lie between ranks: after the k best, these shares of each class are asserted.
    right, wrong = np.cumsum(order, axis=1) / n_pos, np.cumsum(~order, axis=1) / n_neg
    best = np.where(right >= thresholds.assert_floor, wrong - right, np.inf).min(axis=1)
    return float((best <= thresholds.asymmetry).mean())


def surface_confound(baselines: Iterable[BaselineResult]) -> list[Threat]:
    """A surface baseline that does well on fresh and that the probe does not clearly beat."""
    threats = []
    for baseline in baselines:
        if baseline.kind != "surface" or baseline.fresh is None or baseline.margin is None:
            continue
        if baseline.fresh.lower > 0.5 and baseline.margin.lower <= 0:
            threats.append(
                Threat(
                    "surface_confound",
                    Severity.WARNING,
                    {"baseline": baseline.name, "auroc": baseline.fresh.value, "margin_lower": baseline.margin.lower},
                    f"{baseline.name.capitalize()} alone reaches AUROC {baseline.fresh} on fresh, and the probe does "
                    f"not clearly beat it (difference {baseline.margin}).",
                )
            )
    return threats


def _severity(share: float) -> Severity:
    if share >= WORTH_EVERYTHING:
        return Severity.FATAL
    return Severity.WARNING if share >= WORTH_A_WARNING else Severity.NOTE
