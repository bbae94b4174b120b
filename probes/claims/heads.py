"""Recomputations of the paper's claims about arc 2 and about delivery (sections 5 and 6.1, Tables 2 and 3)."""

from __future__ import annotations

from collections import Counter

from interp.stats.rates import rate, rate_difference
from interp.study import stored
from interp.study.data import CORRECT, GEMMA_FIT, GEMMA_HEADS, QWEN_FIT, QWEN_HEADS, SMOLLM_FIT, Study
from probes.claims.evaluation import Compute, Computed, Recomputation, percent

TOP = 5  # heads that the study scaled at once (paper section 5.2)
DIRECTIONAL = Recomputation(
    "needs the head means of every answer, or the directional ranking; only the magnitude ranking was published"
)
SWEEP = Recomputation("needs the answers of the scaled model, or their recall; neither was published")
STORED_HEADS = "The ranking is stored as means and d per head; the norms of single answers were not published."
Cells = tuple[tuple[bool, bool], ...]
CR, HR, CW, HW = (True, True), (True, False), (False, True), (False, False)  # (correct, asserted)


def ranked_layers(study: Study, name: str) -> list[int]:
    """Return the layer of every head, the head with the largest Cohen's d first."""
    return [head.layer for head in sorted(stored.ranking(study, name).heads, key=lambda head: -head.d)]


def delivery_table(study: Study) -> Counter[tuple[bool, bool]]:
    """Return Gemma's counts of (correct, asserted) over its 100 answers; correct is recall >= 0.5."""
    recalls, asserted = stored.recalls(study, GEMMA_FIT), stored.asserted(study, GEMMA_FIT)
    return Counter((recall >= CORRECT, told) for recall, told in zip(recalls, asserted, strict=True))


def checklist_sizes(study: Study) -> list[int]:
    """Return, for each of the 100 prompts, the smallest checklist that every published recall of it fits.

    A recall is a count over the checklist's size; three models answered each prompt. Stored recalls keep 4 decimals.
    """
    recalls = [stored.recalls(study, name) for name in (GEMMA_FIT, SMOLLM_FIT, QWEN_FIT)]
    return [
        min(n for n in range(1, 61) if all(_fits(r, n) for r in of_prompt)) for of_prompt in zip(*recalls, strict=True)
    ]


def _fits(recall: float, size: int) -> bool:
    return abs(round(recall * size) / size - recall) < 1e-4


def _checklists(study: Study) -> Computed:
    sizes = checklist_sizes(study)
    large = [i for i, size in enumerate(sizes) if size > 5]
    note = f"Prompt {large[0]} needs {max(sizes)} claims: its recalls are sixths. " if large else ""
    note += "The least size cannot be told: recalls give lower bounds."
    return Computed((None, float(max(sizes))), holds=max(sizes) <= 5, note=note)


def _directional_layers(study: Study) -> Computed:
    ranked = ranked_layers(study, QWEN_HEADS)
    note = (
        f"By magnitude the {TOP} first heads lie in {', '.join(f'L{n}' for n in ranked[:TOP])}; the first head of L11 "
        f"has rank {ranked.index(11) + 1}. The directional ranking was not published."
    )
    return Computed(tuple(map(float, ranked[:TOP])), holds={11, 19, 23} <= set(ranked[:TOP]), note=note)


def _clustered(study: Study) -> Computed:
    layers = ranked_layers(study, QWEN_HEADS)[:TOP]
    note = f"{layers.count(23)} of the {TOP} first heads lie in L23. {STORED_HEADS}"
    return Computed(tuple(map(float, layers)), holds=layers.count(23) > TOP / 2, note=note)


def _distributed(study: Study) -> Computed:
    layers = ranked_layers(study, GEMMA_HEADS)[:TOP]
    note = f"The {TOP} first heads lie in {len(set(layers))} layers. {STORED_HEADS}"
    return Computed(tuple(map(float, layers)), holds=len(set(layers)) == TOP, note=note)


def _cells(*cells: tuple[bool, bool]) -> Recomputation:
    def compute(study: Study) -> Computed:
        table = delivery_table(study)
        return Computed((float(sum(table[cell] for cell in cells)),))

    return Recomputation(
        "count of single answers by recall >= 0.5 and by the judge's ASSERT or HEDGE", (GEMMA_FIT,), compute
    )


def _share(asserted: Cells, hedged: Cells) -> Compute:
    def compute(study: Study) -> Computed:
        table = delivery_table(study)
        count = sum(table[cell] for cell in asserted)
        share = percent(rate(count, count + sum(table[cell] for cell in hedged)))
        return Computed((share.value,), estimate=share)

    return compute


def _asymmetry(study: Study) -> Computed:
    table = delivery_table(study)
    difference = rate_difference(table[CW], table[CW] + table[HW], table[CR], table[CR] + table[HR])
    return Computed((difference.value,), estimate=difference)


RECOMPUTATIONS = {
    "P008": Recomputation("P(assert | wrong) - P(assert | correct) over the 100 answers", (GEMMA_FIT,), _asymmetry),
    "P009": Recomputation("100 x asserted answers / answers", (GEMMA_FIT,), _share((CR, CW), (HR, HW))),
    "P010": Recomputation("number of answers", (GEMMA_FIT,), _cells(CR, HR, CW, HW).compute),
    "P013": Recomputation(
        "smallest checklist that the published recalls of a prompt fit; the largest over the 100 prompts",
        (GEMMA_FIT, SMOLLM_FIT, QWEN_FIT),
        _checklists,
    ),
    "P030": DIRECTIONAL,
    "P031": DIRECTIONAL,
    "P032": Recomputation(
        "layers of the 5 heads with the largest stored magnitude d", (QWEN_HEADS,), _directional_layers
    ),
    "P033": Recomputation(
        "more than half of the 5 heads with the largest stored d lie in L23", (QWEN_HEADS,), _clustered
    ),
    "P034": Recomputation(
        "the 5 heads with the largest stored d lie in 5 different layers", (GEMMA_HEADS,), _distributed
    ),
    "P035": SWEEP,
    "P036": _cells(CR),
    "P037": _cells(HR),
    "P038": _cells(CR, HR),
    "P039": _cells(CW),
    "P040": _cells(HW),
    "P041": _cells(CW, HW),
    "P042": _cells(CR, CW),
    "P043": _cells(HR, HW),
    "P044": Recomputation("100 x asserted / all correct answers", (GEMMA_FIT,), _share((CR,), (HR,))),
    "P045": Recomputation("100 x asserted / all wrong answers", (GEMMA_FIT,), _share((CW,), (HW,))),
}
