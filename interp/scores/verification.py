"""Phrases by which an answer checks itself: the study's self-verification score in our own wording."""

from __future__ import annotations

from collections.abc import Sequence

from interp.errors import InputError
from interp.language.matching import Match, Text, first_match
from interp.language.thinking import answered
from interp.language.words import RULES_VERSION
from interp.records.answers import Generation
from interp.records.findings import Estimate
from interp.records.prompts import Claim
from interp.runs.files import sha256_json
from interp.stats.rates import rate

_CHECK = "check|double-check|recheck|verify|confirm|re-examine|reexamine|reconsider|revisit"


_LOOK_OVER = f"{_CHECK}|review|test|validate"


_OWN = "answer|result|solution|calculation|reasoning|logic|code|claim|assumption|conclusion|understanding"


_I = "i|i'll|i've"


_WE = "we|=we'll|=We'll|we've"


PHRASES = (
    # announces or reports a check of what is being said
    f"let me|us {_CHECK}",
    f"let me|us quickly|now|also|just {_CHECK}",
    f"let's {_CHECK}",
    f"let's quickly|now|also|just {_CHECK}",
    f"let|let's me|us ... {_LOOK_OVER} my|our|own",
    f"let|let's {_LOOK_OVER} {_OWN}",
    f"{_I} {_CHECK}",
    f"{_I} will|can|should|must|have|also|now|then|just|always|quickly|carefully|already {_CHECK}",
    f"{_I} have also|now|just|quickly|carefully|already {_CHECK}",
    f"{_I} want|need|like to {_CHECK}",
    f"{_I}|{_WE} ... {_LOOK_OVER} my|our {_OWN}|work|steps",
    f"{_I}|{_WE} ... {_LOOK_OVER} {_OWN}",
    f"to {_LOOK_OVER} {_OWN}",
    f"to {_LOOK_OVER} my|our|this|that {_OWN}",
    f"{_LOOK_OVER} my|our own {_OWN}|work|steps",
    "as a check",
    "sanity check",
    f"self check|verification|review|critique of|on|my|our|{_OWN}",
    f"looking|going|thinking|reading back|again|over ... {_OWN}|above",
    "substituting|substitute|plugging|plug ... back into|in",
    "this|that|it|which|everything checks out",
    # takes back or corrects what was said
    "on second thought|thoughts",
    "i|we made|make a mistake|error",
    "i|we missed|overlooked something",
    "i may|might|could have made|missed|overlooked",
    "wait actually|no|=let's",
    "wait let me|us",
    "wait that|this|it is|was|isn't|wasn't wrong|incorrect|right|correct|not",
    "wait that's|it's wrong|incorrect|right|correct|not",
    "let|let's me|us correct|rephrase|restate|revise|rethink|reassess my|our|that|this|myself",
    "i|we stand corrected",
    "i correct|revise my|myself",
    f"my|our earlier|first|previous|initial|original {_OWN}|statement|thought is|was ... wrong|incorrect|mistaken",
    "i was|am wrong|mistaken|incorrect",
)


def version() -> str:
    """Return the instrument's name with a hash of its phrases and of the rules they are read by."""
    return f"self-verification-{sha256_json([RULES_VERSION, PHRASES])[:12]}"


def find_phrase(text: str | Text) -> Match | None:
    """Return the first phrase of the list that the answer states, with where it stands; None where it states none."""
    return first_match(Claim("self-verification", PHRASES), text)


def verifies(generation: Generation) -> bool | None:
    """Say whether an answer verifies itself; None for an answer without words or whose text nobody kept."""
    text = Text(answered(generation))
    return None if "text" in generation.unrecorded or not text.words else find_phrase(text) is not None


def self_verification_rate(generations: Sequence[Generation]) -> Estimate:
    """Return the share of answers that verify themselves, of those that have words.

    A cut-off answer counts as far as it goes: what was said was said. No answer with words raises InputError.
    """
    found = [verdict for generation in generations if (verdict := verifies(generation)) is not None]
    if not found:
        raise InputError(f"None of {len(generations)} answers has words; expected answers to look for phrases in.")
    return rate(sum(found), len(found))
