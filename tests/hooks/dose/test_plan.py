from __future__ import annotations

import pytest

from hooks.dose.plan import parse_factors, parse_seeds
from interp.errors import InputError


def test_factors_are_read_in_their_order() -> None:
    assert parse_factors("1.0, 0.9,0") == (1.0, 0.9, 0.0)
    with pytest.raises(InputError):
        parse_factors("1,1.0000001")


def test_seeds_are_whole_numbers_and_none_comes_twice() -> None:
    assert parse_seeds(None, 0) == ()
    assert parse_seeds("1, 20", 0) == (1, 20)
    for text in ("", "1,", "-1", "1.5", "1,1", "0"):
        with pytest.raises(InputError, match="--replicate"):
            parse_seeds(text, 0)
