"""The key is taken out of all that a server sends back, in every form that a server can have made of it.

A server may repeat the key in an error, or have its model repeat it in a reply, as it was sent or recoded; cache,
transcript and messages would keep it.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from urllib.parse import quote

HIDDEN = "***"
# A word such as "none" or "lm-studio", for servers that need no key, is no secret, and an answer may well hold it.
_SECRET = re.compile(r"(?=.*\d).{8,}|.{20,}", re.DOTALL)


def scrubbed(text: str, key: str) -> str:
    """Return a text without the key: as it is, reversed, and in base64, hexadecimal or percent form, inside others too.

    A key that is a word and no secret (short, or without a digit) is left where it stands.
    """
    forms = _forms(key)
    return forms.sub(HIDDEN, text) if forms is not None else text


@lru_cache(maxsize=8)
def _forms(key: str) -> re.Pattern[str] | None:
    if not _SECRET.fullmatch(key):
        return None
    raw = key.encode()
    forms = {key, key[::-1], quote(key, safe=""), raw.hex(), raw.hex().upper()}
    codes: set[str] = set()
    for before in range(3):  # base64 of "Bearer KEY" holds that of KEY in one of three alignments
        skip, spare = -(-before * 4 // 3), (before + len(raw)) % 3
        code = base64.b64encode(b"\0" * before + raw).decode()
        inner = code[skip : len(code) - (4 if spare else 0)]
        codes |= {inner, inner.replace("+", "-").replace("/", "_")}
    found = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
    return re.compile("|".join([*found, *(re.escape(code) + r"[\w+/=-]{0,4}" for code in sorted(codes))]))
