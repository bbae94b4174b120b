"""Made-up answers, for tests that need no model: one plain answer, and what a test changes about it."""

from __future__ import annotations

import dataclasses
from typing import Any

from interp.records.answers import Generation, StopReason

PLAIN = Generation("g1", "p1", "m", "It is so.", (1, 2), 5, "", 0, StopReason.EOS, 64, -0.5, -1.0)


def generation(text: str = PLAIN.text, **changes: Any) -> Generation:
    """Return an answer of this text that ended by itself, with some fields of its own."""
    return dataclasses.replace(PLAIN, text=text, **changes)
