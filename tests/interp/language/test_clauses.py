"""Which clause of an answer a denial, a correction or a time gone by belongs to: answers as small models write them."""

from __future__ import annotations

import time

import pytest

from interp.language.matching import find, met
from interp.records.prompts import Claim

# One answer a line behind its wording: it states the wording.
STATED = """
Canberra | Canberra is the capital of Australia and isn't part of any state.
gold | The element is gold and it is not magnetic.
gold | Gold is a metal that is not magnetic.
Asia | Nepal is in Asia and is not part of Europe.
euro | Kosovo uses the euro and is not an EU member.
Canberra | Although Canberra is not the largest city, it's the capital
Canberra | Canberra may not be the largest city, but it's the capital.
Canberra | Canberra, the capital, is not on the coast.
us dollar | Ecuador does not have its own currency and uses the US dollar.
euro | Kosovo is not an EU member and uses the euro.
Canberra | I apologize for the error: the capital is Canberra, not Sydney.
Canberra | My mistake: the capital is Canberra.
Canberra | You're wrong: the capital is Canberra.
true | It is true that whales are not fish.
true | The statement that bats are not blind is true.
yes | Yes and it is not illegal.
yes | Yes. There are no exceptions.
yes | Yes, Pluto is no longer a planet.
no | No, Pluto is not a planet.
no | No. Whales are mammals.
no | The answer is no.
no | The answer is **no**, because whales are mammals.
no | No it is not.
no | no
no | No - bats can see quite well.
no | "No" is the right answer.
no | No because tomatoes are fruits.
no | The short answer is no: glass is a solid.
no | I would say no, it does not.
true | True. Bats are not blind.
true | It's true that spiders aren't insects.
true | The claim that Pluto is not a planet is true.
true | It is indeed true that glass is not a liquid.
false | The statement that bats are blind is false.
false | The claim that whales are not mammals is false.
correct | It is correct that tomatoes are not vegetables.
yes | Yes and that is not a coincidence.
yes | Yes and there is no doubt about it.
yes | Yes, it is true that whales are not fish.
Canberra | Canberra is the capital and Sydney is not.
Canberra | Canberra is the capital of Australia and is not on the coast.
Canberra | The capital of Australia is Canberra and it isn't the largest city.
Canberra | The capital is Canberra and not Sydney.
Canberra | Canberra is Australia's capital and was never a port.
Canberra | Canberra has been the capital since 1927 and is not part of New South Wales.
Canberra | It is Canberra and Sydney isn't the capital.
Canberra | The capital of Australia is Canberra and many people do not know that.
Canberra | Canberra is a city that is not on the coast.
Canberra | Canberra is the capital that isn't well known abroad.
Canberra | Even though Canberra isn't the biggest city, it is the capital of Australia.
Canberra | While Canberra is not as famous as Sydney, it is the capital.
Canberra | Though Canberra is not large, it is indeed the capital.
Canberra | Canberra is not the largest city, but it is the capital of Australia.
Canberra | Canberra isn't the most populous city but it's still the capital.
Canberra | Canberra, the capital of Australia, is not the largest city.
Canberra | The capital, Canberra, is not a coastal city.
Canberra | Canberra, which is the capital, is not on the coast.
euro | Montenegro is not in the eurozone and uses the euro.
euro | Montenegro does not issue its own money and has adopted the euro.
us dollar | Panama does not print paper money and uses the US dollar.
us dollar | El Salvador doesn't have a currency of its own and relies on the US dollar.
euro | Andorra isn't a member of the EU and has used the euro since 2002.
euro | Monaco uses the euro and does not mint a currency of its own.
euro | Finland uses the euro and Sweden does not.
Asia | Mongolia is in Asia and doesn't have a coast.
Asia | Laos lies in Asia and is not an island.
Africa | Chad is a country in Africa that isn't on the sea.
mercury | The metal is mercury and it isn't solid at room temperature.
helium | Helium is a gas that does not burn.
iron | The element is iron and is not a noble metal.
neon | Neon is a noble gas and is not reactive.
sodium | The answer is sodium and that is not in doubt.
Canberra | I apologize for the mistake: it is Canberra.
Canberra | Sorry about the error: the capital is Canberra.
Canberra | Sorry for my earlier mistake: the capital of Australia is Canberra.
Canberra | I made a mistake: the capital is Canberra.
Canberra | I made an error: it's Canberra, not Sydney.
Canberra | My error: Canberra.
Canberra | My apologies for the error: Canberra is the capital.
Canberra | You are mistaken: the capital is Canberra.
Canberra | You are wrong: it's Canberra.
Canberra | That was an error: the capital is Canberra.
Canberra | You are incorrect: Canberra is the capital.
Sydney | The answer is Canberra. Wait, that's not right. The capital is Sydney.
Sydney | Canberra. Hmm, actually it's Sydney.
Sydney | Canberra is often thought to be the capital, but it's Sydney.
Sydney | I thought it was Canberra, but it's Sydney.
euro | Croatia used the kuna until 2023, when it adopted the euro.
euro | The previous currency was the kuna; it is now the euro.
euro | The kuna was replaced by the euro in 2023.
euro | The euro replaced the kuna.
euro | Before 2023, Croatia used the kuna. Now it uses the euro.
Sydney | Canberra. Wait, it's Sydney.
Sydney | Canberra. Oh wait, actually, Sydney.
Canberra | The capital is Canberra. Wait for the next question.
Canberra | As I thought, it is Canberra.
Canberra | I thought about it: Canberra.
Canberra | Canberra has been the capital since 1927. Before that, Melbourne was.
Canberra | Before it became the capital in 1927, Canberra was a small town.
Canberra | The capital is Canberra, not Sydney or Melbourne.
Canberra | People in Sydney or Melbourne may disagree, but it's Canberra.
Canberra | The capital is Canberra. Actually, the city of Sydney is larger.
Canberra | Canberra is often called the bush capital.
Canberra | Canberra is widely known as the capital of Australia.
simmer | Simmer or poach it.
butter | Use either butter or oil.
strain | The sauce was strained before the butter was added.
thick | The sauce was whisked until it was thick.
whisk | The sauce was whisked until it thickened.
{1} | Hydrogen has only one proton.
{1} | Earth has only one moon.
{1} | How many moons does the Earth have? Only one.
{1} | It has only one electron.
{1} | There is only one.
{5 min} | The sauce needs only 5 minutes.
!Sydney | It is not Sydney or Melbourne.
!Sydney | The capital isn't Sydney and it is not Melbourne.
!largest | Although Canberra is not the largest city, it's the capital.
!magnetic | The element is gold and it is not magnetic.
!member | Kosovo uses the euro and is not an EU member.
Nairobi | Nairobi is the capital of Kenya and has never been a port.
Nairobi | Nairobi, which isn't on the coast, is the capital.
Nairobi | The capital is Nairobi, though Mombasa is not far behind in size.
Nairobi | Even though Nairobi isn't the oldest city, it is the capital of Kenya.
mercury | Mercury is a metal that isn't solid at room temperature.
mercury | The only metal that is not solid at room temperature is mercury.
mercury | It's mercury and it doesn't rust.
yes | Yes, no doubt about it.
yes | Yes, there is no evidence against it.
yes | Yes - no exceptions.
no | No, there is no such rule.
no | No. Yes is not the right answer.
true | True. No mammal lays this kind of egg except monotremes.
false | False. It is not true that bats are blind.
false | The statement is false because bats aren't blind.
true | It's true that penguins can't fly.
yen | Japan uses the yen and does not use the dollar.
yen | Japan does not use the dollar; it uses the yen.
yen | Japan doesn't use the dollar and has the yen instead.
yen | Sorry for the confusion: the currency is the yen.
yen | I was wrong earlier. The currency is the yen.
Nairobi | Mombasa. Wait, no, that's wrong. It's Nairobi.
Nairobi | Not Mombasa: Nairobi.
Nairobi | Many people believe it is Mombasa, but the capital is actually Nairobi.
Nairobi | Nairobi became the capital in 1907, before that it was Mombasa.
Nairobi | Before 1907 the capital was Mombasa, now it is Nairobi.
{1} | Mars does not have only one moon, but Earth has only one moon.
{1} | Helium has one electron shell and it is not empty.
{1} | The atom has only one electron.
Nairobi | There's no question: Nairobi.
Nairobi | Nairobi is not only the capital but also the largest city.
Nairobi | The answer couldn't be anything but Nairobi.
Nairobi | It is none other than Nairobi.
yes | Yes, and it isn't even close.
no | No, it isn't.
no | No - yes is wrong.
yen | Japan has not adopted the dollar and keeps the yen.
oxygen | Oxygen, not hydrogen, is what we breathe.
oxygen | We breathe oxygen rather than hydrogen.
"""
# It does not: it is denied, taken back, gone by or only mentioned.
NOT_STATED = """
no | Yes. There are no exceptions.
no | Yes, Pluto is no longer a planet.
no | Yes, there is no air on the Moon.
no | Yes, no doubt about it.
no | Yes. No other planet is larger.
no | Yes, no one lives there.
no | Yes, and there's no way around it.
no | Yes, it has no moons.
no | Yes. No exceptions.
no | Yes, Mercury has no moon.
no | It is no surprise that the answer is yes.
no | Yes, it is a no-brainer.
no | Yes. Its atomic no. is 79.
no | Yes, at no time was it legal.
no | True, as no mammal lays eggs there.
true | It is not true that bats are blind.
true | The statement that bats are blind is not true.
true | It isn't true that whales are fish.
true | That can't be true.
false | It is not false that whales are mammals.
fish | It is true that whales are not fish.
blind | The statement that bats are not blind is true.
Canberra | The answer is Canberra. Wait, that's not right. The capital is Sydney.
Canberra | Canberra. Hmm, actually it's Sydney.
Canberra | Canberra is often thought to be the capital, but it's Sydney.
Canberra | It's either Sydney or Canberra.
Canberra | Sydney or Canberra
Sydney | Sydney or Canberra
Canberra | I thought it was Canberra, but it's Sydney.
kuna | Croatia used the kuna until 2023.
kuna | The previous currency was the kuna.
kuna | Prior to the euro, the kuna was used.
Canberra | Canberra. Wait, that is wrong. It's Sydney.
Canberra | The capital is Canberra. That's incorrect. It's Sydney.
Canberra | It's Canberra. Hold on, that's not correct. It is Sydney.
Canberra | Canberra. No, that's wrong. Sydney.
Canberra | Canberra. Wait, it's Sydney.
Canberra | Canberra. Oh wait, actually, Sydney.
Canberra | Canberra. Well, actually it's Sydney.
Canberra | Canberra. Hmm, no, it's Sydney.
Canberra | Canberra. Hold on, it's Sydney.
Canberra | Canberra. On second thought, it's Sydney.
Canberra | Canberra. Actually, the capital is Sydney.
Canberra | Canberra. Actually, the capital of Australia is Sydney.
Canberra | The capital is Canberra. Sorry, the correct answer is Sydney.
Canberra | The answer is Canberra. Let me correct that: Sydney.
Canberra | The answer is Canberra. I made a mistake. It is Sydney.
Canberra | The answer is Canberra. I was wrong. The capital is Sydney.
Sydney | Sydney is commonly believed to be the capital, but it is Canberra.
Sydney | Sydney is often mistaken for the capital.
Sydney | Sydney is often assumed to be the capital of Australia. The capital is Canberra.
Sydney | Sydney is sometimes thought to be the capital, but the capital is Canberra.
Sydney | Sydney is commonly mistaken for the capital, but it's Canberra.
Sydney | Sydney is mistakenly believed to be the capital.
Sydney | I always thought it was Sydney, but the capital is Canberra.
Sydney | I used to think it was Sydney.
Sydney | I assumed it was Sydney, but it is Canberra.
Sydney | You may have thought it was Sydney, but it's Canberra.
Sydney | I thought that the capital was Sydney.
Sydney | Although Sydney is not the capital, it is the largest city.
Sydney | Sydney is not the capital, but it is the largest city.
Sydney | Sydney, the largest city, is not the capital.
Sydney | Sydney, the capital of New South Wales, is not the capital of Australia.
Sydney | Sydney may not be the capital, but it's the largest city.
Sydney | Canberra is the capital and Sydney is not.
Sydney | It is Canberra and Sydney isn't the capital.
Sydney | Sydney is large and is not the capital, Canberra is.
Sydney | Sydney and Melbourne are not the capital.
Melbourne | Sydney and Melbourne are not the capital.
Sydney | Sydney isn't the seat of government and isn't the capital.
Sydney | The city that is called Sydney is not the capital.
Sydney | It is clear that Sydney is not the capital.
Sydney | It is true that Sydney is not the capital.
Sydney | I think that Sydney isn't the capital.
Sydney | The capital is Canberra and it is not Sydney.
Canberra | Either Sydney or Canberra.
Canberra | It could be Sydney or Canberra.
Canberra | The capital is either Canberra or Sydney.
Canberra | Sydney, Melbourne or Canberra.
Canberra | It's Sydney, Melbourne, or Canberra.
Canberra | The answer is **Sydney** or **Canberra**.
euro | The currency is either the kuna or the euro.
yes | Yes or no
no | Yes or no
true | True or false
yes | It depends: yes or no.
kuna | Croatia used the kuna until January 2023.
kuna | Croatia used the kuna until it adopted the euro in 2023.
kuna | Croatia used the kuna until the end of 2022.
kuna | Until 2023, Croatia used the kuna.
kuna | Until 2023, the currency was the kuna.
kuna | The kuna was the currency until 1 January 2023.
kuna | Before 2023, Croatia used the kuna.
kuna | Before the euro, Croatia used the kuna.
kuna | Before adopting the euro, Croatia used the kuna.
kuna | Before the euro, the currency was the kuna.
kuna | Prior to 2023, Croatia's currency was the kuna.
kuna | The kuna was used before the euro.
kuna | The kuna was the currency before the euro.
kuna | The kuna was Croatia's currency before 2023.
kuna | The former currency was the kuna.
kuna | The former currency of Croatia was the kuna.
kuna | Its old currency was the kuna.
kuna | The former currency, the kuna, was replaced.
kuna | The kuna was the previous currency.
kuna | The kuna was the former currency of Croatia.
kuna | Croatia previously used the kuna.
kuna | Croatia used to use the kuna.
kuna | Croatia used to have the kuna.
kuna | The kuna was replaced by the euro in 2023.
kuna | The euro replaced the kuna.
kuna | Croatia adopted the euro, replacing the kuna.
Melbourne | Melbourne was the capital before Canberra.
Melbourne | Melbourne served as the seat of government until 1927.
Melbourne | The previous capital was Melbourne.
Melbourne | The first capital was Melbourne until 1927.
{1} | Gold is the only element of that kind.
{1} | It is the only one.
{1} | Only one of them is right.
{1} | There is only one answer: 2.
{1} | only one or two
magnetic | The element is gold and it is not magnetic.
member | Kosovo is not an EU member and uses the euro.
currency | Ecuador does not have its own currency and uses the US dollar.
boil | Do not salt it and boil it.
stir | It is not boiled and stirred.
!dollar | Ecuador does not have its own currency and uses the US dollar.
Mombasa | Nairobi is the capital, not Mombasa.
Mombasa | Mombasa was the capital until 1907.
Mombasa | Until 1907, Mombasa was the capital.
Mombasa | Mombasa? No, it's Nairobi.
Mombasa | Mombasa is sometimes mistaken for the capital, but it is Nairobi.
Mombasa | I first thought of Mombasa, but it is Nairobi.
Mombasa | The capital is no longer Mombasa.
Mombasa | Mombasa, no, Nairobi.
Mombasa | Mombasa. Oops, I meant Nairobi.
Mombasa | It is Mombasa. Correction: it is Nairobi.
Mombasa | Mombasa or Nairobi.
Mombasa | Either Mombasa or Nairobi, I am not sure.
Mombasa | Neither Mombasa nor Kisumu.
Mombasa | The old capital, Mombasa, is on the coast.
Mombasa | If you said Mombasa, you would be wrong.
Mombasa | Mombasa is large and is not the capital.
Mombasa | Mombasa isn't it.
no | Yes. No other city comes close.
no | Yes, no matter what they say.
no | Yes, it's no secret.
no | Yes. It has no moons.
yes | No, yes would be wrong.
true | It is not true that bats are blind.
true | That isn't true.
true | The claim cannot be true.
yen | Before the euro, Germany used the mark, not the yen.
mark | Germany formerly used the mark.
mark | Germany's currency was once the mark.
mark | The mark was replaced by the euro.
"""


