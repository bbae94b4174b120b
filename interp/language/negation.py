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

from collections.abc import Iterator, Sequence

from interp.language import clauses, denials
from interp.language.clauses import Scope
from interp.language.denials import (
    ACTION,
    FIRST_WORDS,
    LEXICAL,
    PREPOSITIONAL,
    VERBAL,
    cue_at,
    is_verbal,
)
from interp.language.words import NUMBER_WORDS, Sentence, Word

_TRIGGERS = {
    *FIRST_WORDS,
    *denials.MENTION_CUES,
    *clauses.MISTAKE,
    *denials.BACKWARD,
    *denials.OFTEN,
    *denials.TELLS,
    *denials.BELIEVED,
    *denials.REPLACED,
    *("until", "till", "before", "prior", "replacing", "but", "ruled", "out", "used"),
    *(first for first, _ in denials.TAKEN_BACK),
    *denials.CORRECTS,
    *clauses.FORMER,
    *clauses.CEASES,
    *clauses.AT_FIRST,
    "lost",
    *clauses.WRONG,
}


def find_scopes(words: Sequence[Word], sentences: Sequence[Sentence]) -> list[Scope]:
    """Return every scope of negation or mere mention in an answer."""
    scopes: list[Scope] = []
    denied_list = False
    for n, (sentence, after) in enumerate(zip(sentences, [*sentences[1:], None], strict=False)):
        before, earlier = (sentences[max(0, n - back)].first for back in (1, denials.LAST_SAID))
        clause = _Reader(words, sentence, before, earlier)
        if sentence.question and not (after is not None and clause.is_affirmed_by(words[after.first].raw.lower())):
            scopes.append(Scope(sentence.first, sentence.last, -1, -1, mention=True))
        scopes.extend(clause.scopes())
        if not sentence.item:
            denied_list = False
        if sentence.lead and denials.NEGATIVE_LEAD.search(" ".join(clause.low)):
            denied_list = True
        elif denied_list and sentence.item and sentence.opens and not clause.forbids():
            scopes.append(Scope(sentence.first, clause.strong_end(sentence.first + 1), -1, -1))
    return scopes


