"""The scored answers of one split, aligned row by row: what every fit, control and audit reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from interp.records.answers import Generation
from interp.records.arrays import Features
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.fit import Target


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Rows in the order of the generations; only answers whose target is known (and, where asked, that have features).

    `left_out` counts the answers of the split that are not here, by reason ("cut_off", "empty", "no features", ...).
    """

    target: Target
    split: Split
    prompts: tuple[Prompt, ...]
    generations: tuple[Generation, ...]
    labels: tuple[Label, ...]
    y: Bool[np.ndarray, " n"]
    left_out: Mapping[str, int]

    @property
    def ids(self) -> tuple[str, ...]:
        """Generation ids, in row order."""
        return tuple(g.id for g in self.generations)

    @property
    def groups(self) -> tuple[str, ...]:
        """Prompt ids, in row order: answers to one prompt belong to one fold."""
        return tuple(p.id for p in self.prompts)

    @property
    def n_pos(self) -> int:
        """Answers for which the target holds."""
        return int(self.y.sum())

    @property
    def n_neg(self) -> int:
        """Answers for which it does not."""
        return len(self.y) - self.n_pos

    def where(self, keep: Bool[np.ndarray, " n"]) -> Samples:
        """Return the rows where `keep` is True."""
        index = np.flatnonzero(keep)
        return Samples(
            self.target,
            self.split,
            tuple(self.prompts[i] for i in index),
            tuple(self.generations[i] for i in index),
            tuple(self.labels[i] for i in index),
            self.y[index],
            self.left_out,
        )


def select(
    prompts: Sequence[Prompt],
    generations: Sequence[Generation],
    labels: Sequence[Label],
    *,
    split: Split,
    target: Target,
    features: Features | None = None,
) -> Samples:
    """Return the scored answers of a split; with `features`, only those that have a row there."""
    prompt = {p.id: p for p in prompts}
    label = {x.generation_id: x for x in labels}
    present = None if features is None else set(features.generation_ids)
    kept: list[Generation] = []
    left_out: Counter[str] = Counter()
    for generation in generations:
        if prompt[generation.prompt_id].split is not split:
            continue
        one = label[generation.id]
        if getattr(one, target) is None:
            left_out[one.reasons.get(target, "unscored")] += 1
        elif present is not None and generation.id not in present:
            left_out["no features"] += 1
        else:
            kept.append(generation)
    return Samples(
        target,
        split,
        tuple(prompt[g.prompt_id] for g in kept),
        tuple(kept),
        tuple(label[g.id] for g in kept),
        np.array([bool(getattr(label[g.id], target)) for g in kept], dtype=bool),
        dict(left_out),
    )
