"""The one list of what denies, for answers (`interp.language.negation`) and judges' replies (`interp.judges.menus`).

A cue is a word or a few, with the kind of its grammar, which decides how far it reaches in an answer. What only looks
like a denial ("none other than", "no doubt", "not only") affirms what follows it. Rows of words are in lower case;
articles, which answers are read without and replies with, are skipped inside a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from interp.language.words import ARTICLES, listed

VERBAL, LEXICAL, PREPOSITIONAL, ACTION = "verbal", "lexical", "prepositional", "action"


def phrases(text: str) -> dict[str, list[tuple[str, ...]]]:
    """Return space-separated phrases, their words joined by "_", by their first word."""
    table: dict[str, list[tuple[str, ...]]] = {}
    for phrase in text.split():
        parts = tuple(phrase.split("_"))
        table.setdefault(parts[0], []).append(parts)
    return table


_PHRASES = {
    VERBAL: """
        not not_at_all no_one under_no_circumstances
        never cannot nor neither none nothing nobody nowhere isnt arent wasnt werent dont doesnt didnt
        wouldnt couldnt shouldnt hasnt havent hadnt cant wont aint mustnt neednt
    """,
    LEXICAL: """
        hardly scarcely rarely seldom unlikely doubt doubts doubted doubting doubtful deny denies denied denying
        false_that untrue_that wrong_that incorrect_that impossible_that improbable_that implausible_that wrong_to
        incorrect_to forbidden_to disagree_that dispute_that reject_that rule_out rules_out ruled_out ruling_out
        instead_of rather_than as_opposed_to in_place_of opposite_of with_exception_of lie_that anything_but
        anyone_but anybody_but anywhere_but everything_but everyone_but everybody_but everywhere_but all_but
        anything_except short_of nowhere_near formerly used_to_be ceased_to_be ceases_to_be was_once were_once
        was_previously were_previously by_no_means in_no_way at_no_time once_was previously_known_as once_known_as
        former_capital ex_capital
        old_capital previous_capital original_capital was_originally were_originally refuse_to refuses_to
        disagree_with used_to_use used_to_have previously_used historically_used
    """,
    PREPOSITIONAL: """
        no without lack_of lacks lacking unlike in_lieu_of free_of free_from devoid_of far_from except except_for
        excepting excluding other_than apart_from aside_from but_for save_for barring
    """,
    # What is left out or kept from happening: a denial of what is done, but not of an option on a menu.
    ACTION: """
        avoid avoids avoided avoiding skip skips skipped skipping omit omits omitted omitting forget forgets forgot
        forgetting neglect neglects neglected neglecting prevent prevents prevented preventing stop stops stopped
        stopping refrain refraining resist ignore ignores ignored ignoring overlook overlooking fail_to fails_to
        failed_to failing_to failure_to keep_from stay_away_from steer_clear_of exclude excludes excluded
    """,
}
# What follows these is affirmed.
_AFFIRMING = re.compile(
    r"(?:none|no|no one|nobody|nothing) other (?:\w+ )?than\b|(?:nothing|none|nobody|no one) but\b"
    r"|nothing (?:short of|less than|beats|more than)\b"
    r"|(?:without|beyond|no) (?:(?:any|all|reasonable|possible|shadow|of|slightest|least) )*(?:doubt|question)s?\b"
    r"|without (?:fail|exception)\b"
    r"|no (?:matter|problem|wonder|secret|exaggeration|substitute|surprise|coincidence|accident|mistake)\b"
    r"|(?:not|hardly|scarcely) (?:surpris\w+|unexpected\w*|coincidental\w*)\b"
    r"|(?:cannot|can't|cant|couldn't|could not) help but\b"
)
# These deny nothing of what stands around them.
_NO_DENIAL = re.compile(
    r"(?:not|(?:is|are|was|were)n'?t) (?:only|just|merely|simply|solely|least|enough|optional|negotiable)\b"
    r"|not to (?:mention|worry)\b|not in (?:any )?doubt\b"
    r"|(?:not|no) (?:\w+ )?(?:more|less|fewer|later|earlier|longer|shorter|higher|lower|hotter) than\b"
    r"|anything but (?:easy|simple|certain)\b"
    r"|all but (?:certain|certainly|surely|sure|guaranteed|confirmed|done|over|impossible)\b"
    r"|(?:cannot|\w+n'?t|not) (?:be )?(?:overstated?|overemphasi[sz]ed?|underestimated?)\b"
    r"|(?:cannot|\w+n'?t|not) (?:be )?(?:stressed?|emphasi[sz]ed?) enough\b"
    r"|(?:cannot|can'?t|won'?t) (?:be beat|beat|go wrong|hurt)\b"
    r"|(?:\w+n'?t|not|never|no) (?:be |need )?(?:afraid|shy|hesitate|underestimate)\b"
)
# Marks that say wrong or right of what they stand beside; TIMES multiply in texts about numbers, and are crosses only
# where nothing is multiplied.
CROSSES, TIMES, CHECKS = "✗✘☒❌❎🗴🗷🚫⛔👎", "✕✖", "✅✓✔☑🗸👍"
# "X, no wait, Y": what was said before is taken back.
TAKEN_BACK = {("no", "wait"), ("wait", "no"), ("scratch", "that"), ("no", "sorry"), ("sorry", "no")}
# What a correction may open with: "Hmm, actually it's Lyon", "Wait, that's not right".
FILLERS = listed("wait hmm hm well oh ah um uh ok okay no actually sorry oops hold on")
HALTS = FILLERS - listed("well no on")
# "That's not right" takes back what was said last; "I made a mistake" all that was said just before, if more follows.
REJECTS = re.compile(
    r"(?:that|this|it)(?:(?:'s| is| was) (?:\w+ly )?(?:not (?:\w+ly |quite )?(?:right|correct|true|accurate)"
    r"|wrong|incorrect|inaccurate|false)| (?:isn't|wasn't) (?:\w+ly |quite )?(?:right|correct|true|accurate))\b"
)
ADMITS = re.compile(
    r"(?:i was|i am|i'm) (?:wrong|mistaken)\b|(?:i|i've|i have) made (?:mistake|error)\b|i misspoke\b"
    r"|(?:let me|allow me to|i need to|i must) correct (?:that|this|it|myself|my (?:\w+ )?(?:answer|mistake|error))\b"
)
TELLS = listed("that that's this it it's i i'm i've let allow")
CONTRASTS = listed("although though while but not whereas")
LAST_SAID = 3  # sentences
# "X. Actually, Y": short for taking back X, where the name or the number Y is all that follows.
CORRECTS = phrases("""
    actually no nope sorry oops correction my_mistake my_bad or_rather i_mean i_meant make_that rather wait hold_on
    on_second_thought on_second_thoughts
