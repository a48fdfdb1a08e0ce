"""What the agent says: approved texts put together into a proposal, nothing else."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_runtime.domain import (
    BRIEF_CHANNELS,
    ActionKind,
    ChannelName,
    Contact,
    Proposal,
    Sentence,
    Session,
    Slot,
    Template,
    TouchClass,
)
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import FACT_SLOTS, LOCALES, SLOT, SLOT_VALUES, Content
from agent_runtime.library.knowledge import Quote
from agent_runtime.library.playbook import Ahead, Playbook
from agent_runtime.planning.redlines import is_off_limits
from agent_runtime.times.local_times import number_times, say_time
from agent_runtime.times.times_aloud import list_aloud, say_aloud

CALENDAR_FACT = "calendar.free@1"
"""The ground of the times in an offer, beside the approved text around them."""

_REPLY_MARK = re.compile(r"^(?:\s*(?:re|aw|sv|rv|tr|r|res|fwd?|wg)\s*:)+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Act:
    """What kind of mail it is; the words come from the texts."""

    action: ActionKind
    touch_class: TouchClass
    confidence: float


def compose(
    act: Act,
    contents: Sequence[Content | Quote],
    *,
    frame: Content,
    contact: Contact,
    session: Session,
    purpose: str,
    subject: str = "",
    slots: Sequence[Slot] = (),
    channel: ChannelName = "email",
) -> Proposal:
    """Returns a draft: greeting, the texts in their order, and the signature that discloses.

    Where there are no signatures, greeting and disclosure begin the conversation instead.
    """
    language = frame.locale
    zone = contact.time_zone
    is_spoken = channel == "voice"
    name_times, name_time = (list_aloud, say_aloud) if is_spoken else (number_times, say_time)
    values = SLOT_VALUES | {
        "slots": name_times(slots, zone=zone, language=language),
        "time": name_time(slots[0].start, zone=zone, language=language) if slots else "",
    }
    hello = frame.greeting if contact.first_name else frame.greeting_without_name
    greeting = [Sentence(hello.format_map(values), (frame.fact,))]
    signature = [Sentence(p.format_map(values), (frame.fact,)) for p in frame.paragraphs]
    if channel in BRIEF_CHANNELS:
        is_told = channel in session.disclosed_on or act.action == "explain"
        greeting = [] if is_told else [*greeting, *signature]
        signature = []
    sentences = greeting
    for content in contents:
        facts = (content.fact, CALENDAR_FACT) if "slots" in content.slots else (content.fact,)
        said = content.spoken_paragraphs if is_spoken else content.paragraphs
        sentences += [Sentence(p.format_map(values), facts) for p in said]
    sentences += signature
    opening = next((c.subject for c in contents if c.subject), "")
    return Proposal(
        action=act.action,
        touch_class=act.touch_class,
        channel=channel,
        purpose=purpose,
        subject=""
        if channel in BRIEF_CHANNELS or channel == "linkedin"
        else _subject(session.subject or subject, opening.format_map(values)),
        sentences=tuple(sentences),
        language=language,
        confidence=act.confidence,
        slots=tuple(slots) if any("slots" in c.slots for c in contents) else (),
        content_ids=tuple(content.id for content in contents),
        template=_template(contents, values) if channel == "whatsapp" else None,
    )


def _template(contents: Sequence[Content | Quote], values: Mapping[str, str]) -> Template | None:
    """Returns the carrier's copy of the one text of a message, where it has one."""
    if len(contents) != 1 or not isinstance(contents[0], Content):
        return None
    text = contents[0]
    if not text.whatsapp_template:
        return None
    places = dict.fromkeys(SLOT.findall(text.body))
    return Template(text.whatsapp_template, tuple(values[name] for name in places))


def split_frame(proposal: Proposal) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
    """Returns what stands before and after the words of a draft that has none yet."""
    if proposal.channel in BRIEF_CHANNELS:
        return proposal.sentences, ()
    return proposal.sentences[:1], proposal.sentences[1:]


