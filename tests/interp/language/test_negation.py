import pytest

from interp.language.matching import find

STATED = [
    ("boil", "Boil it."),
    ("simmer", "Do not boil, simmer it."),
    ("simmer", "Do not boil; simmer."),
    ("simmer", "Instead of boiling, simmer it."),
    ("simmer", "Rather than boil, simmer."),
    ("simmer", "Simmer, don't boil."),
    ("simmer", "Simmer it rather than boiling it."),
    ("simmer", "It's not boiled but simmered."),
    ("keep stir", "Don't let it boil and keep stirring."),
    ("whisk", "Don't forget to whisk."),
    ("whisk", "Never skip the whisking."),
    ("whisk", "Make sure not to skip the whisking."),
    ("whisk", "Don't stop whisking."),
    ("whisk", "Don't be afraid to whisk."),
    ("whisk", "Do not cook it without whisking."),
    ("whisk", "Not only whisk it, but also strain it."),
    ("strain", "Not only whisk it, but also strain it."),
    ("whisk", "There is no doubt that you should whisk."),
    ("whisk", "Whisking is not optional."),
    ("whisk", "The mistake is not whisking enough."),
    ("whisk", "Avoid lumps by whisking."),
    ("whisk", "Prevent lumps with a whisk."),
    ("whisk", "Without a thermometer, whisk by eye."),
    ("emulsify", "Do not add oil until it has emulsified."),
    ("{5 min}", "For no more than 5 minutes."),
    ("{20 min}", "Simmer without stirring for 20 minutes."),
    ("ice bath", "Stop the cooking in an ice bath."),
    ("medium peak", "Stop at medium peaks."),
    ("heat ... high", "Your mistake was cooking with the heat too high."),
    ("crust crisp", "Do not cover it to keep the crust crisp."),
    ("add water", "The result isn't just about adding water; salt it."),
    ("heat ... high", "The common mistakes occurring here: none. The heat was high."),
    ("overheat", "Error 1: the sauce was overheated."),
    ("because ... hot", "It did not set because it was too hot."),
    ("canberra", "Not Sydney but Canberra."),
    ("canberra", "It isn't Sydney. It's Canberra."),
    ("canberra", "Many people think it's Sydney, but it is Canberra."),
    ("low heat", "**Things to avoid:**\n- High heat: use low heat instead."),
    ("low heat", "Things to avoid:\n- High heat\n\nUse low heat."),
    ("mild", "Why did it split? The heat was not mild. Use a mild heat."),
    ("cold butter", "Use cold butter, not oil, and never add salt, pepper or wine."),
]

DENIED = [
    ("boil", "Do not boil it."),
    ("boil", "Never let it boil."),
    ("boil", "Heat it without boiling."),
    ("boil", "Without ever letting it come to a boil."),
    ("boil", "Avoid boiling."),
    ("boil", "Don't stir, shake, or boil."),
    ("boil", "Do not, under any circumstances, boil it."),
    ("boil", "Simmer it instead of boiling it."),
    ("boil", "It must not boil or bubble."),
    ("boil", "You needn't boil it."),
    ("boil", "There is no need to boil it."),
    ("boil", "Boiling is not recommended."),
    ("boil", "Boiling it should be avoided."),
    ("boil", "Boiling is a mistake."),
    ("boil", "A common mistake is to boil the sauce."),
    ("boil", "Common mistakes: boiling it."),
    ("boil", "It is wrong to boil it."),
    ("boil", "Do not simply boil it."),
    ("seal", "It is a myth that searing seals the meat."),
    ("boil", "If you forget to boil it, it is raw."),
    ("boil", "Things to avoid:\n- Boiling it\n- Salt"),
    ("salt", "Things to avoid:\n- Boiling it\n- Salt"),
    ("salt", "### Common mistakes to avoid\n1. **Too much salt** in the water"),
    ("salt", "What not to do:\n- Salt it. It splits."),
    ("boil", "Don't boil and stir it."),
    ("curdle", "Avoid boiling to prevent curdling."),
    ("curdle", "This stops the sauce from curdling."),
    ("egg wash", "No colour, not much care, no egg wash or anything."),
    ("sydney", "Sydney is not the capital."),
    ("sydney", "Sydney isn't the capital; Canberra is."),
    ("sydney", "It's Canberra, not Sydney."),
    ("zloty", "It no longer uses the zloty."),
    ("sugar", "Neither sugar nor salt belongs in it."),
    ("salt", "Neither sugar nor salt belongs in it."),
]

MENTIONED = [
    ("boil", "Should you boil it?"),
    ("boil", "You asked whether to boil it."),
    ("sydney", "Many people think that the capital is Sydney."),
    ("sydney", "It is often mistaken for Sydney."),
    ("{83 C}", "You asked how to tell when it has reached 83 °C."),
    ("boil", "Check whether it boils."),
]