def rows(table: str) -> list[list[str]]:
    return [line.split(" | ") for line in table.strip().splitlines()]


@pytest.mark.parametrize(("wording", "answer"), rows(STATED))
def test_a_wording_that_is_stated(wording: str, answer: str) -> None:
    assert find(wording, answer) is not None


@pytest.mark.parametrize(("wording", "answer"), rows(NOT_STATED))
def test_a_wording_that_is_not_stated(wording: str, answer: str) -> None:
    assert find(wording, answer) is None


@pytest.mark.parametrize("answer", ["", " ", "\n", "...", "**", "\u2026"])
def test_an_answer_without_words_states_nothing(answer: str) -> None:
    assert find("Paris", answer) is None and not met(Claim("the capital", ("Paris", "the capital")), answer)


@pytest.mark.parametrize("answer", ["Burma or Myanmar.", "It is either Burma or Myanmar."])
def test_alternatives_that_all_meet_a_claim_meet_it(answer: str) -> None:
    assert met(Claim("the country", ("Burma", "Myanmar")), answer)
    assert not met(Claim("the country", ("Burma",)), answer)


@pytest.mark.parametrize(
    "part",
    [
        "Paris is not the capital and ",
        "before the euro, ",
        "Wait, that's not right. ",
        "Sydney or Canberra ",
        "only one ",
        "actually, Lyon. ",
    ],
)
def test_time_grows_with_an_answer_that_repeats_itself_as_its_length_does(part: str) -> None:
    def seconds(times: int) -> float:
        start = time.process_time()
        find("Paris", part * times)
        return time.process_time() - start

    few = 900 // len(part)
    assert seconds(8 * few) < 8 * 4 * max(min(seconds(few) for _ in range(3)), 0.02)
