"""What a touch that is due could be: an approved text, a model's draft, a brief, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.domain import Candidate, Contact, Drafted, Observation, Session
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import Content
from agent_runtime.library.playbook import Playbook, Touch
from agent_runtime.planning.drafted import Around, ranked
from agent_runtime.planning.moves import state_of
from agent_runtime.planning.outline import suits, touch_texts
from agent_runtime.planning.speech_acts import Act, compose
from agent_runtime.policies.facts import Approvals


@dataclass(frozen=True, slots=True)
class DueTouch:
    """All that is known about one touch that is due."""

    session: Session
    observation: Observation
    playbook: Playbook
    library: Library
    contact: Contact
    now: datetime

    @property
    def touch(self) -> Touch:
        """The touch as its playbook has it."""
        return self.playbook.touches[(self.observation.touch or 1) - 1]


def candidates_for(
    due: DueTouch, facts: frozenset[str], drafts: Sequence[Drafted], approvals: Approvals
) -> list[Candidate]:
    """Returns what the touch could be, best first: drafts, approved texts, and doing nothing.

    A touch for which no approved text suits the reader is not made, by a model neither.
    """
    reason = why_no_touch(due.session, due.observation, due.playbook)
    if reason:
        return [nothing(reason, due.session.state, 1.0)]
    touch = due.touch
    texts = touch_texts(due.library, due.playbook, touch, due.contact, now=due.now)
    if touch.do == "brief":
        return _brief(touch, texts)
    locale = texts[0].locale if texts else ""
    frame_id = due.playbook.frame_on(touch.channel)
    frame = due.library.live(frame_id, language=locale, now=due.now)
    if frame is None or frame.id not in facts:
        return [nothing("no_text_for_this_reader", due.session.state, 0.0)]
    candidates = [
        _in_approved_words(due, content, frame, score=1.0 - place / 10)
        for place, content in enumerate(texts)
        if content.id in facts
    ]
    written = _written(due, candidates, frame, drafts, approvals)
    why = "waiting_is_always_possible" if candidates else "no_text_for_this_reader"
    return [
        *(c for c in written if not c.slips),
        *candidates,
        nothing(why, due.session.state, 0.0),
        *(c for c in written if c.slips),
    ]


def why_no_touch(session: Session, observation: Observation, playbook: Playbook) -> str:
    """Returns why a touch is not made; empty where the conversation still waits for one.

    Goals, not cadences.
    """
    touch = observation.touch or 0
    if session.closed or playbook.is_closed(state_of(playbook, session)):
        return "thread_closed"
    if session.speaker == "human":
        return "a_person_speaks"
    if not 1 <= touch <= len(playbook.touches):
        return "touches_spent"
    if session.buyer_turns and not playbook.touches[touch - 1].after_answer:
        return "buyer_has_answered"
    if touch <= session.touches_sent:
        return "touch_was_made"
    return ""


def nothing(reason: str, state: str, score: float) -> Candidate:
    """Returns waiting, which is always possible, with why."""
    return Candidate(action="none", reason=reason, score=score, propensity=0.0, next_state=state)


def _in_approved_words(due: DueTouch, text: Content, frame: Content, *, score: float) -> Candidate:
    channel = due.touch.channel
    proposal = compose(
        Act("send_touch", "proactive", 1.0),
        (text,),
        frame=frame,
        contact=due.contact,
        session=due.session,
        purpose=due.playbook.on(channel).purpose,
        channel=channel,
    )
    return Candidate(
        action="send_touch",
        reason=f"touch_{due.observation.touch}_due",
        score=score,
        propensity=0.0,
        next_state=due.touch.next,
        proposal=proposal,
        is_for_others=not suits(text, due.contact.title),
    )


def _written(
    due: DueTouch,
    approved: Sequence[Candidate],
    frame: Content,
    drafts: Sequence[Drafted],
    approvals: Approvals,
) -> list[Candidate]:
    """A model's words under the subject, greeting and signature of the approved text."""
    if not drafts or not approved or approved[0].proposal is None:
        return []
    first = approved[0].proposal
    empty = tuple(s for s in first.sentences if frame.fact in s.facts)
    around = Around(
        proposal=replace(first, sentences=empty, content_ids=()),
        candidate=replace(approved[0], reason="drafted_by_model", proposal=None),
        guide=due.library.style,
        approvals=approvals,
        now=due.now,
    )
    return ranked(drafts, around)


def _brief(touch: Touch, tracks: Sequence[Content]) -> list[Candidate]:
    """A brief for the owner: nothing leaves, so it needs no permit and no frame."""
    brief = Candidate(
        action="brief",
        reason="brief_due",
        score=1.0,
        propensity=0.0,
        next_state=touch.next,
        route_to="owner",
        contents=tuple(content.id for content in tracks),
    )
    return [brief, nothing("waiting_is_always_possible", touch.next, 0.0)]
