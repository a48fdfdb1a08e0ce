"""Which approved texts one mail would be made of; what retrieval serves and planning renders."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_runtime.domain import (
    TEXT_CHANNELS,
    ChannelName,
    Contact,
    Observation,
    Perception,
    Session,
    Slot,
    answered_on,
)
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import LOCALES, Content
from agent_runtime.library.playbook import Playbook, Touch
from agent_runtime.planning.by_mail import with_an_address
from agent_runtime.planning.host import host_of
from agent_runtime.planning.moves import Option, known_of, options
from agent_runtime.planning.speech_acts import can_say, language_for
from agent_runtime.planning.topics import text_about
from agent_runtime.times.slots import accepted_slot, slots_to_offer

MAX_FACTS = 4
"""The smallest fact set that a turn needs (R56); the frame is one of them."""

TRACKS = 3
"""Talk tracks of a research brief (R112)."""

_SHORT = 3
"""Letters up to which a word of a job title must stand alone."""

BRIEF_LANGUAGE = "en"
"""Of the people of ours who read briefs."""


@dataclass(frozen=True, slots=True)
class Turn:
    """All that is known about one mail that is to be answered, read once."""

    session: Session
    observation: Observation
    perception: Perception
    playbook: Playbook
    library: Library
    contact: Contact
    now: datetime
    language: str
    accepted: Slot | None
    offer: tuple[Slot, ...]
    options: tuple[Option, ...]

    @property
    def frame(self) -> Content | None:
        """The text that greets and discloses."""
        frame = self.playbook.frame_on(self.channel)
        return self.library.live(frame, language=self.language, now=self.now)

    @property
    def channel(self) -> ChannelName:
        """The channel of the answer: where the buyer is."""
        return answered_on(self.observation.channel)


def read_turn(
    session: Session,
    observation: Observation,
    perception: Perception,
    *,
    playbook: Playbook,
    library: Library,
    contact: Contact,
    free_slots: Iterable[Slot],
    now: datetime,
) -> Turn:
    """Returns the turn with the rows that fit and the times that can be offered."""
    free = tuple(free_slots)
    host = host_of(playbook, contact)
    accepted = accepted_slot(
        session, perception, contact, free, host_id=host.owner_id if host else "", now=now
    )
    heard = perception.language
    language = heard if heard in LOCALES else language_for(session, contact)

    def choose(texts: Sequence[str]) -> str:
        served = (library.live(text, language=language, now=now) for text in texts)
        sayable = [c for c in served if c and can_say(c, contact, redlines=playbook.redlines)]
        return text_about(observation.text, sayable)

    fitting = options(
        library,
        playbook,
        session,
        perception,
        contact=contact,
        is_slot_chosen=accepted is not None,
        choose=choose,
    )
    fitting = with_an_address(fitting, session, contact, observation.text)
    offers = any(option.move.do == "propose_times" for option in fitting)
    return Turn(
        session=session,
        observation=observation,
        perception=perception,
        playbook=playbook,
        library=library,
        contact=contact,
        now=now,
        language=language,
        accepted=accepted,
        offer=slots_to_offer(session, perception, contact, free, now=now) if offers else (),
        options=fitting,
    )


def outline(turn: Turn, option: Option) -> tuple[Content, ...] | None:
    """Returns the texts of a row's mail in order, or None when one of them cannot be served.

    An answer to a further question goes before the row's own texts, the playbook's next question
    goes last, and what exceeds `MAX_FACTS` is left out, pleasantries first. A text message says
    one thing only.
    """
    if not option.say:
        return ()
    own = [serve(turn, text) for text in option.say]
    if any(content is None for content in own):
        return None
    needed = [content for content in own if content is not None]
    room = MAX_FACTS - 1 - len(needed) - ("slots" in needed[-1].slots)
    is_text = turn.channel in TEXT_CHANNELS
    before = [] if is_text else list(_also_answers(turn, option))[: max(room, 0)]
    room -= len(before)
    after = [q for q in [asked_next(turn, option, [*before, *needed])] if q and room > 0]
    room -= len(after)
    may_open = room > 0 and option.group == "reply" and not is_text
    opening = [o for o in [_opening(turn)] if o and may_open]
    return (*opening, *before, *needed, *after)


def person_answers(turn: Turn) -> Content | None:
    """Returns the text by which a thread is handed to its owner."""
    return serve(turn, "handoff.owner")


def touch_texts(
    library: Library, playbook: Playbook, touch: Touch, contact: Contact, *, now: datetime
) -> tuple[Content, ...]:
    """Returns the texts that this touch can be, the one that suits the reader best first.

    A brief is for people of ours: it has its own language, and at most `TRACKS` talk tracks, none
    of which was made for others.
    """
    is_brief = touch.do == "brief"
    language = BRIEF_LANGUAGE if is_brief else contact.language[:2].lower()
    served = (library.live(text, language=language, now=now) for text in touch.say)
    texts = [
        content
        for content in served
        if content is not None and can_say(content, contact, redlines=playbook.redlines)
    ]
    best = sorted(texts, key=lambda content: -suits(content, contact.title))
    if is_brief:
        best = [content for content in best if suits(content, contact.title)][:TRACKS]
    return tuple(best)


def suits(content: Content, title: str) -> int:
    """Returns 2 for a text made for readers with this title, 1 for everybody, 0 for others."""
    if not content.audience:
        return 1
    return 2 * any(_names(title.lower(), word.strip()) for word in content.audience)


def _names(title: str, word: str) -> bool:
    """A short word must stand alone: `cto` is in every director."""
    return word in (re.findall(r"\w+", title) if len(word) <= _SHORT else title)


def serve(turn: Turn, text: str) -> Content | None:
    """Returns a text in the turn's language, or nothing when it is not live or cannot be said."""
    content = turn.library.live(text, language=turn.language, now=turn.now)
    if content is None or not can_say(content, turn.contact, redlines=turn.playbook.redlines):
        return None
    return content


def _also_answers(turn: Turn, option: Option) -> Iterator[Content]:
    if option.move.do not in ("propose_times", "answer"):
        return
    for other in turn.options:
        if other is not option and other.move.do == "answer" and other.group == "reply":
            for text in other.say:
                content = serve(turn, text)
                if content is not None and content.id not in option.say:
                    yield content


def asked_next(turn: Turn, option: Option, said: Iterable[Content]) -> Content | None:
    """The first question that was not asked and whose answer is not known; one a mail (R91)."""
    if not option.move.ask or any("?" in content.body for content in said):
        return None
    known = known_of(turn.session, turn.perception, turn.contact)
    for question in turn.playbook.questions:
        if question.say not in turn.session.contents_used and question.learns not in known:
            return serve(turn, question.say)
    return None


def _opening(turn: Turn) -> Content | None:
    is_first_answer = turn.session.opened_by == "buyer" and turn.session.agent_turns == 0
    used = turn.playbook.opening in turn.session.contents_used
    return serve(turn, turn.playbook.opening) if is_first_answer and not used else None
