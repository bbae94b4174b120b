"""One fact of the built-in domain: a subject with its answer."""

from __future__ import annotations

from dataclasses import dataclass

from interp.language import words


@dataclass(frozen=True, slots=True)
class Fact:
    """One subject with its answer. `entity` decides the split; `heading` names the subject outside a sentence."""

    relation: str
    entity: str
    subject: str
    heading: str
    claim: str
    accept: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return the id of the prompt that asks for this fact."""
        return f"facts-{self.relation}-{_slug(self.heading)}"


def share_a_word(a: str, b: str) -> bool:
    """Say whether two names have a word in common, as a checklist would compare them."""
    return not _keys(a).isdisjoint(_keys(b))


def _keys(name: str) -> set[str]:
    return {word.key for word in words.read(words.normalise(name))[0]}


def _slug(name: str) -> str:
    plain = words.normalise(name).casefold()
    return "-".join("".join(ch if ch.isalnum() else " " for ch in plain).split())
