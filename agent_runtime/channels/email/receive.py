"""Takes mail in: each mail is one event, stops take effect at once, the answer has its time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from agent_runtime import log
from agent_runtime.attendance import answered_meeting, hear_itip, proposed_start
from agent_runtime.band.noting import note_found
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.channels.email.parse import ReceivedMail, parse
from agent_runtime.channels.email.verp import ReturnPaths
from agent_runtime.console.links import without_proof
from agent_runtime.domain import Contact, Session
from agent_runtime.hearing.verdict import asks_to_stop
from agent_runtime.intake import opened_by_buyer
from agent_runtime.newcomers import Newcomers
from agent_runtime.placeholders import redact
from agent_runtime.ports import Store, Tx
from agent_runtime.profile import Profile
from agent_runtime.store.rows import Inbound


@dataclass(frozen=True, slots=True)
class Inbox:
    """Stores arriving mail with its thread, in placeholder text, due for an answer."""

    store: Store
    outbox: Outbox
    newcomers: Newcomers
    reply_after: timedelta
    return_paths: ReturnPaths | None = None

    def receive(self, mail: ReceivedMail, *, now: datetime) -> bool:
        """Stores one mail; False when it had been stored before or concerns nobody.

        A stop is obeyed here and not when the answer is due, so that nothing can slip out in
        between. A bounce or complaint counts only when it names a mail of ours, and the person
        whom that mail went to: a forged one suppresses nobody.
        """
        with self.store.begin() as tx:
            found = self._whose(tx, mail, now=now)
            if found is None:
                return False
            contact, session, reported = found
            redacted = redact(without_proof(mail.text), contact, known=tx.recall(session.thread_id))
            title = redact(mail.subject, contact, known=redacted.originals)
            itip = mail.itip
            about = itip and answered_meeting(tx, itip, sender=mail.sender, now=now)
            inbound = Inbound(
                tenant_id=contact.tenant_id,
                key=mail.key,
                mailbox=mail.recipient,
                lane=contact.mailbox,
                thread_id=session.thread_id,
                person_id=contact.person_id,
                subject=title.text,
                text=redacted.text,
                rfc_message_id=mail.rfc_message_id,
                in_reply_to=mail.in_reply_to,
                received_at=now,
                due_at=now + self.reply_after,
                auto_submitted=mail.auto_submitted,
                bounce_of=reported if mail.kind != "complaint" else "",
                bounce_status=mail.bounce_status,
                is_about_invite=about is not None,
                proposes=proposed_start(itip, about, now=now) if itip and about else None,
            )
            if not tx.add_inbound(inbound):
                return False
            if not (mail.auto_submitted or mail.is_report):
                tx.void_approvals(contact.person_id)
            tx.remember(session.thread_id, redacted.originals | title.originals)
            references = (*session.rfc_references, mail.rfc_message_id)
            is_request = not (mail.in_reply_to or mail.auto_submitted)
            tx.save_session(
                replace(
                    session,
                    rfc_references=references[-10:],
                    request_at=now if is_request else session.request_at,
                )
            )
            self._prove(tx, reported, mail.in_reply_to, now=now)
            self._stop(tx, inbound, session, mail, now=now)
            complained_of = tx.message_by_rfc_id(reported) if mail.kind == "complaint" else None
            if complained_of is not None:
                note_found(tx, complained_of.message_id, how="complaint", now=now)
            if itip is not None:
                hear_itip(
                    tx,
                    itip,
                    sender=mail.sender,
                    key=mail.key,
                    now=now,
                    versions=self.outbox.versions,
                )
            return True

    def _whose(
        self, tx: Tx, mail: ReceivedMail, *, now: datetime
    ) -> tuple[Contact, Session, str] | None:
        """Returns the person whom a mail concerns, and for a report the mail of ours it names."""
        reported = ""
        if mail.is_report:
            contact, reported = self._reported(tx, mail)
        else:
            contact = tx.contact_by_email(mail.sender)
            if contact is None and mail.sender and not mail.auto_submitted:
                contact = self.newcomers.welcome(tx, Profile(email=mail.sender), now=now)
        if contact is None:
            return None
        tx.lock(f"person:{contact.person_id}")
        session = tx.session_of(contact.person_id) or opened_by_buyer(contact)
        return contact, session, reported

    def _reported(self, tx: Tx, mail: ReceivedMail) -> tuple[Contact | None, str]:
        named = mail.named or tuple(filter(None, (mail.bounce_of,)))
        found = [tx.message_by_rfc_id(rfc_id) for rfc_id in named]
        if self.return_paths is not None:
            ids = map(self.return_paths.message_of_verp, mail.delivered_to)
            found += [tx.message(message_id) for message_id in ids if message_id]
        for ours in filter(None, found):
            contact = tx.contact_of(ours.person_id)
            if contact is not None and mail.may_concern(contact.email):
                return contact, ours.rfc_message_id
        return None, ""

    def _prove(self, tx: Tx, *rfc_ids: str, now: datetime) -> None:
        """An answer or a report proves that the mail it speaks of had left."""
        for rfc_id in filter(None, rfc_ids):
            ours = tx.message_by_rfc_id(rfc_id)
            if ours is not None and ours.state == "UNKNOWN":
                self.outbox.resolve(tx, ours, left=True, source="reply", now=now)

    def _stop(
        self, tx: Tx, inbound: Inbound, session: Session, mail: ReceivedMail, *, now: datetime
    ) -> None:
        reason = _reason_to_stop(mail, inbound.text)
        if not reason:
            return
        if tx.suppress(inbound.person_id, reason=reason, source=inbound.key, now=now):
            journal = log.Journal(tx, session, now=now, versions=self.outbox.versions)
            payload = log.stop(reason, inbound.key)
            journal.write("suppression", inbound.key, payload=payload)


def _reason_to_stop(mail: ReceivedMail, text: str) -> str:
    """Returns why the person of a stored mail may not be written to again; empty for no reason."""
    if mail.kind == "complaint":
        return "complaint"
    if mail.is_report:
        return "bounce" if mail.bounce_status.startswith("5") else ""
    if mail.kind == "opt_out" or (not mail.auto_submitted and asks_to_stop(text)):
        return "opt_out"
    return ""


def unread(folder: Path, addresses: tuple[str, ...]) -> Iterator[tuple[ReceivedMail, Path]]:
    """Yields the mails that wait in the Maildirs of `addresses`, with the file of each."""
    for address in addresses:
        new = folder / address / "new"
        if new.is_dir():
            for path in sorted(new.iterdir()):
                yield parse(path.read_bytes(), mailbox=address), path


def mark_read(path: Path) -> None:
    """Moves a Maildir file from `new` to `cur`; a repeat after a crash is harmless."""
    target = path.parent.parent / "cur" / f"{path.name.split(':')[0]}:2,S"
    path.rename(target)
