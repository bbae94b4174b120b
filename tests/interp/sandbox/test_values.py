"""Plain values cross between processes unchanged, and nothing but plain values does."""

from __future__ import annotations

import collections
import json
import math
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interp.sandbox import values

HASHABLE = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary())
PLAIN: Any = st.recursive(
    HASHABLE | st.complex_numbers(allow_nan=False),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.sets(HASHABLE),
        st.frozensets(HASHABLE),
        st.dictionaries(HASHABLE, inner),
    ),
    max_leaves=20,
)


def crossed(value: Any) -> Any:
    return values.unpack(json.loads(json.dumps(values.pack(value))))


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_plain_values_arrive_as_they_were(value: Any) -> None:
    arrived = crossed(value)
    assert arrived == value
    assert repr(arrived) == repr(value) or isinstance(value, (set, frozenset, dict, list, tuple))
    assert type(arrived) is type(value)


def test_numbers_keep_their_kind_and_their_last_bit() -> None:
    assert [type(crossed(x)) for x in (True, 1, 1.0)] == [bool, int, float]
    assert math.isnan(crossed(math.nan))
    assert math.copysign(1, crossed(-0.0)) == -1
    assert crossed(10**5000) == 10**5000
    assert crossed("\ud800") == "\ud800"


def test_an_iterator_stays_one() -> None:
    arrived = crossed(x * x for x in range(3))
    assert arrived != [0, 1, 4]
    assert list(arrived) == [0, 1, 4]


def test_a_subclass_arrives_as_the_plain_type_below_it() -> None:
    class Equal(list):  # type: ignore[type-arg]
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    assert crossed(Equal([1])) != [2]
    assert type(crossed(collections.Counter("aab"))) is dict
    assert crossed(collections.Counter("aab")) == {"a": 2, "b": 1}


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [object(), print, range(3), type, nested(200)])
def test_what_is_no_plain_data_is_refused(value: Any) -> None:
    with pytest.raises(values.Unsendable):
        values.pack(value)


def test_an_endless_iterator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "LONGEST", 10)
    assert len(list(crossed(iter(range(10))))) == 10
    with pytest.raises(values.Unsendable, match="more than 10 items"):
        values.pack(iter(int, 1))


MALFORMED = (
    *([], {}, 1, "x", ["int"], ["int", 1], ["int", "z"], ["int", "0x1", 2], ["float", "one"], ["bytes", "0"]),
    *(["list", "abc"], ["list", {}], ["set", [["list", []]]], ["dict", [[None]]], ["dict", 3], ["object", "x"]),
    *(["float", "0x1p99999"], ["complex", "0x1p0"], [["list"], []], ["iterator", None]),
)


@pytest.mark.parametrize("packed", MALFORMED, ids=repr)
def test_what_pack_does_not_write_is_malformed(packed: Any) -> None:
    with pytest.raises(values.Malformed):
        values.unpack(packed)


def received(data: bytes) -> dict[str, Any]:
    """What `receive` makes of the bytes on a pipe whose writer has gone."""
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    try:
        return values.receive(reader)
    finally:
        os.close(reader)


def framed(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


def test_a_message_comes_back() -> None:
    assert received(framed(b'{"a":[1]}')) == {"a": [1]}


@pytest.mark.parametrize(
    "data", [b"\xff" * 64, framed(b"no json"), framed(b"[]"), framed(b"\xff"), framed(b"[" * 60_000)], ids=len
)
def test_noise_is_malformed(data: bytes) -> None:
    with pytest.raises(values.Malformed):
        received(data)


@pytest.mark.parametrize("data", [b"", b"\0", framed(b'{"a":1}')[:-1]], ids=len)
def test_an_end_in_the_middle_is_the_end(data: bytes) -> None:
    with pytest.raises(values.Closed):
        received(data)


def test_a_message_that_is_too_large_is_not_sent() -> None:
    with pytest.raises(values.Unsendable):
        values.send(1, {"text": "x" * (values.LARGEST + 1)})


def test_a_reader_that_has_gone_is_noticed() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(values.Closed):
        values.send(writer, {})
    os.close(writer)
