"""A sentence as clauses, and the words that decide how far a denial reaches in one (`interp.language.negation`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interp.language import denials
from interp.language.denials import cue_at, is_verbal
from interp.language.words import Sentence, Word, listed

MISTAKE = listed("mistake mistakes error errors pitfall pitfalls myth myths misconception misconceptions fallacy")
# "No" is short for number behind these: always, and before a number.
COUNTED = listed("atomic proton")
NUMBERED = listed("element item page chapter group period room house model serial reference question option answer")
GOVERNS_A_CLAUSE = listed("""
    need reason point sense use longer evidence proof indication sign chance way basis grounds hint
""")
MEANS = "means"  # a kind of cue that ends where the means begin: "avoid lumps by whisking"
OR_NOT = ("whether", "or")
OWNS_UP = listed("my your made make making apologize apologise apologies sorry pardon regret")
POINTS_AT = listed("that that's this it it's there there's")
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
GOES_ON = listed("it it's its that's i actually")
WRONG = listed("wrong incorrect false untrue")
NO = listed("no nope wrong incorrect false")
YES = listed("yes yep yeah correct right indeed exactly absolutely certainly definitely")
ASKS = listed("what which who whom whose where when why how")
LEADS_TO_ANOTHER = listed("i mean meant it's it is that's that make should be was the answer to no sorry")
LONGEST = (
    150  # words of a clause without a mark: no sentence is longer, and a model that repeats itself is read in no time
)
LONGEST_CORRECTION = 4  # words of the other answer
LONGEST_TIME = 12  # words of "before Croatia adopted the euro"
AT_FIRST = listed("originally previously")
# "Paris no longer serves as the capital", "doesn't qualify", "is the former capital", "ceased to be the capital".
HOLDS = listed(
    "serve serves qualify qualifies count counts hold holds function functions act acts fit fits apply applies"
)
FORMER = listed("former old ancient previous erstwhile one-time original ex")
SEATS = listed("capital seat capitals currency currencies tender")
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


CONCEDES = listed("while although though whilst whereas")
# What a question asks for, as answers name it: "is not the capital" denies the answer, "not the largest city" does not.
ASKED = SEATS | listed("answer symbol")
_FITS = ASKED | listed("correct right true it")
OUTSIDE = PREPOSITIONS | listed("of near part as to with because")
_SUBJECTS = listed("it it's this that that's these those there there's they they're he she he's she's we i")
_GOES_WITH_A_VERB = listed("has have had does did do can could will would may might must should never not")
_FINITE = listed("""
    is was are were has had does uses belongs lies serves remains became relies consists contains borders shares keeps
    adopted joined switched introduced
