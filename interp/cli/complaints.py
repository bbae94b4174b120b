"""What tyro complains of, as one sentence instead of a box."""

from __future__ import annotations

import re


def sentence(complaint: str, prog: str) -> str:
    """Return what tyro complained about as one sentence."""
    text = " ".join(re.sub(r"-{3,}|[─╭╮╰╯│]", " ", complaint).split())
    see = f"`{prog} --help` lists the options."
    unknown = re.search(r"Unrecognized options?: (\S+)", text)
    if unknown:
        return f"There is no option {unknown[1].rstrip(',')!r}; {see}"
    if text.startswith("Required option"):
        named = re.findall(r"(--[\w-]+) [A-Z{]", text) or re.findall(r"Missing from [^:]*: ([A-Z]+)", text)
        missing = dict.fromkeys(named)
        return f"Required but missing: {', '.join(missing)}; {see}"
    text = re.split(r" (?:Argument helptext|For full helptext|Are you sure)", text)[0]
    text = re.sub(r"^(?:Value error|Invalid choice|Parsing error|Missing argument) ", "", text).rstrip(".")
    text = text.replace(". Expected", ", expected")
    return f"{text[:1].upper()}{text[1:]}; {see}"
