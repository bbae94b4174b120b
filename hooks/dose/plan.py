"""What a sweep is to do: the plan behind a run, and the options that are lists of numbers."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from hooks.models.catalogue import Located
from hooks.models.spec import ModelSpec
from interp.cli.groups import ModelOptions, RenderingOptions
from interp.cli.options import slug
from interp.errors import InputError
from interp.labels.of_answers import INSTRUMENTS
from interp.records.prompts import Prompt
from interp.results.dose import HeadSource
from interp.runs.files import sha256_json
from interp.runs.versions import versions


@dataclass(frozen=True)
class SweepPlan:
    """Everything that is known and checked before a run is opened.

    Attributes:
        spec: the model.
        located: its files.
        loading: how it is loaded.
        asking: how prompts are put to it.
        prompt_set: the name of the prompts.
        split: which half of them is asked.
        limit: how many were wanted.
        asked: the prompts.
        heads: the heads to scale, and where they come from.
        factors: as they were given, 1.0 among them.
        random_heads: how many random sets run beside the chosen heads.
        seed: of the prompts, of the random heads, and of the tests.
        prompt_order_seed: shuffles the prompts before they are put into batches; None is by length.
        batch_size: answers made at once.
        max_new_tokens: budget of each answer.
    """

    spec: ModelSpec
    located: Located
    loading: ModelOptions
    asking: RenderingOptions
    prompt_set: str
    split: str
    limit: int
    asked: tuple[Prompt, ...]
    heads: HeadSource
    factors: tuple[float, ...]
    random_heads: int
    seed: int
    prompt_order_seed: int | None
    batch_size: int
    max_new_tokens: int

    @property
    def directory(self) -> str:
        """What the run directory is called, before its hash."""
        return f"{slug(self.spec.name)}-{slug(self.prompt_set)}-temper"

    @property
    def identity(self) -> dict[str, object]:
        """What makes two sweeps the same one: the run's configuration."""
        where = self.located
        return {
            "model": {"name": self.spec.name, "source": where.source, "repo": where.repo, "commit": where.commit},
            "prompts": {"name": self.prompt_set, "sha256": sha256_json([dataclasses.asdict(p) for p in self.asked])},
            "heads": dataclasses.asdict(self.heads),
            "factors": list(self.factors),
            "instruments": INSTRUMENTS,
            "versions": versions(),
            **self.loading.identity,
            **self.asking.identity,
            "split": self.split,
            "limit": self.limit,
            "random_heads": self.random_heads,
            "seed": self.seed,
            "prompt_order_seed": self.prompt_order_seed,
            "batch_size": self.batch_size,
            "max_new_tokens": self.max_new_tokens,
        }


def parse_factors(text: str) -> tuple[float, ...]:
    """Return factors of `1.0,0.9,0.5`, in their order.

    Raises:
        InputError: something that is no number, a factor that is negative or not finite, one that comes twice, no 1.0
            to compare with, or nothing but 1.0.
    """
    try:
        factors = tuple(float(item) for item in text.split(","))
    except ValueError:
        raise InputError(
            f"--factors {text!r} is not understood; expected numbers with commas between them, such as 1.0,0.9,0.5."
        ) from None
    wrong = [factor for factor in factors if not math.isfinite(factor) or factor < 0]
    if wrong:
        raise InputError(f"--factors holds {wrong[0]:g}; expected finite numbers of 0 or more.")
    if len({f"{factor:g}" for factor in factors}) < len(factors):
        raise InputError(f"--factors {text} names a factor twice; name every factor once.")
    if 1.0 not in factors or len(factors) < 2:
        raise InputError(
            f"--factors {text} {'holds no 1.0' if 1.0 not in factors else 'holds only 1.0'}; expected 1.0, which all "
            "is compared with, and at least one other factor."
        )
    return factors


def parse_seeds(text: str | None, first: int) -> tuple[int, ...]:
    """Return the seeds of the reruns, each once and none the first run's own."""
    if text is None:
        return ()
    items = [item.strip() for item in text.split(",")]
    if not all(item.isascii() and item.isdigit() and len(item) <= 9 for item in items):
        raise InputError(f"--replicate {text!r} is not understood; expected seeds with commas between them, as in 1,2.")
    seeds = tuple(int(item) for item in items)
    if len({first, *seeds}) <= len(seeds):
        raise InputError(f"--replicate {text} names a seed twice, or that of the run itself, {first}.")
    return seeds
