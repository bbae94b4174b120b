"""How much is saved by reading an answer once for all wordings of its prompt."""

import json
import time
from pathlib import Path

import pytest

from interp.language.matching import Text, find

FILE = Path(__file__).parents[1] / "interp" / "language" / "checklist_cases.jsonl"
CASES = [json.loads(line) for line in FILE.read_text().splitlines()]


@pytest.mark.slow
def test_reading_an_answer_once_is_several_times_faster_than_reading_it_for_every_wording() -> None:
    answer = "\n".join(case["answer"] for case in CASES)[:2400]  # about 400 words
    wordings = list(dict.fromkeys(w for case in CASES for w in case["accept"]))[:24]  # four claims of six wordings

    started = time.perf_counter()
    for _ in range(20):
        text = Text(answer)
        once = [find(wording, text) for wording in wordings]
    together = time.perf_counter() - started

    started = time.perf_counter()
    for _ in range(20):
        each = [find(wording, answer) for wording in wordings]
    apart = time.perf_counter() - started

    assert once == each
    print(f"read once: {apart / together:.1f} times as fast")  # noqa: T201
    assert apart / together > 3
