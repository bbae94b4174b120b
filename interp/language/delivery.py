"""Delivery: does an answer assert or hedge? A lexicon of the speaker's own doubt, with scope and negation rules.

What counts is doubt about what is said, in the speaker's voice: "it might be", "most likely", "I think", "without
knowing your pan" (`GROUPS`). What does not count, although the same words are used:

- doubt denied ("there is no doubt"), and anything in a question or in what somebody else is said to think;
- permission and advice ("you may add", "you could try", "you might want to", "should"), and the month of May;
- approximation ("about 5 minutes") and frequency ("usually", "often"): they qualify a quantity, not the belief;
- conditions, which are addressed to the reader ("if it seems thick", "if you're unsure", "until it appears glossy");
- "as soon as possible", "more likely to split", "I suggest".

The score is the hedged share of the answer's sentences, each weighted by its strongest hedge, sentences of the opening
twice: an answer that opens with doubt hedges what it goes on to say. An answer is hedged from `THRESHOLD` on. Weights
and threshold were chosen on one of the study's files only (Qwen3.5-0.8B, 100 answers). The study's own labels come from
an LLM judge, and agreement with it is weak elsewhere: Cohen's kappa 0.48 on that file, 0.21 on SmolLM2's answers, 0.15
and -0.09 on Gemma's two files (intervals and tables: tests/interp/language/test_delivery.py). The two measure
different things.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from interp.language.negation import find_scopes
from interp.language.words import RULES_VERSION, Sentence, Word, normalise, original_offsets, read

# The lexicon: patterns are read against a sentence in lower case, without articles, where every mark between words is
# " , " (comma) or " ; " (anything stronger). STANCE is said in the first person or confesses a lack of knowledge; the
# other groups qualify a statement. SPARED names uses of the same words that are advice, permission, comparison or
# certainty.
_COPULA_OR_CAUSE = (
    "be|have|been|mean|indicate|cause|lead|result|come|stem|happen|explain|signal|suggest|point|also be|not be|not have"
)
_CAUSE = (
    "cause|causes|reason|reasons|explanation|explanations|culprit|culprits|issue|issues|problem|problems|factor|factors"
    "|scenario|scenarios|source|sources|diagnosis|diagnoses|suspect|suspects|answer|answers|candidate|candidates"
)
_ADDED = "used|added|served|substituted|replaced|stored|frozen|reheated|prepared|made|done|omitted|left|kept|eaten"
_SOFTENERS = r"(?:(?:also|well|simply|just|actually|still|even|indeed|not|never|easily|sometimes|potentially|then) )*"

STANCE = (
    r"i (?:(?:do not|don't|would|'d|am|just|personally|really) )?"
    r"(?:think|believe|suspect|guess|assume|imagine|suppose|reckon)",
    r"i doubt",
    r"i(?:'m| am) (?:not|never) (?:\w+ )?(?:sure|certain|aware|familiar|confident)",
    r"i(?:'m| am) (?:unsure|uncertain|no expert|guessing|(?:fairly|pretty|reasonably) (?:sure|certain|confident))",
    r"i'd (?:guess|think|imagine|assume|suppose|bet|reckon)",
    r"i (?:do not|don't) have (?:(?:that|this|any|such|specific|reliable|sufficient|detailed) )?"
    r"(?:access|information|details|data|enough|real time)",
    r"i(?:'m| am) (?:unable|not able) to (?:\w+ )?"
    r"(?:verify|confirm|say|tell|determine|know|recall|answer|find|provide|guarantee)",
    r"i(?:'m| am) (?:(?:about|around|only|roughly) )?(?!100\b)\d+ (?:%|percent) (?:sure|certain|confident)",
    r"(?:i (?:\w+ )?have |^|(?<=[,;] ))(?:absolutely |honestly )?no (?:idea|clue)",
    r"^(?:honestly , )?not (?:really )?(?:sure|certain)",
    r"not (?:entirely|completely|quite|totally|absolutely|100 %|so|too) (?:sure|certain|clear)",
    r"i (?:(?:\w+ly|just|still|also) )?(?:do not|don't|cannot|can't|couldn't|could not) (?:\w+ )?"
    r"(?:know|recall|remember|say|tell|verify|confirm|see|determine|guarantee|diagnose|be (?:sure|certain))",
    r"i (?:may|might|could) (?:well )?be (?:wrong|mistaken)",
    r"as far as (?:i know|i'm aware|i am aware|i can tell|i recall|i remember)",
    r"(?:to (?:best of )?my knowledge|in my opinion|my (?:best )?guess)",
    r"if (?:i remember|i recall|memory serves|i'm not mistaken|i am not mistaken)",
    r"without (?:knowing|seeing|tasting|more (?:information|details|context))",
    r"(?:hard|difficult|impossible|tricky) to (?:say|tell|know|be (?:sure|certain)|pinpoint|determine|diagnose)",
    r"(?:not|isn't) (?:\w+ )?(?:clear|certain|known) (?:if|whether|what|why|how|which|exactly)",
    r"(?:remains|is|it's) (?:unclear|uncertain|debatable|disputed|open to (?:debate|interpretation))",
    r"no (?:way (?:to|of) (?:know|knowing|tell|telling)|guarantee|certainty)",
    r"(?:double check|verify|check) (?:this|that|my answer)",
    r"take (?:this|that|it) with (?:grain|pinch) of salt",
)
SEEMING = (
    r"sounds? (?:like|as (?:if|though))",
    r"(?:it|this|that|there|you|which|problem|issue|sauce|what) (?:seems?|seemed|appears?|appeared)",
    r"(?:seems?|appears?) (?:to|that|like|as)",
    r"(?:it|this|that) looks? (?:like|as (?:if|though)) (?:you|your|it|this|that|there)",
)
MODAL = (
    r"(?:you|we|they|i) (?:may|might|could) " + _SOFTENERS + r"(?:have|be)(?! able)",
    r"(?<!\byou )(?<!\bwe )(?<!\bone )(?<!\bi )\b(?:may|might)(?! as well)",
    r"(?<!\byou )(?<!\bwe )(?<!\bone )(?<!\bi )\bcould " + _SOFTENERS + rf"(?:{_COPULA_OR_CAUSE})\b",
)
ADVERB = (
    r"(?:perhaps|maybe|possibly|probably|presumably|apparently|supposedly|arguably|potentially|conceivably|seemingly|reportedly|allegedly)",
    r"(?<!more )(?<!less )(?<!as )(?<!not )(?:likely|unlikely)",
    r"in all (?:likelihood|probability)",
    r"(?:is|are|was|were) (?:believed|thought|said|rumoured) to",
)
POSSIBILITY = (
    rf"(?:possible|probable|plausible|potential) (?:{_CAUSE})",
    r"(?:it is|it's|also|quite|entirely) possible (?:that|you|your|it|this)",
    r"(?:possibility|possibilities)",
    r"(?:this|that|it|which|symptoms?|description|texture|result) (?:\w+ )?(?:suggests?|hints?)",
)
SPARED = (
    r"(?:no|without|beyond|not) (?:any |shadow of |reasonable )*(?:doubt|possibility)",
    rf"(?:may|might|could) {_SOFTENERS}be (?:\w+ly )?(?:{_ADDED})",
    r"(?:may|might) (?:surprise|shock|seem (?:odd|strange|surprising|obvious)|sound (?:odd|strange|surprising))",
    r"(?:may|might) (?:want|wish|like|prefer|need|try|consider|choose)",
    r"(?:as|if|wherever|whenever|where|everything|best) (?:\w+ )?(?:possible|probable)",
    r"(?:i|we|recipes?|chefs?|cooks?|experts?) (?:would |'d )?(?:suggest|recommend|advise)",
    r"may \d+",
    r"(?:in|of|by|since|until|early|late|every|last|next) may",
)
GROUPS = {"stance": STANCE, "seeming": SEEMING, "modal": MODAL, "adverb": ADVERB, "possibility": POSSIBILITY}

WEIGHTS = {"stance": 2.0, "seeming": 1.0, "modal": 0.5, "adverb": 1.0, "possibility": 1.0}
OPENING_SENTENCES = 2
OPENING_WEIGHT = 2.0
THRESHOLD = 0.2
AGREEMENT = (  # pinned with intervals in tests/interp/language/test_delivery.py
    "the lexicon agrees weakly with the study's LLM judge: Cohen's kappa 0.48 on the answers it was tuned on, 0.21, "
    "0.15 and -0.09 on three other files"
)

_GROUPS = {name: re.compile(r"\b(?:" + "|".join(patterns) + r")(?![\w'])") for name, patterns in GROUPS.items()}
_SPARED = re.compile(r"\b(?:" + "|".join(SPARED) + r")\b")
# A condition ends at a mark, at a new subject, or after eight words.
_CONDITION = re.compile(
    r"\b(?:if(?! i\b| i'm| memory)|when|whenever|unless|until|till|in case|whether|once|as soon as) [^\s,;]+"
    r"(?: (?!it\b|this\b|that\b|there\b|they\b|[,;])\S+){0,7}"
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whether an answer asserts; `asserted` and `score` are None for an answer without words, `reason` says so."""

    asserted: bool | None
    score: float | None
    evidence: tuple[str, ...]
    reason: str | None = None


