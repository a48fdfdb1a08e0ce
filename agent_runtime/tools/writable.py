"""Reads the list of what an agent may write."""

from functools import cache

from pydantic import TypeAdapter

from agent_runtime.authored import load_yaml
from agent_runtime.policies.tool_facts import Field, Writable
from agent_runtime.tools.allow_list import LISTED

AGENTS_TOOLS = ("crm.update", "tickets.open")
"""Tools that a turn may use; the rest of the list is what the runtime writes itself."""
_LISTED = TypeAdapter(dict[str, dict[str, dict[str, Field]]])


@cache
def writable() -> Writable:
    """Returns the fields that an agent may write, by tool and kind of record."""
    listed = load_yaml(LISTED.read_text(encoding="utf-8"))
    return _LISTED.validate_python({tool: listed[tool] for tool in AGENTS_TOOLS})
