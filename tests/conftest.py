"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def paper_dir() -> Path:
    """The study's artifacts: H_LAST_PAPER_DIR, else the copy that lies beside the checkout; skips without one."""
    named = os.environ.get("H_LAST_PAPER_DIR")
    path = Path(named) if named else ROOT.parent / "shared" / "paper" / "artifacts"
    if not (path / "eval" / "results").is_dir():
        pytest.skip("the study's data is not on this machine (set H_LAST_PAPER_DIR)")
    return path