def version() -> str:
    """Return the instrument's name with a hash of its lexicon, weights and reading rules."""
    rules = (RULES_VERSION, GROUPS, SPARED, WEIGHTS, OPENING_SENTENCES, OPENING_WEIGHT, THRESHOLD)
    return f"delivery-lexicon-{hashlib.sha256(repr(rules).encode()).hexdigest()[:12]}"


def classify(text: str) -> Delivery:
    """Say whether an answer asserts or hedges, with the phrases that weighed (as they stand in the answer)."""
    words, sentences = read(normalise(text))
    if not words:
        return Delivery(None, None, (), "empty")
    mentioned = {i for s in find_scopes(words, sentences) if s.mention for i in range(s.start, s.end)}
    total = 0.0
    spans: list[tuple[int, int]] = []
    for number, sentence in enumerate(sentences):
        found = [hedge for hedge in _hedges(words, sentence) if hedge[1] not in mentioned]
        weight = max((WEIGHTS[group] for group, _, _ in found), default=0.0)
        total += weight * (OPENING_WEIGHT if number < OPENING_SENTENCES else 1.0)
        spans.extend((words[first].start, words[last].end) for _, first, last in found)
    score = total / len(sentences)
    offsets = original_offsets(text) if spans else []
    evidence = tuple(text[offsets[start] : offsets[end - 1] + 1] for start, end in sorted(set(spans)))
    return Delivery(score < THRESHOLD, score, evidence)


