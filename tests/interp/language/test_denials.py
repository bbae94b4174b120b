"""What denies is one list, read alike in answers and in replies of judges; "no." before a number denies nothing."""

from __future__ import annotations

import pytest

from interp.judges.menus import read_choice
from interp.language.denials import FIRST_WORDS, affirms_at, cue_at
from interp.language.matching import find

AFFIRMED = [
    "It is none other than Paris.",
    "It is no other than Paris.",
    "It is no one other than Paris",
    "It's nothing but Paris.",
    "No doubt it is Paris.",
    "Without a doubt, Paris.",
    "Without doubt Paris is the capital.",
    "Without any doubt it is Paris",
    "Beyond a doubt it is Paris",
    "Beyond any reasonable doubt, Paris",
    "There is little doubt that it's Paris.",
    "I don't doubt that it is Paris.",
    "I have no doubt that it is Paris.",
    "There is no question that it is Paris.",
    "Not surprisingly Paris is the capital.",
    "It is no surprise that Paris is the capital.",
    "It is all but certain that it is Paris.",
    "It's not far from certain: Paris.",
    "It isn't anything but Paris",
    "It can't be anything other than Paris.",
    "Paris, formerly Lutetia, is the capital.",
    "It was formerly Lyon, now Paris.",
    "Far from being Lyon, it is Paris.",
    "Anything but Lyon; Paris.",
    "It is nothing short of Paris.",
    "Hardly surprisingly, it is Paris.",
    "All cities except Lyon: Paris.",
    "I can't help but say Paris.",
    "Unlike Lyon, Paris is the capital.",
    "It is hardly Lyon but Paris.",
    "I doubt that it is Lyon; it is Paris.",
    "Not only Paris",
    "Nobody denies that it is Paris.",
    "It cannot be denied that Paris is the capital.",
    "It is undeniably Paris.",
    "Doubtless Paris.",
    "Apart from Lyon, Paris is large.",
    "No mistake: it is Paris.",
    "It is not unlikely that it is Paris.",
    "Not Lyon. Paris.",
    "By no means Lyon, but Paris.",
    "It's Paris, not to mention Lyon",
    "Paris is not in doubt.",
]
DENIED = [
    "It is hardly Paris.",
    "I doubt that it is Paris.",
    "I doubt it is Paris.",
    "I highly doubt that it's Paris",
    "I very much doubt that the capital is Paris.",
    "It is doubtful that it is Paris",
    "It is far from Paris.",
    "It is anything but Paris.",
    "Any city but Paris.",
    "Every city except Paris.",
    "All except Paris.",
    "Everything but Paris.",
    "Anywhere but Paris.",
    "It was formerly Paris.",
    "The capital was formerly Paris, now it is Lyon.",
    "It used to be Paris.",
    "It was once Paris.",
    "The former capital Paris",
    "It is no longer Paris.",
    "By no means is it Paris.",
    "It is by no means Paris.",
    "It is in no way Paris.",
    "It isnt Paris.",
    "It's not Paris",
    "It wasnt Paris",
    "It is scarcely Paris",
    "It is unlikely to be Paris.",
    "Paris is unlikely.",
    "That it is Paris is doubtful.",
    "Paris is out of the question.",
    "I deny that it is Paris.",
    "One can rule out Paris.",
    "Paris can be ruled out.",
    "Paris is excluded.",
    "Excluding Paris",
    "Except for Paris, all are wrong.",
    "Apart from Paris",
    "Other than Paris",
    "With the exception of Paris",
    "Not at all Paris.",
    "It is impossible that it is Paris.",
    "Under no circumstances Paris",
    "It could never be Paris",
    "It is nothing like Paris.",
    "Nowhere near Paris.",
    "the opposite of Paris",
    "It is wrong that it is Paris.",
    "It's a lie that it is Paris",
    "Paris is not the capital.",
    "Paris? Hardly.",
    "Paris is hardly the capital.",
    "Paris is far from being the capital.",
    "Paris is anything but the capital.",
    "Paris is no longer the capital.",
    "Paris was formerly the capital.",
    "Paris used to be the capital.",
    "Paris was once the capital, but now it is Lyon.",
    "I don't believe it is Paris.",
    "I don't think it's Paris.",
    "It cannot possibly be Paris.",
    "Never Paris.",
    "neither Lyon nor Paris",
    "Paris never was the capital.",
    "It's not that it is Paris",
]
REPLIES = [
    ("It is none other than YES", "YES"),
    ("The answer is none other than YES.", "YES"),
    ("No doubt YES", "YES"),
    ("Without a doubt: YES", "YES"),
    ("Hardly YES", None),
    ("I doubt that YES", None),
    ("far from YES", None),
    ("anything but YES", None),
    ("It is formerly YES", None),
    ("except YES", None),
    ("Hardly, YES", None),
    ("I doubt that: YES", None),
    ("far from: YES", None),
    ("By no means, YES", None),
    ("Not, YES", None),
    ("YES, no doubt", "YES"),
    ("There is no doubt, YES", "YES"),
    ("no doubt: NO", "NO"),
    ("The answer omits it: NO", "NO"),
    ("It was omitted, NO", "NO"),
    ("isn't YES", None),
    ("Isnt YES", None),
    ("rather than YES", None),
    ("nothing but YES", "YES"),
    ("It is unlikely: YES", None),
    ("not at all YES", None),
    ("NO, it hardly says so", "NO"),
    ("The answer is not YES", None),
    ("Instead of YES, NO", None),
    ("The answer does not mention Lyon, so: NO", "NO"),
    ("It never says that.\nNO", "NO"),
    ("It is doubtful that it says so. NO", "NO"),
    ("Not surprisingly, YES", "YES"),
    ("Beyond doubt YES", "YES"),
    ("other than YES", None),
    ("Unlike YES", None),
]
RATINGS = [
    ("No. 4", "4"),
    ("Option no. 4", "4"),
    ("Rating: no. 4", "4"),
    ("no 4", None),
    ("not 4", None),
    ("№ 4", "4"),
    ("Choice No.4", "4"),
    ("No, 4", None),
    ("hardly 4", None),
    ("less than 4", None),
    ("It's far from 4", None),
    ("anything but 4", None),
    ("none other than 4", "4"),
]
NUMBERED = [
    "Atomic no. 118",
    "No. 118",
    "no.118",
    "№ 118",
    "№118",
    "Nos. 117 and 118",
    "n° 118",
    "nº 118",
    "Its atomic no is 118",
    "atomic no 118",
    "Element no. one hundred and eighteen.",
    "Atomic No.: 118",
    "Atomic no. = 118",
    "(No. 118)",
    "It is no. 118 in the table",
    "Is it 117? No. 118.",
    "The no. of protons is 118.",
    "**No. 118**",
    "No. **118**",
    "the atomic-no. 118",
    "NO. 118",
    "No.\n118",
    "No, 118.",
]
NOT_NUMBERED = [
    "There is no 118 in it.",
    "It is not no. 118.",
    "No 118.",
    "there are no 118 protons",
    "no one says 118",
]


