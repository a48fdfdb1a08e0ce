"""Reads back what the CRM holds of the people that were written about: theirs wins, a stop most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_runtime import log
from agent_runtime.crm_outbox import FROM_CRM, WISHES, queue_again
from agent_runtime.crm_port import Crm, CrmTrouble, Looked
from agent_runtime.crm_request import BY_CRM
from agent_runtime.domain import Contact
from agent_runtime.placeholders import fill, redact
from agent_runtime.ports import Store, Tx
from agent_runtime.store.rows import FieldChange

EVERY = timedelta(minutes=15)
TOLD_AGAIN = timedelta(days=1)
"""An opt-out of ours is looked at so often, address by address, and told again where it is gone."""
AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Read:
    """What one round found."""

    people: int = 0
    changed: int = 0
    """Fields that somebody has changed there."""
    stopped: int = 0
    """People who opted out there."""
    told_again: int = 0
    """Opt-outs of ours that no longer stood there."""
    trouble: str = ""
    """Why the round ended early, in words."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """Brings what the store holds of contacts up to what the CRM holds."""

    store: Store
    crm: Crm
    versions: log.Versions

    def work(self, *, now: datetime) -> Read:
        """Reads everybody who was written about once; a repeat changes nothing."""
        total, after = Read(), ""
        while self.crm.name:
            with self.store.begin() as tx:
                people = tx.pushed_people(after=after, limit=AT_A_TIME)
                contacts = [c for c in map(tx.contact_of, people) if c is not None and c.email]
            if not people:
                break
            try:
                looked = self.crm.look([contact.email for contact in contacts])
            except CrmTrouble as trouble:
                return _sum(total, Read(trouble=trouble.outcome.reason))
            with self.store.begin() as tx:
                for contact, one in zip(contacts, looked, strict=True):
                    total = _sum(total, self._take(tx, contact, one, now=now))
            after = people[-1]
        return total

    def _take(self, tx: Tx, contact: Contact, looked: Looked, *, now: datetime) -> Read:
        stops = self._stops(tx, contact, looked, now=now)
        if looked.status == "gone":
            return Read(told_again=stops == "there")
        changed = sum(
            self._field(tx, contact, name, value, now=now)
            for name, value in sorted(looked.values.items())
        )
        return Read(1, changed, stops == "here", stops == "there")

    def _stops(self, tx: Tx, contact: Contact, looked: Looked, *, now: datetime) -> str:
        """A stop on either side is one on both."""
        person_id = contact.person_id
        is_stopped = any(stop.reason in WISHES for stop in tx.stops(person_id))
        if looked.is_opted_out and not is_stopped:
            tx.suppress(person_id, reason="unsubscribed", source=FROM_CRM, now=now)
            session = tx.session_of(person_id)
            if session is not None:
                journal = log.Journal(tx, session, now=now, versions=self.versions)
                payload = log.stop("unsubscribed", FROM_CRM)
                journal.write("suppression", FROM_CRM, now.isoformat(), payload=payload)
            return "here"
        known = tx.push("stop", person_id)
        if not is_stopped or (known is not None and known.state != "PUSHED"):
            return ""
        is_undone = looked.status == "there" and not looked.is_opted_out
        # Of an address that is not the contact's first the CRM says nothing unless it is asked.
        if known is None or is_undone or now - known.due_at >= TOLD_AGAIN:
            queue_again(tx, "stop", person_id, at=now)
            return "there"
        return ""

    def _field(self, tx: Tx, contact: Contact, name: str, value: str, *, now: datetime) -> bool:
        """Notes what somebody has written there; what waits to go there is judged then."""
        if name == "opted_out":
            return False
        written = tx.changes_of("contact", contact.contact_id, name)
        pushes = [tx.push("change", change.change_id) for change in written]
        if not written or any(p is not None and p.state == "WAITING" for p in pushes):
            return False
        thread_id = f"thread-{contact.person_id}"
        last = written[-1]
        if fill(last.after, contact, tx.recall(thread_id)).strip() == value.strip():
            return False
        hidden = redact(value, contact, known=tx.recall(thread_id))
        tx.remember(thread_id, hidden.originals)
        change = FieldChange(
            tenant_id=tx.tenant_id,
            change_id=f"{last.change_id[:12]}-{now:%y%m%d%H%M%S}",
            thread_id=thread_id,
            object="contact",
            record_id=contact.contact_id,
            field=name,
            before=last.after,
            after=hidden.text,
            by=BY_CRM,
            reason="found_there",
            at=now,
        )
        return tx.add_change(change)


def _sum(one: Read, two: Read) -> Read:
    return Read(
        one.people + two.people,
        one.changed + two.changed,
        one.stopped + two.stopped,
        one.told_again + two.told_again,
        two.trouble or one.trouble,
    )
