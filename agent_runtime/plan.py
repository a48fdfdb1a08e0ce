"""Plan: playbook state and evidence make candidate next-best actions, each with its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from agent_runtime.domain import (
    SPEAKS,
    Candidate,
    Contact,
    Drafted,
    Evidence,
    Observation,
    Perception,
    Proposal,
    Session,
    Slot,
)
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import Content
from agent_runtime.library.knowledge import Quote
from agent_runtime.library.playbook import Playbook, Touch
from agent_runtime.planning.by_mail import slot_that_waits, slot_to_book
from agent_runtime.planning.moves import Option, state_of
from agent_runtime.planning.outline import (
    Turn,
    outline,
    person_answers,
    read_turn,
    touch_texts,
)
from agent_runtime.planning.quotes import looks_up, quoted, quotes_in
from agent_runtime.planning.speech_acts import Act, compose, split_frame

_QUOTE_FIRST = 0.5
"""What the documents say goes before the row's own text, and after a row of more weight."""


def plan(
    session: Session,
    observation: Observation,
    perception: Perception | None,
    evidence: Sequence[Evidence],
    *,
    playbook: Playbook,
    library: Library,
    contact: Contact,
    free_slots: Iterable[Slot],
    now: datetime,
    exploration: float = 0.0,
    drafts: Sequence[Drafted] = (),
) -> list[Candidate]:
    """Returns what could be done next, best first, with scores, propensities and reason codes.

    A draft stands only on the evidence: an action whose texts were not retrieved is considered
    without one. The same arguments always give the same candidates.

    Args:
        session: The thread so far.
        observation: What happened: a touch fell due, or a mail came.
        perception: What the mail means; None when a touch is due.
        evidence: What `retrieve` returned for this turn.
        playbook: Whose table decides.
        library: Where approved wording lies.
        contact: Who is written to.
        free_slots: Free times of the owner's calendar.
        now: The instant of the turn.
        exploration: Share of turns in which a caller picks a drafted reply other than the best;
            propensities say how likely each is.
        drafts: What a generating model would say; they come first, and the rules judge them.
    """
    facts = frozenset(fact.fact_id for fact in evidence)
    if perception is None:
        candidates = _for_touch(
            session,
            observation,
            facts,
            playbook=playbook,
            library=library,
            contact=contact,
            now=now,
        )
    else:
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
        candidates = _for_mail(turn, facts, quotes_in(evidence))
        candidates = [*_drafted(turn, drafts), *candidates]
    return _with_propensities(candidates, exploration)


def _for_touch(
    session: Session,
    observation: Observation,
    facts: frozenset[str],
    *,
    playbook: Playbook,
    library: Library,
    contact: Contact,
    now: datetime,
) -> list[Candidate]:
    reason = _why_no_touch(session, observation, playbook)
    if reason:
        return [_nothing(reason, session.state, 1.0)]
    touch = playbook.touches[(observation.touch or 1) - 1]
    texts = touch_texts(library, playbook, touch, contact, now=now)
    if touch.do == "brief":
        return _brief(touch, texts)
    locale = texts[0].locale if texts else ""
    frame = library.live(playbook.frame_on(touch.channel), language=locale, now=now)
    candidates = []
    for place, content in enumerate(texts):
        if frame is None or content.id not in facts or frame.id not in facts:
            continue
        proposal = compose(
            Act("send_touch", "proactive", 1.0),
            (content,),
            frame=frame,
            contact=contact,
            session=session,
            purpose=playbook.on(touch.channel).purpose,
            channel=touch.channel,
        )
        candidates.append(
            Candidate(
                action="send_touch",
                reason=f"touch_{observation.touch}_due",
                score=1.0 - place / 10,
                propensity=0.0,
                next_state=touch.next,
                proposal=proposal,
            )
        )
    why = "waiting_is_always_possible" if candidates else "no_text_for_this_reader"
    return [*candidates, _nothing(why, session.state, 0.0)]


def _why_no_touch(session: Session, observation: Observation, playbook: Playbook) -> str:
    """Goals, not cadences: a touch is made only where the conversation still waits for one."""
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


