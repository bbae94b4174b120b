"""What a chat template makes of a prompt: it stands there, on the day of the run, or one sentence says why not."""

# ruff: noqa: E501 - templates stand on one line, because a line break in them is part of the prompt
from __future__ import annotations

import datetime
import fcntl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import markupsafe
import pytest

from hooks.agreement import specimens
from hooks.answers import apart
from hooks.answers.chat import encode, special_tokens
from hooks.answers.rendering import settle
from hooks.answers.template import quoted
from interp.cli.groups import RenderingOptions
from interp.errors import InputError
from interp.records.rendering import Rendering

DAY = "2026-03-09"
LOOP = "{% for m in messages %}{{ m.role }}: #{% endfor %}{% if add_generation_prompt %}A:{% endif %}"
PLAIN = LOOP.replace("#", "{{ m.content }}\n")
PARTS = LOOP.replace("#", "{% for p in m.content %}{% if p.type == 'text' %}{{ p.text }}{% endif %}{% endfor %}")
EITHER = LOOP.replace(
    "#",
    "{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endif %}",
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + PLAIN
DATED = "Today: {{ strftime_now('%d %b %Y') }}\n" + PLAIN


def tokenizer(template: Any) -> Any:
    made = specimens.tokenizer()
    made.chat_template = template
    return made


def asked(template: Any, text: str = "What is 2 + 3?", day: str = DAY, **options: Any) -> str:
    """What the model is asked, from its tokens."""
    made = tokenizer(template)
    rendering = settle(made, RenderingOptions(**options), day)
    return str(made.decode(encode(made, text, rendering=rendering)))


TAKEN = {
    "strings": PLAIN,
    "text parts": PARTS,
    "strings or text parts": EITHER,
    "the first part": LOOP.replace("#", "{{ m.content[0].text }}"),
    "a filter over parts": LOOP.replace(
        "#", "{{ m.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join }}"
    ),
    "parts by their keys": LOOP.replace("#", "{% for p in m['content'] %}{{ p['text'] }}{% endfor %}"),
    "only what is iterable and no string": LOOP.replace(
        "#", "{% if m.content is not string %}{{ m.content[0]['text'] }}{% endif %}"
    ),
    "trimmed": LOOP.replace("#", "{{ m.content | trim }}"),
    "stripped": LOOP.replace("#", "{{ m.content.strip() }}"),
    "upper case": LOOP.replace("#", "{{ m.content | upper }}"),
    "as JSON": LOOP.replace("#", "{{ m.content | tojson }}"),
    "escaped for HTML": LOOP.replace("#", "{{ m.content | e }}"),
    "the last message": "{{ messages[-1].content }}",
    "in a macro": "{% macro say(x) %}[{{ x }}]{% endmacro %}{{ say(messages[0].content) }}",
    "with a namespace": "{% set ns = namespace(t='') %}{% for m in messages %}{% set ns.t = ns.t + m.content %}{% endfor %}{{ ns.t }}",
    "with a loop that breaks": "{% for m in messages %}{{ m.content }}{% break %}{% endfor %}",
    "with generation tags": PLAIN + "{% generation %}{% endgeneration %}",
    "named templates, one of them the default": {"default": PLAIN, "tool_use": "{{ tools[0] }}"},
    "a list of named templates": [{"name": "default", "template": PLAIN}, {"name": "rag", "template": "no"}],
}


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.parametrize(
    "text", ["What is 2 + 3?", "  Why?\n", 'He said "no" & <left>', "user", "Was ist größer?", "3", "{{ x }}"]
)
def test_the_prompt_comes_through_whatever_form_the_template_takes_it_in(name: str, text: str) -> None:
    template = TAKEN[name]
    if isinstance(template, list):  # as transformers reads it
        template = {entry["name"]: entry["template"] for entry in template}
    said = asked(template, text)
    escaped = {"as JSON": text.replace('"', '\\"').replace("\n", "\\n"), "upper case": text.upper()}
    html = str(markupsafe.escape(text))
    wanted = {**escaped, "escaped for HTML": html}.get(name, text)
    assert wanted.strip() in said
    assert said != asked(template, "Something else")


DROPPED = {
    "nothing of it": "A:",
    "only the role": "{% for m in messages %}{{ m.role }}{% endfor %}",
    "another key": LOOP.replace("#", "{{ m.text }}"),
    "the length": LOOP.replace("#", "{{ m.content | length }}"),
    "the first letters": LOOP.replace("#", "{{ m.content[:5] }}"),
    "only answers": "{% for m in messages %}{% if m.role == 'assistant' %}{{ m.content }}{% endif %}{% endfor %}",
    "only pictures": LOOP.replace(
        "#", "{% for p in m.content %}{% if p.type == 'image' %}{{ p.text }}{% endif %}{% endfor %}"
    ),
    "the list as Python writes it": LOOP.replace("#", "{% if m.content is not string %}{{ m.content }}{% endif %}"),
    "white space": " ",
}


@pytest.mark.parametrize("name", DROPPED)
def test_a_template_that_drops_the_prompt_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(InputError, match="chat template") as refusal:
        asked(DROPPED[name])
    assert_sentence(refusal.value)


def assert_sentence(error: InputError) -> None:
    said = str(error)
    assert "\n" not in said and "Traceback" not in said and said.endswith(".") and len(said) < 500


BROKEN = {
    "an open tag": ("{% for m in messages %}", "broken in line 1"),
    "an open brace": ("{{ messages[0].content", "broken in line 1"),
    "broken in the third line": ("a\nb\n{% if %}", "broken in line 3"),
    "an unknown tag": ("{% frobnicate %}", "broken in line 1"),
    "an unknown filter": ("{{ messages[0].content | frobnicate }}", "frobnicate"),
    "an unknown test": ("{{ messages[0].content is frobnicated }}", "frobnicated"),
    "an undefined function": ("{{ now() }}{{ messages[0].content }}", "'now' is undefined"),
    "an undefined variable": ("{{ user.name }}{{ messages[0].content }}", "'user' is undefined"),
    "a missing message": ("{{ messages[5].content.strip() }}", "needs something"),
    "a date class that nobody gives": ("{{ datetime.now() }}{{ messages[0].content }}", "'datetime' is undefined"),
    "it raises": ("{{ raise_exception('Conversation roles must alternate') }}", "roles must alternate"),
    "it raises at length": ("{{ raise_exception('x' * 5000) }}", "xxx"),
    "it raises many lines": ("{{ raise_exception('a\\nb\\x1b[31mc') }}", "a b"),
    "it divides by nothing": ("{{ 1 / 0 }}", "division"),
    "it adds text to a number": ("{{ messages[0].content + 1 }}", "refuses the prompt"),
    "it loops too far": ("{% for i in range(10000000) %}{% endfor %}", "refuses the prompt"),
    "it calls itself": ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "refuses the prompt"),
    "it breaks out": ("{{ messages.__class__.__mro__ }}{{ ''.__class__.__subclasses__() }}", "chat template"),
    "it includes a file": ("{% include 'other.jinja' %}", "refuses the prompt"),
    "it draws at random": ("{{ ['a', 'b'] | random }}{{ messages[0].content }}", "at random"),
    "it writes nonsense": ("{{ lipsum() }}{{ messages[0].content }}", "at random"),
    "it formats a day as it cannot": ("{{ strftime_now(5) }}{{ messages[0].content }}", "refuses the prompt"),
    "named templates without a default": ({"tool_use": PLAIN, "rag": PLAIN}, "rag, tool_use"),
    "templates that are no text": ({"default": 5}, "no text"),
    "too many blocks": ("{% for i in [1] %}" * 30 + "{% endfor %}" * 30, "broken"),
    "parentheses without end": ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "nested too deeply"),
    "a number without end": ("{{ " + "9" * 10_000 + " }}", "broken"),
    "half a character": ("{{ raise_exception('\\ud800') }}", "refuses the prompt"),
    "an error without words": ("{{ raise_exception('') }}", "TemplateError"),
    "more memory than there is": ("{% set x = 'x' * 10 ** 10 %}{{ messages[0].content }}", "MemoryError"),
    "more memory than there is, when it runs": ("{{ 'x' * (10 ** 10 + messages | length) }}", "MemoryError"),
    "a text that doubles": (
        "{% set n = namespace(x='xx') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "refuses the prompt (MemoryError)",
    ),
    "more text than a prompt": ("{{ messages[0].content }}{{ 'x' * (70000000 + messages | length) }}", "MiB of text"),
}
ENDLESS = {
    "it loops": (
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "cannot be rendered",
    ),
    "it loops for some prompts": (
        "{% if 'x' not in messages[0].content %}{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}"
        "{% endfor %}{% endif %}" + PLAIN,
        "cannot be rendered",
    ),
    "it computes when it is read": ("{{ 7 ** (10 ** 8) }}{{ messages[0].content }}", "cannot be read"),
    "it computes": ("{{ 7 ** (10 ** (7 + messages | length)) }}", "cannot be rendered"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_goes_wrong_in_a_template_is_one_sentence(name: str) -> None:
    template, told = BROKEN[name]
    with pytest.raises(InputError) as refusal:
        asked(template)
    assert told in str(refusal.value)
    assert_sentence(refusal.value)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_template_without_end_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 1)
    apart._SERVERS.stop()  # the next one is forked with the shorter time
    template, told = ENDLESS[name]
    with pytest.raises(InputError, match=rf"{told}: it takes more than 1 seconds; correct it") as refusal:
        asked(template)
    assert_sentence(refusal.value)
    assert "What is 2 + 3?" in asked(PLAIN)  # the next template has a process again
    apart._SERVERS.stop()


def test_the_process_of_templates_holds_no_file_of_the_command_and_ends_with_it(tmp_path: Path) -> None:
    code = (
        "import fcntl, os, sys; from hooks.answers import apart; "
        f"held = open({str(tmp_path / 'lock')!r}, 'w'); fcntl.flock(held, fcntl.LOCK_EX); "
        "assert apart.ask({'source': '{{ a }}'})['names'] == ['a']; "
        "print(apart._SERVERS._process, *[os.readlink(f'/proc/{apart._SERVERS._process}/fd/{n}') for n in "
        "os.listdir(f'/proc/{apart._SERVERS._process}/fd')], flush=True); os.kill(os.getpid(), 9)"
    )
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not list the files of a process")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    process, *files = ran.stdout.split()
    assert sorted(name.partition(":")[0] for name in files) == [*["/dev/null"] * 3, "socket"]
    end = time.monotonic() + 20
    while Path(f"/proc/{process}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{process}").exists()
    with (tmp_path / "lock").open("w") as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_templates_own_words_are_one_short_clean_line() -> None:
    assert quoted("a\n\x1b[31m b\u202ec" + "x" * 900) == "a [31m b c" + "x" * 190 + "..."


@pytest.mark.parametrize("template", [PLAIN, TAKEN["trimmed"], DATED, specimens.TEMPLATE])
def test_what_is_rendered_is_what_transformers_renders(template: str) -> None:
    made = tokenizer(template)
    today = datetime.date.today().isoformat()
    for text in ("Hi", "  Why\nso? "):
        expected = made.apply_chat_template(
            [{"role": "user", "content": text}], add_generation_prompt=True, return_dict=False, enable_thinking=False
        )
        given = encode(made, text, rendering=settle(made, RenderingOptions(), today))
        assert list(given) == expected or datetime.date.today().isoformat() != today


SYSTEM = "You are brief."


@pytest.mark.parametrize("template", [PLAIN, PARTS, EITHER, TAKEN["trimmed"]])
def test_a_system_message_comes_first(template: str) -> None:
    said = asked(template, system=SYSTEM)
    assert said.index(SYSTEM) < said.index("What is 2 + 3?")


def test_a_system_message_that_is_folded_into_the_prompt_is_there() -> None:
    folded = (
        "{% set s = messages[0].content if messages[0].role == 'system' else '' %}{{ s }} {{ messages[-1].content }}"
    )
    assert asked(folded, system=SYSTEM) == f"{SYSTEM} What is 2 + 3?"


@pytest.mark.parametrize("system", ["assistant", "u", "You are Bob.", "A:"])
def test_a_system_message_is_looked_for_beside_what_stands_there_anyway(system: str) -> None:
    default = "{% if messages[0].role != 'system' %}You are Bob.{% endif %}" + PLAIN
    assert system in asked(default, system=system)
    deaf = "You are Bob. A: assistant" + PLAIN.replace(
        "{% for m in messages %}", "{% for m in messages if m.role == 'user' %}"
    )
    with pytest.raises(InputError, match="drops the system message"):
        asked(deaf, system=system)


def test_a_template_that_refuses_system_messages_says_so_and_does_without() -> None:
    with pytest.raises(InputError, match=r"System role not supported.*leave out --system"):
        asked(NO_SYSTEM, system=SYSTEM)
    assert "What is 2 + 3?" in asked(NO_SYSTEM)


@pytest.mark.parametrize("system", ["", "  \n", "\u200b", "\udcff"])
def test_a_system_message_that_says_nothing_is_refused(system: str) -> None:
    with pytest.raises(InputError, match="--system"):
        asked(PLAIN, system=system)


THINKS = {
    "Qwen3": (
        PLAIN + "{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}",
        "<think></think>",
        "",
    ),
    "SmolLM3": (
        "{% if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif %}"
        + PLAIN
        + "{% if not enable_thinking %}/no_think{% endif %}",
        "/no_think",
        "",
    ),
    "DeepSeek V3.1": (
        "{% if not thinking is defined %}{% set thinking = false %}{% endif %}"
        + PLAIN
        + "{% if thinking %}<think>{% else %}</think>{% endif %}",
        "</think>",
        "<think>",
    ),
    "Granite": ("{% if thinking %}Think first.{% endif %}" + PLAIN, "", "Think first."),
}


@pytest.mark.parametrize("family", THINKS)
def test_thinking_is_off_unless_it_is_asked_for(family: str) -> None:
    template, off, on = THINKS[family]
    without, with_it = asked(template), asked(template, thinking=True)
    assert without != with_it
    assert without.endswith(off) if family != "Granite" else "Think" not in without
    assert on in with_it and not (off and with_it.endswith(off))


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (PLAIN, "has no switch"),
        ("Effort: {{ reasoning_effort | default('medium') }}" + PLAIN, "reasoning_effort"),
        (PLAIN + "{% for m in messages if m.role == 'assistant' %}{{ enable_thinking }}{% endfor %}", "has no switch"),
        ("{% for m in messages %}{% set thinking = m.thinking %}{{ m.content }}{% endfor %}", "has no switch"),
    ],
)
def test_thinking_is_refused_where_no_switch_does_it(template: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as refusal:
        asked(template, thinking=True)
    assert_sentence(refusal.value)
    assert "What is 2 + 3?" in asked(template)


def test_what_the_template_is_given_is_recorded() -> None:
    made = tokenizer(THINKS["SmolLM3"][0] + "{{ strftime_now('%Y') }}")
    assert settle(made, RenderingOptions(system="Be brief."), DAY) == Rendering(
        DAY, "Be brief.", {"enable_thinking": False}, parts=False
    )
    assert settle(tokenizer(PARTS), RenderingOptions(), DAY) == Rendering(None, None, {}, parts=True)


@pytest.mark.parametrize("template", [None, ""])
def test_without_a_template_there_is_nothing_to_put_beside_the_prompt(template: str | None) -> None:
    made = tokenizer(template)
    assert settle(made, RenderingOptions(), DAY) == Rendering(None, None, {}, parts=False)
    for options in (RenderingOptions(system="x"), RenderingOptions(thinking=True)):
        with pytest.raises(InputError, match="without a chat template"):
            settle(made, options, DAY)
        with pytest.raises(InputError, match="without a chat template"):
            settle(tokenizer(PLAIN), options, DAY, raw=True)


@pytest.mark.parametrize(
    "template",
    [
        DATED,
        DATED.replace("strftime_now", "(strftime_now)"),
        "{% if strftime_now is defined %}{% set d = strftime_now('%d %b %Y') %}{% endif %}Today: {{ d }}\n" + PLAIN,
        "{% macro day() %}{{ strftime_now('%d %b %Y') }}{% endmacro %}Today: {{ day() }}\n" + PLAIN,
        "{% if not date_string is defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
        "Today: {{ date_string }}\n" + PLAIN,
        "{% set ns = namespace(d=strftime_now('%d %b %Y')) %}Today: {{ ns.d }}\n" + PLAIN,
    ],
)
def test_a_template_sees_the_day_that_it_is_given(template: str) -> None:
    assert asked(template).startswith("Today: 09 Mar 2026\n")
    assert asked(template, date="1999-12-31").startswith("Today: 31 Dec 1999\n")


def test_a_day_of_the_templates_own_stays_unless_one_is_asked_for() -> None:
    llama = (
        "{% if not date_string is defined %}{% set date_string = '26 Jul 2024' %}{% endif %}{{ date_string }}|" + PLAIN
    )
    assert asked(llama).startswith("26 Jul 2024|") and asked(llama, date="2025-01-02").startswith("02 Jan 2025|")


@pytest.mark.parametrize(
    "date", ["", "today", "2026-02-30", "20260131", "2026-1-1", "31.01.2026", "2026-W01-1", " 2026-01-31"]
)
def test_what_is_no_day_is_refused(date: str) -> None:
    with pytest.raises(InputError, match="--date .* is no day"):
        asked(DATED, date=date)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", "\ufeff \u200b"])
def test_a_blank_prompt_is_refused(text: str) -> None:
    for template in (PLAIN, None):
        with pytest.raises(InputError, match="is blank"):
            asked(template, text)


def normalising(*steps: Any) -> Any:
    from tokenizers import normalizers

    made = specimens.tokenizer()
    made.chat_template = PLAIN
    made.backend_tokenizer.normalizer = normalizers.Sequence(list(steps))
    return made


def test_a_tokenizer_may_normalise_a_prompt_and_may_not_lose_it() -> None:
    from tokenizers import Regex, normalizers

    for steps in ([normalizers.Lowercase()], [normalizers.NFC()], [normalizers.NFD(), normalizers.StripAccents()]):
        made = normalising(*steps)
        assert encode(made, "Größe É e\u0301?") != encode(made, "other")
    lossy = normalising(normalizers.Replace(Regex("[^A-Za-z0-9:\n ]+"), ""))
    assert encode(lossy, "Was ist größer?")
    with pytest.raises(InputError, match="no token of its own"):
        encode(lossy, "Что это?")


def test_a_prompt_of_unknown_characters_alone_is_refused() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({"<unk>": 0, "what": 1, "now": 2, ":": 3, "A": 4, "user": 5}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    for template in (PLAIN, None):
        made = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>")
        made.chat_template = template
        assert encode(made, "what now")
        with pytest.raises(InputError, match="no token of its own"):
            encode(made, "quoi donc")


def test_special_tokens_in_a_prompt_are_found() -> None:
    made = tokenizer(PLAIN)
    assert made.eos_token in special_tokens(made, f"What does {made.eos_token} mean?")
    assert special_tokens(made, "What is 2 + 3?") == []