""")
# What was so once: "the currency was X until 2023", "before the euro", "was replaced by".
PAST = listed("was were remained used served functioned acted")
CHANGED = listed("adopted joined switched introduced changed converted abandoned entered")
CHANGING = listed("adopting joining switching introducing changing converting adoption introduction recently")
USED = listed("used served")
ADVERBS_OF_BELIEF = listed("""
    often commonly frequently sometimes widely popularly usually mistakenly wrongly incorrectly erroneously falsely
""")
BELIEVED = listed("thought believed assumed mistaken presumed")
REPLACED = listed("replaced succeeded superseded")
# What only mentions: "whether it is X", "people think that it is X".
_MENTION = """
    whether mistakenly wrongly incorrectly falsely mistaken_for confused_with mistook asked_if asked_about asked_how
    asked_why asked_what asked_whether asking_if asking_about ask_about wonder_if wondering_if people_think
    people_believe people_assume people_say many_think many_believe many_assume some_think some_believe might_think
    may_think commonly_believed commonly_thought commonly_assumed often_believed often_thought often_assumed
    often_claimed widely_believed people_often_think people_often_say people_often_believe people_often_assume
    people_sometimes_think people_sometimes_say those_who_say those_who_think those_who_believe those_who_claim
    know_if sure_if certain_if i_thought i_always_thought i_assumed i_believed you_thought have_thought have_believed
    have_assumed used_to_think used_to_believe i_first_thought i_initially_thought if_you_said if_you_say if_you_guessed
    if_you_answered if_you_thought if_you_think
