"""What whoever leads a call knows when the line opens: person, goal, past, rules (R255)."""

from dataclasses import dataclass
from datetime import datetime

from agent_runtime.calling.rows import Call
from agent_runtime.domain import Contact, Proposal, Sentence, Session
from agent_runtime.library.playbook import Playbook
from agent_runtime.placeholders import fill
from agent_runtime.policies.calling.recording import Agreement, who_must_agree
from agent_runtime.policies.calling.row import consent_for, zones_of
from agent_runtime.policies.facts import Facts
from agent_runtime.ports import Tx

PURCHASES = ("plan", "seats", "products", "customer_since", "renewal_date", "last_order")
"""Facts of the CRM that say what they have bought, where it knows them."""


@dataclass(frozen=True, slots=True)
class ConsentProof:
    """By what we may call this number: what was agreed to, where, when."""

    source: str
    words: str
    proof: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CallBriefing:
    """The context of one call, frozen when it is dialled; names are filled in, so never a trace."""

    call_id: str
    person_id: str
    thread_id: str
    number: str
    own_number: str
    first_name: str
    last_name: str
    title: str
    company: str
    owner_name: str
    goal: str
    """What the playbook wants of this call."""
    playbook: str
    campaign_id: str
    purpose: str
    language: str
    time_zones: tuple[str, ...]
    """Every zone in which they may be; one where it is known."""
    history: tuple[str, ...]
    """What happened in the thread so far, a line each, the earliest first."""
    purchases: tuple[tuple[str, str], ...]
    consent: ConsentProof | None
    recording: Agreement
    """Who has to agree before anything is recorded."""
    opener: tuple[Sentence, ...]
    """The words that were permitted, in placeholder text."""
    is_callback: bool = False
    """Whether it takes up a call that dropped."""


def brief_call(
    tx: Tx,
    call: Call,
    contact: Contact,
    session: Session,
    proposal: Proposal,
    facts: Facts,
    playbook: Playbook,
) -> CallBriefing:
    """Returns the briefing of a call that is about to be dialled."""
    given, known = consent_for(proposal, facts), facts.call
    own = known.own.number if known and known.own else ""
    return CallBriefing(
        call_id=call.call_id,
        person_id=contact.person_id,
        thread_id=session.thread_id,
        number=call.number,
        own_number=own,
        first_name=contact.first_name,
        last_name=contact.last_name,
        title=contact.title,
        company=contact.company,
        owner_name=contact.owner_name,
        goal=playbook.goal,
        playbook=playbook.label,
        campaign_id=call.campaign_id,
        purpose=call.purpose,
        language=call.language,
        time_zones=zones_of(facts),
        history=_history(tx, contact, session),
        purchases=tuple((n, v) for n, v in contact.facts if n in PURCHASES and v),
        consent=given and ConsentProof(given.source, given.words, given.proof, given.recorded_at),
        recording=who_must_agree(
            known.number_country if known else "", contact.country, contact.fact("state")
        ),
        opener=proposal.sentences,
        is_callback=call.is_callback,
    )


def _history(tx: Tx, contact: Contact, session: Session) -> tuple[str, ...]:
    """What the thread remembers, in a few lines; words of theirs with names filled in."""
    meetings = tx.meetings_of(session.thread_id, "CONFIRMED")
    lines = [f"{_count(session.touches_sent, 'touch', 'touches')} of ours so far"]
    if session.buyer_turns:
        lines.append(f"they answered {_count(session.buyer_turns, 'time', 'times')}")
    lines += [f"they gave {name}: {value}" for name, value in session.facts_known]
    lines += [f"they prefer {name}: {value}" for name, value in session.preferences]
    lines += [f"they objected: {theme}" for theme in session.objections]
    lines += [f"we promised: {p.words}" for p in tx.open_promises(session.thread_id)]
    lines += [f"a meeting stands on {_at(m.slot.start)}" for m in meetings]
    earlier = [c for c in tx.calls_of(contact.person_id) if c.outcome]
    lines += [f"a call on {_at(c.dialled_at)} ended: {c.outcome}" for c in earlier if c.dialled_at]
    originals = tx.recall(session.thread_id)
    return tuple(fill(line, contact, originals) for line in lines)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
