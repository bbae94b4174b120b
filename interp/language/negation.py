"""Which words of an answer stand in the scope of a negation, and which are only mentioned.

How it is decided, clause by clause:

- A cue (not, n't, never, no, without, avoid, instead of, rather than, skip, prevent, ...) covers the words after it up
  to the end of its clause: a full stop, a strong mark (; : brackets, a dash), a comma that does not continue a list
  with "or", or a word that turns the sentence (but, because, until, unless, so, then, if, before, instead, ...).
  "and keep ..." and "or it will ..." end it, too, and so does a clause of purpose ("to prevent ...").
- Prepositional cues (no, without, free of, ...) end earlier, at "for", "until", "over", "at", a pronoun, a new article;
  prevent, avoid and stop end at "by" and "with" ("avoid lumps by whisking").
- Two cues over one word cancel: "don't forget to whisk", "never skip the whisking" and "not without whisking" are
  affirmative. "not only", "no doubt", "no more than", "not optional" and their like are no cues.
- "not X but Y", "Y, not X" and "instead of X, do Y" deny X and leave Y.
- A few cues reach back to the start of their clause: "X is not ...", "X should be avoided", "X is a mistake".
- "A common mistake is to X", "Things to avoid:" (and the list after it, up to the first strong mark of an item) deny X;
  "your mistake was X" is a diagnosis and does not.
- Questions, "you asked whether X", "many people think that X" and "often mistaken for X" only mention X: it is neither
  stated nor denied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from interp.language.words import Sentence, Word, listed


@dataclass(frozen=True, slots=True)
class Scope:
    """Words `start` to `end` (exclusive) are denied by the cue at `cue` to `cue_end`, or only mentioned."""

    start: int
    end: int
    cue: int
    cue_end: int
    mention: bool = False


_VERBAL = "not never cannot nor neither none nothing nobody"
_LEXICAL = """
    avoid avoids avoided avoiding skip skips skipped skipping omit omits omitted omitting forget forgets forgot
    forgetting neglect neglects neglected neglecting prevent prevents prevented preventing stop stops stopped
    stopping refrain refraining resist ignore ignores ignored ignoring overlook overlooking rarely seldom wrong_to
    false_that incorrect_to untrue_that forbidden_to fail_to fails_to failed_to failing_to failure_to keep_from
    stay_away_from steer_clear_of instead_of rather_than as_opposed_to hardly scarcely doubt doubts doubted doubtful
    formerly used_to_be anything_but anyone_but unlikely
"""
_PREPOSITIONAL = """
    no without lack_of lacks lacking unlike in_lieu_of free_of free_from devoid_of far_from except except_for excepting
    excluding other_than apart_from aside_from
"""
_MISTAKE = listed("mistake mistakes error errors pitfall pitfalls myth myths misconception misconceptions fallacy")
_MENTION = """
    whether mistakenly wrongly incorrectly falsely mistaken_for confused_with mistook asked_if asked_about asked_how
    asked_why asked_what asked_whether asking_if asking_about ask_about wonder_if wondering_if people_think
    people_believe people_assume people_say many_think many_believe many_assume some_think some_believe might_think
    may_think commonly_believed commonly_thought commonly_assumed often_believed often_thought often_assumed
    often_claimed widely_believed
"""
_NOT_A_CUE = re.compile(
    r"(?:not|(?:is|are|was|were)n't) (?:only|just|merely|simply|solely|least|enough|optional|negotiable)\b"
    r"|not to (?:mention|worry)\b"
    r"|(?:not|no) (?:\w+ )?(?:more|less|fewer|later|earlier|longer|shorter|higher|lower|hotter) than\b"
    r"|(?:none|no one|nobody|nothing|no) other than\b|anything but (?:easy|simple|certain)\b"
    r"|no (?:doubt|matter|problem|wonder|question|secret|exaggeration|substitute)\b|nothing (?:but|beats|more than)\b"
    r"|(?:cannot|\w+n't|not) (?:be )?(?:overstated?|overemphasi[sz]ed?|underestimated?)\b"
    r"|(?:cannot|\w+n't|not) (?:be )?(?:stressed?|emphasi[sz]ed?) enough\b"
    r"|(?:cannot|can't|won't) (?:be beat|beat|go wrong|hurt)\b"
    r"|(?:\w+n't|not|never|no) (?:be |need )?(?:afraid|shy|hesitate|underestimate)\b"
)
_OR_NOT = ("whether", "or")
_TELLS_MISTAKE = listed("is are to of include includes would like such people that")
_ENDERS = listed("""
    but however instead although though because since unless until till before after so then otherwise while
    whereas yet if when whenever once rather which who whose where thus therefore hence nor