""")
_LED_BY = _FINITE | listed("used adopts speaks means sits stands")
OWNERS = listed("its their his her our your my")
_STATEMENTS = listed("statement claim idea notion assertion belief fact proposition")
_HOLDS_THAT = _STATEMENTS | listed("true correct right clear certain sure known obvious say says think believe know")
_STILL = BE | listed("still indeed fact in nevertheless nonetheless also actually national federal official correct")


@dataclass(frozen=True, slots=True)
class Scope:
    """Words `start` to `end` (exclusive) are denied by the cue at `cue` to `cue_end`, or only mentioned.

    `among`: they are one of these alternatives ("Sydney or Canberra"), between which the answer does not choose.
    """

    start: int
    end: int
    cue: int
    cue_end: int
    mention: bool = False
    among: tuple[tuple[int, int], ...] = ()


class Clause:
    """One sentence, word by word. Indices are those of the whole answer."""

    def __init__(self, words: Sequence[Word], sentence: Sentence, before: int, earlier: int) -> None:
        self.first, self.last = sentence.first, sentence.last
        self.before, self.earlier = before, earlier  # where the sentence before it begins, and the one some before it
        self.words = words
        self.raw = [w.raw for w in words[self.first : self.last]]
        self.low = [raw.lower() for raw in self.raw]
        self.gap = [w.gap for w in words[self.first : self.last]]
        self.article = [w.article for w in words[self.first : self.last]]

    def cue_at(self, i: int) -> tuple[int, str]:
        """Return the length and kind of the cue at word i; length 0 where there is none."""
        return cue_at(self.low, i - self.first)

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

    def subject_start(self, i: int) -> int:
        """Return where the clause begins of which word i denies the subject; i where it denies nothing before it.

        A new clause or a new predicate behind "and" or "that" keeps its denial to itself, unless that denies the
        answer: "Gold is a metal that is not magnetic", but "Lyon is large and is not the capital".
        """
        start, whole = self.clause_start(i), self.denies_the_answer(i)
        if not whole and (self.is_named_in_passing(start, i) or self.is_conceded(start, i)):
            return i
        verb = next((k for k in range(start, i) if self.is_verb(k)), i)
        denied = next((k for k in range(start, i) if is_verbal(self.word(k))), i)
        for j in range(i, start, -1):
            before, own = self.word(j - 1), self.goes_with_a_verb(j) or j == i
            if before in YES | NO and j - 1 == self.first:
                return j
            relative = not whole and all(map(self.goes_with_a_verb, range(j, i))) if before == "that" else False
            if before == "that" and (relative or self.is_held(j, i)):
                return j
            if before == "and" and (own or self.word(j) in _SUBJECTS):
                if not whole or denied < j - 1:
                    return j
            elif before == "and" and verb < j - 1:
                return j
        return start

    def denies_the_answer(self, i: int) -> bool:
        """Say whether the denial at word i is of what was asked for: "is not the capital", "isn't.", "is wrong"."""
        if not is_verbal(self.word(i)) or self.word(i + 1) in HOLDS | DENIED_PREDICATE:
            return True
        for k in range(i + 1, min(i + 8, self.last)):
            if self.comma(k) or self.strong(k) or self.word(k) in OUTSIDE or self.word(k) in ENDERS:
                return k == i + 1 and self.word(k) not in OUTSIDE
            if self.word(k) in _FITS:
                return True
        return i + 1 == self.last

    def is_named_in_passing(self, start: int, i: int) -> bool:
        """Say whether an aside names the answer: "Canberra, the capital, is not on the coast"."""
        if not any(self.comma(k) for k in range(start + 1, i)):
            return False
        return any(
            self.word(k) in ASKED
            and self.article[k - self.first] == "the"
            and self.word(k - 1) not in FORMER
            and (self.comma(k + 1) or self.word(k + 1) in ("of", "city"))
            for k in range(start, i)
        )

    def is_conceded(self, start: int, i: int) -> bool:
        """Say whether "it is the capital" follows: "Although Canberra is not the largest city, it's the capital"."""
        k, turned = i + 1, self.word(start - 1) in CONCEDES
        while k < self.last and not (self.comma(k) or self.strong(k) or self.word(k) in ("but", "yet")):
            k += 1
        while self.word(k) in ("but", "yet"):
            k, turned = k + 1, True
        if not turned or self.word(k) not in _SUBJECTS:
            return False
        k += 1
        while self.word(k) in _STILL:
            k += 1
        return self.word(k) in ASKED

    def is_held(self, j: int, i: int) -> bool:
        """Say whether the clause behind a "that" is what is said to be true, and word i denies nothing outside it."""
        own = i - 1 if self.word(i - 1) in BE else i
        return self.word(j - 2) in _HOLDS_THAT and not any(self.word(k) in BE | NOT_BE for k in range(j, own))

    def till_main_verb(self, i: int, start: int, end: int) -> int:
        """Return where a denial inside a subject ends: "the claim that X is not Y is true", "what is not X is Z"."""
        first = self.phrase_start(i)
        that = next((k for k in range(i - 1, first, -1) if self.word(k) == "that"), first)
        relative = all(map(self.goes_with_a_verb, range(that + 1, i))) and self.word(first) not in _SUBJECTS
        if that > first and (
            self.word(that - 1) in _STATEMENTS or (relative and not any(map(self.is_verb, range(first, that))))
        ):
            return next((k for k in range(start, end) if self.word(k) in BE | NOT_BE), end)
        return end

    def goes_with_a_verb(self, j: int) -> bool:
        """Say whether word j is a form of "be", an auxiliary or a denial, which stand beside a verb."""
        word = self.word(j)
        return word in BE or word in NOT_BE or word in _GOES_WITH_A_VERB or word.endswith("n't")

    def is_verb(self, j: int) -> bool:
        """Say whether word j is surely a finite verb."""
        return self.goes_with_a_verb(j) or self.word(j) in _LED_BY or self.is_singular_verb(j)

    def is_singular_verb(self, j: int) -> bool:
        """Tell "uses the euro" from the plural "notes": an article or a possessive follows the verb alone."""
        word = self.word(j)
        object_follows = j + 1 < self.last and (self.article[j + 1 - self.first] or self.word(j + 1) in OWNERS)
        return len(word) > 3 and word[-1] == "s" and word[-2] not in "s'ui" and bool(object_follows)

    def new_predicate(self, j: int) -> bool:
        """Say whether word j, behind an "and", begins a predicate that an earlier denial does not reach."""
        return self.word(j) in _FINITE or self.is_singular_verb(j)

    def opens(self, i: int) -> bool:
        """Say whether nothing but "hmm", "well" and their like stands before word i."""
        before = range(self.first, i)
        return len(before) < LONGEST_CORRECTION and all(self.word(k) in denials.FILLERS for k in before)

    def takes_back(self, i: int) -> tuple[int, int]:
        """Return how many words at i take back what was said before, and from where on; 0: none do.

        "No, wait" does (not "no wait is needed"), and "that's not right". What is short for it ("actually", "no", "or
        rather", "sorry, I meant") takes back only where another answer, a name or a number in a few words, is all that
        follows.
        """
        opens = self.opens(i)
        since = self.before if opens else self.first
        if since == i or (opens and self.before == self.first):  # nothing was said yet
            return 0, since
        set_off = opens or self.comma(i) or self.strong(i) or ".." in self.gap[i - self.first]
        if not set_off:
            return 0, since
        if self.word(i) in denials.TELLS and (told := self.tells_it_was_wrong(i, opens))[0]:
            return told
        if (self.word(i), self.word(i + 1)) in denials.TAKEN_BACK:
            return 2 * (self.ends(i + 2) or self.word(i + 2) in GOES_ON), since
        for parts in denials.CORRECTS.get(self.word(i), ()):
            if all(self.word(i + n) == part for n, part in enumerate(parts)):
                k = self.another(i + len(parts))
                found = self.last <= k + LONGEST_CORRECTION and self.names(k)
                denied = any(self.cue_at(n)[0] for n in range(k, self.last)) if found else False
                return len(parts) * (found and not denied), since
        return 0, since

    def ends(self, k: int) -> bool:
        """Say whether a clause ends before word k."""
        return k >= self.last or self.comma(k) or self.strong(k)

    def another(self, k: int) -> int:
        """Step over what leads to another answer: "it's", "I meant", "the correct answer is", "the capital of X is"."""
        while self.word(k) in LEADS_TO_ANOTHER:
            k += 1
        at = k + (self.word(k) in ("correct", "right", "actual", "real", "true"))
        if self.word(at) in ASKED or self.word(at) in KINDS:
            at += 1
            if self.word(at) in ("of", "for"):
                at = next((n for n in range(at + 1, at + 5) if self.word(n) in BE), at)
            if self.word(at) in ("is", "was"):
                return at + 1
        return k

    def tells_it_was_wrong(self, i: int, opens: bool) -> tuple[int, int]:
        """Read "that's not right" and "I made a mistake" at word i (see `takes_back`)."""
        told = " ".join(self.low[i - self.first : i - self.first + 8])
        halted = any(self.word(k) in denials.HALTS for k in range(self.first, i))
        if opens and (found := denials.ADMITS.match(told)) is not None:
            k = i + len(found[0].split())
            return (k - i if self.ends(k) and k < len(self.words) else 0), self.earlier
        if (found := denials.REJECTS.match(told)) is None:
            return 0, self.first
        k = i + len(found[0].split())
        if not (self.ends(k) or self.word(k) in ("because", "since", "as", "but")):
            return 0, self.first
        said = self.words[self.before : self.first] if opens else self.words[self.first : i]
        words = [word.raw.lower() for word in said[:LONGEST]]
        agrees = words[0] in NO or (not opens and set(words) <= YES | NO | {"true"})
        if not halted and (agrees or (opens and not denials.CONTRASTS.isdisjoint(words))):  # "No. That's wrong."
            return 0, self.first
        if not opens and self.word(i) not in ("that's", "that", "this"):
            return 0, self.first
        return k - i, self.before if opens else self.first

    def phrase_end(self, start: int) -> int:
        """Return the first mark or preposition behind word `start`."""
        for k in range(start + 1, min(start + LONGEST, self.last)):
            if self.comma(k) or self.strong(k) or self.word(k) in OUTSIDE or self.word(k) in ENDERS:
                return k
        return min(start + LONGEST, self.last)

    def joins(self, j: int) -> bool:
        """Say whether an "and" at word j goes on with something else than one more thing: "and now ..."."""
        return self.word(j) == "and" and j + 1 < self.last and not self.article[j + 1 - self.first]

    def ends_a_time(self, k: int) -> bool:
        """Say whether a year or a change begins at word k: "January 2023", "it adopted the euro"."""
        for j in range(k, min(k + 5, self.last)):
            if j > k and self.ends(j):
                return False
            year = self.word(j).isdigit() and len(self.word(j)) == 4
            if year or self.word(j) in denials.CHANGING or (j <= k + 2 and self.word(j) in denials.CHANGED):
                return True
        return False

    def is_only_believed(self, i: int) -> bool:
        """Say whether it is "often thought to be the capital" or "thought ..., but it is Lyon"."""
        if self.word(i - 1) not in denials.ADVERBS_OF_BELIEF or self.word(i - 2) not in BE:
            return False
        for k in range(i + 1, min(i + 12, self.last)):
            if self.word(k) in ASKED:
                return True
            if self.word(k) == "but":
                return self.names(self.another(k + 1))
            if self.comma(k) and self.word(k) != "but":
                return False
        return False

    def owns_up(self, start: int, i: int) -> bool:
        """Tell "I apologize for the error: it is Paris" and "my mistake: ..." from "common mistakes: boiling it"."""
        if not self.word(i).startswith(("mistake", "error")):
            return False
        words = {self.word(k) for k in range(start, i)}
        points = self.word(start) in POINTS_AT and not words.isdisjoint(BE | {"that's"})
        return points or not words.isdisjoint(OWNS_UP)

    def is_the_thing(self, k: int) -> bool:
        """Say whether a name or a thing that is known begins at word k: "Paris", "the euro", "its currency"."""
        return k < self.last and (self.names(k) or self.article[k - self.first] == "the" or self.word(k) in OWNERS)
