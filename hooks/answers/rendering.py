"""What a chat template is given beside the prompt, found out from the template and fixed for a run.

Thinking is switched by the names that the template looks up, the day is the one on which the run was begun, and
messages become lists of text parts where the template drops plain strings.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import markupsafe

from hooks.answers.apart import CLOCK
from hooks.answers.template import Message, render, template_source, variables_of
from hooks.backend.hook import HookError
from interp.cli.groups import AS_USUAL, RenderingOptions
from interp.errors import InputError
from interp.language.words import visible
from interp.records.rendering import Rendering
from interp.runs.directory import Run
from interp.runs.layout import RENDERING
from interp.runs.rendering import read_rendering, today, write_rendering

BARE = Rendering(date=None, system=None, variables={}, parts=False)
MARK = "qzxjkvprompt"  # stands for a prompt where it is asked what a template makes of one
SYSTEM_MARK = "qzxjkvsystem"
# The switches of thinking that families' templates know, true or false (Qwen3, SmolLM3, GLM, ...; Granite, DeepSeek).
SWITCHES = ("enable_thinking", "thinking")
GRADED = ("reasoning_effort", "thinking_budget")  # thinking that has a measure and is never off (gpt-oss, Seed-OSS)
DATE = "date_string"  # Llama 3.1 and later read the day from it, in this form; without it they have a day of their own
DATE_FORM = "%d %b %Y"
NO_TEMPLATE = "prompts are put to this model without a chat template"
REMEDY = "use a template that keeps the text of its messages"


def default_rendering(tokenizer: Any, raw: bool = False) -> Rendering:
    """Return what a template is given where nothing was asked for, on this day."""
    return settle(tokenizer, AS_USUAL, today(), raw)


def settle(tokenizer: Any, options: RenderingOptions, day: str, raw: bool = False) -> Rendering:
    """Return what the template of a tokenizer is given beside each prompt.

    Args:
        tokenizer: the model's.
        options: what was asked for.
        day: what the template takes for today, as YYYY-MM-DD, unless the options name a day.
        raw: prompts are continued as they stand, so that no template is used.

    Raises:
        InputError: the template fails, drops the prompt or the system message, or has no switch for thinking.
    """
    wanted = options.identity
    source = None if raw else template_source(tokenizer)
    if source is None:
        _refuse_without_template(options)
        return BARE
    names = variables_of(source)
    variables: dict[str, bool | str] = {name: options.thinking for name in SWITCHES if name in names}
    if wanted["date"] is not None and DATE in names:
        variables[DATE] = datetime.date.fromisoformat(str(wanted["date"])).strftime(DATE_FORM)
    reads_day = CLOCK in names or DATE in variables
    plain = Rendering((options.date or day) if reads_day else None, options.system, variables, parts=False)
    chosen = _as_it_takes_them(source, tokenizer, plain)
    if options.thinking:
        _check_switch(source, tokenizer, chosen, names)
    return chosen


def _refuse_without_template(options: RenderingOptions) -> None:
    if options.system is not None:
        raise InputError(f"--system cannot be put to this model: {NO_TEMPLATE}; leave it out.")
    if options.thinking:
        raise InputError(f"--thinking cannot be switched on: {NO_TEMPLATE}; leave it out.")


def _as_it_takes_them(source: str, tokenizer: Any, plain: Rendering) -> Rendering:
    """Return the rendering with messages as the template takes them: strings, or else lists of text parts."""
    parts = Rendering(plain.date, plain.system, plain.variables, parts=True)
    problem = _problem(source, tokenizer, plain)
    if problem is None:
        return plain
    if _problem(source, tokenizer, parts) is None:
        return parts
    raise problem


def _problem(source: str, tokenizer: Any, rendering: Rendering) -> HookError | None:
    """Return why a template cannot be used like this, or None where prompt and system message come through."""
    try:
        rendered = _render(source, tokenizer, rendering)
        if MARK not in rendered.casefold():
            return HookError(f"The model's chat template drops the prompt: what it renders does not hold it; {REMEDY}.")
        if rendering.parts and "'type': 'text'" in rendered:  # it wrote the list down, as Python would
            return HookError(f"The model's chat template does not take messages in text parts; {REMEDY}.")
        return None if rendering.system is None else _system_problem(source, tokenizer, rendering, rendered)
    except HookError as error:
        return error


def _render(source: str, tokenizer: Any, rendering: Rendering) -> str:
    return render(source, tokenizer, messages(MARK, rendering), rendering.variables, rendering.date)


def _system_problem(source: str, tokenizer: Any, rendering: Rendering, rendered: str) -> HookError | None:
    system = rendering.system or ""
    around = _render(source, tokenizer, Rendering(rendering.date, SYSTEM_MARK, rendering.variables, rendering.parts))
    if SYSTEM_MARK not in around.casefold() or not stands(system, rendered, around, SYSTEM_MARK):
        return HookError(
            "The model's chat template drops the system message: what it renders does not hold it; leave out --system."
        )
    texts = (rendered, around.replace(SYSTEM_MARK, ""))
    ids, others = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts)
    if not has_own_token(tokenizer, ids, others):
        return HookError("The tokenizer does not know the characters of the system message; leave out --system.")
    return None


def _check_switch(source: str, tokenizer: Any, chosen: Rendering, names: frozenset[str]) -> None:
    """Refuse to let a model think whose template has no switch for it, or one that makes no difference here."""
    off = {name: False if name in SWITCHES else value for name, value in chosen.variables.items()}
    other = Rendering(chosen.date, chosen.system, off, chosen.parts)
    if _render(source, tokenizer, chosen) != _render(source, tokenizer, other):
        return
    graded = [name for name in GRADED if name in names]
    known = f"it knows only {graded[0]}, which grades thinking and does not switch it" if graded else "it has no switch"
    raise InputError(f"--thinking cannot be switched on by the model's chat template: {known}; leave it out.")


def messages(text: str, rendering: Rendering) -> list[Message]:
    """Return the conversation that asks `text`."""
    said = [] if rendering.system is None else [("system", rendering.system)]
    return [{"role": role, "content": _content(words, rendering.parts)} for role, words in (*said, ("user", text))]


def _content(text: str, parts: bool) -> str | list[Message]:
    return [{"type": "text", "text": text}] if parts else text


def stands(text: str, rendered: str, around: str, mark: str) -> bool:
    """Return whether a text stands in what was rendered, beside what stands there anyway.

    White space and case do not count, and the text may be escaped as JSON or HTML; what it may not be is gone.

    Args:
        text: what must stand there.
        rendered: with the text.
        around: the same with `mark` in its place.
        mark: a word that stands nowhere else.
    """
    seen, frame = _squashed(rendered), _squashed(around.replace(mark, "\0"))
    as_json = (json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))
    forms = [_squashed(form) for form in (text, str(markupsafe.escape(text)), *as_json)]
    return any(seen.count(form) > frame.count(form) for form in forms if form) or not visible(text)


def _squashed(text: str) -> str:
    return "".join(text.casefold().split())


def has_own_token(tokenizer: Any, ids: Sequence[int], around: Sequence[int], *, blank: bool = False) -> bool:
    """Return whether ids hold a token that says something, beside those of what stands around it.

    A token for what is unknown says nothing, and one of white space does only where the whole prompt is `blank`.
    """
    own = Counter(ids) - Counter(around)
    known = [token for token in own if token != getattr(tokenizer, "unk_token_id", None)]
    return any(blank or visible(tokenizer.decode([token])) for token in known)


def settle_run(
    run: Run, tokenizer: Any, options: RenderingOptions, *, raw: bool = False, begun: str | None = None
) -> Rendering:
    """Return how the prompts of a run are rendered: as it was begun where it is continued, else from this day on.

    Args:
        run: the open run.
        tokenizer: the model's.
        options: what was asked for; the run's directory belongs to them.
        raw: prompts are continued as they stand.
        begun: the day on which a new run counts as begun; None is today.

    Raises:
        InputError: `settle` refuses, or the template is not the one that the run was begun with.
    """
    kept = read_rendering(run.path) if (run.path / RENDERING).is_file() else None
    day = begun or today() if kept is None or kept.date is None else kept.date
    rendering = settle(tokenizer, options, day, raw)
    if kept is None:
        write_rendering(run.path, rendering)
    elif kept != rendering:
        raise InputError(
            f"{run.path / RENDERING} says that this run's prompts were put to the model in another way than its chat "
            "template would now; continue it with the tokenizer that began it, or pass another --output-dir."
        )
    return rendering
