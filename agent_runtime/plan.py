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
from agent_runtime.library.playbook import Playbook
from agent_runtime.planning.by_mail import slot_that_waits, slot_to_book
from agent_runtime.planning.drafted import Around, ranked
from agent_runtime.planning.moves import Option, state_of
from agent_runtime.planning.outline import (
    Turn,
    outline,
    person_answers,
    read_turn,
)
from agent_runtime.planning.quotes import looks_up, quoted, quotes_in
from agent_runtime.planning.speech_acts import Act, compose
from agent_runtime.planning.touches import DueTouch, candidates_for, nothing
from agent_runtime.policies.facts import Approvals

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
    drafts: Sequence[Drafted] = (),
    approvals: Approvals | None = None,
) -> list[Candidate]:
    """Returns what could be done next, best first, with scores and reason codes.

    The best is what is done unless the rules, or `exploring`, say otherwise: its propensity is 1.

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
        drafts: What a generating model would say; they come first, and the rules judge them.
            Those that break the style guide come last, with the reason, and are not carried out.
        approvals: What is approved for this reader; by default what is for everybody.
    """
    facts = frozenset(fact.fact_id for fact in evidence)
    if perception is None:
        due = DueTouch(session, observation, playbook, library, contact, now)
        candidates = candidates_for(due, facts, drafts, approvals or library)
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
        written = _drafted(turn, drafts, approvals or library)
        candidates = [
            *(c for c in written if not c.slips),
            *_for_mail(turn, facts, quotes_in(evidence)),
            *(c for c in written if c.slips),
        ]
    return [replace(candidates[0], propensity=1.0), *candidates[1:]]


def _for_mail(turn: Turn, facts: frozenset[str], quotes: Sequence[Quote]) -> list[Candidate]:
    candidates = [
        *_quoting(turn, facts, quotes),
        *(_candidate(turn, option, facts) for option in turn.options),
    ]
    if not candidates:
        candidates = [_to_owner(turn, "no_row_fits", 0.5)]
    waiting = nothing("waiting_is_always_possible", turn.session.state, 0.0)
    return [*candidates, *_other_drafts(turn, candidates[0], facts), waiting]


def _drafted(turn: Turn, drafts: Sequence[Drafted], approvals: Approvals) -> list[Candidate]:
    """A model's words between greeting and signature, where the best row is an answer.

    Safety rows, hand-offs, offers of times and stops are never the model's to rewrite. What else
    the row does is done, and a draft is no surer than the reading that chose the row. To whom it
    goes, from whom and under which subject is the thread's.
    """
    option = turn.options[0] if turn.options else None
    if option is None or option.group != "reply" or turn.frame is None:
        return []
    move, state = option.move, state_of(turn.playbook, turn.session)
    if not drafts or move.do not in SPEAKS:
        return []
    candidate = Candidate(
        action="answer",
        reason="drafted_by_model",
        score=0.0,
        propensity=0.0,
        next_state=state if move.next == "same" else move.next,
        inform=move.inform,
        priority=move.priority,
        records=_records(option),
    )
    around = Around(
        proposal=_written(turn, Act("answer", "reply", 1.0), (), turn.frame),
        candidate=candidate,
        guide=turn.library.style,
        approvals=approvals,
        now=turn.now,
        at_most=1.0 if move.unsure else option.confidence,
    )
    return ranked(drafts, around)


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
