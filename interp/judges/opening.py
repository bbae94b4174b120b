"""Which judge a word on the command line means."""

from __future__ import annotations

from pathlib import Path

from interp.errors import InputError
from interp.judges.chat import ChatJudge
from interp.judges.endpoint import ChatOptions, api_key
from interp.judges.transcript import RecordedJudge


def open_judge(text: str, options: ChatOptions | None = None) -> ChatJudge | RecordedJudge:
    """Return the judge that is meant by `chat:MODEL` or `recorded:PATH`.

    Args:
        text: a model of the endpoint at OPENAI_BASE_URL (else OpenAI's own), or a transcript's file.
        options: limits and sampling; of a recorded judge only `max_unscored` counts.

    Raises:
        InputError: neither of the two, no OPENAI_API_KEY, or a transcript that cannot be used.
    """
    options = options or ChatOptions()
    kind, _, rest = text.partition(":")
    if kind == "chat" and rest:
        judge = ChatJudge(rest, options)
        api_key()  # said now, not after hours of generating
        return judge
    if kind == "recorded" and rest:
        return RecordedJudge(Path(rest).expanduser(), options.max_unscored)
    raise InputError(
        f"There is no judge {text!r}; expected chat:MODEL (a model of the endpoint at OPENAI_BASE_URL) or "
        "recorded:PATH (a saved transcript)."
    )
