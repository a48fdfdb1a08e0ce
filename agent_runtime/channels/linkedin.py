"""LinkedIn: never a message by machine, always a draft that a rep posts by hand, or does not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime import log
from agent_runtime.channels.email.deliver import Outbox, people_of
from agent_runtime.domain import PublicSignal
from agent_runtime.errors import ParleyError
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt, Store
from agent_runtime.signals import newest_signal
from agent_runtime.store.rows import HumanTask


@dataclass(frozen=True, slots=True)
class LinkedInDesk:
    """Puts what a permit covers before the owner, with where each public signal was read."""

    store: Store
    clock: Callable[[], datetime]

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Hands a draft over; whether it is posted is for `report` to say.

        Raises:
            PermissionError: the permit is for other words or another person.
        """
        subject, body = permitted_words
        if not permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        ):
            raise PermissionError(f"no permit covers {mail.message_id}")
        now = self.clock()
        with self.store.begin() as tx:
            message = tx.message(mail.message_id)
            contact = tx.contact_of(message.person_id) if message else None
            if message is None or contact is None:
                return Receipt("rejected", "no_contact", "nobody to write to is in the store")
            signal = newest_signal(contact, now=now)
            tx.save_human_task(
                HumanTask(
                    tenant_id=message.tenant_id,
                    task_id=message.message_id,
                    thread_id=message.thread_id,
                    person_id=message.person_id,
                    kind="linkedin",
                    route_to="owner",
                    reason="post_by_hand",
                    text=body if signal is None else f"{body}\n\n{_said_of(signal)}",
                    received_at=now,
                )
            )
        return Receipt("handed", "task", "a person posts it by hand")


def report(outbox: Outbox, task_id: str, *, posted: bool, now: datetime) -> None:
    """Writes whether the rep posted a draft; the touch is SENT, or CANCELLED.

    Raises:
        ParleyError: no such draft waits; a stop may have withdrawn it.
    """
    with outbox.store.begin() as tx:
        task, message = tx.human_task(task_id), tx.message(task_id)
        is_open = task is not None and task.kind == "linkedin" and task.state == "OPEN"
        if task is None or message is None or not is_open:
            raise ParleyError(
                f"LinkedIn task {task_id!r} does not wait; `parley linkedin list` shows those that "
                "do. A draft is withdrawn when its person asks for contact to stop: do not post it."
            )
        tx.save_human_task(replace(task, state="DONE"))
        if posted:
            outbox.resolve(tx, message, left=True, source="rep", now=now)
            return
        tx.settle(task_id, "CANCELLED")
        session = people_of(tx, message)[1]
        journal = log.Journal(tx, session, now=now, versions=outbox.versions)
        news = log.delivery(message, status="declined", code="", source="rep")
        journal.write("delivery", task_id, "declined", payload=news)


def _said_of(signal: PublicSignal) -> str:
    kind, source = (name.replace("_", " ") for name in (signal.kind, signal.source))
    return f"Refers to: {signal.headline} ({kind}, {source}, {signal.published_on}) {signal.url}"
