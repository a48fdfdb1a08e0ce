"""A story and a memory as people and programs read them."""

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from agent_runtime.domain import Consent, Contact
from agent_runtime.placeholders import fill
from agent_runtime.remembering.memory import Memory, Remembered
from agent_runtime.remembering.scenes import Line, Scene, Spared
from agent_runtime.store.thread_rows import ThreadRecord
from agent_runtime.threads.telling import CHANNELS

_PLACES = (("[[CHAT_LINK]]", "(the link to the chat)"),)


def scene_table(scene: Scene, contact: Contact, record: ThreadRecord) -> Table:
    """Returns a moment: on the left what was said, in the margin what is remembered."""
    zone = ZoneInfo(contact.time_zone)
    table = Table(box=None, padding=(0, 2, 1, 0), expand=True, show_header=False)
    table.add_column(ratio=5)
    table.add_column(ratio=4, style="dim")
    at = f"{scene.at.astimezone(zone):%a %-d %b, %H:%M}"
    title = Text(f"{scene.number + 1}. {CHANNELS[scene.channel]}, {at}", style="bold")
    table.add_row(title, Text(f"thread {scene.thread_id}"))
    said = Text("\n\n").join(_line(line, contact, scene.channel) for line in scene.lines)
    # As a text: what people write is never markup.
    table.add_row(said, Text("\n\n".join(_margin(scene, contact, record, zone))))
    return table


def memory_lines(memory: Memory, contact: Contact, record: ThreadRecord) -> Iterator[str]:
    """Yields what is remembered, a line each."""
    zone = ZoneInfo(contact.time_zone or "UTC")
    if memory.is_empty:
        yield "nothing is remembered"
        return
    for thing in memory.things:
        value = fill(thing.value, contact, record.originals)
        yield f"{thing.label}: {value} ({_source(thing, zone)})"
    for asked in memory.asked:
        text = fill(asked.text, contact, record.originals)
        at = f"{asked.at.astimezone(zone):%a %-d %b, %H:%M}"
        yield f"Asked once, {CHANNELS[asked.channel]}, {at}: “{text}”"
        if asked.answer:
            answer = fill(asked.answer.said, contact, record.originals)
            yield f"  They answered by {CHANNELS[asked.answer.channel]}: “{answer}”"


def leave_line(consents: Iterable[Consent]) -> str:
    """Returns on which channels we may write first, by what leave; nobody is called without it."""
    by_source: dict[str, list[str]] = {}
    for one in consents:
        by_source.setdefault(one.source, []).append(CHANNELS.get(one.channel, one.channel))
    given = [f"{', '.join(channels)} ({source})" for source, channels in by_source.items()]
    calls = any(CHANNELS["voice"] in channels for channels in by_source.values())
    return f"Leave: {'; '.join(given) or 'none'}" + ("" if calls else "; none to be called")


def memory_as_dict(memory: Memory, contact: Contact, record: ThreadRecord) -> dict[str, Any]:
    """Returns a memory as JSON can hold it, names filled in."""
    return {
        "things": [_thing(thing, contact, record) for thing in memory.things],
        "asked": [
            {
                "content_id": one.content_id,
                "text": fill(one.text, contact, record.originals),
                "channel": one.channel,
                "at": one.at.isoformat(),
                "answer": fill(one.answer.said, contact, record.originals) if one.answer else None,
            }
            for one in memory.asked
        ],
    }


def scene_as_dict(scene: Scene, contact: Contact, record: ThreadRecord) -> dict[str, Any]:
    """Returns a moment as JSON can hold it."""
    other = scene.otherwise
    return {
        "channel": scene.channel,
        "at": scene.at.isoformat(),
        "thread_id": scene.thread_id,
        "lines": [
            {
                "by": line.by,
                "channel": line.channel,
                "at": line.at.isoformat(),
                "text": line.text,
                "texts": list(line.texts),
            }
            for line in scene.lines
        ],
        "learnt": [_thing(thing, contact, record) for thing in scene.learnt],
        "not_asked": [
            {
                "text_id": one.content_id,
                "text": one.text,
                "value": one.value,
                "learnt": _thing(one.learnt, contact, record) if one.learnt else "crm",
            }
            for one in scene.spared
        ],
        "without_memory": {"texts": list(other.texts), "words": other.words} if other else None,
        "booked": scene.booked.isoformat() if scene.booked else None,
    }


def _line(line: Line, contact: Contact, channel: str) -> Text:
    who = contact.first_name if line.by == "buyer" else "Agent"
    by = "" if line.channel == channel else f" (by {CHANNELS[line.channel]})"
    text = line.text
    for place, shown in _PLACES:
        text = text.replace(place, shown)
    return Text.assemble((f"{who}{by}: ", "bold cyan" if line.by == "agent" else "bold"), text)


def _margin(scene: Scene, contact: Contact, record: ThreadRecord, zone: ZoneInfo) -> Iterator[str]:
    for thing in scene.learnt:
        value = fill(thing.value, contact, record.originals)
        yield f"+ {thing.label}: {value}\n  from this {CHANNELS[scene.channel]}"
    for one in scene.spared:
        yield f"not asked: “{one.text}”\n  known: {one.value} ({_known(one, zone)})"
    if scene.booked:
        yield f"booked: {scene.booked.astimezone(zone):%a %-d %b, %H:%M}"
    if scene.otherwise:
        words = " ".join(scene.otherwise.words.split())
        cut = words if len(words) < 160 else f"{words[:158]} …"
        yield f"without memory: “{cut}”"


def _known(one: Spared, zone: ZoneInfo) -> str:
    return _source(one.learnt, zone) if one.learnt else "the CRM"


def _source(thing: Remembered, zone: ZoneInfo) -> str:
    origin = thing.origin
    if origin is None:
        return "older than the traces that are kept"
    at = f"{origin.at.astimezone(zone):%a %-d %b, %H:%M}"
    return f"{CHANNELS[origin.channel]}, {at}"


def _thing(thing: Remembered, contact: Contact, record: ThreadRecord) -> dict[str, Any]:
    origin = thing.origin
    return {
        "kind": thing.kind,
        "name": thing.name,
        "value": fill(thing.value, contact, record.originals),
        "channel": origin.channel if origin else None,
        "since": origin.at.isoformat() if origin else None,
        "event_id": origin.event_id if origin else None,
        "said": fill(origin.said, contact, record.originals) if origin else None,
    }