def _brief(touch: Touch, tracks: Sequence[Content]) -> list[Candidate]:
    """A brief for the owner: nothing leaves, so it needs no permit and no frame."""
    chosen = tuple(content.id for content in tracks)
    brief = Candidate(
        action="brief",
        reason="brief_due",
        score=1.0,
        propensity=0.0,
        next_state=touch.next,
        route_to="owner",
        contents=chosen,
    )
    return [brief, _nothing("waiting_is_always_possible", touch.next, 0.0)]


def _for_mail(turn: Turn, facts: frozenset[str], quotes: Sequence[Quote]) -> list[Candidate]:
    candidates = [
        *_quoting(turn, facts, quotes),
        *(_candidate(turn, option, facts) for option in turn.options),
    ]
    if not candidates:
        candidates = [_to_owner(turn, "no_row_fits", 0.5)]
    waiting = _nothing("waiting_is_always_possible", turn.session.state, 0.0)
    return [*candidates, *_other_drafts(turn, candidates[0], facts), waiting]


def _drafted(turn: Turn, drafts: Sequence[Drafted]) -> list[Candidate]:
    """A model's words between greeting and signature, where the best row is an answer.

    Safety rows, hand-offs, offers of times and stops are never the model's to rewrite. What else
    the row does is done, and a draft is no surer than the reading that chose the row. To whom it
    goes, from whom and under which subject is the thread's.
    """
    option = turn.options[0] if turn.options else None
    if option is None or option.group != "reply" or turn.frame is None:
        return []
    move, state = option.move, state_of(turn.playbook, turn.session)
    if move.do not in SPEAKS:
        return []
    found = []
    for place, draft in enumerate(drafts):
        sure = draft.confidence if move.unsure else min(draft.confidence, option.confidence)
        act = Act("answer", "reply", sure)
        around = _written(turn, act, (), turn.frame)
        before, after = split_frame(around)
        found.append(
            Candidate(
                action="answer",
                reason="drafted_by_model",
                score=2.0 - place / 10,
                propensity=0.0,
                next_state=state if move.next == "same" else move.next,
                proposal=replace(
                    around,
                    sentences=(*before, *draft.sentences, *after),
                    content_ids=_named_in(draft),
                    is_drafted=True,
                ),
                inform=move.inform,
                priority=move.priority,
                records=_records(option),
                calls=draft.calls,
                is_drafted=True,
            )
        )
    return found


def _named_in(draft: Drafted) -> tuple[str, ...]:
    """Returns the texts that a draft stands on, so that a person reads first what they must."""
    facts = (fact for sentence in draft.sentences for fact in sentence.facts)
    return tuple(dict.fromkeys(fact.partition("@")[0] for fact in facts))


def _other_drafts(turn: Turn, best: Candidate, facts: frozenset[str]) -> list[Candidate]:
    """What a rep may prefer to the best draft: only the answer, or their own words later (R71)."""
    if best.proposal is None or not turn.options or turn.frame is None:
        return []
    option, own = turn.options[0], turn.options[0].move.say
    others = []
    texts = outline(turn, option) or ()
    if option.group == "reply" and len(texts) > len(own):
        short = tuple(content for content in texts if content.id in own)
        proposal = _draft(turn, option, short, turn.frame)
        others.append(
            replace(best, reason=f"{best.reason}_only", score=best.score / 2, proposal=proposal)
        )
    hand_over = person_answers(turn)
    if hand_over is not None and hand_over.id in facts and best.action != "hand_off":
        proposal = _draft(turn, option, (hand_over,), turn.frame)
        others.append(
            replace(
                _to_owner(turn, "a_person_could_answer", best.score / 4),
                proposal=replace(proposal, action="hand_off", confidence=1.0, slots=()),
            )
        )
    return others


