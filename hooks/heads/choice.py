"""Which heads to scale: a list such as `L3H1,L5H0`, or the first heads of a contrast in `attribution.json`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from interp.errors import InputError
from interp.language.words import visible
from interp.records.loaded import ModelId
from interp.results.attribution import Attribution, PublishedModel
from interp.results.dose import Heads, HeadSource, ListedHeads, RankedHeads
from interp.results.schema import read_result
from interp.runs.files import sha256_file

ContrastName = Literal["directional", "magnitude"]
DEFAULT_CONTRAST: ContrastName = "directional"
DEFAULT_TOP = 5
_HEAD = re.compile(r"\s*L([0-9]{1,4})H([0-9]{1,4})\s*", re.ASCII)


def shown(heads: Heads) -> str:
    """Return heads as `L3H1,L5H0`."""
    return ",".join(f"L{layer}H{head}" for layer, head in heads)


def choose(
    text: str,
    model: str,
    commit: str,
    contrast: ContrastName | None,
    top: int | None,
    dtype: Callable[[], str] | None = None,
) -> HeadSource:
    """Return the heads that `text` names: a list, or the first `top` of a contrast in a file made from this model.

    Args:
        text: `L3H1,L5H0`, or the path of an attribution.json.
        model: name of the model whose heads are to be scaled; only a published ranking, which has no commit, is
            compared with it.
        commit: its commit, or the sha256 of its files.
        contrast: which ranking of a file (default: directional).
        top: how many heads of a file (default: 5).
        dtype: tells the number format that it will have; None leaves that open. Called only for a file.

    Raises:
        InputError: neither a list nor a file, a file of other weights or of another number format, or fewer heads than
            asked for.
    """
    if not visible(text):
        raise InputError("--heads names no head; expected a list like L3H1,L5H0, or an attribution.json.")
    listed = [_HEAD.fullmatch(item) for item in text.split(",")]
    if any(listed) and not Path(text).is_file():
        return _from_list(text, listed, contrast, top)
    path = Path(text)
    if not path.is_file():
        raise InputError(f"--heads {text!r} is neither a list like L3H1,L5H0 nor a file; expected one of the two.")
    attribution = read_result(path, Attribution)
    _check_model(path, attribution.model, model, commit, dtype)
    return _from_file(path, attribution, contrast or DEFAULT_CONTRAST, DEFAULT_TOP if top is None else top)


def _from_list(
    text: str, listed: list[re.Match[str] | None], contrast: ContrastName | None, top: int | None
) -> ListedHeads:
    wrong = [item for item, match in zip(text.split(","), listed, strict=True) if match is None]
    if wrong:
        raise InputError(f"--heads names {wrong[0].strip()!r}, which is no head; expected a list like L3H1,L5H0.")
    if contrast is not None or top is not None:
        raise InputError("--contrast and --top choose heads from an attribution.json; leave them out with a list.")
    heads = tuple((int(match[1]), int(match[2])) for match in listed if match)
    twice = [head for head, n in Counter(heads).items() if n > 1]
    if twice:
        raise InputError(f"--heads names {shown((twice[0],))} twice; name every head once.")
    return ListedHeads(heads)


def _check_model(
    path: Path, ranked: ModelId | PublishedModel, model: str, commit: str, dtype: Callable[[], str] | None
) -> None:
    if isinstance(ranked, PublishedModel):
        if ranked.name != model:
            raise InputError(
                f"{path} ranks the heads of {ranked.name}, not of {model}; pass a file that was made from {model}."
            )
        return
    if ranked.commit != commit:
        raise InputError(
            f"{path} was made from other weights of {ranked.name} than these of {model} (commit {ranked.commit} there, "
            f"{commit} here); make it again from these."
        )
    here = ranked.dtype if dtype is None else dtype()
    if ranked.dtype != here:
        raise InputError(
            f"{path} ranks the heads of {ranked.name} in {ranked.dtype}, but here it would be loaded in {here}; pass "
            f"--dtype {ranked.dtype}, or make the file again in {here}."
        )


def _from_file(path: Path, attribution: Attribution, contrast: ContrastName, top: int) -> RankedHeads:
    tested = attribution.contrast(contrast)
    if top < 1 or top > len(tested.ranking):
        raise InputError(f"--top is {top}; {path} ranks {len(tested.ranking)} heads by its {contrast} contrast.")
    heads = tested.ranking[:top]
    return RankedHeads(
        chosen=heads,
        sha256=sha256_file(path),
        made_from=attribution.source,
        contrast=contrast,
        outcome=tested.outcome,
        surviving=shown(tuple(head for head in tested.surviving if head in heads)),
    )
