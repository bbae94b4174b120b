"""Which option of a multiple choice an answer gives: answers as models write them, with reasons and lists."""

from __future__ import annotations

import time

import pytest

from interp.language.matching import find

CHOICES: tuple[tuple[str, str], ...] = (
    ("B", "Answer: B\n\nExplanation: Choice A is wrong since it's Lyon. Choice C describes Nice."),
    ("B", "The best choice is B. Choice A is too broad and choice C is too narrow."),
    ("B", "The correct answer is choice B, since choice A only holds in winter."),
    ("B", "B) Paris\n\nA) Lyon is the third-largest city.\nC) Nice is on the coast."),
    (
        "B",
        "The correct answer is:\n\nB) Paris\n\nHere's why:\n\nA) Lyon is the third-largest city.\nC) "
        "Nice is on the coast.",
    ),
    ("B", "(B) Paris. (A) is wrong because Lyon is not the capital."),
    ("B", "The correct answer is B. Many students choose A because it sounds right."),
    ("B", "The correct answer is B. You might be tempted to choose A."),
    (
        "B",
        "The answer is B. If the question had asked for the second city, the answer would be A.",
    ),
    ("B", "Option A (Lyon) is a large city. Option B (Paris) is the capital. Therefore B."),
    ("B", "A seems tempting, but B is correct."),
    ("B", "It's B. A is a close second."),
    ("B", "B is right. A is a distractor."),
    (
        "B",
        "Looking at the choices: choice A is Lyon, choice B is Paris, choice C is Nice. Paris is the capital, so B.",
    ),
    ("B", "A: Lyon - incorrect\nB: Paris - correct"),
    ("B", "- A) Lyon ❌\n- B) Paris ✅"),
    ("B", "B is correct and A is not."),
    ("B", "The answer is B and it is not close."),
    ("B", "The answer is A. Wait, no, it's B."),
    ("", "It isn't B."),
    ("", "A) Lyon\nB) Paris\nC) Nice"),
    ("", "A or B"),
    ("", "I cannot choose between A and B."),
    ("", "I'm not sure whether it's A or B."),
    (
        "B",
        "Let's go through the options. A is Lyon, which is not the capital. B is Paris, which "
        "is the capital. The answer is therefore B.",
    ),
    ("B", "**B**"),
    ("B", "\\boxed{B}"),
    ("B", "The final answer is \\boxed{\\text{B}}."),
    ("B", "**Answer:** B) Paris"),
    ("B", "Answer: **B**"),
    ("B", "The correct option is (B) Paris."),
    ("B", "I choose B."),
    ("B", "I would pick B."),
    ("B", "My answer is B because Paris is the capital of France."),
    ("B", "Option B"),
    ("B", "Option B."),
    ("B", "Option B is correct."),
    ("B", "Option B is the correct answer. Option A is Lyon."),
    ("B", "Choice B is the best answer."),
    ("B", "The answer must be B."),
    ("B", "Thus, the correct choice is B."),
    ("B", "So the answer is B, not A."),
    ("B", "Not A, but B."),
    ("B", "B. Paris"),
    ("B", "b) Paris"),
    ("B", "(b)"),
    ("B", "It is B."),
    ("B", "It has to be B."),
    ("B", "A is wrong, C is wrong, so the answer is B."),
    ("B", "A and C are wrong, so it must be B."),
    ("B", "A is incorrect. B is correct. C is incorrect."),
    ("B", "Option A: Incorrect. Option B: Correct. Option C: Incorrect."),
    ("B", "A) Lyon - wrong\nB) Paris - right\nC) Nice - wrong"),
    ("B", "A) Lyon (incorrect)\nB) Paris (correct)"),
    ("B", "A) Lyon ✗\nB) Paris ✓\nC) Nice ✗"),
    ("B", "A. Lyon\nB. Paris\nC. Nice\n\nThe answer is B."),
    ("B", "A. Lyon\nB. Paris\nC. Nice\n\nAnswer: B"),
    ("B", "A) Lyon\nB) Paris\nC) Nice\n\nCorrect answer: B) Paris"),
    ("B", "Among the options, only B names the capital."),
    ("B", "Given the options, I select B."),
    ("B", "The answer is (B)."),
    ("B", "Answer is B"),
    ("B", "ANSWER: B"),
    ("B", "Therefore, option B is correct."),
    ("B", "Hence B."),
    ("B", "Paris is the capital, which is option B."),
    ("B", "The capital is Paris (option B)."),
    ("B", "Paris (B)"),
    ("B", "Paris, so the answer is choice B."),
    ("B", "I think B is the right answer."),
    ("B", "I believe the answer is B, but A is plausible too."),
    ("B", "Although A looks right, the answer is B."),
    ("B", "At first I thought A, but the answer is B."),
    ("B", "Some may say A, but the correct answer is B."),
    ("B", "One could argue for A, but B is the best answer."),
    ("B", "B, because Paris is the capital."),
    ("B", "B - Paris"),
    ("B", "B: Paris"),
    ("B", "The letter is B."),
    ("B", "The right letter is B."),
    ("A", "The answer is A."),
    ("A", "A"),
    ("A", "A) Lyon"),
    ("A", "Option A is correct, options B and C are not."),
    ("", "The options are A, B and C."),
    ("", "Both A and B are plausible."),
    ("", "None of the options is correct."),
    ("", "I don't know which option is correct."),
    ("", "Option A is a large city. Option B is the capital."),
    ("", "Choose A, B, or C."),
    ("", "A good question."),
    ("", "B is wrong."),
    ("", "Option B is incorrect."),
    ("", "It is either A or B."),
    ("", "The answer is not B."),
    ("", "The answer isn't B."),
    ("C", "The answer is B. No, wait, C."),
    ("C", "I first picked B, but the correct answer is C."),
    ("C", "It's not B; it's C."),
    ("C", "The answer can't be A or B, so it is C."),
    ("C", "Eliminating A and B leaves C."),
    ("C", "A, B and D are incorrect; C is correct."),
    ("C", "The answer is C (not A or B)."),
    (
        "C",
        "Let me think. Option A says red. Option B says blue. Option C says green. The sky is "
        "green here, so option C is correct.",
    ),
    (
        "C",
        "Analysis:\n- Option A: too small.\n- Option B: too large.\n- Option C: fits.\n\nFinal answer: C",
    ),
    ("C", "### Answer\nC"),
    ("C", "**Correct answer: C**\n\n- A is wrong.\n- B is wrong."),
    ("C", "Correct: C"),
    ("C", "C is the answer. B would be right only for even numbers."),
    ("D", "D) All of the above\n\nExplanation: A, B and C are all true."),
    ("D", "The answer is D, all of the above, since A, B and C are correct."),
    ("B", "<answer>B</answer>"),
    ("B", "The answer is:\nB"),
    ("B", "The answer is\n\n**B) Paris**"),
    ("B", "Sure! The correct answer is **B) Paris**.\n\nA) Lyon is a city.\nC) Nice is a city."),
    ("B", "The correct answer is B) Paris. A) Lyon and C) Nice are other cities."),
    ("B", "B) Paris is the capital of France. A) Lyon is not."),
    ("B", "Answer: B\nExplanation: Paris has been the capital since 987."),
    (
        "B",
        "The answer is B.\n\nA: Lyon is not the capital.\nB: Paris is the capital.\nC: Nice is not the capital.",
    ),
    (
        "B",
        "The correct answer is (B) Paris.\n\nOption A is incorrect because Lyon is not the "
        "capital.\nOption C is incorrect because Nice is not the capital.",
    ),
    ("B", "Out of the options given, B) Paris is the capital of France."),
    ("B", "I'd go with B."),
    ("B", "I'd say B."),
    ("B", "I will go with option B."),
    ("B", "My final answer is option B."),
    ("B", "I'm going with B."),
    ("B", "Final answer: **B**."),
    ("B", "**Final Answer:** (B)"),
    ("B", "Thus the answer is $\\boxed{B}$."),
    ("B", "Step 1: A is Lyon.\nStep 2: B is Paris.\nSo the answer is B."),
    ("B", "If I had to pick, I'd say B."),
    ("B", "You should choose B."),
    ("B", "Select B."),
    ("B", "Pick option B."),
    ("B", "B is the only option that names a capital."),
    ("B", "Only B is true."),
    ("B", "Only option B is correct."),
    ("B", "Statement B is true."),
    ("B", "The one that fits is B."),
    ("B", "A is false, B is true, and C is false."),
    ("B", "B) Paris is the answer."),
    ("B", "Between A and B, B is correct."),
    ("B", "While A might look right, B is the correct choice."),
    ("B", "The answer is B, although many people choose A."),
    ("B", "The answer is B. A common mistake is to choose A."),
    (
        "B",
        "Let's analyze each option:\n\nA) Lyon: a large city, but not the capital.\nB) Paris: the "
        "capital of France.\nC) Nice: a city on the coast.\n\nTherefore, the correct answer is B) "
        "Paris.",
    ),
    (
        "B",
        "Let's analyze each option:\n\nA) Lyon: a large city, but not the capital.\nB) Paris: the "
        "capital of France.\nC) Nice: a city on the coast.\n\nTherefore, the correct answer "
        "is:\n\nB) Paris",
    ),
    ("B", "1. Option A is Lyon.\n2. Option B is Paris.\n\nHence, option B is the right one."),
    ("B", "Correct answer: B\nIncorrect answers: A, C"),
    ("B", "Correct Option: B"),
    ("B", "Choice: B"),
    ("B", "Selected option: B"),
    ("B", "B ✅"),
    ("B", "✅ B) Paris"),
    ("B", "A ❌ B ✅ C ❌"),
    ("", "I can't tell whether the answer is A or B."),
    ("", "Please provide options A, B, C and D."),
    ("", "Both option A and option B could be right."),
    ("", "The answer is neither A nor B."),
    ("", "As an AI, I cannot choose."),
    ("", "Could it be B?"),
    ("", "Option A is Lyon.\nOption B is Paris.\nOption C is Nice."),
    ("A", "A) Lyon\n\nLyon is the capital."),
    ("A", "The answer is A) Lyon. B) Paris is not the capital."),
    ("A", "A is right. B isn't."),
    ("A", "The correct option is A: Lyon. Options B and C are wrong."),
    ("A", "A. Lyon. The other options, B and C, are wrong."),
    ("A", "**A) Lyon**\n\nExplanation:\n\n- B) Paris is wrong.\n- C) Nice is wrong."),
)


@pytest.mark.parametrize(("option", "answer"), CHOICES)
def test_the_one_option_that_an_answer_gives(option: str, answer: str) -> None:
    assert [name for name in "ABCD" if find(name, answer) is not None] == ([option] if option else [])


@pytest.mark.parametrize("part", ["\n", "A ", "is ", "B) x\n", "option B is ", "A, ", "(A) x ", "the answer is "])
def test_time_grows_with_an_answer_that_repeats_itself_as_its_length_does(part: str) -> None:
    def seconds(times: int) -> float:
        start = time.process_time()
        find("B", part * times)
        return time.process_time() - start

    few = 400 // len(part)
    assert seconds(8 * few) < 8 * 4 * max(min(seconds(few) for _ in range(3)), 0.02)
