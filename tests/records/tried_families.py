"""The families that are tried with their own tokenizers: what is known of each, beside what its files say."""

# ruff: noqa: E501 - templates stand on one line, because a line break in them is part of the prompt
from __future__ import annotations

from collections.abc import Mapping

from tiny_family import Family

# Short templates of ours in the form of the family, for packages that bring none, or one that sees no day.
INST = (
    "{{ bos_token }}[INST] {% if messages[0].role == 'system' %}<<SYS>>\n{{ messages[0].content }}\n<</SYS>>\n\n{% endif %}"
    "{{ messages[-1].content | trim }} [/INST]"
)
DATED_LLAMA = (
    "{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = strftime_now('%d %b %Y') %}"
    "{%- else %}{%- set date_string = '26 Jul 2024' %}{%- endif %}{%- endif %}"
    "{{- bos_token }}{{- '<|start_header_id|>system<|end_header_id|>\n\n' }}"
    "{{- 'Cutting Knowledge Date: December 2023\nToday Date: ' + date_string + '\n\n' }}"
    "{%- if messages[0].role == 'system' %}{{- messages[0].content | trim }}{%- endif %}{{- '<|eot_id|>' }}"
    "{{- '<|start_header_id|>user<|end_header_id|>\n\n' + messages[-1].content | trim + '<|eot_id|>' }}"
    "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}"
)
HARMONY = (
    "{{- '<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\nCurrent date: ' }}"
    "{{- strftime_now('%Y-%m-%d') }}{{- '\n\nReasoning: ' + (reasoning_effort or 'medium') }}"
    "{{- '\n\n# Valid channels: analysis, commentary, final.<|end|>' }}"
    "{%- if messages[0].role == 'system' %}{{- '<|start|>developer<|message|># Instructions\n\n' + messages[0].content + '<|end|>' }}{%- endif %}"
    "{{- '<|start|>user<|message|>' + messages[-1].content + '<|end|>' }}"
    "{%- if add_generation_prompt %}{{- '<|start|>assistant' }}{%- endif %}"
)
_LLAMA_3 = ("<|end_of_text|>", "<|eot_id|>")
_OSS = ("<|return|>", "<|endoftext|>", "<|call|>")
_EOS = "<｜end▁of▁sentence｜>"  # noqa: RUF001 - DeepSeek's own bars
_BOS = "<｜begin▁of▁sentence｜>"  # noqa: RUF001

FAMILIES: Mapping[str, Family] = {
    "qwen3": Family("qwen3", "qwen3", ("<|im_end|>", "<|endoftext|>"), bos=None),
    "gemma3": Family("gemma3", "gemma3_text", ("<eos>", "<end_of_turn>"), bos="<bos>"),
    # This package's files have the form of Llama 2 and the vocabulary of Mistral 7B.
    "llama2": Family("llama2", "llama", ("</s>",), bos="<s>", says=("▁Paris", ".")),
    "llama2-inst": Family("llama2", "llama", ("</s>",), bos="<s>", template=INST, says=("▁Paris", ".")),
    # As first published: its template writes the BOS, and bare text has none.
    "llama3": Family("llama3", "llama", _LLAMA_3, bos=None),
    "llama3_1": Family("llama3_1", "llama", _LLAMA_3, bos="<|begin_of_text|>"),
    "llama3_1-dated": Family("llama3_1", "llama", _LLAMA_3, bos="<|begin_of_text|>", template=DATED_LLAMA),
    "gptoss": Family("gptoss", "gpt_oss", _OSS, bos=None),
    "gptoss-harmony": Family(
        "gptoss",
        "gpt_oss",
        _OSS,
        bos=None,
        template=HARMONY,
        says=("<|channel|>", "final", "<|message|>", "Paris", "."),
    ),
    "deepseek_v3": Family("deepseek_v3", "deepseek_v3", (_EOS,), bos=_BOS),
}
PACKAGED = tuple(name for name, family in FAMILIES.items() if family.template is None)
TEMPLATED = tuple(name for name in FAMILIES if name not in ("llama2", "gptoss"))  # the others are asked plainly
BEGINS_TURNS = {"qwen3": None, "llama3": "<|begin_of_text|>"}  # the BOS of a templated prompt, where bare text differs
DATED = ("llama3_1-dated", "gptoss-harmony")
