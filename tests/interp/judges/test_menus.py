"""Menus are read exactly: hand-written replies with their choice, and made-up menus and replies against an oracle."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interp.errors import InputError
from interp.judges.menus import MenuChoice, check_menu, read_choice

YES_NO = ("YES", "NO")
RIGHT = ("CORRECT", "INCORRECT")
SURE = ("CERTAIN", "UNCERTAIN", "AMBIGUOUS")
FIVE = ("1", "2", "3", "4", "5")
TEN = tuple(str(i) for i in range(1, 11))
PHRASES = ("CORRECT", "PARTLY CORRECT", "NOT CORRECT")
SLASH = ("YES", "NO", "N/A")

CHOSEN = [
    # plain, in any case, with marks around it
    (YES_NO, "YES", ["YES", "yes", "Yes.", " yes\n", "YES!", "YES;", "**Yes**", "*YES*", "__YES__", "_YES_", "`YES`"]),
    (YES_NO, "YES", ['"YES"', "'YES'", "“YES”", "(YES)", "[YES]", "# YES", "- YES", "> YES", "1. YES", "✅ YES"]),
    (YES_NO, "YES", ["YES<|im_end|>", "YES\n\nYES", "```\nYES\n```", "| YES |", "YES ✓"]),
    # introduced
    (
        YES_NO,
        "YES",
        ["Answer: YES.", "Answer:YES", "**Answer:** YES", "The answer is YES", "My final answer is: **YES**"],
    ),
    (
        YES_NO,
        "YES",
        ['{"answer": "YES"}', '{"answer":"YES","why":"it says so"}', "<answer>YES</answer>", "\\boxed{YES}"],
    ),
    (YES_NO, "YES", ["answer = YES", "It is YES.", "I would say YES", "I choose YES.", "So YES", "Overall, YES."]),
    # explained, before or after
    (YES_NO, "YES", ["YES, because the answer states it.", "YES because there is no doubt.", "YES. There is no gap."]),
    (
        YES_NO,
        "YES",
        [
            "YES (the answer says so)",
            "YES - the answer says so",
            "YES — it says so",
            "YES: it says so.",
            "YES.It does.",
        ],
    ),
    (
        YES_NO,
        "YES",
        ["Reason: it is stated.\nYES", "It names Paris.\n\n**Answer: YES**", "It says so. So the answer is YES."],
    ),
    (YES_NO, "NO", ["No, the answer does not say so.", "NO. There is no mention.", "No. No claim is stated."]),
    (YES_NO, "NO", ["The answer does not mention Lyon, so: NO", "It does not name the river.\nNO"]),
    # after reasoning
    (
        YES_NO,
        "YES",
        ["<think>NO? NO.</think>\nYES", "Perhaps NO, but no </think> YES", "<thinking>\nNO\n</thinking>\n\nYES."],
    ),
    # options that contain each other
    (RIGHT, "INCORRECT", ["INCORRECT", "Incorrect.", "The verdict is INCORRECT"]),
    (RIGHT, "CORRECT", ["CORRECT", "correct", "It is correct."]),
    (SURE, "UNCERTAIN", ["UNCERTAIN", "uncertain", "Final verdict: UNCERTAIN"]),
    (SURE, "CERTAIN", ["CERTAIN", "Certain."]),
    (PHRASES, "NOT CORRECT", ["NOT CORRECT", "It is not correct.", "Answer: not correct"]),
    (PHRASES, "PARTLY CORRECT", ["partly correct", "It is partly correct"]),
    (PHRASES, "CORRECT", ["correct", "Answer: correct"]),
    (SLASH, "N/A", ["N/A", "n/a.", "Answer: N/A"]),
    # numbers
    (
        FIVE,
        "4",
        ["4", "4.", "**4**", "Score: 4", "Score:4", "factual_accuracy: 4", "I rate it 4", "4!", "(4)", "score = 4"],
    ),
    (TEN, "10", ["10", "10.", "Score: 10", "**10**"]),
    (TEN, "1", ["1", "1.", "Score: 1"]),
]

NOT_CHOSEN = [
    (
        YES_NO,
        ["maybe", "YESNO", "Y E S", "yeses", "YES?", "nope", "know", "no-one", "I cannot answer that.", "N", "..."],
    ),
    # two options
    (
        YES_NO,
        ["YES/NO", "yes/no", "YES or NO", "yes and no", "YES, NO", "YES. Actually no.", "YES, well, no.", "YES NO"],
    ),
    (
        YES_NO,
        [
            "The answer is YES. Not NO.",
            "YES\nNO",
            "NO. YES.",
            "YES. On reflection, no.",
            "<a>YES</a><b>NO</b>",
            "YES;NO",
            "YES.NO",
            "YES, not a NO-brainer",
        ],
    ),
    (RIGHT, ["CORRECT or INCORRECT", "The CORRECT answer is INCORRECT", "Is it CORRECT or INCORRECT? CORRECT."]),
    # denied, asked, weakened
    (
        RIGHT,
        ["not CORRECT", "It is not CORRECT.", "It isn't CORRECT", "It isn’t correct", "never CORRECT", "not (CORRECT)"],
    ),
    (RIGHT, ['not "CORRECT"', "**not** CORRECT", "not: CORRECT", "not, CORRECT", "Not the right label: CORRECT"]),
    (RIGHT, ["answer != CORRECT", "CORRECT is not the word", "CORRECT? I cannot say.", "Is it CORRECT?", "❌ CORRECT"]),
    (RIGHT, ["partially CORRECT", "almost CORRECT", "semi-correct", "NOT_CORRECT", "in CORRECT form", "correctly"]),
    (RIGHT, ["CORRECT. But it is not CORRECT in the strict sense.", "neither CORRECT nor anything", "~~CORRECT~~"]),
    (SURE, ["UN-CERTAIN", "un certain", "uncertainty", "not UNCERTAIN", "Certainly!"]),
    # more than the number
    (
        FIVE,
        [
            "10",
            "0",
            "6",
            "14",
            "4/5",
            "5/5",
            "4.5",
            "4,5",
            ".5",
            "4.0",
            "-1",
            "+1",
            "~3",
            "<5",
            "> 4",
            "5%",
            "4-5",
            "4–5",
        ],
    ),
    (
        FIVE,
        [
            "4 out of 5",
            "4 - 5",
            "4 or 5",
            "4 (2 facts are wrong)",
            "four",
            "4th",
            "4a",
            "x4",
            "4²",
            "$4",
            "not 4",
            "3:4",
        ],
    ),
    (TEN, ["100", "1 0", "10/10", "0.10", "11"]),
]


@pytest.mark.parametrize(("menu", "choice", "reply"), [(m, c, r) for m, c, replies in CHOSEN for r in replies])
def test_a_reply_that_names_one_option_plainly_chooses_it(menu: tuple[str, ...], choice: str, reply: str) -> None:
    assert read_choice(reply, menu) == MenuChoice(choice, None)


@pytest.mark.parametrize(("menu", "reply"), [(m, r) for m, replies in NOT_CHOSEN for r in replies])
def test_any_other_reply_chooses_nothing(menu: tuple[str, ...], reply: str) -> None:
    assert read_choice(reply, menu) == MenuChoice(None, "off_menu")


@pytest.mark.parametrize(
    "reply", ["", " \n\t", "<think>YES</think>", "<think>YES, I am sure it is", "<think>\n</think>\n\n"]
)
def test_a_reply_of_nothing_but_reasoning_is_empty(reply: str) -> None:
    assert read_choice(reply, YES_NO) == MenuChoice(None, "empty")


@pytest.mark.parametrize(
    "menu", [("YES", "yes"), ("YES", "YES."), ("YES", ""), ("YES", "--"), ("YES", "no, not really"), ("A: b", "c")]
)
def test_a_menu_whose_options_cannot_be_read_is_refused(menu: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="has an option that cannot be read from a reply"):
        check_menu(menu)


def test_a_question_without_a_menu_has_nothing_to_refuse() -> None:
    check_menu(())


# Made-up menus: words of letters, some with a part in front of another option, so that options contain each other.
_WORD = st.text(string.ascii_uppercase, min_size=2, max_size=8).filter(lambda word: word.lower() not in _SPOKEN)
_SPOKEN_WORDS = """
    a an the my your this that it its i is was as of so then well say rate it be will would no not but than nor none
    other wrong never claim final label score class grade pick give hence thus think thought reason id ill
