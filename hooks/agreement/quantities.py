"""What a backend says about a fixed batch: the quantities of the agreement matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hooks.answers.chat import encode
from hooks.answers.padding import pad_left
from hooks.backend.base import HookedModel
from hooks.backend.decoding import pad_id
from hooks.backend.hook import Hook, Read, Reduce
from interp.records.answers import HeadScale
from interp.records.arrays import Site

Quantities = dict[str, list[np.ndarray]]


def observe(model: HookedModel, questions: Sequence[str], edit: HeadScale, new_tokens: int) -> Quantities:
    """Return h_last, z, logits, scaled logits and scaled generation of one left-padded batch.

    The states of a generation are those of each answer's last visible text, zeros where it has none.
    """
    ids, mask = batch(model, questions)
    last = model.geometry.n_layers - 1
    states = [Hook(Site.RESID_POST, layer) for layer in range(last)] + [Hook(Site.LN_FINAL, last)]
    z = [Read(Hook(Site.Z, layer), Reduce.WHOLE) for layer in model.geometry.attention]
    plain = model.forward(ids, mask, [*map(Read, states), *z], logits="all")
    with model.scaled(edit):
        scaled = model.forward(ids, mask, logits="all")
        answers = endless(model).decode(ids, mask, max_new_tokens=new_tokens, hooks=states)
    seen = mask.astype(bool)
    return {
        "h_last": [plain.values[Read(hook)] for hook in states],
        "z": [plain.values[read][seen] for read in z],
        "logits": [plain.logits[seen]],
        "scaled logits": [scaled.logits[seen]],
        "scaled generation": [np.array(answers.tokens), *np.nan_to_num(answers.content)],
    }


def batch(model: HookedModel, questions: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the questions as left-padded ids and mask."""
    return pad_left([encode(model.tokenizer, question) for question in questions], pad_id(model))


def endless(model: HookedModel) -> HookedModel:
    """Let no token end a turn, so that every row of a comparison has the same length."""
    model.end_of_turn = frozenset()
    return model