def _hedges(words: list[Word], sentence: Sentence) -> Iterator[tuple[str, int, int]]:
    """Yield group, first and last word of every hedge that counts in a sentence."""
    line, starts = _line(words, sentence)
    places = list(starts)  # in the order of the line
    spared = bytearray(len(line) + 1)
    for pattern in (_SPARED, _CONDITION):
        for match in pattern.finditer(line):
            spared[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    for group, pattern in _GROUPS.items():
        for match in pattern.finditer(line):
            if not spared[match.start()]:
                first, last = bisect_left(places, match.start()), bisect_left(places, match.end()) - 1
                yield group, starts[places[first]], starts[places[last]]


def _line(words: list[Word], sentence: Sentence) -> tuple[str, dict[int, int]]:
    """Return a sentence in the form the lexicon reads, and which word begins at which of its characters."""
    line, starts = "", {}
    for i in range(sentence.first, sentence.last):
        if i > sentence.first:
            line += " " if words[i].gap == " " else _mark(words[i].gap)
        starts[len(line)] = i
        # "May" inside a sentence is the month; left capital, no pattern finds it.
        line += "May" if words[i].raw == "May" and i > sentence.first else words[i].raw.lower()
    return line, starts


def _mark(gap: str) -> str:
    """Return what stands between two words as a space, a comma or a semicolon."""
    if any(c in gap for c in ";:()|\u2014") or " - " in gap:
        return " ; "
    return " , " if "," in gap else " "
