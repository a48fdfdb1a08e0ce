"""What a company's agent knows and how it reads: opened the same way by whoever decides turns."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agent_runtime.asking.second_opinion import SecondOpinion
from agent_runtime.errors import ParleyError
from agent_runtime.grounding.entailment import HttpEntailment
from agent_runtime.knowledge.base import open_knowledge
from agent_runtime.knowledge.quotable import Quotable
from agent_runtime.library.catalog import Library, company_library
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.models.embedding import E5Embedder
from agent_runtime.models.language import LanguageModel
from agent_runtime.models.oracle import Oracle
from agent_runtime.settings import Settings


def open_oracle(settings: Settings) -> Oracle | None:
    """Returns the language model of the settings, or None where only those that ship are used.

    Raises:
        ParleyError: a server is named and no model.
    """
    if not settings.llm_url:
        return None
    if not settings.llm_model:
        raise ParleyError(
            f"PARLEY_LLM_MODEL is empty, and PARLEY_LLM_URL names {settings.llm_url}; set the name "
            f"under which that server serves its model; {settings.llm_url}/models lists them."
        )
    # The client takes most of a second to load, and only who has set a server up needs it.
    from agent_runtime.models.in_background import VllmInBackground
    from agent_runtime.models.vllm import VllmOptions

    return VllmInBackground(
        VllmOptions(
            url=settings.llm_url.rstrip("/"),
            model=settings.llm_model,
            key=settings.llm_key.get_secret_value(),
            total_s=settings.llm_total_s,
            first_token_s=settings.llm_first_token_s,
            max_tokens=settings.llm_max_tokens,
            at_once=settings.llm_at_once,
            opens_after=settings.llm_opens_after,
            rests_s=settings.llm_rests_s,
            chat_s=settings.chat_llm_s,
        )
    )


def open_second_opinion(settings: Settings) -> SecondOpinion | None:
    """Returns who asks the model of entailment of the settings, or None where none is named."""
    if not settings.entailment_url:
        return None
    return SecondOpinion(
        HttpEntailment(settings.entailment_url, timeout_s=settings.entailment_s),
        within_s=settings.entailment_s,
        chat_s=settings.chat_llm_s,
        opens_after=settings.llm_opens_after,
        rests_s=settings.llm_rests_s,
    )


def open_mind(settings: Settings, *, instead: Sequence[Path] = ()) -> tuple[Library, LanguageModel]:
    """Returns library and documents of the settings' workspace, and the model that reads mails.

    Args:
        settings: Whose workspace.
        instead: Playbooks and texts that take the place of those with the same id.
    """
    embedder = E5Embedder()
    knowledge = Quotable(open_knowledge(settings, queries=embedder).retriever())
    library = company_library(settings.paths.library, knowledge=knowledge, instead=instead)
    library = replace(library, has_chat=bool(settings.chat_page), has_pages=settings.has_pages)
    return library, load_embedded_model(cache=settings.cache, embedder=embedder)
