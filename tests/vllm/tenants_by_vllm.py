"""An adapter for each tenant on one real server: each is answered by its own, by setting alone."""

import pytest

from agent_runtime.mind import open_oracle
from agent_runtime.models.server_check import check_server
from agent_runtime.settings import Settings
from tests.agent_runtime.models.prompts_asked import prompt

TENANTS = ("tenant-a", "tenant-b")
PATIENT_S = 600.0
"""A busy machine without a GPU may take longer than any setting allows."""


def settings(server, workspace, tenant):
    usual = Settings(
        workspace=workspace,
        tenant_id=tenant,
        llm_url=f"{server.url}/v1",
        llm_model=tenant,
        llm_max_tokens=128,
    )
    return usual.model_copy(update={"llm_total_s": PATIENT_S, "llm_first_token_s": PATIENT_S})


def ask(server, workspace, tenant, question):
    oracle = open_oracle(settings(server, workspace, tenant))
    assert oracle is not None
    try:
        return oracle.ask(question).result(timeout=PATIENT_S)
    finally:
        oracle.close()


def test_adapters_share_no_prefix_cache(server, tmp_path):
    """R276: what one tenant's prompts left in the server's memory answers for no other's."""
    question = prompt("What does it cost, and who uses it?", language="it")
    first, again, other = (
        ask(server, tmp_path, tenant, question) for tenant in ("tenant-a", "tenant-a", "tenant-b")
    )
    print("\ncached:", [reply.cached_tokens for reply in (first, again, other)])
    assert again.cached_tokens > 0.85 * again.prompt_tokens
    assert other.prompt_tokens == first.prompt_tokens
    assert other.cached_tokens == 0


def test_each_tenant_is_answered_by_its_own_adapter(server, tmp_path):
    """R276: the name in the settings decides; an adapter that is not served is refused."""
    written = {name: _words(server, name) for name in ("smollm2", *TENANTS)}
    print("\n", written)
    assert len(set(written.values())) == 3
    for tenant in TENANTS:
        assert _words(server, tenant) == written[tenant]
    refused = ask(server, tmp_path, "tenant-c", prompt())
    assert refused.failure == "refused"


@pytest.mark.parametrize("tenant", TENANTS)
def test_doctor_accepts_an_adapter(server, tmp_path, tenant):
    """An adapter of drawn weights may fail the schema's words, never its shape."""
    state, says = check_server(settings(server, tmp_path, tenant))
    assert state == "ok", says


def _words(server, model):
    import httpx

    body = {
        "model": model,
        "messages": [{"role": "user", "content": "What is a fox?"}],
        "max_tokens": 16,
        "temperature": 0.0,
        "seed": 0,
    }
    answer = httpx.post(f"{server.url}/v1/chat/completions", json=body, timeout=PATIENT_S)
    return answer.json()["choices"][0]["message"]["content"]
