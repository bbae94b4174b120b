"""Expensive work in parts: what is saved is not made again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from interp.runs.directory import Run

B = TypeVar("B")


def resume(
    run: Run,
    job: str,
    batches: Sequence[B],
    make: Callable[[B, Path], None],
    *,
    unit: str = "answer",
    size: Callable[[B], int] = lambda batch: 1,
    first: int = 0,
    saved: Callable[[Path], bool] = Path.is_file,
) -> list[Path]:
    """Make the parts of a run that are not saved yet, under a progress bar; return where all of them are, in order.

    Args:
        run: the open run.
        job: what the progress bar says.
        batches: the work, one batch a part; its composition must not depend on what is saved.
        make: does one batch and writes the path as a whole or not at all.
        unit: what the progress bar counts.
        size: how many of them a batch holds.
        first: the number of the first part, where several jobs share a run.
        saved: whether a part is there and whole.

    Raises:
        InputError: the run's directory was removed meanwhile.
    """
    from tqdm import tqdm

    parts = [run.part(first + index) for index in range(len(batches))]
    with tqdm(total=sum(size(batch) for batch in batches), desc=job, unit=unit) as bar:
        for batch, part in zip(batches, parts, strict=True):
            if not saved(part):
                run.check_place()
                make(batch, part)
            bar.update(size(batch))
    run.check_place()
    return parts
