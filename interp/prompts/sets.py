"""Prompt sets: the built-in domains and a user's own JSONL, each with a `fit` and a `fresh` split.

Every set is checked on load, the built-in ones too: ids are unique, both splits are there, accepted wordings can be
read, no claim is met by its own prompt, and the splits share no prompt, exactly or nearly
(`interp.prompts.near_duplicates`). The fields of a row are documented in docs/prompts.md.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from interp.errors import InputError
from interp.language.matching import Text, first_match
from interp.language.words import visible
from interp.prompts import near_duplicates
from interp.prompts.alike import SOON
from interp.prompts.facts import build
from interp.records.prompts import Prompt, Split
from interp.runs.files import canonical_json, parse_json, sha256_json_array
from interp.runs.rows import parse_row

DOMAINS = ("chef", "facts")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class PromptSet:
    """Prompts to fit on and other prompts to judge on."""

    name: str
    fit: tuple[Prompt, ...]
    fresh: tuple[Prompt, ...]

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """Return all prompts, fit before fresh."""
        return (*self.fit, *self.fresh)

    @cached_property
    def sha256(self) -> str:
        """Return the sha256 of the canonical rows, one a line, fit before fresh."""
        return sha256_json_array(dataclasses.asdict(prompt) for prompt in self.prompts)

    def first(self, limit: int) -> PromptSet:
        """Return the first `limit` prompts of each split."""
        return PromptSet(self.name, self.fit[:limit], self.fresh[:limit])


def load(domain: str, relations: Sequence[str] | None = None) -> PromptSet:
    """Return a built-in domain, restricted to these relations where given.

    Raises:
        InputError: the domain or a relation is not known, or the domain has no relations.
    """
    if domain not in DOMAINS:
        raise InputError(f"Unknown domain {domain!r}; known are {_names(DOMAINS)}; or give a file with --prompts.")
    rows = build() if domain == "facts" else _bundled(domain)
    kept = rows if relations is None else _restrict(rows, relations, f"Domain {domain}")
    return _checked(domain, kept)


def load_file(
    path: Path, relations: Sequence[str] | None = None, judged: bool = False, limit: int | None = None
) -> PromptSet:
    """Return the prompts of a JSONL file (docs/prompts.md), restricted to these relations where given.

    `domain` may be missing from a row and is then the file's name without its ending. Where the answers are `judged` by
    a judge that reads, claims need no accepted wordings, and prompts no claims. With a `limit` the first so many of
    each split are read and checked; what stands behind them in the file is not looked at.

    Raises:
        InputError: the file cannot be read, a line is wrong (named by its number), or the set breaks a rule above.
    """
    rows, where = _read(path, relations, limit)
    name = f"{path.stem}-file" if path.stem in DOMAINS else path.stem
    return _checked(name, rows, where, str(path), judged)


def _bundled(domain: str) -> tuple[Prompt, ...]:
    folder = resources.files("interp.prompts")
    rows: list[Prompt] = []
    for split in Split:
        name = f"{domain}-{split}.jsonl"
        lines = (folder / name).read_text(encoding="utf-8").split("\n")
        rows += [parse_row(Prompt, line, f"{name}, line {i}") for i, line in enumerate(lines, 1) if line.strip()]
    return tuple(rows)


class _Where(dict[str, int]):
    """The line of each id in a file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def of(self, row_id: str) -> str:
        return self.line(self[row_id])

    def line(self, number: int) -> str:
        return f"{self._path}, line {number}"


def _read(path: Path, relations: Sequence[str] | None, limit: int | None) -> tuple[tuple[Prompt, ...], _Where]:
    """Return a file's prompts and where each id stands; an id that comes twice is refused here, with both lines."""
    rows: list[Prompt] = []
    where = _Where(path)
    known: set[str] = set()
    room: dict[Split, int | None] = dict.fromkeys(Split, limit)
    for number, line in enumerate(_lines(path), 1):
        if not visible(line):
            continue
        here = where.line(number)
        prompt = parse_row(Prompt, _with_domain(line, path.stem), here)
        if prompt.id in where:
            raise InputError(
                f"{here} repeats the id {prompt.id!r} of {where.of(prompt.id)}; give each prompt its own id."
            )
        where[prompt.id] = number
        if prompt.relation is not None:
            known.add(prompt.relation)
        left = room[prompt.split]
        if left != 0 and (relations is None or prompt.relation in relations):
            rows.append(prompt)
            room[prompt.split] = None if left is None else left - 1
            if all(room[split] == 0 for split in Split):
                break
    if not where:
        raise InputError(f"{path} holds no prompts; expected one JSON object a line (fields: docs/prompts.md).")
    if relations is not None:
        _check_relations(known, relations, str(path))
    return tuple(rows), where