"""
_SPOKEN = set(_SPOKEN_WORDS.split())
_PREFIXES = st.sampled_from(["UN", "IN", "NON", "DIS", "A"])


@st.composite
def _menus(draw: st.DrawFn) -> tuple[str, ...]:
    words = draw(st.lists(_WORD, min_size=2, max_size=5, unique=True))
    longer = [draw(_PREFIXES) + words[0], words[1] + draw(_WORD), f"{words[0]} {words[1]}"]
    menu = dict.fromkeys([*words, *draw(st.lists(st.sampled_from(longer), max_size=3))])
    return tuple(draw(st.permutations([w for w in menu if w.lower() not in _SPOKEN])))


_FRAMES = st.sampled_from(
    [
        "{}",
        "{}.",
        "**{}**",
        '"{}"',
        "`{}`",
        "Answer: {}.",
        "The answer is {}",
        "<think>{other}</think>\n{}",
        "({})",
        "{}\n",
    ]
)
_SPELLINGS = st.sampled_from([str, str.lower, str.title])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_200_made_up_menus_are_read_where_one_option_is_named_plainly(data: st.DataObject) -> None:
    menu = data.draw(_menus())
    option, other = data.draw(st.permutations(menu))[:2]
    frame, spell = data.draw(_FRAMES), data.draw(_SPELLINGS)
    reply = frame.replace("{other}", other).format(spell(option))
    assert read_choice(reply, menu).choice == option, reply


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_200_made_up_menus_are_not_read_where_none_or_two_are_named_or_one_is_denied(data: st.DataObject) -> None:
    menu = data.draw(_menus())
    option, other = data.draw(st.permutations(menu))[:2]
    template = data.draw(
        st.sampled_from(
            [
                "{0}, {1}",
                "{0} or {1}?",
                "{0}\n{1}",
                "It is not {0}.",
                "It isn't {0}",
                "never {0}",
                "QX{0}",
                "{0}QX",
                "{0}?",
            ]
        )
    )
    reply = template.format(option, other)
    named = {_bare(reply), *_bare(reply).split()}
    if {"QX" + option, option + "QX"} & named and named & set(menu):  # the longer word is an option by chance
        return
    assert read_choice(reply, menu).choice is None, reply


_CHARACTERS = st.text(alphabet=st.sampled_from(" .,:;!?\n\"'*`()/-_<>{}=~5%AEINORSTUY"), max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_read_stands_in_the_reply_as_whole_words_and_no_other_option_does(data: st.DataObject) -> None:
    menu = data.draw(_menus())
    pieces = st.one_of(_CHARACTERS, st.sampled_from(menu), st.sampled_from(menu).map(str.lower))
    reply = "".join(data.draw(st.lists(pieces, max_size=6)))
    choice = read_choice(reply, menu).choice
    if choice is not None:
        rest = _outside(choice, reply)
        assert rest != reply.casefold(), reply
        whole = [o for o in menu if o != choice and re.search(rf"(?<!\w){re.escape(o)}(?!\w)", reply)]
        assert all(o in choice for o in whole), (reply, whole)  # only as a part of the chosen option


def _bare(reply: str) -> str:
    return re.sub(r"[^\w\s]", " ", reply).strip()


def _outside(option: str, reply: str) -> str:
    """The reply, casefolded, without the places where the option stands as whole words."""
    words = r"[\W_]+".join(map(re.escape, option.casefold().split()))
    return re.sub(rf"(?<![^\W_]){words}(?![^\W_])", "", reply.casefold())
