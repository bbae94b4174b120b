"""The answer behind a model's thinking: the one place that says what is thinking and what was answered.

Open models write down their reasoning before the answer, each between marks of its own (`MARKS`); nothing in it was
said to the reader. The answer is what follows the last closing mark. An opening mark that is never closed means that
the answer was cut off before it began, whatever the stop reason. A chat template may have opened the thinking in the
prompt, so a closing mark needs no opening one; a closing mark of another name ("<think> ... </thinking>") closes what
was opened last. A mark that stands alone in backticks or quotation marks is spoken of and marks nothing.

Marks that a tokenizer holds for special tokens and drops cannot be seen here, except those of gpt-oss, whose channel
names stay behind ("analysisThe user asks ...assistantfinalParis"). The record of an answer keeps the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from interp.records.answers import Generation, StopReason

# Names of tags, as in <think> ... </think> (DeepSeek, Qwen, GLM and most others, Seed, LongCat; Claude and Reflection
# distillations) and [THINK] ... [/THINK] (Mistral).
TAGS = (
    *(
        "think",
        "thinking",
        "thought",
        "thoughts",
        "reason",
        "reasoning",
        "reasoning_content",
        "reflection",
        "scratchpad",
    ),
    *("cot", "chain_of_thought", "inner_thoughts", "inner_monologue", "seed:think", "ant:thinking", "antml:thinking"),
    *("longcat_think", "think_fast", "think_faster", "analysis", "rationale", "deliberation", "thinking_process"),
)
# What may also follow an answer, to explain it or to look back on it.
AFTERWARDS = ("reason", "reasoning", "rationale", "reflection", "analysis", "deliberation")
_NAMES = "|".join(sorted(map(re.escape, TAGS), key=len, reverse=True))
_TAG = r"<[ \t]*{slash}[ \t]*(?P<{name}>" + _NAMES + r")(?:\s[^<>]{{0,100}})?>"
_SQUARE = r"\[[ \t]*{slash}[ \t]*(?P<{name}>THINK|(?-i:THINKING))[ \t]*\]"

# What stands at once behind the name of a channel where an answer begins, and never behind the English word "final":
# a Latin capital, a digit, a mark of Markdown, of a formula or of a quotation, or a letter of another script.
_BEGINS = r"""(?:[A-Z\u00c0-\u00d6\u00d8-\u00de0-9*#`$"\u201c\u00ab\u00bf\u00a1]|[^\W_\u0000-\u024f])"""

# Kind of mark -> how it opens and how it closes; a pattern's group is the tag's name, which both must share.
MARKS: dict[str, tuple[str, str]] = {
    "tag": (_TAG.format(slash="", name="open_tag"), _TAG.format(slash="/", name="close_tag")),
    "mistral": (_SQUARE.format(slash="", name="open_square"), _SQUARE.format(slash="/", name="close_square")),
    # gpt-oss (harmony), with its special tokens and without them
    "harmony": (
        r"(?:<\|start\|>\s*assistant\s*)?<\|channel\|>\s*(?:analysis|commentary)\b[^<\n]{0,100}(?:<\|message\|>)?"
        r"|\A\s*(?:analysis|commentary)(?=[^\W_])|assistant(?:analysis|commentary)",
        r"(?:<\|start\|>\s*assistant\s*)?<\|channel\|>\s*final\b[^\n]{0,100}?<\|message\|>"
        r"|assistantfinal|\A\s*final(?=" + _BEGINS + ")",
    ),
    "gemma": (r"<\|channel>\s*thought\b", r"<channel\|>"),  # Gemma 4
    "cohere": (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Command A
    "thought": (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # Sky-T1, OpenThinker
    "kimi": ("◁think▷", "◁/think▷"),
    "inner": (r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),  # Apertus
    "bars": (r"<\|think(?:ing)?(?:_start)?\|>", r"<\|/think(?:ing)?\|>|<\|think(?:ing)?_end\|>"),
    "medgemma": (r"<unused94>", r"<unused95>"),
    "granite": (  # Granite 3.2
        r"\A\s*Here(?: is|'s) my thought process:",
        r"Here(?: is|'s) my response:",
    ),
    "ollama": (r"\A\s*Thinking\.\.\.(?=\s*\n)", r"(?m:^\.\.\.done thinking\.)"),
}
_OPENING_FLAGS = {"harmony": 0, "granite": 0, "ollama": 0}  # the others are read without regard to case
_READ = tuple(
    (kind, tuple(re.compile(p, _OPENING_FLAGS.get(kind, re.IGNORECASE)) for p in patterns))
    for kind, patterns in MARKS.items()
)
_QUOTES = ("`", "'", '"')
_SPOKEN_OF = re.compile(
    r"[ \t]*(?:(?:and|or|/|\.{3})[ \t]*<|(?:xml |html )?(?:tags?|blocks?|sections?|elements?|tokens?|mark(?:er)?s?)\b)",
    re.IGNORECASE,
)
_END_MARKS = re.compile(r"(?:\s*<\|(?:return|end|call)\|>)+\s*\Z")
_WRAPPERS = ("<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|begin_of_solution|>", "<|end_of_solution|>")


def final_answer(text: str) -> str | None:
    """Return what was answered after the last thinking; None where the thinking is not closed, so nothing was.

    A text without thinking comes back as it is; what follows thinking comes without the space before it.
    """
    start = 0
    opened: dict[str, int] = {}
    before: str | None = None  # what was said before the first mark
    afterwards = True
    for at, end, name, opens in sorted(_marks(text)):
        before = text[:at] if before is None and opens else before or ""
        afterwards = afterwards and name.removeprefix("tag ") in AFTERWARDS
        if opens:
            opened[name] = at
        else:
            alike = [other for other in opened if other.split()[0] == name.split()[0]]
            opened.pop(name if name in opened or not alike else alike[-1], None)
            start = max(start, end)
    if opened:
        return None
    if not start:
        return text
    answer = _END_MARKS.sub("", text[start:])
    for wrapper in _WRAPPERS:
        answer = answer.replace(wrapper, "")
    if not answer.strip() and afterwards and before:
        return before.rstrip()
    return answer.lstrip("\r\n").rstrip() if answer.strip() else ""


def cut_off(generation: Generation) -> bool | None:
    """Say whether an answer was cut off: at its token budget, or in its thinking; None where neither is recorded."""
    if "text" not in generation.unrecorded and final_answer(generation.text) is None:
        return True
    return None if generation.stop is None else generation.stop is StopReason.LENGTH


def answered(generation: Generation) -> str:
    """Return the answer of a generation, without its thinking; empty where nothing was answered yet (`cut_off`)."""
    return final_answer(generation.text) or ""


def _marks(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Yield start, end, name and whether it opens, of every mark that is not only spoken of."""
    for kind, (opening, closing) in _READ:
        for pattern, opens in ((closing, False), (opening, True)):
            for found in pattern.finditer(text):
                around = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
                quoted = around[0] == around[1] and around[0] in _QUOTES
                if not (quoted or (kind == "tag" and _SPOKEN_OF.match(text, found.end()))):
                    name = next((value for value in found.groupdict().values() if value), "")
                    yield found.start(), found.end(), f"{kind} {name.lower()}", opens
