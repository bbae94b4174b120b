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
