"""A prompt set under several edits at once: every row of a batch is a prompt with an edit of its own.

The edits are sets of heads times factors. Factor 1.0 is generated as an edit, too, but once for all sets: before the
first batch is kept, its rows are run unedited and with the sets at factor 1.0, and must be equal token by token. All
edits of a prompt share a batch where they fit into one, so that nothing but the edit differs between them. Rows that
have ended stay in their batch: taking them out would change the shapes that the others are computed in, and with
them the last bits of their numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hooks.dose.sets import HeadSet
from interp.errors import InputError
from interp.records.answers import Generation, HeadScale
from interp.records.prompts import Prompt
from interp.runs.directory import Run
from interp.runs.files import read_json, write_json
from interp.runs.rows import write_rows

if TYPE_CHECKING:
    from hooks.backend.geometry import Geometry
    from hooks.backend.protocol import Backend

SWEEP = "sweep.json"
Row = tuple[Prompt, HeadScale]


def edits(sets: Sequence[HeadSet], factors: Sequence[float]) -> list[HeadScale]:
    """Return every edit once, factor 1.0 of the first set (the chosen heads) for all sets."""
    moving = [HeadScale(one.heads, factor) for one in sets for factor in factors if factor != 1.0]
    return [HeadScale(sets[0].heads, 1.0), *moving]


def plan_rows(
    backend: Backend,
    prompts: Sequence[Prompt],
    scales: Sequence[HeadScale],
    batch_size: int,
    order_seed: int | None = None,
) -> list[list[Row]]:
    """Return the rows in batches: whole prompts where they fit, by length or in an order shuffled by seed."""
    from hooks.answers.batch import plan_batches

    at_once = max(1, batch_size // len(scales))
    if order_seed is None:
        groups = plan_batches(backend, prompts, at_once)
    else:
        shuffled = [prompts[i] for i in np.random.default_rng(order_seed).permutation(len(prompts))]
        groups = [shuffled[i : i + at_once] for i in range(0, len(shuffled), at_once)]
    batches = []
    for group in groups:
        rows = list(itertools.product(group, scales))
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return batches


def generate_rows(backend: Backend, rows: Sequence[Row], max_new_tokens: int) -> list[Generation]:
    """Answer one batch of rows greedily, each under its own edit."""
    from hooks.answers.batch import generate_batch

    scales = [scale for _, scale in rows]
    return generate_batch(backend, [p for p, _ in rows], max_new_tokens=max_new_tokens, layers=(), edit=scales)[0]


def check_factor_one(
    backend: Backend, rows: Sequence[Row], made: Sequence[Generation], sets: Sequence[HeadSet], max_new_tokens: int
) -> None:
    """Refuse a sweep in which scaling by 1 changes anything.

    The rows are run unedited, and with the sets at factor 1.0 in turn. The latter, and those of `made` (the rows under
    their own edits) whose factor is 1.0, must have the unedited tokens and log-probabilities, place by place.

    Raises:
        HookError: they differ.
    """
    from hooks.answers.batch import generate_batch
    from hooks.backend.hook import HookError

    asked = [prompt for prompt, _ in rows]
    plain, _ = generate_batch(backend, asked, max_new_tokens=max_new_tokens, layers=())
    ones = [(prompt, HeadScale(sets[i % len(sets)].heads, 1.0)) for i, prompt in enumerate(asked)]
    scaled = generate_rows(backend, ones, max_new_tokens)
    for i, unedited in enumerate(plain):
        same = [scaled[i], made[i]] if rows[i][1].factor == 1.0 else [scaled[i]]
        if any(_said(one) != _said(unedited) for one in same):
            raise HookError(
                f"Scaling heads by 1 changed the answer to {unedited.prompt_id!r} on {backend.model_id.name}; do not "
                "trust this combination: use another --backend, --dtype or --attn."
            )


def _said(answer: Generation) -> tuple[Any, ...]:
    return answer.tokens, answer.stop, answer.mean_logprob, answer.min_logprob


def collect_sweep(
    run: Run,
    open_model: Callable[[], Backend],
    prompts: Sequence[Prompt],
    draw: Callable[[Geometry], Sequence[HeadSet]],
    factors: Sequence[float],
    *,
    batch_size: int,
    max_new_tokens: int,
    order_seed: int | None = None,
) -> None:
    """Write `sweep.json` and `generations.jsonl`, prompt by prompt and edit by edit; loads no model when done.

    Args:
        run: the open run.
        open_model: loads the model.
        prompts: what is asked.
        draw: the sets of heads, the chosen ones first, once the model's geometry is known.
        factors: with 1.0 among them.
        batch_size: rows answered at once.
        max_new_tokens: budget of each answer.
        order_seed: shuffles the prompts before they are put into batches; None is by length.
    """
    from hooks.answers.collect import record_model
    from hooks.answers.parts import read_part, write_part
    from interp.runs.layout import GENERATIONS

    if (run.path / GENERATIONS).is_file():
        return
    from tqdm import tqdm

    backend = open_model()
    sets = draw(backend.geometry)
    scales = edits(sets, factors)
    _check_edits(backend, scales)
    record_model(run, backend)
    batches = plan_rows(backend, prompts, scales, batch_size, order_seed)
    write_json(run.path / SWEEP, _described(sets, factors, len(batches[0])))
    with tqdm(total=len(prompts) * len(scales), desc="answers", unit="answer") as bar:
        for index, rows in enumerate(batches):
            if not run.part(index).is_file():
                made = generate_rows(backend, rows, max_new_tokens)
                if index == 0:
                    check_factor_one(backend, rows, made, sets, max_new_tokens)
                write_part(run.part(index), made, [])
            bar.update(len(rows))
    answers = [g for index in range(len(batches)) for g in read_part(run.part(index))[0]]
    write_rows(run.path / GENERATIONS, _in_order(run.path, answers, prompts, scales))


def _check_edits(backend: Backend, scales: Sequence[HeadScale]) -> None:
    """Refuse heads that the model lacks before anything is generated."""
    with backend.scaled(scales):
        pass


def _described(sets: Sequence[HeadSet], factors: Sequence[float], first: int) -> dict[str, Any]:
    return {
        "sets": [{"name": one.name, "heads": [list(head) for head in one.heads]} for one in sets],
        "factors": list(factors),
        "rows_checked_at_factor_one": first,  # the first batch is only kept if all of them are as unedited
    }


def read_sets(path: Path) -> list[HeadSet]:
    """Return the sets of heads of a sweep's directory, the chosen ones first."""
    return [
        HeadSet(one["name"], tuple((int(layer), int(head)) for layer, head in one["heads"]))
        for one in read_json(path / SWEEP)["sets"]
    ]


def _in_order(
    path: Path, answers: Sequence[Generation], prompts: Sequence[Prompt], scales: Sequence[HeadScale]
) -> list[Generation]:
    found = {(g.prompt_id, g.edit): g for g in answers}
    wanted = [(prompt.id, scale) for prompt in prompts for scale in scales]
    if len(found) != len(answers) or set(found) != set(wanted):
        raise InputError(f"{path} holds parts of other prompts or edits; delete the directory to run again.")
    return [found[key] for key in wanted]