@pytest.mark.parametrize(("wording", "text"), STATED)
def test_stated(wording: str, text: str) -> None:
    assert find(wording, text) is not None


@pytest.mark.parametrize(("wording", "text"), DENIED)
def test_denied(wording: str, text: str) -> None:
    assert find(wording, text) is None
    assert find(f"!{wording}", text) is not None


@pytest.mark.parametrize(("wording", "text"), MENTIONED)
def test_what_is_only_mentioned_is_neither_stated_nor_denied(wording: str, text: str) -> None:
    assert find(wording, text) is None
    assert find(f"!{wording}", text) is None


def test_a_wording_may_bring_its_own_cue() -> None:
    assert find("without boil", "Heat it without boiling.") is not None
    assert find("no more salt", "It needs no more salt.") is not None
    assert find("avoid boil", "Do not avoid boiling.") is None


# One answer a line: whether it says that it is Paris.
NOT_PARIS = """
The capital of France is not (as many believe) Paris.
Paris doesn't qualify.
Paris is the former capital.
Paris no longer serves as the capital.
Wrong: Paris
Incorrect: Paris. Correct: Lyon.
capital ≠ Paris
The capital != Paris
Paris: no. Lyon: yes.
Under no circumstances is it Paris.
Under no circumstances would I say Paris.
There is no evidence that it is Paris.
There's no reason to think it is Paris.
Paris. Sorry, I meant Lyon.
Paris. Correction: Lyon.
Paris, or rather Lyon.
Paris, I mean Lyon.
Paris? No.
Is it Paris? No.
It is not the case that Paris is the capital.
It isn't true that the capital is Paris.
It is false that the capital is Paris.
It would be wrong to say Paris.
It is a myth that Paris is the capital.
Contrary to popular belief, Paris is not the capital.
Paris was the capital until 1920.
Paris ceased to be the capital in 1920.
Anything but Paris.
Everything except Paris.
Far from it being Paris, the capital is Lyon.
Paris is by no means the capital.
I highly doubt Paris is right.
Hardly Paris.
It's hardly Paris.
It could hardly be Paris.
It is Lyon, not Paris.
Lyon rather than Paris.
Lyon instead of Paris.
Not Paris but Lyon.
It is neither Paris nor Lyon.
No, it isn't Paris.
Not Paris, obviously.
The capital was formerly Paris.
The capital was once Paris.
The capital was previously Paris.
The capital was originally Paris.
Originally Paris, the capital is now Lyon.
Previously Paris, now Lyon.
The old capital was Paris.
It's unlikely to be Paris.
It is improbable that it's Paris.
We can exclude Paris.
Paris is incorrect.
Paris would be incorrect.
Paris would be wrong.
Paris is a wrong answer.
Paris is the wrong answer.
Paris is not the right answer.
Paris isn't right.
The wrong answer is Paris.
Surely not Paris.
Certainly not Paris.
Nothing suggests that it is Paris.
I refuse to say Paris.
I wouldn't say Paris.
I would never say Paris.
I disagree that it is Paris.
I disagree with those who say Paris.
Paris lost its status as the capital.
Paris fails to be the capital.
Paris is no capital.
Paris is not, and never was, the capital.
Paris has never been the capital.
Paris has not been the capital since 1920.
Other than Paris, all cities are fine.
Some believe it's Paris; it's Lyon.
People often say Paris, but it's Lyon.
You might think Paris, but it's Lyon.
Paris? I don't think so.
Paris? Not at all.
Paris... no, Lyon.
Paris - no, Lyon.
Paris. No, Lyon.
Paris. Wait, no. Lyon.
Paris. Actually, Lyon.
Paris. Actually, it's Lyon.
Paris. My mistake, it's Lyon.
Paris. Oops, Lyon.
I can't say that it's Paris.
Don't say Paris.
Don't confuse it with Paris.
Not to be confused with Paris.
Lyon, not to be confused with Paris.
Lyon (formerly Paris)
Lyon, previously known as Paris
Lyon, unlike Paris, is the capital.
The answer isn’t Paris
The answer is **not** Paris.
The answer is *not* **Paris**.
There is some doubt that it is Paris.
It is doubtful that it is Paris.
It is doubtful whether it is Paris.
Not a chance that it's Paris.
No chance it's Paris.
No way it's Paris.
In no sense is it Paris.
On no account Paris.
It is never Paris.
Nope, not Paris.
It must not be Paris.
It mustn't be Paris.
It needn't be Paris.
I'm not sure if it is Paris.
I don't know whether it's Paris.
I don't know if it's Paris or Lyon.
It might not be Paris.
It's Lyon rather than Paris.
"""
PARIS = """
Lyon is wrong; the answer is Paris.
That's wrong, the capital is Paris.
Option A is incorrect; the capital is Paris.
That is false: the capital is Paris.
No one can deny that Paris is the capital.
It is no other city than Paris.
It is all but certainly Paris.
It's almost certainly Paris.
Paris? Yes.
I cannot recall, but Paris is my guess.
Nobody doubts that it is Paris.
There is no denying that it is Paris.
It can't not be Paris.
It could hardly be anything but Paris.
It can only be Paris.
It is Paris, not Lyon.
Not Lyon but Paris.
No, Paris is the capital.
No. Paris.
Paris is the right answer.
The answer is Paris, and that's not up for debate.
The answer, without question, is Paris.
You might think Lyon, but it's Paris.
Lyon. Oops, Paris.
Lyon. Actually, Paris.
Lyon. Correction: Paris.
I can't think of anything but Paris.
No city but Paris.
None but Paris.
There is no capital other than Paris.
There's nowhere other than Paris.
No, not Lyon, Paris.
Not Lyon: Paris.
It's not Lyon; it's Paris.
Paris, not to be confused with Paris, Texas, is the capital.
Paris (formerly Lutetia)
Paris, formerly known as Lutetia, is the capital.
Paris was formerly called Lutetia.
Paris isn't just a city, it is the capital.
Paris is not only the capital but the largest city.
There is little doubt that it is Paris.
It is not unlikely that it's Paris.
Nope. Paris.
It couldn't be clearer: Paris.
I couldn't agree more: Paris.
Not sure, but Paris.
I'm not sure but I think it's Paris.
I am not certain, Paris.
Paris. Actually, it is also the largest city.
It is Paris. Actually, many people live there.
The capital is Paris. No, it is not Lyon.
Paris. No other city comes close.
Paris. No doubt.
Paris, no question.
Sorry, Paris.
Actually, Paris.
No, Paris.
Correction: Paris.
Paris. I mean it.
Paris. Sorry for the delay.
Paris, actually.
It is, actually, Paris.
Paris, rather obviously.
Paris. Paris is old.
Paris is an old city.
Paris is the old heart of France.
Paris, a former Roman town, is the capital.
There is no capital but Paris.
Paris has no equal.
Paris is no surprise.
Paris: no doubt about it.
The capital, no less than the largest city, is Paris.
Originally called Lutetia, Paris is the capital.
Originally a village, Paris is the capital.
Paris was originally called Lutetia.
Paris (not Lyon) is the capital.
Paris - not Lyon - is the capital.
It's Paris — not Lyon.
Not (yet) Lyon, but Paris.
What is the capital? Paris.
Is it Lyon? No, Paris.
Is it Lyon? No. It's Paris.
Paris? Yes!
The wrong answer would be Lyon; the right one is Paris.
Lyon is wrong: Paris
Correct: Paris
Correct answer: Paris
Wrong: Lyon. Right: Paris.
One can't go wrong with Paris.
The former capital is Lyon; today it is Paris.
Lyon was the former capital, and Paris is the capital now.
I don't know if it rains there, but it's Paris.
It is not in doubt: Paris.
Rather, it is Paris.
I rather think it's Paris.
Rather than Lyon, it's Paris.
In Germany, no. In France, Paris.
Capital ≠ Lyon; capital = Paris
Lyon != capital. The capital is Paris.
Under no circumstances Lyon; it's Paris.
The answer: Paris. Lyon: no.
Lyon - no. Paris - yes.
Lyon ❌ Paris ✅
Paris, not Lyon, not Nice.
Paris, correct?
It's Paris (no, not Lyon).
"""


@pytest.mark.parametrize("answer", NOT_PARIS.strip().splitlines())
def test_an_answer_that_says_that_it_is_not_paris(answer: str) -> None:
    assert find("Paris", answer) is None


@pytest.mark.parametrize("answer", PARIS.strip().splitlines())
def test_an_answer_that_says_that_it_is_paris(answer: str) -> None:
    assert find("Paris", answer) is not None


@pytest.mark.parametrize("answer", ["Paris, or rather Lyon.", "Paris. Sorry, I meant Lyon.", "Paris... no, Lyon."])
def test_what_replaces_an_answer_is_the_answer(answer: str) -> None:
    assert find("Lyon", answer) is not None


@pytest.mark.parametrize(
    "answer", ["A. No, B.", "A. Actually, B.", "A... no, B", "(A) — sorry, (B)", "A. Correction: B"]
)
def test_another_option_replaces_an_option(answer: str) -> None:
    assert find("A", answer) is None and find("B", answer) is not None
