import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interp.language.words import key, normalise, original_offsets, read


def sentences(text: str) -> list[str]:
    words, found = read(normalise(text))
    return [" ".join(w.raw for w in words[s.first : s.last]) for s in found]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("crème fraîche", "creme fraiche"),
        ("Złoty, São Tomé, Çankırı", "Zloty, Sao Tome, Cankiri"),
        ("82–85 °C", "82-85 °C"),
        ("−18 ℃", "-18 °C"),
        ("180º", "180°"),
        ("1½ cups", "1 1/2 cups"),
        ("don’t", "don't"),
        ("œufs", "oeufs"),
        ("½–¾", " 1/2- 3/4"),
        ("co\u00adoperate\u200b", "cooperate"),
        ("10\u202f000 g", "10\u00a0000 g"),
    ],
)
def test_odd_characters_are_folded_to_plain_ones(text: str, folded: str) -> None:
    assert normalise(text) == folded


@given(st.text())
@example("½ ⅓ ℉ ﬁ ﷺ 한 ǆ")
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    offsets = original_offsets(text)
    assert len(offsets) == len(normalise(text)) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(text)


@given(st.text())
def test_words_stand_where_they_say_and_in_their_sentence(text: str) -> None:
    folded = normalise(text)
    words, found = read(folded)
    assert all(folded[w.start : w.end] == w.raw for w in words)
    assert all(a.end <= b.start for a, b in zip(words, words[1:], strict=False))
    assert [i for s in found for i in range(s.first, s.last)] == list(range(len(words)))
    assert all(words[i].sentence == n for n, s in enumerate(found) for i in range(s.first, s.last))


@pytest.mark.parametrize(
    "family",
    [
        "whisk whisks whisked whisking",
        "egg eggs Egg",
        "yolk yolk's yolks",
        "overheat overheats overheated overheating",
        "undercook undercooked undercooking",
        "whip whipped whipping",
        "reduce reduced reducing",
        "curdle curdled curdles curdling",
        "fry fries fried",
        "emulsify emulsified emulsifies",
        "caramelise caramelize caramelised caramelizing",
        "colour color colours colored",
        "freeze frozen froze",
        "break broken broke breaking",
        "half halves",
        "three 3 Three",
        "d'Ivoire dIvoire",
        "U.S. US",
    ],
)
def test_forms_of_one_word_share_a_key(family: str) -> None:
    assert len({key(normalise(word)) for word in family.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["boil broil", "butter batter", "simmer summer", "off of", "past paste", "her herring", "whisk whisky"]
)
def test_different_words_keep_different_keys(pair: str) -> None:
    one, other = pair.split()
    assert key(one) != key(other)


def test_articles_leave_no_word_but_a_mark() -> None:
    words, _ = read("Rest it for an hour in the pan.")
    assert [w.raw for w in words] == ["Rest", "it", "for", "hour", "in", "pan"]
    assert [w.article for w in words] == ["", "", "", "an", "", "the"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Heat it to 88 C. Then whisk.", ["Heat it to 88 C", "Then whisk"]),
        ("Add acid, e.g. lemon juice. Stir.", ["Add acid e.g. lemon juice", "Stir"]),
        ("Use approx. 1.5 kg. Salt it.", ["Use approx 1.5 kg", "Salt it"]),
        ("It takes 5 min. Then stir.", ["It takes 5 min", "Then stir"]),
        ("It takes 5 min. at most", ["It takes 5 min at most"]),
        ("Ask J. Child about it.", ["Ask J Child about it"]),
        ("St. John's is cold. Go.", ["St John's is cold", "Go"]),
        ("No. 5 is best. No. Not that.", ["No 5 is best", "No", "Not that"]),
        ("It broke! Why? **Heat.** Cool it", ["It broke", "Why", "Heat", "Cool it"]),
        ("stir it. do not stop.", ["stir it", "do not stop"]),
        ("1. Whisk\n2. Rest\n   for a while", ["Whisk", "Rest for while"]),
        ("- **Heat:** low\n* Stir", ["Heat low", "Stir"]),
        ("## Cause\nToo hot", ["Cause", "Too hot"]),
        ("Whisk the\nyolks slowly.\nThen rest", ["Whisk yolks slowly", "Then rest"]),
        ("Salt\n\npepper", ["Salt", "pepper"]),
        ("79. Gold has 79 protons.", ["79", "Gold has 79 protons"]),
        ("3. Third\n4. Fourth", ["3", "Third", "4", "Fourth"]),
    ],
)
def test_sentences_survive_units_abbreviations_and_lists(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_sentences_know_questions_items_and_leads() -> None:
    _, found = read("Avoid:\n- Boiling it. It splits.\n\nWhy is that?")
    assert [(s.question, s.item, s.opens, s.lead) for s in found] == [
        (False, False, True, True),
        (False, True, True, False),
        (False, True, False, False),
        (True, False, True, False),
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "***", "—", "- \n- ", "#"])
def test_a_text_without_words_has_no_sentences(text: str) -> None:
    assert read(normalise(text)) == ([], [])
