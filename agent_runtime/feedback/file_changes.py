"""What a reviewer's tag would change, file by file: a scenario, a text, a playbook, a rule."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any, Literal

import yaml

from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import Contact
from agent_runtime.library.catalog import PACKAGE, Library, own_libraries
from agent_runtime.library.content import LOCALES, SLOT_VALUES
from agent_runtime.store.rows import Message

Kind = Literal["scenario", "content", "playbook", "rule"]
_VERSION = re.compile(r"^version: *(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """A row for a playbook: what the agent does when it hears this."""

    intents: tuple[str, ...]
    signals: tuple[str, ...]
    states: tuple[str, ...]
    do: str
    say: tuple[str, ...]
    next: str
    reason: str
    route_to: str = ""

    def line(self) -> str:
        """Returns the row as a playbook has it."""
        told: dict[str, Any] = {"intents": list(self.intents), "signals": list(self.signals)}
        told |= {"states": list(self.states), "do": self.do, "say": list(self.say)}
        told |= {"next": self.next, "reason": self.reason, "route_to": self.route_to}
        kept = {name: value for name, value in told.items() if value}
        written = yaml.safe_dump(kept, default_flow_style=True, sort_keys=False, width=10_000)
        return f"  - {written.strip()}"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A message that a reviewer found fault with."""

    message: Message
    tags: tuple[str, ...]
    note: str
    by: str
    instead: str = ""
    """The reviewer's own words for what it should have said."""
    content_id: str = ""
    """The text that these words are for; empty: the first that the message used."""
    row: Row | None = None
    """What it should have done."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file before and after; it is new where there is nothing before."""

    kind: Kind
    path: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """The change as `git apply` takes it."""
        old = f"a/{self.path}" if self.before else "/dev/null"
        lines = unified_diff(
            self.before.splitlines(), self.after.splitlines(), old, f"b/{self.path}", lineterm=""
        )
        return "\n".join(lines) + "\n"


def file_changes(
    tagged: Tagged,
    turns: Sequence[TraceEvent],
    contact: Contact,
    library: Library,
    folder: Path,
) -> tuple[FileChange, ...]:
    """Returns what a tag would change; nothing is written.

    Args:
        tagged: The message, what is wrong with it, and better words if there are any.
        turns: The turns of its thread, oldest first.
        contact: Whose thread it is; only what is no personal data is used.
        library: Whose texts the message was made of.
        folder: Where the company's own libraries lie.
    """
    message = tagged.message
    name = f"tagged_{message.message_id[:8].lower()}"
    place = f"agent_runtime/scenarios/{message.playbook}/{name}.yaml"
    found = [FileChange("scenario", place, "", scenario_text(tagged, turns, contact))]
    if tagged.instead and (change := _text_change(tagged, library, folder)):
        found.append(change)
    if tagged.row is not None and (change := _playbook_change(tagged, tagged.row, folder)):
        found.append(change)
    if "policy" in tagged.tags:
        place = f"agent_runtime/policies/proposed/{name}.yaml"
        found.append(FileChange("rule", place, "", _rule(tagged)))
    return tuple(found)


def file_in(folder: Path, below: str) -> tuple[str, Path] | None:
    """Returns the path as a change names it, and the file, of something in a library."""
    for root in (PACKAGE, *own_libraries(folder)):
        if (file := root / below).is_file():
            top = "agent_runtime" if root == PACKAGE else f"library/{root.name}"
            return f"{top}/{below}", file
    return None


def text_now(folder: Path, path: str) -> str:
    """Returns what stands in the file of a change; empty where there is none."""
    below = path.partition("/")[2]
    if path.startswith("library/"):
        below = below.partition("/")[2]
    found = file_in(folder, below)
    return found[1].read_text(encoding="utf-8") if found and found[0] == path else ""


def scenario_text(tagged: Tagged, turns: Sequence[TraceEvent], contact: Contact) -> str:
    """Returns the thread as a scenario that says what should have come of its last turn."""
    message, steps = tagged.message, []
    for event in turns:
        seen = event.payload["observation"]
        expect: dict[str, Any] = {"action": event.payload["chosen"]["action"]}
        steps.append(
            {"due": seen["touch"], "expect": expect}
            if seen["kind"] == "due"
            else {"buyer": seen["text"] or "(nothing)", "expect": expect}
        )
    row = tagged.row
    if steps:
        wanted = {"action": row.do, "says": list(row.say)} if row else {}
        steps[-1]["expect"] = {name: value for name, value in wanted.items() if value}
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
    )
    if row is None:
        head += "# Say under the last `expect` what it should have done.\n"
    return head + yaml.safe_dump(scenario, sort_keys=False, allow_unicode=True)


def with_row(text: str, row: Row) -> str:
    """Returns a playbook's file with a row before its others, as a new version."""
    group = "handoff" if row.do == "hand_off" else "moves"
    lines = _next_version(text).rstrip("\n").split("\n")
    at = next((n for n, line in enumerate(lines) if line.rstrip() == f"{group}:"), None)
    if at is None:
        lines += [f"{group}:", row.line()]
    else:
        lines.insert(at + 1, row.line())
    return "\n".join(lines) + "\n"


def _is_due(event: TraceEvent) -> bool:
    return event.payload["observation"]["kind"] == "due"


def _text_change(tagged: Tagged, library: Library, folder: Path) -> FileChange | None:
    """The reviewer's words in place of the body of a text that the message used."""
    message = tagged.message
    ids = (tagged.content_id,) if tagged.content_id else message.content_ids
    for content_id in ids:
        content = library.contents.get((content_id, message.language))
        found = content and file_in(folder, f"content/{content.locale}/{content.id}.md")
        if not content or not found:
            continue
        path, file = found
        before = file.read_text(encoding="utf-8")
        head, fence, _ = before.partition("\n---\n")
        words = tagged.instead.strip().replace("\r\n", "\n")
        for slot, placeholder in SLOT_VALUES.items():
            words = words.replace(placeholder, "{" + slot + "}")
        if words == content.body.strip():
            continue
        return FileChange("content", path, before, f"{_next_version(head)}{fence}\n{words}\n")
    return None


def _playbook_change(tagged: Tagged, row: Row, folder: Path) -> FileChange | None:
    found = file_in(folder, f"playbooks/{tagged.message.playbook}.yaml")
    if found is None:
        return None
    before = found[1].read_text(encoding="utf-8")
    return FileChange("playbook", found[0], before, with_row(before, row))


def _next_version(text: str) -> str:
    return _VERSION.sub(lambda match: f"version: {int(match[1]) + 1}", text, count=1)


def _rule(tagged: Tagged) -> str:
    rule = {
        "stops": [sentence.text for sentence in tagged.message.sentences],
        "language": tagged.message.language,
        "why": tagged.note or "tagged by a reviewer",
        "proposed_by": tagged.by,
    }
    return yaml.safe_dump(rule, sort_keys=False, allow_unicode=True)