@pytest.mark.parametrize("answer", AFFIRMED)
def test_affirmed(answer: str) -> None:
    assert find("Paris", answer) is not None


@pytest.mark.parametrize("answer", DENIED)
def test_denied(answer: str) -> None:
    assert find("Paris", answer) is None


@pytest.mark.parametrize(("reply", "choice"), REPLIES)
def test_a_reply_that_denies_its_option_chooses_nothing(reply: str, choice: str | None) -> None:
    assert read_choice(reply, ["YES", "NO"]).choice == choice


@pytest.mark.parametrize(("reply", "choice"), RATINGS)
def test_a_number_is_chosen_by_no_and_not_denied_by_it(reply: str, choice: str | None) -> None:
    assert read_choice(reply, ["1", "2", "3", "4", "5"]).choice == choice


@pytest.mark.parametrize("answer", NUMBERED)
def test_no_before_a_number_is_short_for_number(answer: str) -> None:
    assert find("{118}", answer) is not None


@pytest.mark.parametrize("answer", NOT_NUMBERED)
def test_no_denies_a_number_where_it_is_no_abbreviation(answer: str) -> None:
    assert find("{118}", answer) is None


@pytest.mark.parametrize(
    "cue", ["hardly", "doubt that", "far from", "anything but", "except", "formerly", "rather than"]
)
def test_a_cue_denies_in_an_answer_and_in_a_reply(cue: str) -> None:
    words = cue.split()
    assert words[0] in FIRST_WORDS and cue_at(words, 0)[0] > 0
    assert find("Paris", f"It is {cue} Paris.") is None
    assert read_choice(f"{cue} YES", ["YES", "NO"]).choice is None


@pytest.mark.parametrize(
    ("phrase", "length"),
    [("none other than", 3), ("without a doubt", 3), ("no doubt", 2), ("no sugar but", 0)],
)
def test_a_phrase_that_affirms_is_as_long_as_it_is(phrase: str, length: int) -> None:
    assert affirms_at([*phrase.split(), "Paris"], 0) == length
