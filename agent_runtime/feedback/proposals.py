"""A reviewer's tag becomes files to review: a scenario, a diff of the wording, a rule (R76)."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

import yaml

from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import Contact
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import LOCALES
from agent_runtime.store.rows import Message


@dataclass(frozen=True, slots=True)
class Tagged:
    """A message that a reviewer found fault with."""

    message: Message
    tags: tuple[str, ...]
    note: str
    by: str
    instead: str = ""
    """The reviewer's own words for what it should have said."""


def propose(
    tagged: Tagged,
    turns: Sequence[TraceEvent],
    contact: Contact,
    library: Library,
    folder: Path,
) -> list[Path]:
    """Writes the proposals below `folder` and returns them. Nothing that is live changes.

    Args:
        tagged: The message, what is wrong with it, and better words if there are any.
        turns: The turns of its thread, oldest first.
        contact: Whose thread it is; only what is no personal data is used.
        library: Whose wording the diff is against.
        folder: Proposals of the workspace; one folder a message.
    """
    place = folder / "feedback" / tagged.message.message_id
    place.mkdir(parents=True, exist_ok=True)
    files = {"scenario.yaml": _scenario(tagged, turns, contact)}
    if tagged.instead and (diff := _diff(tagged, library)):
        files["content.diff"] = diff
    if "policy" in tagged.tags:
        files["rule.yaml"] = _rule(tagged)
    written = []
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
        written.append(place / name)
    return written


def _scenario(tagged: Tagged, turns: Sequence[TraceEvent], contact: Contact) -> str:
    message, steps = tagged.message, []
    for event in turns:
        seen = event.payload["observation"]
        expect: dict[str, Any] = {"action": event.payload["chosen"]["action"]}
        steps.append(
            {"due": seen["touch"], "expect": expect}
            if seen["kind"] == "due"
            else {"buyer": seen["text"] or "(nothing)", "expect": expect}
        )
    if steps:
        steps[-1]["expect"] = {}
    language = message.language if message.language in LOCALES else "en"
    scenario = {
        "id": f"{message.playbook}.tagged_{message.message_id[:8].lower()}",
        "about": tagged.note or f"A reviewer tagged {', '.join(tagged.tags)}.",
        "playbook": message.playbook,
        "language": language,
        "opened_by": "agent" if turns and _is_due(turns[0]) else "buyer",
        "title": contact.title or "Head of Revenue Operations",
        "turns": steps,
    }
    head = (
        f"# Proposed by {tagged.by}: {', '.join(tagged.tags)}. "
        f"It said {', '.join(message.content_ids) or 'words of its own'}.\n"
        "# Say under the last `expect` what it should have done, and move the file to scenarios/.\n"
    )
    return head + yaml.safe_dump(scenario, sort_keys=False, allow_unicode=True)


def _is_due(event: TraceEvent) -> bool:
    return event.payload["observation"]["kind"] == "due"


def _diff(tagged: Tagged, library: Library) -> str:
    """The reviewer's words in place of the body of the first text that the message used."""
    for content_id in tagged.message.content_ids:
        content = library.contents.get((content_id, tagged.message.language))
        if content is None:
            continue
        name = f"content/{content.locale}/{content.id}.md"
        before = [f"version: {content.version}", *content.body.splitlines()]
        after = [f"version: {content.version + 1}", *tagged.instead.splitlines()]
        return "\n".join(unified_diff(before, after, name, name, lineterm="")) + "\n"
    return ""


def _rule(tagged: Tagged) -> str:
    rule = {
        "stops": [sentence.text for sentence in tagged.message.sentences],
        "language": tagged.message.language,
        "why": tagged.note or "tagged by a reviewer",
        "proposed_by": tagged.by,
    }
    return yaml.safe_dump(rule, sort_keys=False, allow_unicode=True)
