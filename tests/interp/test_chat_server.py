"""The real server that judges are tested against answers as an OpenAI-compatible endpoint does."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.weights


def test_the_official_client_gets_a_greedy_answer_from_the_real_server(chat_server: Any) -> None:
    import openai

    with openai.OpenAI(base_url=chat_server.base_url, api_key="none-needed", max_retries=0) as client:
        asked = {"model": chat_server.model, "messages": [{"role": "user", "content": "Say hello."}]}
        first, second = (client.chat.completions.create(**asked, temperature=0, max_tokens=8) for _ in range(2))
    assert first.choices[0].message.content == second.choices[0].message.content != ""
    assert first.usage is not None and 0 < first.usage.completion_tokens <= 8
