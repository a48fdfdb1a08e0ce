"""All that the rules may know about one tool call, gathered at the moment of acting."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from agent_runtime.domain import ToolCall, Verdict

_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Field:
    """What a field takes: one word of ours, or what somebody said."""

    kind: Literal["code", "text"]
    max_length: int = 60
    one_of: tuple[str, ...] = ()

    def why_not(self, value: str) -> str:
        """Returns the rule that a value breaks, or empty."""
        if len(value) > self.max_length:
            return f"{len(value)} characters, at most {self.max_length} are taken"
        if self.one_of and value not in self.one_of:
            return f"not one of {', '.join(self.one_of)}"
        if self.kind == "code" and not self.one_of and not _CODE.fullmatch(value):
            return "not one word of small letters, figures, dots and hyphens"
        return ""


Writable = Mapping[str, Mapping[str, Mapping[str, Field]]]
"""Fields by tool and kind of record; what is not in it cannot be written."""


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """Facts about one call. A missing fact is empty, and then the answer is no."""

    writable: Writable
    tools: tuple[str, ...] = ()
    """Tools of the playbook: `crm`, `tickets`."""
    own_records: tuple[str, ...] = ()
    """The records of this very thread, `contact:<id>`; no other may be touched."""
    arms: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()


ToolRule = Callable[[ToolCall, ToolFacts], Verdict]
"""One pure question about one call."""
