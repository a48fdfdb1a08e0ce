"""Which rules would stop a call now: of a person with their playbook, or of a bare number."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.calling.known import facts_of_number
from agent_runtime.calling.telephony import Telephony
from agent_runtime.campaign_limits import limits_of
from agent_runtime.domain import (
    LEVELS,
    Contact,
    Decision,
    Observation,
    Proposal,
    Sentence,
    Session,
    Verdict,
)
from agent_runtime.errors import ParleyError
from agent_runtime.gather import gather
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.opening import not_told_by_voice
from agent_runtime.planning.touches import DueTouch, candidates_for, why_no_touch
from agent_runtime.policies.calling.asked import BLOCKING, WAITING
from agent_runtime.policies.dials import dialled
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.permit import authorise
from agent_runtime.policies.ruleset import profile_of
from agent_runtime.ports import Tx


class CallError(ParleyError):
    """A call that cannot be asked for."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules say of a call now."""

    number: str
    decision: Decision
    verdicts: tuple[Verdict, ...]
    person_id: str = ""
    playbook: str = ""
    touch: int = 0
    proposal: Proposal | None = None
    facts: Facts | None = None
    session: Session | None = None
    until: datetime | None = None

    @property
    def hits(self) -> tuple[Verdict, ...]:
        """The rules that do not allow."""
        return tuple(v for v in self.verdicts if v.decision != "allow")


def whom(tx: Tx, person: str) -> Contact:
    """Returns the contact of a person id, an e-mail address or a number.

    Raises:
        CallError: nobody is known so.
    """
    said = person.strip()
    if "@" in said:
        found = tx.contact_by_email(said)
    else:
        found = tx.contact_of(said) or tx.contact_of(tx.person_at("voice", said))
    if found is None:
        raise CallError(
            f"person {said[:80]!r} is unknown; give a person id, or an address or number of theirs."
        )
    return tx.contact_of(found.person_id) or found


def check_person(
    tx: Tx,
    contact: Contact,
    library: Library,
    telephony: Telephony,
    *,
    playbook: str,
    campaign_id: str = "",
    now: datetime,
) -> Checked:
    """Returns what all rules of the permit say of the next call to a person.

    Raises:
        CallError: the playbook has no call to make, or no words for this person.
    """
    known = tx.session_of(contact.person_id)
    book = library.playbook(known.playbook if known else playbook)
    if playbook and book.id != playbook:
        raise CallError(
            f"{contact.person_id} is in the playbook {book.id}, not in {playbook}; ask for that."
        )
    session = (
        not_told_by_voice(known)
        if known
        else Session(
            tenant_id=contact.tenant_id,
            thread_id=f"thread-{contact.person_id}",
            person_id=contact.person_id,
            contact_id=contact.contact_id,
            playbook=book.id,
            state=book.start,
        )
    )
    if campaign_id:
        session = _taken_into(tx, campaign_id, session)
    touch = _next_call(book, session)
    observation = Observation("due", f"call:{contact.person_id}", now, touch=touch)
    facts = gather(
        tx,
        session=session,
        contact=contact,
        actor="agent",
        mailbox=contact.mailbox,
        library=library,
        now=now,
        is_proactive=True,
        channel="voice",
        telephony=telephony,
    )
    if why := why_no_touch(session, observation, book):
        raise CallError(f"no call is made to {contact.person_id}: {why.replace('_', ' ')}.")
    due = DueTouch(session, observation, book, library, contact, now)
    every = frozenset(content for content, _ in library.contents)
    options = candidates_for(due, every, (), facts.approvals)
    proposal = next((c.proposal for c in options if c.proposal is not None), None)
    if proposal is None:
        raise CallError(f"{book.id} has no approved words to open a call to {contact.person_id}.")
    judgement = authorise(proposal, facts)
    return Checked(
        number=facts.recipient,
        decision=judgement.decision,
        verdicts=judgement.verdicts,
        person_id=contact.person_id,
        playbook=book.id,
        touch=touch,
        proposal=proposal,
        facts=facts,
        session=session,
        until=judgement.until,
    )


def check_number(
    tx: Tx, number: str, telephony: Telephony, library: Library, *, language: str, now: datetime
) -> Checked:
    """Returns what the rules of calls say of a number that belongs to nobody here."""
    flags = tx.flags()
    rules = dialled(profile_of(flags, ""), flags)
    call = facts_of_number(tx, number, telephony, campaign_id="", rules=rules, now=now)
    nobody = Session(tx.tenant_id, "thread-", "", "", "", "")
    facts = Facts(
        now=now,
        actor="agent",
        session=nobody,
        approvals=library,
        recipient=number,
        mailbox="",
        country=call.number_country,
        rules=rules,
        call=call,
    )
    proposal = Proposal(
        "send_touch", "proactive", "voice", "", "", (Sentence("", ()),), language, 1.0
    )
    verdicts = tuple(rule(proposal, facts) for rule in (*BLOCKING, *WAITING))
    hits = [v for v in verdicts if v.decision != "allow"]
    decision: Decision = hits[0].decision if hits else "allow"
    return Checked(number, decision, verdicts)


def _taken_into(tx: Tx, campaign_id: str, session: Session) -> Session:
    """The thread in a campaign, under the stricter of its own level and the campaign's."""
    levels = {session.autonomy, limits_of(tx, campaign_id).autonomy}
    level = next((one for one in LEVELS if one in levels), session.autonomy)
    return replace(session, campaign_id=campaign_id, autonomy=level)


def _next_call(playbook: Playbook, session: Session) -> int:
    calls = [n for n, touch in enumerate(playbook.touches, 1) if touch.channel == "voice"]
    if not calls:
        raise CallError(
            f"the playbook {playbook.id} has no touch by voice; add one, or name another playbook."
        )
    left = [n for n in calls if n > session.touches_sent]
    if not left:
        raise CallError(f"every call of {playbook.id} to {session.person_id} was made already.")
    return left[0]