class _Reader(clauses.Clause):
    """One sentence, read for cues."""

    def mention_at(self, i: int) -> int:
        """Return how many words of a cue of mere mention stand at word i (0: none)."""
        at = i - self.first
        if self.word(i - 1) == "as":  # "as I thought, it is Paris"
            return 0
        for parts in denials.MENTION_CUES.get(self.low[at], ()):
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
        if self.word(i) == "not" and (
            self.word(i - 1) == "why" or (self.word(i - 2), self.word(i - 1)) == clauses.OR_NOT
        ):
            return 0, ""
        if kind == PREPOSITIONAL and self.word(i + 1) in clauses.GOVERNS_A_CLAUSE:
            return length, LEXICAL
        if kind == ACTION:
            return length, clauses.MEANS if self.word(i).startswith(("prevent", "stop", "avoid")) else LEXICAL
        return length, kind

    def leaves_out(self, i: int) -> bool:
        """Tell "any city but Paris" from "every minute, but gently"."""
        return (
            self.word(i - 1) in clauses.KINDS
            and not self.comma(i)
            and (self.word(i - 2) in clauses.ANY or (self.word(i - 2) == "other" and self.word(i - 3) in clauses.ANY))
        )

    def means_number(self, i: int) -> bool:
        """Tell "no. 118" and "atomic no 118", where "no" is short for number, from a denial."""
        if self.word(i) != "no":
            return False
        after, before = self.word(i + 1), self.word(i - 1)
        numeral = after[:1].isdigit() or after in NUMBER_WORDS or after == "hundred"
        dotted = i + 1 < self.last and self.gap[i + 1 - self.first].startswith(".")
        return before in clauses.COUNTED or (numeral and (dotted or (before in clauses.NUMBERED and after != "one")))

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
        if self.ends_in_no():
            yield Scope(self.clause_start(self.last - 2), self.last - 1, self.last - 1, self.last)
        for i, gap in enumerate(self.gap, self.first):
            if "≠" in gap or "!=" in gap:
                yield Scope(self.clause_start(i - 1), self.forward(i, LEXICAL), -1, -1, mention=True)
        for i, low in enumerate(self.low, self.first):
            if i < covered or (low not in _TRIGGERS and not low.endswith("n't")):
                continue
            taken, since = self.takes_back(i)
            if taken:
                covered = i + taken
                yield Scope(since, i, i, covered, mention=True)
                continue
            if mention := self.mention_at(i):
                kind = "mention" if mention == 1 else "report"
                yield Scope(i, self.forward(i + mention, kind), i, i + mention, mention=True)
            length, kind = self.cue_at(i)
            if length:
                covered = i + length
                start = self.skip_aside(covered)
                end = self.cue_end(start, kind) if start == covered else self.forward(start, kind, aside=True)
                yield Scope(start, self.till_main_verb(i, start, end), i, i + length)
            if low in clauses.MISTAKE:
                yield from self.mistake(i)
            if self.reaches_back(i):
                yield Scope(self.subject_start(i), i, i, i + 1)
            yield from self.gone_by(i)
            if low in clauses.AT_FIRST and i == self.first and self.names(i + 1):
                yield Scope(i + 1, self.forward(i + 1, LEXICAL), i, i + 1)
            if low in clauses.WRONG and (named := self.names_wrong(i)):
                yield Scope(named, self.last, i, i + 1)
            if low in clauses.WRONG and "(" in self.gap[i - self.first] and self.bracketed(i):
                yield Scope(self.clause_start(i - 1), i, i, i + 1)

    def is_affirmed_by(self, reply: str) -> bool:
        """Say whether a question is answered by its own words: "Paris? Yes.", but not "Paris or Lyon? Yes."."""
        asks = self.word(self.first) not in clauses.ASKS and "or" not in self.low
        return asks and reply in clauses.YES and not any(self.cue_at(i)[0] for i in range(self.first, self.last))

    def ends_in_no(self) -> bool:
        """Say whether the sentence says no to what stands before a colon: "Paris: no"."""
        i = self.last - 1
        return (
            i > self.first
            and self.word(i) in clauses.NO
            and self.gap[i - self.first].strip(" *_") in (":", "-", "\u2014")
        )

    def bracketed(self, i: int) -> bool:
        """Say whether word i is all that stands in its brackets: "Paris (incorrect)"."""
        if i == self.first:
            return False
        return i + 1 == self.last or ")" in self.gap[i + 1 - self.first]

    def names_wrong(self, i: int) -> int:
        """Return where what is named as wrong begins: "Wrong: Paris", "The wrong answer is Paris"; 0: nothing is."""
        k = i + 1
        set_off = self.comma(k) or self.strong(k) or ":" in self.gap[k - self.first] if k < self.last else False
        if self.word(k) in clauses.KINDS and not set_off:  # not "47 is wrong; the answer is 79"
            k += 1
        colon = k < self.last and ":" in self.gap[k - self.first]
        if self.word(k) in clauses.BE and k > i + 1:
            return k + 1
        return k if colon and i == self.first else 0

    def gone_by(self, i: int) -> Iterator[Scope]:
        """Yield what was so once ("until 2023", "before the euro") and what is only believed or cited."""
        start, word = self.clause_start(i), self.word(i)
        if word in ("until", "till", "before") or (word, self.word(i + 1)) == ("prior", "to"):
            yield from self.once(start, i)
        elif word in denials.OFTEN and self.word(i + 1) in denials.NAMED and self.word(start - 1) in clauses.CONCEDES:
            yield Scope(start, i, i, i + 2, mention=True)
        elif word in denials.BELIEVED and self.is_only_believed(i):
            yield Scope(start, i, i, i + 1, mention=True)
        elif word in denials.REPLACED and self.word(i - 1) in clauses.BE:
            if self.word(i + 1) in ("by", "with"):
                yield Scope(self.subject_start(i), i, i, i + 1)
        elif (word in denials.REPLACED or word == "replacing") and self.is_the_thing(i + 1):
            yield Scope(i + 1, self.phrase_end(i + 1), i, i + 1)
        elif word in clauses.FORMER and self.word(i + 1) in clauses.SEATS:
            yield from self.former(i)

    def former(self, i: int) -> Iterator[Scope]:
        """Yield X of "the former capital was X" and of "the former capital, X, ..."."""
        k = i + 2
        if self.word(i - 1) in clauses.BE:
            return
        if k < self.last and self.comma(k):
            yield Scope(k, self.phrase_end(k), i, k)
        elif not self.cue_at(i)[0]:
            be = next((j for j in range(k, min(k + 5, self.last)) if self.word(j) in clauses.BE), self.last)
            yield Scope(be, self.forward(be, LEXICAL), i, k)

    def once(self, start: int, i: int) -> Iterator[Scope]:
        """Yield the clause that "until ..." or "before ..." puts into the past."""
        k, until = i + 1 + (self.word(i) == "prior"), self.word(i) in ("until", "till")
        bounded = self.ends_a_time(k)
        thing = self.is_the_thing(k) or self.word(k) == "that"
        if start < i and (start, self.word(start)) != (i - 1, "up"):
            said = {self.word(j) for j in range(start, i)}
            asked = not said.isdisjoint(clauses.SEATS) or ("used" in said and (bounded or "was" in said))
            if not said.isdisjoint(denials.PAST) and (bounded if until else asked and (bounded or thing)):
                yield Scope(start, i, i, i + 1)
            return
        if not (bounded or (thing and not until)):
            return
        begin = next((j for j in range(k, min(k + clauses.LONGEST_TIME, self.last)) if self.comma(j)), self.last)
        end = begin + 1
        while end < self.last and not (self.ends(end) or self.word(end) in clauses.ENDERS or self.joins(end)):
            end += 1
        said = {self.word(j) for j in range(begin, min(end, begin + clauses.LONGEST))}
        if not said.isdisjoint(denials.PAST) and not said.isdisjoint(clauses.SEATS | denials.USED):
            yield Scope(begin, end, i, k)

    def cue_end(self, start: int, kind: str) -> int:
        """Return where a cue's scope ends; "don't" before "stop" reaches exactly as far as "stop" does."""
        if kind == VERBAL:
            for j in range(start, min(start + 3, self.last)):
                length, inner = self.cue_at(j)
                if length and inner in (LEXICAL, clauses.MEANS):
                    return min(self.forward(start, kind), self.forward(j + length, inner))
        return self.forward(start, kind)

    def skip_aside(self, i: int) -> int:
        """Step over an aside right behind a cue: "do not, under any circumstances, boil", "not (as many say) Paris"."""
        if i < self.last and self.word(i - 1) != "no":
            closed = self.comma if self.comma(i) else self.strong
            for j in range(i + 1, min(i + 6, self.last)) if closed(i) else ():
                if closed(j) and not (":" in self.gap[i - self.first] or ";" in self.gap[i - self.first]):
                    return j
        return i

    def forward(self, start: int, kind: str, aside: bool = False) -> int:
        """Return where the scope of a cue that begins at `start`, it may be behind an aside, ends."""
        last = min(self.last, start + clauses.LONGEST)
        for j in range(start, last):
            if self.strong(j) and not (j == start and (kind == "mistake" or aside)):
                return j
            if j > start and self.comma(j) and not self.continues_list(j):
                return j
            if j == start and self.comma(j) and (self.word(j - 1) == "no" or (kind == LEXICAL and not aside)):
                return j
            if kind == "report":
                if self.comma(j) and self.word(self.clause_start(start - 1)) in denials.CONTRARY:
                    return j
                if self.word(j) in ("but", "however", "although", "though", "whereas"):
                    return j
                continue
            if self.turns(j) or (j > start and self.leaves(start, j, kind)):
                return j
        return last

    def leaves(self, start: int, j: int, kind: str) -> bool:
        """Say whether word j lies outside the phrase that a prepositional cue, or one of prevention, governs."""
        if kind == clauses.MEANS:
            return self.word(j) in ("by", "with")
        if kind != PREPOSITIONAL:
            return False
        if self.word(j) in clauses.PREPOSITIONS:
            return True
        if any(self.word(k).endswith("ing") for k in (start, start + 1)):  # "without letting it come to a boil"
            return False
        new_noun = self.article[j - self.first] and self.word(j - 1) not in ("or", "and", "of")
        return bool(new_noun) or self.word(j) in clauses.NEW_SUBJECT

    def turns(self, j: int) -> bool:
        """Say whether a new, unaffected clause begins at word j."""
        word, after = self.word(j), self.word(j + 1)
        if word in clauses.ENDERS:
            return True
        if word in ("and", "or"):
            own = self.starts_own_negation(j + 1) or (word == "and" and self.new_predicate(j + 1))
            return own or after in clauses.NEW_CLAUSE
        return (
            word == "to"
            and after in clauses.PURPOSE
            and self.word(j - 1) not in clauses.TAKES_TO
            and not self.is_verbal(j - 1)
        )

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
            if since > 3 or self.strong(k) or (k > j and self.word(k) in clauses.ENDERS):
                return False
        return False

    def mistake(self, i: int) -> Iterator[Scope]:
        """Yield the scopes of "a common mistake is ...", unless it is a diagnosis or itself to be avoided."""
        start = self.clause_start(i)
        clause = range(start, i + 3)
        if self.word(i - 1) == "no":
            return
        if any(self.word(k).startswith("avoid") for k in clause):
            return
        named = i + 1 < self.last and ":" in self.gap[i + 1 - self.first] and not self.owns_up(start, i)
        if self.word(i + 1) in clauses.TELLS_MISTAKE or named:
            yield Scope(i + 1, self.forward(i + 1, "mistake"), i, i + 1)
        if any(self.word(k) in clauses.BE for k in (i - 1, i - 2, i - 3)):
            yield Scope(self.clause_start(i), i, i, i + 1)

    def reaches_back(self, i: int) -> bool:
        """Say whether the cue at word i denies the subject before it."""
        word, after = self.word(i), self.word(i + 1)
        denies_being = word in clauses.DENIES_BEING or (word, after) == ("no", "longer")
        denies_being = denies_being and self.word(i - 1) in clauses.BE
        if word in clauses.NOT_BE or denies_being or (word in ("not", "never") and after in ("been", "was", "were")):
            return self.cue_at(i)[0] > 0
        if self.loses_its_place(i):
            return True
        if (word, after) in (("ruled", "out"), ("out", "of")):
            return self.word(i - 1) in clauses.BE and (word == "ruled" or self.word(i + 2) == "question")
        if word in clauses.GONE_BY or after in clauses.GONE_BY:  # "was once the capital", not "was once called Lutetia"
            length = self.cue_at(i)[0]
            at = i + length
            return length > 0 and at < self.last and self.article[at - self.first] == "the"
        if self.is_verbal(i) and after == "be" and self.word(i + 2) not in clauses.NOT_ALONE:  # cannot be the capital
            at = i + 2
            if at < self.last and self.article[at - self.first] == "the":
                return self.cue_at(i)[0] > 0
        if self.is_verbal(i):
            return any(self.word(k) in clauses.DENIED_PREDICATE for k in (i + 1, i + 2)) and self.cue_at(i)[0] > 0
        return word in denials.BACKWARD and any(self.word(k) in clauses.BE for k in (i - 1, i - 2))

    def loses_its_place(self, i: int) -> bool:
        """Say whether the subject is said not to be it: "doesn't qualify", "is no capital", "is the former capital"."""
        word, after, before = self.word(i), self.word(i + 1), self.word(i - 1)
        if (word == "no" and after == "longer") or self.is_verbal(i):
            return self.word(i + 1 + (word == "no")) in clauses.HOLDS
        if word == "no":
            return (
                before in clauses.BE
                and after in clauses.KINDS
                and self.word(self.clause_start(i)) not in clauses.BE | {"there"}
            )
        if word in clauses.FORMER:
            return before in clauses.BE and after in clauses.SEATS
        return (word in clauses.CEASES and (after, self.word(i + 2)) == ("to", "be")) or (word, after) == (
            "lost",
            "its",
        )
