"""What the permit would say of a draft now, before anybody decides on it.

The facts are those that the permit gathers at sending and the rules are its rules, asked as if the
reviewer had approved these very words. Beyond that it says of each sentence whether anything that
is approved says so too: for that a reviewer answers, and has to see it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.channels.email.render import proposal_of
from agent_runtime.domain import Contact, Decision, Sentence, Session, Verdict
from agent_runtime.gather import gather_for
from agent_runtime.library.catalog import Library
from agent_runtime.placeholders import fill
from agent_runtime.policies.calling import asked as calling
from agent_runtime.policies.content import is_approved, why_ungrounded
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.permit import RULES, authorise
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Approval, Message

_AS_WRITTEN = tuple(r for r in RULES if r not in (*calling.BLOCKING, *calling.WAITING))
"""Without the rules about the line of a call, of which nothing is known before it is dialled."""


@dataclass(frozen=True, slots=True)
class Stands:
    """One paragraph as the reader gets it, and on what it stands."""

    text: str
    facts: tuple[str, ...]
    why_not: str = ""
    """Why no approved text says it; empty where one does, or where it claims nothing."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What all rules say of a message, and how it will read, byte for byte."""

    decision: Decision
    hits: tuple[Verdict, ...]
    stands: tuple[Stands, ...]
    subject: str
    body: str
    shown_hash: str
    until: datetime | None = None

    @property
    def may_go(self) -> bool:
        """Whether it goes when it is approved, at once or at a time that the rules name."""
        return self.decision in ("allow", "defer")

    @property
    def refusal(self) -> str:
        """Why it may not, in the words of the gravest rule; empty where it may."""
        return "" if self.may_go else f"{self.hits[0].rule}: {self.hits[0].reason}"


def check(
    tx: Tx,
    approval: Approval,
    message: Message,
    *,
    contact: Contact,
    session: Session,
    library: Library,
    by: str,
    is_edited: bool,
    now: datetime,
) -> Checked:
    """Returns what the permit would say if `by` approved this message now."""
    leave = replace(approval, decided_by=by or "nobody yet", is_edited=is_edited)
    facts = gather_for(
        tx,
        message,
        session=session,
        contact=contact,
        library=library,
        approval=leave,
        now=now,
    )
    rules = _AS_WRITTEN if message.channel == "voice" else RULES
    judgement = authorise(proposal_of(message), facts, rules=rules)
    originals = tx.recall(message.thread_id)
    return Checked(
        decision=judgement.decision,
        hits=tuple(
            replace(hit, reason=fill(hit.reason, contact, originals)) for hit in judgement.hits
        ),
        stands=tuple(
            _stands(one, message, approval, facts, lambda text: fill(text, contact, originals))
            for one in message.sentences
        ),
        subject=fill(message.subject, contact, originals),
        body=fill(message.body, contact, originals),
        shown_hash=shown_hash(tx, message, contact),
        until=judgement.until,
    )


def shown_hash(tx: Tx, message: Message, contact: Contact) -> str:
    """Returns the SHA-256 of a message's subject and body as they leave, names filled in."""
    return digest_of(message, contact, tx.recall(message.thread_id))


def digest_of(message: Message, contact: Contact, originals: Mapping[str, str]) -> str:
    """Returns the same where the originals of the thread are known already."""
    parts = (fill(part, contact, originals) for part in (message.subject, message.body))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _stands(
    one: Sentence,
    message: Message,
    approval: Approval,
    facts: Facts,
    full: Callable[[str], str],
) -> Stands:
    if one.facts and is_approved(one, facts, language=message.language):
        return Stands(full(one.text), one.facts)
    known = one.facts or _offered(approval)
    given = replace(one, facts=known)
    why = why_ungrounded(given, facts, facts.opinions, language=message.language)
    return Stands(full(one.text), one.facts, full(why))


def _offered(approval: Approval) -> tuple[str, ...]:
    """Every fact of the item: somebody's own words may stand on any of them."""
    messages = [draft.original or draft.message for draft in approval.drafts]
    found = (fact for m in messages for one in m.sentences for fact in one.facts)
    return tuple(dict.fromkeys(found))
