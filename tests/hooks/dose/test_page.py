from __future__ import annotations

from typing import Any

from hooks.dose.replication import replication, replication_lines


def change(value: float, reach: float = 0.1) -> dict[str, float]:
    return {"value": value, "lower": value - reach, "upper": value + reach}


def rerun(seed: int, verdict: str, delivery: Any, recall: Any, first_prompt: int = 0) -> dict[str, Any]:
    judged = {"verdict": verdict, "disposition": delivery, "content": recall}
    ids = [f"p{i}" for i in range(first_prompt, first_prompt + 4)]
    return {
        "directory": f"run-{seed}",
        "manifest_sha256": "0",
        "seed": seed,
        "prompt_ids": ids,
        "temper": {"judged": judged},
    }


def test_a_verdict_and_signs_that_hold_on_every_seed_repeat() -> None:
    found = replication(
        [rerun(0, "moved cleanly", change(-0.3), change(0)), rerun(1, "moved cleanly", change(-0.2), None, 2)]
    )
    assert found["verdict_repeats"] is True
    assert found["signs"] == {"asserted": [-1, -1], "checklist recall": [0, None]}
    assert found["signs_repeat"] == {"asserted": True, "checklist recall": None}
    assert [row["prompts_shared_with_the_first"] for row in found["runs"]] == [4, 2]
    text = "\n".join(replication_lines(found))
    assert "The verdict repeats." in text
    assert "asserted repeats (-, -), checklist recall is clear in no run (0, unknown)" in text
    assert "seed 1: moved cleanly; delivery -0.200 [-0.300, -0.100], checklist recall unknown; 2 of 4 prompts" in text


def test_a_change_that_is_clear_on_one_seed_only_does_not_repeat() -> None:
    found = replication(
        [rerun(0, "moved cleanly", change(-0.3), change(0)), rerun(1, "unresolved", change(0), change(0.2))]
    )
    assert found["verdict_repeats"] is False
    assert found["signs_repeat"] == {"asserted": False, "checklist recall": False}
    assert "The verdict does not repeat." in replication_lines(found)[-1]
