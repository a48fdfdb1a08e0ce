"""The versions that a command writes into traces, the same as the worker does."""

from importlib.metadata import version

from agent_runtime.library.catalog import company_library
from agent_runtime.log import Versions
from agent_runtime.policies import permit
from agent_runtime.settings import Settings


def versions_at(settings: Settings) -> Versions:
    """Returns versions of code, content and policy; no model is asked by a command."""
    return {
        "code": version("parley"),
        "content": company_library(settings.paths.library).content_hash,
        "policy": permit.VERSION,
    }
