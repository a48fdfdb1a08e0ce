"""Retrieve: the fewest facts for this turn, each with id and version, none expired."""

from collections.abc import Iterable
from datetime import datetime

from agent_runtime.domain import Contact, Evidence, Observation, Perception, Session, Slot
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import Content
from agent_runtime.library.knowledge import QUOTE
from agent_runtime.library.playbook import Playbook
from agent_runtime.planning.outline import (
    MAX_FACTS,
    Turn,
    outline,
    person_answers,
    read_turn,
    touch_texts,
)
from agent_runtime.planning.quotes import look_up, looks_up, quoted, quotes_in
from agent_runtime.planning.speech_acts import CALENDAR_FACT
from agent_runtime.times.local_times import number_times


def retrieve(
    session: Session,
    observation: Observation,
    perception: Perception | None,
    *,
    playbook: Playbook,
    library: Library,
    contact: Contact,
    free_slots: Iterable[Slot],
    now: datetime,
) -> tuple[Evidence, ...]:
    """Returns at most four facts: passages or texts of the best next step, the calendar, the CRM.

    Args:
        session: The thread so far.
        observation: What happened: a touch fell due, or a mail came.
        perception: What the mail means; None when a touch is due.
        playbook: Whose table says what may be said.
        library: Where approved wording lies.
        contact: The CRM's mirror of the buyer; its texts stay placeholders.
        free_slots: Free times of the owner's calendar.
        now: Decides what has expired.
    """
    if perception is None:
        touch = observation.touch or 0
        return _for_touch(touch, playbook=playbook, library=library, contact=contact, now=now)
    turn = read_turn(
        session,
        observation,
        perception,
        playbook=playbook,
        library=library,
        contact=contact,
        free_slots=free_slots,
        now=now,
    )
    found = look_up(turn, now=now)
    return _quotes(turn, found) if found else _for_mail(turn)


def _for_touch(
    number: int, *, playbook: Playbook, library: Library, contact: Contact, now: datetime
) -> tuple[Evidence, ...]:
    if not 1 <= number <= len(playbook.touches):
        return ()
    touch = playbook.touches[number - 1]
    texts = touch_texts(library, playbook, touch, contact, now=now)
    if touch.do == "brief":
        return _few([*(_text(content) for content in texts), _crm(contact)])
    if not texts:
        return ()
    frame = library.live(playbook.frame_on(touch.channel), language=texts[0].locale, now=now)
    facts = [_text(content) for content in texts[: MAX_FACTS - 2]]
    return _few([*facts, *([_text(frame)] if frame else []), _crm(contact)])


def _for_mail(turn: Turn) -> tuple[Evidence, ...]:
    best = turn.options[0] if turn.options else None
    contents = outline(turn, best) if best else None
    if best is None or not contents or turn.frame is None:
        return (_thread(turn.session),) if turn.session.state else ()
    facts = [_text(content) for content in (*contents, turn.frame)]
    if any("slots" in content.slots for content in contents):
        facts.append(_calendar(turn.offer, turn.contact, turn.language))
    hand_over = person_answers(turn)
    if best.group == "reply" and hand_over is not None and len(facts) < MAX_FACTS:
        facts.append(_text(hand_over))
    return _few([*facts, _crm(turn.contact)])


def _quotes(turn: Turn, found: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The passages with what is written around them; then what thread and CRM say of it."""
    option, frame, quotes = looks_up(turn), turn.frame, quotes_in(found)
    if option is None or frame is None:
        return found
    around = [text for text in quoted(turn, option, quotes) if isinstance(text, Content)]
    passages = [fact for fact in found if fact.fact_id.startswith(QUOTE)]
    others = [fact for fact in found if not fact.fact_id.startswith(QUOTE)]
    return _few([*passages, *map(_text, (*around, frame)), *others])


def _few(facts: list[Evidence]) -> tuple[Evidence, ...]:
    return tuple(facts[:MAX_FACTS])


def _text(content: Content) -> Evidence:
    return Evidence(content.id, content.version, "content", content.body, content.expires)


def _calendar(slots: tuple[Slot, ...], contact: Contact, language: str) -> Evidence:
    fact_id, version = CALENDAR_FACT.split("@")
    text = number_times(slots, zone=contact.time_zone, language=language)
    return Evidence(fact_id, int(version), "calendar", text)


def _crm(contact: Contact) -> Evidence:
    text = f"[[FIRST_NAME]], {contact.title or 'no title'}, [[COMPANY]]; owner [[OWNER_NAME]]"
    return Evidence("crm.contact", 1, "crm", text)


def _thread(session: Session) -> Evidence:
    known = "; ".join(f"{name}: {span}" for name, span in session.facts_known)
    return Evidence("thread.state", 1, "thread", f"{session.state}. {known}".strip())
