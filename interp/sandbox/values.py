"""Plain values between two processes of which one is not trusted: messages that can hold data and nothing else.

A value travels as tagged JSON and is built anew on the other side from Python's own types, so that no method of the
sender, no comparison above all, ever runs with the receiver. Sizes and depths are bounded.

Standard library only: a sandboxed process imports this with nothing else on its path.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

LARGEST = 8 << 20  # bytes of a message
DEEPEST = 64  # values within values
LONGEST = 100_000  # items that are taken out of an iterator

_HEADER = 4


class Unsendable(Exception):
    """A value that is no plain data, or too large."""


class Malformed(Exception):
    """A message that no honest sender writes."""


class Closed(Exception):
    """The other side has gone."""


def send(pipe: int, message: Mapping[str, object]) -> None:
    """Write one message; Unsendable where it is larger than `LARGEST`, Closed where nobody reads."""
    data = json.dumps(message, separators=(",", ":")).encode()
    if len(data) > LARGEST:
        raise Unsendable(f"a message of {len(data)} bytes")
    view = memoryview(len(data).to_bytes(_HEADER, "big") + data)
    try:
        while view:
            view = view[os.write(pipe, view) :]
    except BrokenPipeError:
        raise Closed from None


def receive(pipe: int) -> dict[str, Any]:
    """Read one message; Closed at the end, Malformed where it is none.

    What its fields hold is for the reader to check: the sender may be a program that nobody trusts.
    """
    length = int.from_bytes(_read(pipe, _HEADER), "big")
    if length > LARGEST:
        raise Malformed(f"a message of {length} bytes")
    try:
        message = json.loads(_read(pipe, length))
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None
    if not isinstance(message, dict):
        raise Malformed("a message that is no object")
    return message


def _read(pipe: int, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        chunk = os.read(pipe, min(count - len(data), 1 << 16))
        if not chunk:
            raise Closed
        data += chunk
    return bytes(data)


def pack(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can hold it; a subclass travels as the plain type below it.

    Raises:
        Unsendable: a value that is not made of numbers, text, bytes, lists, tuples, sets, dictionaries, None, or an
            iterator over such values.
    """
    if depth > DEEPEST:
        raise Unsendable("values nested too deeply")
    if value is None or value is True or value is False:
        return value
    for kind, tag in _SCALARS.items():
        if isinstance(value, kind):
            return [tag, _scalar(kind, value)]
    for kind, tag in _SEQUENCES.items():
        if isinstance(value, kind):
            # The plain type's own iteration: a subclass may lie about what it holds.
            return [tag, [pack(item, depth + 1) for item in kind.__iter__(value)]]
    if isinstance(value, dict):
        pairs = dict.items(value)
        return ["dict", [[pack(key, depth + 1), pack(item, depth + 1)] for key, item in pairs]]
    if isinstance(value, Iterator):
        return ["iterator", [pack(item, depth + 1) for item in _bounded(value)]]
    raise Unsendable(type(value).__name__)


def _scalar(kind: type, value: Any) -> str:
    if kind is int:
        return hex(int.__index__(value))
    if kind is float:
        return float.hex(value)
    if kind is complex:
        return f"{float.hex(value.real)} {float.hex(value.imag)}"
    return bytes(value).hex() if kind in (bytes, bytearray) else str.__str__(value)


_SCALARS: dict[type, str] = {
    int: "int",
    float: "float",
    complex: "complex",
    str: "str",
    bytes: "bytes",
    bytearray: "bytearray",
}
_SEQUENCES: dict[Any, str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset"}


def _bounded(values: Iterator[Any]) -> Iterator[Any]:
    for count, item in enumerate(values):
        if count >= LONGEST:
            raise Unsendable(f"an iterator of more than {LONGEST} items")
        yield item


def unpack(packed: Any) -> Any:
    """Return what `pack` was given, built from Python's own types; Malformed for what `pack` does not write."""
    if packed is None or packed is True or packed is False:
        return packed
    try:
        tag, content = packed
        return _READERS[tag](content)
    except (TypeError, ValueError, KeyError, OverflowError, RecursionError) as error:
        raise Malformed(f"a value that cannot be read ({type(error).__name__})") from None


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError
    return content


def _items(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise TypeError
    return [unpack(item) for item in content]


def _dictionary(content: Any) -> dict[Any, Any]:
    return dict(_pair(pair) for pair in content)


def _pair(pair: Any) -> tuple[Any, Any]:
    key, value = pair
    return unpack(key), unpack(value)


def _complex(content: Any) -> complex:
    real, imaginary = _text(content).split(" ")
    return complex(float.fromhex(real), float.fromhex(imaginary))


_READERS: dict[str, Callable[[Any], object]] = {
    "int": lambda content: int(_text(content), 16),
    "float": lambda content: float.fromhex(_text(content)),
    "complex": _complex,
    "str": _text,
    "bytes": lambda content: bytes.fromhex(_text(content)),
    "bytearray": lambda content: bytearray.fromhex(_text(content)),
    "list": _items,
    "tuple": lambda content: tuple(_items(content)),
    "set": lambda content: set(_items(content)),
    "frozenset": lambda content: frozenset(_items(content)),
    "dict": _dictionary,
    "iterator": lambda content: iter(_items(content)),
}