""")
_PREPOSITIONS = listed("for until over at in on by during from into onto")
_NEW_SUBJECT = listed("it you they we this can will is are")
_PURPOSE = listed("prevent avoid keep ensure stop help maintain preserve allow retain get make")
_TAKES_TO = listed("need needs needed have has want wants going ought used like hesitate fail fails failed sure")
_NEW_CLAUSE = listed("""
    keep keeps always instead then continue just simply it they you this that he she we it's it'll you'll use make
    else your
""")
_BE = listed("is are was were be been being isn't aren't wasn't weren't it's that's")
_NOT_BE = listed("isn't aren't wasn't weren't")
_DENIED_PREDICATE = listed("""
    recommended advised advisable necessary needed required ideal appropriate suitable correct right true allowed
    wise desirable helpful advisable
""")
_BACKWARD = listed("""
    avoided skipped omitted unnecessary wrong incorrect false forbidden discouraged untrue pointless unwise
    inadvisable
""")
_NEGATIVE_LEAD = re.compile(
    r"(?:\bavoid|\bmistakes?|\bpitfalls?|\berrors?|^never|\bdon'?ts|^don't|^do not|\bnot to (?:do|use|make))"
    r"(?: (?:to avoid|people make|to make|made|include|are|(?:when|with|in|of|for|while) .*))?$"
)


def _phrases(text: str) -> dict[str, list[tuple[str, ...]]]:
    table: dict[str, list[tuple[str, ...]]] = {}
    for phrase in text.split():
        parts = tuple(phrase.split("_"))
        table.setdefault(parts[0], []).append(parts)
    return table


_LEXICAL_CUES, _PREPOSITIONAL_CUES, _MENTION_CUES = _phrases(_LEXICAL), _phrases(_PREPOSITIONAL), _phrases(_MENTION)
_VERBAL_CUES = listed(_VERBAL)
_OFTEN = listed("often commonly frequently sometimes widely popularly usually")
_NAMED = listed("cited mentioned named given suggested claimed called considered thought believed assumed quoted")
_CONCEDES = listed("while although though whilst whereas")
_TRIGGERS = {
    *_LEXICAL_CUES,
    *_PREPOSITIONAL_CUES,
    *_MENTION_CUES,
    *_VERBAL_CUES,
    *_MISTAKE,
    *_BACKWARD,
    *_OFTEN,
    "until",
}


def find_scopes(words: Sequence[Word], sentences: Sequence[Sentence]) -> list[Scope]:
    """Return every scope of negation or mere mention in an answer."""
    scopes: list[Scope] = []
    denied_list = False
    for sentence in sentences:
        clause = _Reader(words, sentence)
        if sentence.question:
            scopes.append(Scope(sentence.first, sentence.last, -1, -1, mention=True))
        scopes.extend(clause.scopes())
        if not sentence.item:
            denied_list = False
        if sentence.lead and _NEGATIVE_LEAD.search(" ".join(clause.low)):
            denied_list = True
        elif denied_list and sentence.item and sentence.opens and not clause.forbids():
            scopes.append(Scope(sentence.first, clause.strong_end(sentence.first + 1), -1, -1))
    return scopes


class _Reader:
    """One sentence, read for cues. Indices are those of the whole answer."""

    def __init__(self, words: Sequence[Word], sentence: Sentence) -> None:
        self.first, self.last = sentence.first, sentence.last
        self.low = [w.raw.lower() for w in words[self.first : self.last]]
        self.gap = [w.gap for w in words[self.first : self.last]]
        self.article = [w.article for w in words[self.first : self.last]]

    def word(self, i: int) -> str:
        return self.low[i - self.first] if self.first <= i < self.last else ""

    def strong(self, i: int) -> bool:
        """Say whether a strong mark stands before word i."""
        gap = self.gap[i - self.first]
        if gap in (" ", "", "-"):
            return False
        return any(c in ";:()|\u2014[]" for c in gap) or " - " in gap or "--" in gap

    def strong_end(self, i: int) -> int:
        while i < self.last and not self.strong(i):
            i += 1
        return i

    def comma(self, i: int) -> bool:
        return "," in self.gap[i - self.first]

    def phrase_at(self, i: int, table: dict[str, list[tuple[str, ...]]]) -> int:
        """Return how many words of a cue stand at word i (0: none)."""
        at = i - self.first
        for parts in table.get(self.low[at], ()):
            if tuple(self.low[at : at + len(parts)]) == parts:
                return len(parts)
        return 0

    def is_verbal(self, i: int) -> bool:
        return self.word(i) in _VERBAL_CUES or self.word(i).endswith("n't")

    def cue_at(self, i: int) -> tuple[int, str]:
        """Return the length and kind of the cue at word i; length 0 where there is none."""
        if self.is_verbal(i):
            kind, length = "verbal", 1
        elif length := self.phrase_at(i, _PREPOSITIONAL_CUES):
            kind = (
                "lexical"
                if self.word(i + 1) in ("need", "reason", "point", "sense", "use", "longer")
                else "prepositional"
            )
        elif length := self.phrase_at(i, _LEXICAL_CUES):
            kind = "means" if self.word(i).startswith(("prevent", "stop", "avoid")) else "lexical"
        else:
            return 0, ""
        if self.word(i).startswith("stop") and not self.stops_doing(i):
            return 0, ""
        if self.word(i) == "not" and (self.word(i - 1) == "why" or (self.word(i - 2), self.word(i - 1)) == _OR_NOT):
            return 0, ""
        if (
            self.word(i) == "not"
            and self.word(i - 1) in ("do", "does", "did")
            and self.word(i + 1) in ("just", "simply")
        ):
            return length, kind  # "do not simply boil it" forbids, "it is not just boiled" does not
        if self.word(i).startswith("doubt") and self.word(i - 1) in ("no", "without", "beyond", "little", "any"):
            return 0, ""
        if self.word(i) in ("anything", "anyone") and any(self.is_verbal(k) for k in range(i - 4, i)):
            return 0, ""
        if self.word(i) == "other" and self.word(i - 1) in ("none", "no", "one", "nobody", "nothing"):
            return 0, ""
        at = i - self.first
        return (0, "") if _NOT_A_CUE.match(" ".join(self.low[at : at + 5])) else (length, kind)

    def stops_doing(self, i: int) -> bool:
        """Tell "stop whisking" and "stop it from curdling" from "stop the cooking in ice" and "stop at soft peaks"."""
        if i + 1 >= self.last or self.article[i + 1 - self.first]:
            return any(self.word(k) == "from" for k in range(i + 2, i + 5))
        return any(self.word(k).endswith("ing") or self.word(k) == "from" for k in (i + 1, i + 2, i + 3))

    def forbids(self) -> bool:
        """Say whether the sentence opens as a prohibition, which a list of things to avoid does not turn round."""
        opening = self.word(self.first)
        return opening in ("don't", "never", "avoid") or (opening == "do" and self.word(self.first + 1) == "not")

    def scopes(self) -> Iterator[Scope]:
        """Yield the scopes of all cues of the sentence."""
        for i, low in enumerate(self.low, self.first):
            if low not in _TRIGGERS and not low.endswith("n't"):
                continue
            if mention := self.phrase_at(i, _MENTION_CUES):
                kind = "mention" if mention == 1 else "report"
                yield Scope(i, self.forward(i + mention, kind), i, i + mention, mention=True)
            length, kind = self.cue_at(i)
            if length:
                start = self.skip_aside(i + length)
                yield Scope(start, self.cue_end(start, kind), i, i + length)
            if low in _MISTAKE:
                yield from self.mistake(i)
            if self.reaches_back(i):
                yield Scope(self.clause_start(i), i, i, i + 1)
            yield from self.gone_by(i)

    def gone_by(self, i: int) -> Iterator[Scope]:
        """Yield what was so until a year, and what is conceded to be "often cited": said, but not as the answer."""
        start = self.clause_start(i)
        if self.word(i) == "until" and self.word(i + 1)[:4].isdigit() and len(self.word(i + 1)) == 4:
            if any(self.word(k) in ("was", "were", "remained") for k in range(start, i)):
                yield Scope(start, i, i, i + 1)
        elif self.word(i) in _OFTEN and self.word(i + 1) in _NAMED and self.word(start - 1) in _CONCEDES:
            yield Scope(start, i, i, i + 2, mention=True)

    def cue_end(self, start: int, kind: str) -> int:
        """Return where a cue's scope ends; "don't" before "stop" reaches exactly as far as "stop" does."""
        if kind == "verbal":
            for j in range(start, min(start + 3, self.last)):
                length, inner = self.cue_at(j)
                if length and inner in ("lexical", "means"):
                    return min(self.forward(start, kind), self.forward(j + length, inner))
        return self.forward(start, kind)

    def skip_aside(self, i: int) -> int:
        """Step over an aside right behind a cue: "do not, under any circumstances, boil"."""
        if i < self.last and self.comma(i) and self.word(i - 1) != "no":
            for j in range(i + 1, min(i + 6, self.last)):
                if self.comma(j):
                    return j
        return i

    def forward(self, start: int, kind: str) -> int:
        """Return where the scope of a cue that begins at `start` ends."""
        for j in range(start, self.last):
            if self.strong(j) and not (j == start and kind == "mistake"):
                return j
            if j > start and self.comma(j) and not self.continues_list(j):
                return j
            if j == start and self.comma(j) and self.word(j - 1) == "no":
                return j
            if kind == "report":
                if self.word(j) in ("but", "however", "although", "though", "whereas"):
                    return j
                continue
            if self.turns(j) or (j > start and self.leaves(start, j, kind)):
                return j
        return self.last

    def leaves(self, start: int, j: int, kind: str) -> bool:
        """Say whether word j lies outside the phrase that a prepositional cue, or one of prevention, governs."""
        if kind == "means":
            return self.word(j) in ("by", "with")
        if kind != "prepositional":
            return False
        if self.word(j) in _PREPOSITIONS:
            return True
        if any(self.word(k).endswith("ing") for k in (start, start + 1)):  # "without letting it come to a boil"
            return False
        new_noun = self.article[j - self.first] and self.word(j - 1) not in ("or", "and", "of")
        return bool(new_noun) or self.word(j) in _NEW_SUBJECT

    def turns(self, j: int) -> bool:
        """Say whether a new, unaffected clause begins at word j."""
        word, after = self.word(j), self.word(j + 1)
        if word in _ENDERS:
            return True
        if word in ("and", "or"):
            return after in _NEW_CLAUSE or self.starts_own_negation(j + 1)
        return word == "to" and after in _PURPOSE and self.word(j - 1) not in _TAKES_TO and not self.is_verbal(j - 1)

    def starts_own_negation(self, j: int) -> bool:
        return j < self.last and (self.cue_at(j)[0] > 0 or (self.word(j) == "do" and self.is_verbal(j + 1)))

    def continues_list(self, j: int) -> bool:
        """Say whether the comma before word j stands in a list that ends with "or": "don't boil, stir or shake"."""
        if self.word(j) in ("or", "nor"):
            return not self.turns(j)
        if self.starts_own_negation(j):
            return False
        since = 0
        for k in range(j, min(j + 9, self.last)):
            if self.word(k) == "or" and since <= 3:
                return not self.turns(k)
            since = 0 if k > j and self.comma(k) else since + 1
            if since > 3 or self.strong(k) or (k > j and self.word(k) in _ENDERS):
                return False
        return False

    def mistake(self, i: int) -> Iterator[Scope]:
        """Yield the scopes of "a common mistake is ...", unless it is a diagnosis or itself to be avoided."""
        clause = range(self.clause_start(i), i + 3)
        if any(self.word(k).startswith("avoid") for k in clause):
            return
        if self.word(i + 1) in _TELLS_MISTAKE or (i + 1 < self.last and ":" in self.gap[i + 1 - self.first]):
            yield Scope(i + 1, self.forward(i + 1, "mistake"), i, i + 1)
        if any(self.word(k) in _BE for k in (i - 1, i - 2, i - 3)):
            yield Scope(self.clause_start(i), i, i, i + 1)

    def reaches_back(self, i: int) -> bool:
        """Say whether the cue at word i denies the subject before it."""
        word = self.word(i)
        if word in _NOT_BE or (word in ("not", "never") and self.word(i - 1) in _BE):
            return self.cue_at(i)[0] > 0
        if self.is_verbal(i):
            return any(self.word(k) in _DENIED_PREDICATE for k in (i + 1, i + 2)) and self.cue_at(i)[0] > 0
        return word in _BACKWARD and any(self.word(k) in _BE for k in (i - 1, i - 2))

    def clause_start(self, i: int) -> int:
        j = i
        while j > self.first and not self.strong(j) and not self.comma(j) and self.word(j - 1) not in _ENDERS:
            j -= 1
        return j
