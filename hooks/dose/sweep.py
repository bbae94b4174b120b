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
from typing import TYPE_CHECKING

import numpy as np

from interp.cli.groups import AS_USUAL, RenderingOptions
from interp.errors import InputError
from interp.records.answers import Generation, HeadScale, StopReason
from interp.records.prompts import Prompt
from interp.records.rendering import Rendering
from interp.results.dose import HeadSet, Sweep
from interp.results.schema import read_result, write_result
from interp.runs.directory import Run
from interp.runs.layout import GENERATIONS, MODEL, PROMPTS, RENDERING, SWEEP
from interp.runs.resume import resume
from interp.runs.rows import keep_rows, write_rows
from interp.runs.stages import end_stage, stage_done

if TYPE_CHECKING:
    from hooks.backend.geometry import Geometry
    from hooks.backend.protocol import Backend

Row = tuple[Prompt, HeadScale]


def edits(sets: Sequence[HeadSet], factors: Sequence[float]) -> list[HeadScale]:
    """Return every edit once, factor 1.0 of the first set (the chosen heads) for all sets."""
    moving = [HeadScale(head_set.heads, factor) for head_set in sets for factor in factors if factor != 1.0]
    return [HeadScale(sets[0].heads, 1.0), *moving]


def plan_rows(
    backend: Backend,
    prompts: Sequence[Prompt],
    scales: Sequence[HeadScale],
    batch_size: int,
    order_seed: int | None = None,
    rendering: Rendering | None = None,
) -> list[list[Row]]:
    """Return the rows in batches: whole prompts where they fit, by length or in an order shuffled by seed."""
    from hooks.answers.batch import plan_batches

    at_once = max(1, batch_size // len(scales))
    if order_seed is None:
        groups = plan_batches(backend, prompts, at_once, rendering=rendering)
    else:
        shuffled = [prompts[i] for i in np.random.default_rng(order_seed).permutation(len(prompts))]
        groups = [shuffled[i : i + at_once] for i in range(0, len(shuffled), at_once)]
    batches = []
    for group in groups:
        rows = list(itertools.product(group, scales))
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return batches


def generate_rows(
    backend: Backend, rows: Sequence[Row], max_new_tokens: int, rendering: Rendering | None = None
) -> list[Generation]:
    """Answer one batch of rows greedily, each under its own edit."""
    from hooks.answers.batch import generate_batch

    asked, scales = [prompt for prompt, _ in rows], [scale for _, scale in rows]
    return generate_batch(backend, asked, max_new_tokens=max_new_tokens, layers=(), edit=scales, rendering=rendering)[0]


ROUNDING = 0.01  # of a log-probability, in nats; what an edit moves is larger by far


def check_factor_one(
    backend: Backend,
    rows: Sequence[Row],
    answers: Sequence[Generation],
    sets: Sequence[HeadSet],
    max_new_tokens: int,
    rendering: Rendering | None = None,
) -> None:
    """Refuse a sweep in which scaling by 1 changes anything.

    The rows are run unedited, and with the sets at factor 1.0 in turn, which must give the unedited tokens and
    log-probabilities, place by place. Those of `answers` (the rows under their own edits) whose factor is 1.0 must have
    the unedited tokens; their log-probabilities may round otherwise: experts serve their edited neighbours, too.

    Raises:
        HookError: they differ.
    """
    from hooks.answers.batch import generate_batch
    from hooks.backend.hook import HookError

    asked = [prompt for prompt, _ in rows]
    plain, _ = generate_batch(backend, asked, max_new_tokens=max_new_tokens, layers=(), rendering=rendering)
    times_one = [(prompt, HeadScale(sets[i % len(sets)].heads, 1.0)) for i, prompt in enumerate(asked)]
    scaled = generate_rows(backend, times_one, max_new_tokens, rendering)
    for i, unedited in enumerate(plain):
        beside_edits = answers[i] if rows[i][1].factor == 1.0 else unedited
        if _content(scaled[i]) != _content(unedited) or not _alike(beside_edits, unedited):
            raise HookError(
                f"Scaling heads by 1 changed the answer to {unedited.prompt_id!r} on {backend.model_id.name}; do not "
                "trust this combination: use another --backend, --dtype or --attn."
            )


def _alike(answer: Generation, unedited: Generation) -> bool:
    """Whether two answers have the same tokens, and log-probabilities that differ by rounding at most."""
    if _content(answer)[:2] != _content(unedited)[:2]:
        return False
    pairs = zip(_content(answer)[2:], _content(unedited)[2:], strict=True)
    return all(a == b or (a is not None and b is not None and abs(a - b) <= ROUNDING) for a, b in pairs)


def _content(answer: Generation) -> tuple[tuple[int, ...], StopReason | None, float | None, float | None]:
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
    asking: RenderingOptions = AS_USUAL,
    begun: str | None = None,
) -> None:
    """Write what is asked, the edits, and the answers prompt by prompt and edit by edit; loads no model when done.

    Args:
        run: the open run.
        open_model: loads the model.
        prompts: what is asked.
        draw: the sets of heads, the chosen ones first, once the model's geometry is known.
        factors: with 1.0 among them.
        batch_size: rows answered at once.
        max_new_tokens: budget of each answer.
        order_seed: shuffles the prompts before they are put into batches; None is by length.
        asking: how prompts are put to the model.
        begun: the day that a chat template takes for today in a new run; None is today.
    """
    from hooks.answers.batch import check_batches
    from hooks.answers.collect import asked_ids, record_model
    from hooks.answers.parts import check_parts, read_part, write_part
    from hooks.answers.rendering import settle_run

    if stage_done(run, GENERATIONS):
        return
    keep_rows(run.path / PROMPTS, prompts)
    backend = open_model()
    sets = draw(backend.geometry)
    scales = edits(sets, factors)
    _check_edits(backend, scales)
    record_model(run, backend)
    rendering = settle_run(run, backend.tokenizer, asking, begun=begun)
    asked = asked_ids(backend, prompts, rendering)
    batches = plan_rows(backend, prompts, scales, batch_size, order_seed, rendering)
    check_batches(backend, [[prompt for prompt, _ in rows] for rows in batches], asked, max_new_tokens)
    check_parts(run, asked)
    write_result(run.path / SWEEP, Sweep(Sweep.SCHEMA, tuple(sets), tuple(factors), len(batches[0])))

    def make(rows: Sequence[Row], part: Path) -> None:
        answers = generate_rows(backend, rows, max_new_tokens, rendering)
        if rows is batches[0]:
            check_factor_one(backend, rows, answers, sets, max_new_tokens, rendering)
        write_part(part, answers, [])

    parts = resume(run, "answers", batches, make, size=len)
    answers = [answer for part in parts for answer in read_part(part)[0]]
    write_rows(run.path / GENERATIONS, _in_order(run.path, answers, prompts, scales))
    end_stage(run, PROMPTS, MODEL, RENDERING, SWEEP, GENERATIONS)


def _check_edits(backend: Backend, scales: Sequence[HeadScale]) -> None:
    """Refuse heads that the model lacks before anything is generated."""
    with backend.scaled(scales):
        pass


def read_sets(path: Path) -> tuple[HeadSet, ...]:
    """Return the sets of heads of a sweep's directory, the chosen ones first."""
    return read_result(path / SWEEP, Sweep).sets


def _in_order(
    path: Path, answers: Sequence[Generation], prompts: Sequence[Prompt], scales: Sequence[HeadScale]
) -> list[Generation]:
    by_edit = {(answer.prompt_id, answer.edit): answer for answer in answers}
    wanted = [(prompt.id, scale) for prompt in prompts for scale in scales]
    if len(by_edit) != len(answers) or set(by_edit) != set(wanted):
        raise InputError(f"{path} holds parts of other prompts or edits; delete the directory to run again.")
    return [by_edit[edit] for edit in wanted]
