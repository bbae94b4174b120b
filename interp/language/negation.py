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

from interp.language.denials import (
    ACTION,
    FIRST_WORDS,
    LEXICAL,
    PREPOSITIONAL,
    VERBAL,
    cue_at,
    is_verbal,
)
from interp.language.words import NUMBER_WORDS, Sentence, Word, listed


@dataclass(frozen=True, slots=True)
class Scope:
    """Words `start` to `end` (exclusive) are denied by the cue at `cue` to `cue_end`, or only mentioned."""

    start: int
    end: int
    cue: int
    cue_end: int
    mention: bool = False


_MISTAKE = listed("mistake mistakes error errors pitfall pitfalls myth myths misconception misconceptions fallacy")
_MENTION = """
    whether mistakenly wrongly incorrectly falsely mistaken_for confused_with mistook asked_if asked_about asked_how
    asked_why asked_what asked_whether asking_if asking_about ask_about wonder_if wondering_if people_think
    people_believe people_assume people_say many_think many_believe many_assume some_think some_believe might_think
    may_think commonly_believed commonly_thought commonly_assumed often_believed often_thought often_assumed
    often_claimed widely_believed
"""
# "No" is short for number behind these: always, and before a number.
_COUNTED = listed("atomic proton")
_NUMBERED = listed("element item page chapter group period room house model serial reference question option answer")
_GOVERNS_A_CLAUSE = listed("need reason point sense use longer")
_MEANS = "means"  # a kind of cue that ends where the means begin: "avoid lumps by whisking"
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
_NOT_BE = listed("isn't aren't wasn't weren't isnt arent wasnt werent ain't aint")
_DENIES_BEING = listed("not never hardly scarcely far anything by in")
_GONE_BY = listed("formerly used once previously")
_NOT_ALONE = listed("only sole")
# "X, no wait, Y": what was said before is taken back.
_TAKEN_BACK = {("no", "wait"), ("wait", "no"), ("scratch", "that"), ("no", "sorry"), ("sorry", "no")}
_GOES_ON = listed("it it's its that's i actually")
_WRONG = listed("wrong incorrect false untrue")
_ANY = listed("any every all each")
_KINDS = listed("""
    city cities country countries capital town place state element elements metal planet number colour color option
    answer one thing person name word other
""")
_DENIED_PREDICATE = listed("""
    recommended advised advisable necessary needed required ideal appropriate suitable correct right true allowed
    wise desirable helpful advisable
""")
_BACKWARD = listed("""
    avoided skipped omitted unnecessary wrong incorrect false forbidden discouraged untrue pointless unwise
    inadvisable doubtful unlikely impossible improbable implausible excluded
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


_MENTION_CUES = _phrases(_MENTION)
_OFTEN = listed("often commonly frequently sometimes widely popularly usually")
_NAMED = listed("cited mentioned named given suggested claimed called considered thought believed assumed quoted")
_CONTRARY = listed("contrary despite unlike")
_CONCEDES = listed("while although though whilst whereas")
_TRIGGERS = {
    *FIRST_WORDS,
    *_MENTION_CUES,
    *_MISTAKE,
    *_BACKWARD,
    *_OFTEN,
    *("until", "but", "ruled", "out", "used"),
    *(first for first, _ in _TAKEN_BACK),
    *_WRONG,
}


def find_scopes(words: Sequence[Word], sentences: Sequence[Sentence]) -> list[Scope]:
    """Return every scope of negation or mere mention in an answer."""
    scopes: list[Scope] = []
    denied_list = False
    for before, sentence in zip([None, *sentences], sentences, strict=False):
        clause = _Reader(words, sentence, sentence.first if before is None else before.first)
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

    def __init__(self, words: Sequence[Word], sentence: Sentence, before: int) -> None:
        self.first, self.last = sentence.first, sentence.last
        self.before = before  # where the sentence before it begins
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

    def mention_at(self, i: int) -> int:
        """Return how many words of a cue of mere mention stand at word i (0: none)."""
        at = i - self.first
        for parts in _MENTION_CUES.get(self.low[at], ()):
            if tuple(self.low[at : at + len(parts)]) == parts:
                return len(parts)
        return 0

    def is_verbal(self, i: int) -> bool:
        return is_verbal(self.word(i))

    def cue_at(self, i: int) -> tuple[int, str]:
        """Return the length and kind of the cue at word i; length 0 where there is none."""
        if self.word(i) == "but" and self.leaves_out(i):
            return 1, PREPOSITIONAL
        length, kind = cue_at(self.low, i - self.first)
        if not length or self.means_number(i) or (self.word(i).startswith("stop") and not self.stops_doing(i)):
            return 0, ""
        if self.word(i) == "not" and (self.word(i - 1) == "why" or (self.word(i - 2), self.word(i - 1)) == _OR_NOT):
            return 0, ""
        if kind == PREPOSITIONAL and self.word(i + 1) in _GOVERNS_A_CLAUSE:
            return length, LEXICAL
        if kind == ACTION:
            return length, _MEANS if self.word(i).startswith(("prevent", "stop", "avoid")) else LEXICAL
        return length, kind

    def leaves_out(self, i: int) -> bool:
        """Tell "any city but Paris" from "every minute, but gently"."""
        return (
            self.word(i - 1) in _KINDS
            and not self.comma(i)
            and (self.word(i - 2) in _ANY or (self.word(i - 2) == "other" and self.word(i - 3) in _ANY))
        )

    def means_number(self, i: int) -> bool:
        """Tell "no. 118" and "atomic no 118", where "no" is short for number, from a denial."""
        if self.word(i) != "no":
            return False
        after, before = self.word(i + 1), self.word(i - 1)
        numeral = after[:1].isdigit() or after in NUMBER_WORDS or after == "hundred"
        dotted = i + 1 < self.last and self.gap[i + 1 - self.first].startswith(".")
        return before in _COUNTED or (numeral and (dotted or (before in _NUMBERED and after != "one")))

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
        covered = self.first  # "by no means" is one cue
        for i, low in enumerate(self.low, self.first):
            if i < covered or (low not in _TRIGGERS and not low.endswith("n't")):
                continue
            if self.takes_back(i):
                covered = i + 2
                yield Scope(self.before if i == self.first else self.first, i, i, covered, mention=True)
                continue
            if mention := self.mention_at(i):
                kind = "mention" if mention == 1 else "report"
                yield Scope(i, self.forward(i + mention, kind), i, i + mention, mention=True)
            length, kind = self.cue_at(i)
            if length:
                covered = i + length
                start = self.skip_aside(covered)
                yield Scope(start, self.cue_end(start, kind), i, i + length)
            if low in _MISTAKE:
                yield from self.mistake(i)
            if self.reaches_back(i):
                yield Scope(self.clause_start(i), i, i, i + 1)
            yield from self.gone_by(i)
            if low in _WRONG and "(" in self.gap[i - self.first] and self.bracketed(i):
                yield Scope(self.clause_start(i - 1), i, i, i + 1)

    def bracketed(self, i: int) -> bool:
        """Say whether word i is all that stands in its brackets: "Paris (incorrect)"."""
        if i == self.first:
            return False
        return i + 1 == self.last or ")" in self.gap[i + 1 - self.first]

    def takes_back(self, i: int) -> bool:
        """Say whether "no, wait" at word i takes back what was said; "no wait is needed" does not."""
        if (self.word(i), self.word(i + 1)) not in _TAKEN_BACK:
            return False
        set_off = i == self.first or self.comma(i) or self.strong(i) or ".." in self.gap[i - self.first]
        k = i + 2
        return set_off and (k >= self.last or self.comma(k) or self.strong(k) or self.word(k) in _GOES_ON)

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
        if kind == VERBAL:
            for j in range(start, min(start + 3, self.last)):
                length, inner = self.cue_at(j)
                if length and inner in (LEXICAL, _MEANS):
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
                if self.comma(j) and self.word(self.clause_start(start - 1)) in _CONTRARY:
                    return j
                if self.word(j) in ("but", "however", "although", "though", "whereas"):
                    return j
                continue
            if self.turns(j) or (j > start and self.leaves(start, j, kind)):
                return j
        return self.last

    def leaves(self, start: int, j: int, kind: str) -> bool:
        """Say whether word j lies outside the phrase that a prepositional cue, or one of prevention, governs."""
        if kind == _MEANS:
            return self.word(j) in ("by", "with")
        if kind != PREPOSITIONAL:
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
        if self.word(i - 1) == "no":
            return
        if any(self.word(k).startswith("avoid") for k in clause):
            return
        if self.word(i + 1) in _TELLS_MISTAKE or (i + 1 < self.last and ":" in self.gap[i + 1 - self.first]):
            yield Scope(i + 1, self.forward(i + 1, "mistake"), i, i + 1)
        if any(self.word(k) in _BE for k in (i - 1, i - 2, i - 3)):
            yield Scope(self.clause_start(i), i, i, i + 1)

    def reaches_back(self, i: int) -> bool:
        """Say whether the cue at word i denies the subject before it."""
        word, after = self.word(i), self.word(i + 1)
        denies_being = word in _DENIES_BEING or (word, after) == ("no", "longer")
        if word in _NOT_BE or (denies_being and self.word(i - 1) in _BE) or (word == "never" and after in _BE):
            return self.cue_at(i)[0] > 0
        if (word, after) in (("ruled", "out"), ("out", "of")):
            return self.word(i - 1) in _BE and (word == "ruled" or self.word(i + 2) == "question")
        if word in _GONE_BY or after in _GONE_BY:  # "Paris was once the capital", not "Paris was once called Lutetia"
            length = self.cue_at(i)[0]
            at = i + length
            return length > 0 and at < self.last and self.article[at - self.first] == "the"
        if self.is_verbal(i) and after == "be" and self.word(i + 2) not in _NOT_ALONE:  # "X cannot be the capital"
            at = i + 2
            if at < self.last and self.article[at - self.first] == "the":
                return self.cue_at(i)[0] > 0
        if self.is_verbal(i):
            return any(self.word(k) in _DENIED_PREDICATE for k in (i + 1, i + 2)) and self.cue_at(i)[0] > 0
        return word in _BACKWARD and any(self.word(k) in _BE for k in (i - 1, i - 2))

    def clause_start(self, i: int) -> int:
        """Return where the clause of word i begins; an aside between subject and verb belongs to it."""
        j = self.phrase_start(i)
        if all(self.word(k) in _BE or self.word(k) in _NOT_BE for k in range(j, i)) and self.word(j) in _BE | _NOT_BE:
            before = self.phrase_start(j - 1) if j > self.first and self.comma(j) else self.first
            if before > self.first and self.comma(before):  # "Paris, however, is not"
                return self.phrase_start(before - 1)
        return j

    def phrase_start(self, i: int) -> int:
        j = i
        while j > self.first and not self.strong(j) and not self.comma(j) and self.word(j - 1) not in _ENDERS:
            j -= 1
        return j
