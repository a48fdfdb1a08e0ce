"""Research briefs: what a rep should know before they talk, each line with its source."""

from collections.abc import Iterator, Sequence

from agent_runtime.domain import Contact, Session
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import SLOT_VALUES


def write_brief(
    session: Session,
    contact: Contact,
    tracks: Sequence[str],
    library: Library,
    *,
    suppressed: str = "",
) -> str:
    """Returns a brief in Markdown, in placeholder text, for people of ours only.

    Args:
        session: The person's thread: what they said, what was offered.
        contact: The CRM's mirror; facts that the playbook redlines are left out.
        tracks: Ids of the talk tracks, in the order in which to try them.
        library: Where the tracks lie.
        suppressed: Why the person must not be written to; it stands first.
    """
    redlines = library.playbook(session.playbook).redlines
    parts = ["# [[COMPANY]]: [[FIRST_NAME]] [[LAST_NAME]]"]
    if suppressed:
        parts.append(f"**Do not contact: {suppressed}.** (source: suppressions)")
    parts.append(_list("What the CRM knows", _crm(contact, redlines)))
    parts.append(_list("What they told us", _told(session)))
    parts.append("## Talk tracks")
    for number, text in enumerate(tracks, 1):
        content = library.contents[text, "en"]
        words = content.body.format_map(SLOT_VALUES)
        parts.append(f"**{number}. {content.claim}** (source: {content.fact})\n\n{words}")
    return "\n\n".join(part for part in parts if part)


def _crm(contact: Contact, redlines: Sequence[str]) -> Iterator[str]:
    fields = [("title", contact.title), ("country", contact.country), *contact.facts]
    for name, value in fields:
        if value and name not in redlines:
            yield f"{name.replace('_', ' ')}: {value} (source: crm.{name})"


def _told(session: Session) -> Iterator[str]:
    for name, span in session.facts_known:
        yield f"{name.replace('_', ' ')}: “{span}” (source: thread)"
    if session.contents_used:
        yield f"already said to them: {', '.join(session.contents_used)} (source: thread)"
    if session.offered and not session.meeting_uid:
        yield f"{len(session.offered)} times were offered and not taken (source: thread)"


def _list(title: str, lines: Iterator[str]) -> str:
    entries = [f"- {line}" for line in lines]
    return "\n".join([f"## {title}", "", *entries]) if entries else ""
