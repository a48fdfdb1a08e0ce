"""What a company's agent knows and how it reads: opened the same way by whoever decides turns."""

from dataclasses import replace

from agent_runtime.knowledge.base import open_knowledge
from agent_runtime.knowledge.quotable import Quotable
from agent_runtime.library.catalog import Library, company_library
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.models.embedding import E5Embedder
from agent_runtime.models.language import LanguageModel
from agent_runtime.settings import Settings


def open_mind(settings: Settings) -> tuple[Library, LanguageModel]:
    """Returns library and documents of the settings' workspace, and the model that reads mails."""
    embedder = E5Embedder()
    knowledge = Quotable(open_knowledge(settings, queries=embedder).retriever())
    library = company_library(settings.paths.library, knowledge=knowledge)
    library = replace(library, has_chat=bool(settings.chat_page))
    return library, load_embedded_model(cache=settings.cache, embedder=embedder)