def _candidate(turn: Turn, option: Option, facts: frozenset[str]) -> Candidate:
    """Returns the row as a candidate; one that cannot be carried out goes to the owner."""
    move, state = option.move, state_of(turn.playbook, turn.session)
    candidate = Candidate(
        action=move.do,
        reason=move.reason,
        score=option.score,
        propensity=0.0,
        next_state=state if move.next == "same" else move.next,
        route_to=move.route_to,
        inform=move.inform,
        priority=move.priority,
        records=_records(option),
        book=slot_to_book(turn.session, option, turn.accepted),
        wants=slot_that_waits(option, turn.accepted),
    )
    if move.do == "propose_times" and not turn.offer:
        return _to_owner(turn, "no_time_to_offer", option.score)
    texts, frame = outline(turn, option), turn.frame
    if texts is None or (texts and frame is None):
        needs_words = move.do not in ("hand_off", "confirm_stop", "close", "pause")
        missing = "no_approved_text"
        return _to_owner(turn, missing, option.score) if needs_words else candidate
    if not texts or frame is None or not facts.issuperset(c.id for c in (*texts, frame)):
        return candidate
    return replace(candidate, proposal=_draft(turn, option, texts, frame))


def _quoting(turn: Turn, facts: frozenset[str], quotes: Sequence[Quote]) -> list[Candidate]:
    """An answer out of the company's documents, where the best row lets them be looked up."""
    option = looks_up(turn)
    texts = quoted(turn, option, quotes) if option else ()
    if option is None or turn.frame is None or not texts:
        return []
    if not facts.issuperset(text.id for text in (*texts, turn.frame)):
        return []
    move, state = option.move, state_of(turn.playbook, turn.session)
    stays = move.next == "same" or move.do == "hand_off"
    act = Act("answer", "reply", option.confidence)
    return [
        Candidate(
            action="answer",
            reason="found_in_documents",
            score=option.score + _QUOTE_FIRST,
            propensity=0.0,
            next_state=state if stays else move.next,
            proposal=_written(turn, act, texts, turn.frame),
        )
    ]


def _draft(turn: Turn, option: Option, texts: Sequence[Content], frame: Content) -> Proposal:
    """A reading may be unsure, but handing over, stopping and asking back are never wrong."""
    is_safe = option.group != "reply" or option.move.unsure or option.move.do == "hand_off"
    is_implied = option.move.do in ("confirm_stop", "confirm_start", "explain")
    touch_class = "transactional" if is_implied else "reply"
    act = Act(option.move.do, touch_class, 1.0 if is_safe else option.confidence)
    return _written(turn, act, texts, frame)


def _written(turn: Turn, act: Act, texts: Sequence[Content | Quote], frame: Content) -> Proposal:
    return compose(
        act,
        texts,
        frame=frame,
        contact=turn.contact,
        session=turn.session,
        purpose=turn.playbook.on(turn.channel).purpose,
        subject=turn.observation.subject,
        slots=turn.offer,
        channel=turn.channel,
    )


def _records(option: Option) -> tuple[tuple[str, str], ...]:
    move = option.move
    value = option.say[0] if move.one_of else move.reason
    return ((move.records, value),) if move.records else ()


def _to_owner(turn: Turn, reason: str, score: float) -> Candidate:
    """Hands over without words: to the owner, or to whom the playbook puts in their place."""
    state = state_of(turn.playbook, turn.session)
    taker = turn.playbook.takes_over
    return Candidate(
        action="hand_off",
        reason=reason,
        score=score,
        propensity=0.0,
        next_state="handed_off" if "handed_off" in turn.playbook.states else state,
        route_to=taker,
        inform=() if taker == "owner" else ("owner",),
    )


def _nothing(reason: str, state: str, score: float) -> Candidate:
    return Candidate(action="none", reason=reason, score=score, propensity=0.0, next_state=state)


_EXPLORABLE = frozenset({"send_touch", "answer", "ask", "share_asset", "propose_times"})


def _with_propensities(candidates: list[Candidate], exploration: float) -> list[Candidate]:
    """Greedy by default; exploration is shared evenly among drafted replies, never others."""
    pool = [n for n, c in enumerate(candidates) if c.proposal and c.action in _EXPLORABLE]
    share = exploration / len(pool) if 0 in pool else 0.0
    return [
        replace(c, propensity=(share if n in pool else 0.0) + (n == 0) * (1.0 - share * len(pool)))
        for n, c in enumerate(candidates)
    ]
