"""Consents that people give here: recorded, asked about once where the law wants it, confirmed."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from agent_runtime import act, log
from agent_runtime.arms import binding_arm
from agent_runtime.domain import Consent, Contact, Session
from agent_runtime.hearing.new_text import message_of
from agent_runtime.library.catalog import Library, load_library
from agent_runtime.planning.speech_acts import Act, compose, language_for
from agent_runtime.policies.contact_rules import asks_twice
from agent_runtime.policies.ruleset import RuleSet, profile_of
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Inbound, Message
from agent_runtime.words import read_words

BY_LINK, BY_REPLY = "consent.confirm", "consent.confirm_by_reply"
"""The text that asks, with the link and where no public address is set."""
LINK, WORDS = "[[CONFIRM_LINK]]", "[[AGREED_WORDS]]"
_AROUND = " \t\r\n.,;:!\"'“”„’()*-–…¡"

Outcome = Literal["confirmed", "before", "expired", "unknown"]


@dataclass(frozen=True, slots=True)
class Agreed:
    """One box that somebody ticked; `label` is form and wording, `words` what stood beside it."""

    channel: str
    purpose: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class OptIn:
    """Takes consents in; the one question of each goes out through the permit as any mail does."""

    versions: log.Versions
    key: str
    """Makes the names of questions, so that nobody can guess one."""
    link: Callable[[str, str], str] | None = None
    """Address of the page that confirms: of (person, question)."""
    library: Callable[[], Library] = field(default=load_library)

    def take(
        self,
        tx: Tx,
        contact: Contact,
        session: Session,
        agreed: Sequence[Agreed],
        *,
        place: str,
        page: str = "",
        country: str = "",
        now: datetime,
    ) -> tuple[Consent, ...]:
        """Records what a person agreed to and returns what is new; what stands is not asked again.

        Args:
            tx: The transaction.
            contact: Whose consent it is, as far as anybody knows yet.
            session: Their thread.
            agreed: The boxes that were ticked.
            place: Where they stood, `form` or `chat`.
            page: On which page of ours.
            country: What the person says of it; the stricter of it and the CRM's counts.
            now: When they were ticked.
        """
        known = tx.consents(contact.person_id)
        rules = profile_of(tx.flags(), session.playbook)
        is_asked = asks_twice(contact.country) or (bool(country) and asks_twice(country))
        until = now + timedelta(days=rules.parameter("consent", "confirm_within_days"))
        fresh = [a for a in agreed if not _stands(known, a, is_asked=is_asked, now=now)]
        request = self._name(contact, fresh, known)
        given = tuple(
            Consent(
                channel=box.channel,
                purpose=box.purpose,
                basis="consent",
                source=f"{place} {box.label}",
                recorded_at=now,
                state="requested" if is_asked else "given",
                words=box.words,
                request=request if is_asked and box.channel == "email" else "",
                ask_until=until if is_asked else None,
                page=page,
                address=contact.email,
            )
            for box in fresh
        )
        if not given:
            return ()
        tx.add_consents(contact.person_id, (*known, *given))
        trace(tx, session, given, rules, versions=self.versions, now=now)
        if any(consent.request for consent in given):
            self._ask(tx, contact, session, request, given, now=now)
        return given

    def _ask(
        self,
        tx: Tx,
        contact: Contact,
        session: Session,
        request: str,
        given: Iterable[Consent],
        *,
        now: datetime,
    ) -> None:
        """Writes the one mail that asks: no word in it but whether it was them."""
        library = self.library()
        language = language_for(session, contact)
        frame = library.live(
            library.playbook(session.playbook).frame_on("email"), language=language, now=now
        )
        text = library.live(BY_LINK if self.link else BY_REPLY, language=language, now=now)
        if frame is None or text is None:
            raise LookupError(f"{BY_LINK} or its frame has no live text in {language}")
        words = "\n".join(consent.words for consent in given if consent.request)
        link = {LINK: self.link(contact.person_id, request)} if self.link else {}
        tx.save_session(session)
        tx.remember(session.thread_id, {WORDS: words, **link})
        proposal = compose(
            Act("confirm_consent", "transactional", 1.0),
            (text,),
            frame=frame,
            contact=contact,
            session=replace(session, subject=""),
            purpose="consent",
        )
        message = act.message_of(
            session,
            contact,
            proposal,
            cause=_cause(request),
            actor="agent",
            mailbox=contact.mailbox,
            due_at=now,
            arm=binding_arm(tx, contact.person_id),
        )
        tx.add_message(message)

    def _name(self, contact: Contact, fresh: Sequence[Agreed], known: Sequence[Consent]) -> str:
        """The same box ticked twice at once is one question; after it expired it is another."""
        parts = [contact.tenant_id, contact.person_id, str(len(known))]
        parts += [f"{box.channel}/{box.purpose}/{box.label}" for box in fresh]
        return hmac.new(self.key.encode(), "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()[
            :32
        ]


def confirm(
    tx: Tx, person_id: str, request: str, *, proof: str, versions: log.Versions, now: datetime
) -> Outcome:
    """Confirms what one question asks, once and in time, and says what came of it."""
    known, session = tx.consents(person_id), tx.session_of(person_id)
    asked = [c for c in known if request and c.request == request]
    waits = [c for c in asked if c.state == "requested"]
    if not asked or session is None:
        return "unknown"
    if not waits:
        return "before"
    if any(c.ask_until is None or now >= c.ask_until for c in waits):
        return "expired"
    _confirm(tx, session, waits, proof=proof, versions=versions, now=now)
    return "confirmed"


def confirm_by_text(
    tx: Tx, session: Session, channel: str, *, proof: str, versions: log.Versions, now: datetime
) -> None:
    """Confirms consents to be texted: who writes from the number holds it (BGH I ZR 164/09)."""
    waits = [
        c
        for c in tx.consents(session.person_id)
        if c.channel == channel and c.state == "requested" and c.ask_until and now < c.ask_until
    ]
    if waits:
        _confirm(tx, session, waits, proof=proof, versions=versions, now=now)


def confirm_by_reply(
    tx: Tx, inbound: Inbound, *, versions: log.Versions, now: datetime
) -> Outcome | None:
    """Takes a plain written yes to the mail that asks; None for any other mail."""
    ours = tx.message_by_rfc_id(inbound.in_reply_to) if inbound.in_reply_to else None
    if ours is None or (ours.action, ours.person_id) != ("confirm_consent", inbound.person_id):
        return None
    if inbound.auto_submitted or not is_plain_yes(inbound.text):
        return None
    request = next((r for r in _requests(tx, inbound.person_id) if _asks(ours, r)), "")
    proof = f"mail {inbound.key}"
    return confirm(tx, inbound.person_id, request, proof=proof, versions=versions, now=now)


def is_plain_yes(text: str) -> bool:
    """Says whether a mail says yes and nothing else; its quoted part is not read.

    >>> is_plain_yes("Ja, gerne!"), is_plain_yes("Yes, but what does it cost?")
    (True, False)
    """
    said = message_of(text).casefold().strip(_AROUND).replace("’", "'")
    return " ".join(said.replace(",", " ").split()) in _yes()


def trace(
    tx: Tx,
    session: Session,
    consents: Iterable[Consent],
    rules: RuleSet,
    *,
    versions: log.Versions,
    now: datetime,
) -> None:
    """Writes what became of consents, with the rule that they are for."""
    journal = log.Journal(tx, session, now=now, versions=versions)
    rule = f"consent@{rules.rules['consent'].version}"
    for consent in consents:
        key = (session.person_id, consent.channel, consent.purpose, consent.state)
        journal.write("crm_write", "consent", *key, payload=log.consent(consent, rule=rule))


def _confirm(
    tx: Tx,
    session: Session,
    waits: Sequence[Consent],
    *,
    proof: str,
    versions: log.Versions,
    now: datetime,
) -> None:
    done = {c: replace(c, state="confirmed", confirmed_at=now, proof=proof) for c in waits}
    known = tx.consents(session.person_id)
    tx.add_consents(session.person_id, tuple(done.get(c, c) for c in known))
    rules = profile_of(tx.flags(), session.playbook)
    trace(tx, session, done.values(), rules, versions=versions, now=now)


def _stands(known: Iterable[Consent], box: Agreed, *, is_asked: bool, now: datetime) -> bool:
    """Whether a consent to the same stands already, or its question is still open."""
    for consent in known:
        if (consent.channel, consent.purpose) != (box.channel, box.purpose):
            continue
        if consent.basis != "consent" or not consent.source:
            continue
        is_open = consent.ask_until is not None and now < consent.ask_until
        if consent.state in ("recorded", "confirmed") or (consent.state == "requested" and is_open):
            return True
        if consent.state == "given" and not is_asked:
            return True
    return False


def _cause(request: str) -> str:
    return f"consent:{request}"


def _asks(ours: Message, request: str) -> bool:
    name = act.message_id_of(ours.thread_id, _cause(request), ours.action, ours.actor)
    return name == ours.message_id


def _requests(tx: Tx, person_id: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c.request for c in tx.consents(person_id) if c.request))


@cache
def _yes() -> frozenset[str]:
    return frozenset(
        " ".join(said.casefold().replace(",", " ").split())
        for said in (w for words in read_words("consent")["says_yes"].values() for w in words)
    )