def can_say(content: Content, contact: Contact, *, redlines: Collection[str] = ()) -> bool:
    """Says whether every fact that a text needs is known and in bounds; a missing one means no."""
    needed = {*content.needs, *content.slots.intersection(FACT_SLOTS)}
    if any(is_off_limits(name, contact, redlines) or not contact.fact(name) for name in needed):
        return False
    for name, values in content.where.items():
        known = contact.fact(name).casefold()
        if name in redlines or known not in (value.casefold() for value in values):
            return False
    return bool(contact.company) or "company" not in content.slots


def language_for(session: Session, contact: Contact) -> str:
    """Returns the language to write in when nothing was heard just now."""
    for language in (session.language, contact.language[:2].lower()):
        if language in LOCALES:
            return language
    return "en"


def confirmation(
    library: Library, contact: Contact, session: Session, slot: Slot, *, now: datetime
) -> Proposal:
    """Returns the mail that goes with the invitation, once the calendar holds the meeting.

    What the playbook says to prepare for a meeting goes with it.
    """
    return _about_a_meeting(
        library,
        contact,
        session,
        Act("book", "transactional", 1.0),
        text="meeting.booked",
        more=library.playbook(session.playbook).confirms_with,
        slots=(slot,),
        now=now,
    )


def confirmation_here(
    library: Library,
    contact: Contact,
    session: Session,
    slot: Slot,
    *,
    channel: ChannelName,
    now: datetime,
) -> Proposal:
    """Returns what is said where the buyer is, beside the invitation that goes by mail."""
    return _about_a_meeting(
        library,
        contact,
        session,
        Act("book", "transactional", 1.0),
        text="meeting.booked_here",
        slots=(slot,),
        channel=channel,
        now=now,
    )


def other_times(
    library: Library,
    contact: Contact,
    session: Session,
    slots: Sequence[Slot],
    *,
    channel: ChannelName = "email",
    now: datetime,
) -> Proposal:
    """Returns what offers other times, because somebody else has taken the first."""
    return _about_a_meeting(
        library,
        contact,
        session,
        Act("propose_times", "transactional", 1.0),
        text="slots.other",
        slots=slots,
        channel=channel,
        now=now,
    )


def called_off(
    library: Library, contact: Contact, session: Session, slot: Slot, *, now: datetime
) -> Proposal:
    """Returns the mail that goes with the cancellation of a meeting."""
    return _about_a_meeting(
        library,
        contact,
        session,
        Act("answer", "transactional", 1.0),
        text="meeting.called_off",
        slots=(slot,),
        now=now,
    )


def reminder(
    library: Library,
    contact: Contact,
    session: Session,
    slot: Slot,
    *,
    ahead: Ahead,
    channel: ChannelName,
    now: datetime,
) -> Proposal:
    """Returns the message that reminds of a meeting a day or an hour before it."""
    return _about_a_meeting(
        library,
        contact,
        session,
        Act("remind", "transactional", 1.0),
        text="meeting.tomorrow" if ahead == "day" else "meeting.soon",
        slots=(slot,),
        channel=channel,
        now=now,
    )


def _about_a_meeting(
    library: Library,
    contact: Contact,
    session: Session,
    act: Act,
    *,
    text: str,
    more: str = "",
    slots: Sequence[Slot],
    channel: ChannelName = "email",
    now: datetime,
) -> Proposal:
    playbook: Playbook = library.playbook(session.playbook)
    language = language_for(session, contact)
    frame = library.live(playbook.frame_on(channel), language=language, now=now)
    own = library.live(playbook.wording(text), language=language, now=now)
    shared = library.live(text, language=language, now=now)
    content = own if own is not None and can_say(own, contact) else shared
    if frame is None or content is None:
        raise LookupError(f"{text} or {playbook.frame} has no live text in {language}")
    further = library.live(more, language=language, now=now) if more else None
    is_sayable = further and can_say(further, contact, redlines=playbook.redlines)
    return compose(
        act,
        (content, further) if further and is_sayable else (content,),
        frame=frame,
        contact=contact,
        session=session,
        purpose=playbook.on(channel).purpose,
        slots=slots,
        channel=channel,
    )


def _subject(thread: str, opening: str) -> str:
    """A thread keeps its subject; only a first mail has one of its own."""
    if thread:
        return f"Re: {_REPLY_MARK.sub('', thread)}"
    return opening or "Northbeam Relay"
