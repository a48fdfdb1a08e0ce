"""Reads the list of what an agent may write."""

from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from agent_runtime.authored import load_yaml
from agent_runtime.policies.tool_facts import Field, Writable

_LISTED = TypeAdapter(dict[str, dict[str, dict[str, Field]]])


@cache
def writable() -> Writable:
    """Returns the fields that may be written, by tool and kind of record."""
    listed = load_yaml(Path(__file__).with_name("writable.yaml").read_text(encoding="utf-8"))
    return _LISTED.validate_python({k: v for k, v in listed.items() if k != "version"})
