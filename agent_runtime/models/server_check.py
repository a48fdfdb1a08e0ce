"""Whether a server of a language model can be used: it serves the model, and honours a schema."""

import json
from typing import Any, Literal

import httpx

from agent_runtime.settings import Settings

TIMEOUT_S = 30.0
LEAST_CONTEXT = 8_192
"""Tokens of the longest prompt and its answer, whatever the tokenizer."""

_ANSWER = "relay"
_SCHEMA = {
    "type": "object",
    "properties": {"check": {"type": "string", "enum": [_ANSWER]}},
    "required": ["check"],
    "additionalProperties": False,
}

Found = tuple[Literal["ok", "warning", "failed"], str]
"""State, and one sentence with what to do."""


def check_server(settings: Settings) -> Found:
    """Asks the server of the settings for its models, and one short question by a schema.

    A server that ignores the schema answers with 200 all the same, so its words are looked at.
    `PARLEY_LLM_URL` must be set.
    """
    url, model = settings.llm_url.rstrip("/"), settings.llm_model
    if not model:
        return "failed", f"PARLEY_LLM_MODEL is empty; set it to a name that {url}/models lists"
    try:
        with httpx.Client(headers=_headers(settings), timeout=TIMEOUT_S) as client:
            listed = client.get(f"{url}/models").raise_for_status().json()["data"]
            served = {one["id"]: one for one in listed}
            if model not in served:
                return (
                    "failed",
                    f"PARLEY_LLM_MODEL = {model!r} is not served at {url}; use one of: "
                    f"{', '.join(served) or 'none'}",
                )
            asked = client.post(f"{url}/chat/completions", json=_question(model)).raise_for_status()
            said = asked.json()
            choice, usage = said["choices"][0], said.get("usage") or {}
    except (httpx.HTTPError, KeyError, IndexError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:160] or type(error).__name__
        return "failed", f"{url} does not answer as vLLM does ({said}); look at PARLEY_LLM_URL"
    if _said(choice) != {"check": _ANSWER}:
        return (
            "failed",
            f"{url} ignores the JSON schema of a question; start vLLM with structured outputs on",
        )
    return _settings_of(served[model], usage) or ("ok", f"{model} at {url} answers by a schema")


def _settings_of(served: dict[str, Any], usage: dict[str, Any]) -> Found | None:
    """Returns what a server that answers could do better; None where nothing is to be seen."""
    length = served.get("max_model_len")
    if isinstance(length, int) and length < LEAST_CONTEXT:
        return (
            "warning",
            f"{served['id']} takes {length} tokens, and a long mail needs up to {LEAST_CONTEXT}; "
            f"start vLLM with --max-model-len {LEAST_CONTEXT} or more",
        )
    if not usage.get("prompt_tokens_details"):
        return (
            "warning",
            f"{served['id']} does not tell how much of a prompt it had read before, so all of it "
            "is priced as new; start vLLM with --enable-prompt-tokens-details",
        )
    return None


def _headers(settings: Settings) -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.llm_key.get_secret_value() or 'none'}"}


def _question(model: str) -> dict[str, object]:
    schema = {"name": "check", "schema": _SCHEMA, "strict": True}
    return {
        "model": model,
        "messages": [{"role": "user", "content": "Say in your own words what day it is."}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "max_tokens": 32,
        "temperature": 0.0,
    }


def _said(choice: dict[str, object]) -> object:
    message = choice["message"]
    try:
        return json.loads(message["content"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return None
