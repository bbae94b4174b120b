"""The words for a place in a model and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from interp.errors import InputError
from interp.records.arrays import Site


class HookError(InputError):
    """A model that cannot be read or edited as asked; one clear sentence, like every InputError."""


# What the code of a model, or of a library between us and it, raises where the two do not fit.
BROKEN = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NotImplementedError),
    *(RuntimeError, TypeError, ValueError),
)


@contextmanager
def first_pass(kind: str, how: str) -> Iterator[None]:
    """Turn the failure of a model in its first pass into one sentence.

    Args:
        kind: the model's class.
        how: through what it was run.
    """
    try:
        yield
    except InputError:
        raise
    except BROKEN as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise HookError(
            f"{kind} fails in a short pass through {how} ({type(error).__name__}: {said}); use another --backend or "
            "--attn, or another model."
        ) from error


@dataclass(frozen=True, slots=True, order=True)
class Hook:
    """One place in a model: a site at a layer (blocks from 0; LN_FINAL belongs to the last block)."""

    site: Site
    layer: int

    def __str__(self) -> str:
        return f"{self.site}.{self.layer}"


class Reduce(StrEnum):
    """What is kept of an activation; the reduction runs on the device, at the moment the model computes it.

    LAST, MEAN and NORM look at the last `span` unmasked positions of each row. NORM is the L2 norm of each position
    (of each head, at Z), averaged over positions. WHOLE keeps every position.
    """

    LAST = "last"
    MEAN = "mean"
    NORM = "norm"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Read:
    """What to read, and what to keep of it."""

    hook: Hook
    reduce: Reduce = Reduce.LAST
