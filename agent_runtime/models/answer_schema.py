"""The JSON that a language model answers a turn with; every length is bounded.

A server that honours the schema cannot write anything else, and one that does not is found out
when its answer is read.
"""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent_runtime.library.playbook import Intent
from agent_runtime.prompting.prompt import MAX_DRAFTS

MAX_SENTENCE = 400
MAX_SENTENCES = 6

EntityName = Literal[
    "company", "role", "person", "budget", "timeline", "requested_time", "tool", "competitor"
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Meant(_Part):
    """One thing that a message means."""

    name: Intent
    confidence: float = Field(ge=0, le=1)


class Named(_Part):
    """Something that the buyer named, in their very words."""

    name: EntityName
    span: str = Field(min_length=1, max_length=120)


class Step(_Part):
    """One thing to do next."""

    action: str = Field(max_length=40)
    confidence: float = Field(ge=0, le=1)


class Said(_Part):
    """One sentence and the fact behind it; an empty fact claims nothing."""

    text: str = Field(min_length=1, max_length=MAX_SENTENCE)
    fact: str = Field(max_length=120)


class Draft(_Part):
    """One way to answer."""

    sentences: tuple[Said, ...] = Field(min_length=1, max_length=MAX_SENTENCES)
    confidence: float = Field(ge=0, le=1)


class Written(_Part):
    """A whole answer, as the model wrote it."""

    intents: tuple[Meant, ...] = Field(min_length=1, max_length=4)
    entities: tuple[Named, ...] = Field(max_length=8)
    actions: tuple[Step, ...] = Field(min_length=1, max_length=3)
    drafts: tuple[Draft, ...] = Field(max_length=MAX_DRAFTS)
    confidence: float = Field(ge=0, le=1)


def schema_for(
    facts: Sequence[str], actions: Sequence[str], *, most_drafts: int = MAX_DRAFTS
) -> dict[str, Any]:
    """Returns the JSON schema of an answer, in which only these facts and actions can be named."""
    schema = Written.model_json_schema()
    schema["properties"]["drafts"]["maxItems"] = most_drafts
    parts = schema["$defs"]
    parts["Said"]["properties"]["fact"] = {"type": "string", "enum": ["", *facts]}
    parts["Step"]["properties"]["action"] = {"type": "string", "enum": [*actions]}
    return schema