"""
MENTION_CUES = phrases(_MENTION)
OFTEN = listed("often commonly frequently sometimes widely popularly usually")
NAMED = listed("cited mentioned named given suggested claimed called considered thought believed assumed quoted")
CONTRARY = listed("contrary despite unlike")
BACKWARD = listed("""
    avoided skipped omitted unnecessary wrong incorrect false forbidden discouraged untrue pointless unwise
    inadvisable doubtful unlikely impossible improbable implausible excluded
""")
NEGATIVE_LEAD = re.compile(
    r"(?:\bavoid|\bmistakes?|\bpitfalls?|\berrors?|^never|\bdon'?ts|^don't|^do not|\bnot to (?:do|use|make))"
    r"(?: (?:to avoid|people make|to make|made|include|are|(?:when|with|in|of|for|while) .*))?$"
)
_REACH = 6  # words that a phrase is read in
_SELDOM = listed("hardly scarcely")
_NOT_IN_DOUBT = listed("no without beyond little any")


def _table() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Return the phrases by their first word, the longest first."""
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for kind, text in _PHRASES.items():
        for first, rows in phrases(text).items():
            table.setdefault(first, []).extend((parts, kind) for parts in rows)
    for options in table.values():
        options.sort(key=lambda option: -len(option[0]))
    return table


_BY_FIRST_WORD = _table()
FIRST_WORDS = frozenset(_BY_FIRST_WORD)


def is_verbal(word: str) -> bool:
    """Say whether a word is a denial that goes with a verb: not, never, don't, ..."""
    return word.endswith("n't") or ((word,), VERBAL) in _BY_FIRST_WORD.get(word, ())


def affirms_at(words: Sequence[str], i: int) -> int:
    """Return how many words at i are a phrase that affirms what follows it, though it holds a denial (0: none)."""
    tail = [word for word in words[i : i + _REACH] if word not in ARTICLES]
    if words[i] in ARTICLES or (found := _AFFIRMING.match(" ".join(tail))) is None:
        return 0
    wanted, end = len(found[0].split()), i
    while wanted:
        wanted -= words[end] not in ARTICLES
        end += 1
    return end - i


def cue_at(words: Sequence[str], i: int) -> tuple[int, str]:
    """Return the length and the kind of the cue at word i of a clause; length 0 where nothing is denied."""
    length, kind = _phrase_at(words, i)
    if not length:
        return 0, ""
    before = words[i - 1] if i else ""
    if words[i].startswith("doubt") and before in _NOT_IN_DOUBT:
        return 0, ""
    if any(affirms_at(words, k) > i - k for k in range(max(0, i - _REACH), i + 1)):
        return 0, ""
    if words[i].startswith("any") and any(is_verbal(word) or word in _SELDOM for word in words[max(0, i - 4) : i]):
        return 0, ""  # "can't be anything but"
    forbids = words[i] == "not" and before in ("do", "does", "did") and words[i + 1 : i + 2] in (["just"], ["simply"])
    if forbids:  # "do not simply boil it" forbids, "it is not just boiled" does not
        return length, kind
    if _NO_DENIAL.match(" ".join(words[i : i + _REACH])):
        return 0, ""
    return length, kind


def _phrase_at(words: Sequence[str], i: int) -> tuple[int, str]:
    if words[i].endswith("n't"):
        return 1, VERBAL
    for parts, kind in _BY_FIRST_WORD.get(words[i], ()):
        if tuple(words[i : i + len(parts)]) == parts:
            return len(parts), kind
    return 0, ""
