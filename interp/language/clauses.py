"""A sentence as clauses, and the words that decide how far a denial reaches in one (`interp.language.negation`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from interp.language.words import Sentence, Word, listed


def _phrases(text: str) -> dict[str, list[tuple[str, ...]]]:
    table: dict[str, list[tuple[str, ...]]] = {}
    for phrase in text.split():
        parts = tuple(phrase.split("_"))
        table.setdefault(parts[0], []).append(parts)
    return table


MISTAKE = listed("mistake mistakes error errors pitfall pitfalls myth myths misconception misconceptions fallacy")
_MENTION = """
    whether mistakenly wrongly incorrectly falsely mistaken_for confused_with mistook asked_if asked_about asked_how
    asked_why asked_what asked_whether asking_if asking_about ask_about wonder_if wondering_if people_think
    people_believe people_assume people_say many_think many_believe many_assume some_think some_believe might_think
    may_think commonly_believed commonly_thought commonly_assumed often_believed often_thought often_assumed
    often_claimed widely_believed people_often_think people_often_say people_often_believe people_often_assume
    people_sometimes_think people_sometimes_say those_who_say those_who_think those_who_believe those_who_claim
    know_if sure_if certain_if
"""
# "No" is short for number behind these: always, and before a number.
COUNTED = listed("atomic proton")
NUMBERED = listed("element item page chapter group period room house model serial reference question option answer")
GOVERNS_A_CLAUSE = listed("""
    need reason point sense use longer evidence proof indication sign chance way basis grounds hint
""")
MEANS = "means"  # a kind of cue that ends where the means begin: "avoid lumps by whisking"
OR_NOT = ("whether", "or")
TELLS_MISTAKE = listed("is are to of include includes would like such people that")
ENDERS = listed("""
    but however instead although though because since unless until till before after so then otherwise while
    whereas yet if when whenever once rather which who whose where thus therefore hence nor
""")
PREPOSITIONS = listed("for until over at in on by during from into onto")
NEW_SUBJECT = listed("it you they we this can will is are")
PURPOSE = listed("prevent avoid keep ensure stop help maintain preserve allow retain get make")
TAKES_TO = listed("need needs needed have has want wants going ought used like hesitate fail fails failed sure")
NEW_CLAUSE = listed("""
    keep keeps always instead then continue just simply it they you this that he she we it's it'll you'll use make
    else your
""")
BE = listed("is are was were be been being isn't aren't wasn't weren't it's that's")
NOT_BE = listed("isn't aren't wasn't weren't isnt arent wasnt werent ain't aint")
DENIES_BEING = listed("not never hardly scarcely far anything by in")
GONE_BY = listed("formerly used once previously")
NOT_ALONE = listed("only sole")
# "X, no wait, Y": what was said before is taken back.
TAKEN_BACK = {("no", "wait"), ("wait", "no"), ("scratch", "that"), ("no", "sorry"), ("sorry", "no")}
GOES_ON = listed("it it's its that's i actually")
WRONG = listed("wrong incorrect false untrue")
NO = listed("no nope wrong incorrect false")
YES = listed("yes yep yeah correct right indeed exactly absolutely certainly definitely")
ASKS = listed("what which who whom whose where when why how")
# "X. Actually, Y": short for taking back X, where the name or the number Y is all that follows.
CORRECTS = _phrases("""
    actually no nope sorry oops correction my_mistake my_bad or_rather i_mean i_meant make_that rather
""")
LEADS_TO_ANOTHER = listed("i mean meant it's it is that's that make should be was the answer to no sorry")
LONGEST = (
    150  # words of a clause without a mark: no sentence is longer, and a model that repeats itself is read in no time
)
LONGEST_CORRECTION = 4  # words of the other answer
AT_FIRST = listed("originally previously")
# "Paris no longer serves as the capital", "doesn't qualify", "is the former capital", "ceased to be the capital".
HOLDS = listed(
    "serve serves qualify qualifies count counts hold holds function functions act acts fit fits apply applies"
)
FORMER = listed("former old ancient previous erstwhile one-time original ex")
SEATS = listed("capital seat capitals")
CEASES = listed("ceased ceases fails failed")
ANY = listed("any every all each")
KINDS = listed("""
    city cities country countries capital town place state element elements metal planet number colour color option
    answer one thing person name word other
""")
DENIED_PREDICATE = listed("""
    recommended advised advisable necessary needed required ideal appropriate suitable correct right true allowed
    wise desirable helpful advisable
""")
BACKWARD = listed("""
    avoided skipped omitted unnecessary wrong incorrect false forbidden discouraged untrue pointless unwise
    inadvisable doubtful unlikely impossible improbable implausible excluded
""")
NEGATIVE_LEAD = re.compile(
    r"(?:\bavoid|\bmistakes?|\bpitfalls?|\berrors?|^never|\bdon'?ts|^don't|^do not|\bnot to (?:do|use|make))"
    r"(?: (?:to avoid|people make|to make|made|include|are|(?:when|with|in|of|for|while) .*))?$"
)


MENTION_CUES = _phrases(_MENTION)
OFTEN = listed("often commonly frequently sometimes widely popularly usually")
NAMED = listed("cited mentioned named given suggested claimed called considered thought believed assumed quoted")
CONTRARY = listed("contrary despite unlike")
CONCEDES = listed("while although though whilst whereas")


class Clause:
    """One sentence, word by word. Indices are those of the whole answer."""

    def __init__(self, words: Sequence[Word], sentence: Sentence, before: int) -> None:
        self.first, self.last = sentence.first, sentence.last
        self.before = before  # where the sentence before it begins
        self.raw = [w.raw for w in words[self.first : self.last]]
        self.low = [raw.lower() for raw in self.raw]
        self.gap = [w.gap for w in words[self.first : self.last]]
        self.article = [w.article for w in words[self.first : self.last]]

    def word(self, i: int) -> str:
        """Return word i in lower case, an empty string beyond the sentence."""
        return self.low[i - self.first] if self.first <= i < self.last else ""

    def strong(self, i: int) -> bool:
        """Say whether a strong mark stands before word i."""
        gap = self.gap[i - self.first]
        if gap in (" ", "", "-"):
            return False
        return any(c in ";:()|\u2014[]" for c in gap) or " - " in gap or "--" in gap

    def names(self, i: int) -> bool:
        """Say whether word i begins a name or is a number."""
        return self.word(i) != "" and (self.raw[i - self.first][0].isupper() or self.word(i)[0].isdigit())

    def strong_end(self, i: int) -> int:
        """Return the first word from i on that a strong mark stands before, or the end of the sentence."""
        while i < self.last and not self.strong(i):
            i += 1
        return i

    def comma(self, i: int) -> bool:
        """Say whether a comma stands before word i."""
        return "," in self.gap[i - self.first]

    def clause_start(self, i: int) -> int:
        """Return where the clause of word i begins; an aside between subject and verb belongs to it."""
        j = self.phrase_start(i)
        if all(self.word(k) in BE or self.word(k) in NOT_BE for k in range(j, i)) and self.word(j) in BE | NOT_BE:
            before = self.phrase_start(j - 1) if j > self.first and self.comma(j) else self.first
            if before > self.first and self.comma(before):  # "Paris, however, is not"
                return self.phrase_start(before - 1)
        return j

    def phrase_start(self, i: int) -> int:
        """Return the word behind the last mark or turn before word i."""
        j, first = i, max(self.first, i - LONGEST)
        while j > first and not self.strong(j) and not self.comma(j) and self.word(j - 1) not in ENDERS:
            j -= 1
        return j
