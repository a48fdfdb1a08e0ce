"""Research briefs: what a rep should know before they talk, each line with its source."""

from collections.abc import Iterator, Sequence

from agent_runtime.domain import Contact, Session
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import SLOT_VALUES
from agent_runtime.planning.outline import BRIEF_LANGUAGE
from agent_runtime.planning.redlines import is_off_limits
from agent_runtime.planning.speech_acts import can_say


def write_brief(
    session: Session,
    contact: Contact,
    tracks: Sequence[str],
    library: Library,
    *,
    suppressed: str = "",
    language: str = BRIEF_LANGUAGE,
) -> str:
    """Returns a brief in Markdown, in placeholder text, for people of ours only.

    Args:
        session: The person's thread: what they said, what was offered. Its playbook redlines.
        contact: The CRM's mirror; facts that are off limits are left out.
        tracks: Ids of the talk tracks, in the order in which to try them; one that stands on a
            fact that is unknown or off limits is left out.
        library: Where the tracks lie.
        suppressed: Why the person must not be written to; it stands first.
        language: In which the talk tracks are, for a talk in that language.
    """
    redlines = library.playbook(session.playbook).redlines
    parts = [f"# {_title(contact)}"]
    if suppressed:
        parts.append(f"**Do not contact: {suppressed}.** (source: suppressions)")
    parts.append(_list("What the CRM knows", _crm(contact, redlines)))
    parts.append(_list("What they told us", _told(session, contact, redlines)))
    contents = (library.contents[text, language] for text in tracks)
    sayable = [content for content in contents if can_say(content, contact, redlines=redlines)]
    parts += ["## Talk tracks"] if sayable else []
    for number, content in enumerate(sayable, 1):
        words = content.body.format_map(SLOT_VALUES)
        parts.append(f"**{number}. {content.claim}** (source: {content.fact})\n\n{words}")
    return "\n\n".join(part for part in parts if part)


def _title(contact: Contact) -> str:
    """Only what is known: an empty field has no placeholder that could be filled."""
    names = [("FIRST_NAME", contact.first_name), ("LAST_NAME", contact.last_name)]
    person = " ".join(f"[[{field}]]" for field, value in names if value)
    company = "[[COMPANY]]" if contact.company else ""
    return ": ".join(part for part in (company, person) if part) or "No name is known"


def _crm(contact: Contact, redlines: Sequence[str]) -> Iterator[str]:
    fields = [("title", contact.title), ("country", contact.country), *contact.facts]
    for name, value in fields:
        if value and not is_off_limits(name, contact, redlines):
            yield f"{name.replace('_', ' ')}: {value} (source: crm.{name})"


def _told(session: Session, contact: Contact, redlines: Sequence[str]) -> Iterator[str]:
    for name, span in session.facts_known:
        if not is_off_limits(name, contact, redlines):
            yield f"{name.replace('_', ' ')}: “{span}” (source: thread)"
    for theme in session.objections:
        yield f"objected: {theme} (source: thread)"
    for name, value in session.preferences:
        yield f"prefers {name}: {value} (source: thread)"
    if session.contents_used:
        yield f"already said to them: {', '.join(session.contents_used)} (source: thread)"
    if session.offered and not session.meeting_uid:
        yield f"{len(session.offered)} times were offered and not taken (source: thread)"


def _list(title: str, lines: Iterator[str]) -> str:
    entries = [f"- {line}" for line in lines]
    return "\n".join([f"## {title}", "", *entries]) if entries else ""