def _lines(path: Path) -> Iterator[str]:
    """Yield a file's lines, under a progress bar where it is long."""
    from tqdm import tqdm

    try:
        with (
            path.open(encoding="utf-8-sig") as file,
            tqdm(total=path.stat().st_size, desc="Reading prompts", unit="B", unit_scale=True, delay=SOON) as bar,
        ):
            for line in file:
                yield line.removesuffix("\n")
                bar.update(len(line.encode()))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; expected a JSONL file (fields: docs/prompts.md).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}); save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected a JSONL file of prompts.") from error


def _with_domain(line: str, domain: str) -> str:
    """Return the line with `domain` filled in where it is a JSON object without one; else as it is."""
    try:
        row: Any = parse_json(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return line  # the row's reader says what is wrong with it
    return canonical_json({"domain": domain, **row}) if isinstance(row, dict) else line


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _restrict(rows: Sequence[Prompt], relations: Sequence[str], whose: str) -> tuple[Prompt, ...]:
    _check_relations({row.relation for row in rows if row.relation is not None}, relations, whose)
    return tuple(row for row in rows if row.relation in relations)


def _check_relations(known: Iterable[str], relations: Sequence[str], whose: str) -> None:
    names = sorted(known)
    if not names:
        raise InputError(f"{whose} has no relations to choose from; leave --relations out.")
    for relation in relations:
        if relation not in names:
            raise InputError(f"Unknown relation {relation!r}; {whose} has {_names(names)}.")
    if not relations:
        raise InputError(f"--relations names none; {whose} has {_names(names)}.")


def _checked(
    name: str, rows: Sequence[Prompt], where: _Where | None = None, whose: str | None = None, judged: bool = False
) -> PromptSet:
    """Return the set in order, fit before fresh, or say what is wrong with it and where."""
    from tqdm import tqdm

    for row in tqdm(rows, desc="Checking prompts", unit="prompt", delay=SOON):
        _check_row(row, row.id if where is None else where.of(row.id), judged)
    fit, fresh = (tuple(row for row in rows if row.split is split) for split in Split)
    for split, part in ((Split.FIT, fit), (Split.FRESH, fresh)):
        if not part:
            raise InputError(
                f"{whose or name} holds no prompts of the split '{split}'; expected both: fit, to fit a probe on, and "
                "fresh, to judge it on."
            )
    _check_overlap(fit, fresh, where)
    return PromptSet(name, fit, fresh)


def _check_row(row: Prompt, here: str, judged: bool) -> None:
    for field in ("id", "text", "domain"):
        if not visible(getattr(row, field)):
            raise InputError(f"{here}: {field} is empty; fill it in.")
    if not judged and not (row.claims and all(claim.accept for claim in row.claims)):
        raise InputError(
            f"{here}: expected at least one claim, and at least one accepted wording in each (only answers that a "
            "judge reads do without)."
        )
    if not all(visible(claim.text) for claim in row.claims):
        raise InputError(f"{here}: the text of a claim is empty; fill it in.")
    text = Text(row.text.replace("?", "."))  # an answer may begin by repeating the question as a statement
    for claim in row.claims:
        try:
            match = first_match(claim, text)
        except InputError as error:
            raise InputError(f"{here}: {error}") from error
        if match is not None:
            raise InputError(
                f"{here}: the accepted wording {match.wording!r} already stands in the prompt ({match.quote!r}), so "
                "that repeating the question would count as an answer; word one of them differently."
            )


def _check_overlap(fit: Sequence[Prompt], fresh: Sequence[Prompt], where: _Where | None) -> None:
    found = near_duplicates.repeats(fit, fresh)
    if found.unchecked:
        _LOG.warning(
            "%d of %d fresh prompts were not compared with all fit prompts for being nearly the same, because too many "
            "prompts of this set are alike; none repeats a fit prompt word for word.",
            found.unchecked,
            len(fresh),
        )
    if not found.pairs:
        return
    a, b, alike = found.pairs[0]
    how = "is the same prompt as" if alike == 1 else f"is a near duplicate ({alike:.2f} alike) of"
    here, there = ("built in" if where is None else where.of(prompt.id) for prompt in (b, a))
    raise InputError(
        f"fresh prompt {b.id!r} ({here}) {how} fit prompt {a.id!r} ({there}); fit and fresh must not share prompts: "
        "remove or rewrite one of the two."
    )


def _names(values: Iterable[str]) -> str:
    return ", ".join(values)
