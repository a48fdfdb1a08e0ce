"""The human queue: what people answer, through the same store, channel and permit."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime import act, log
from agent_runtime.arms import binding_arm
from agent_runtime.domain import (
    Candidate,
    ChannelName,
    Contact,
    Proposal,
    Sentence,
    Session,
    Slot,
    answered_on,
)
from agent_runtime.placeholders import redact
from agent_runtime.ports import Store, Tx
from agent_runtime.promises import note_promises
from agent_runtime.reach import reach
from agent_runtime.store.rows import HumanTask, Meeting


@dataclass(frozen=True, slots=True)
class HumanAnswer:
    """What a person decided to do with a task. `text` may be empty when only booking."""

    text: str
    minutes: float
    """Time that it took them, for the cost of the programme."""
    subject: str = ""
    offers: tuple[Slot, ...] = ()
    books: Slot | None = None


@dataclass(frozen=True, slots=True)
class HumanQueue:
    """Lets people work their tasks. What they write goes out from their own address."""

    store: Store
    versions: log.Versions

    def open_tasks(self) -> tuple[HumanTask, ...]:
        """Returns what waits for a person."""
        with self.store.begin() as tx:
            return tx.open_human_tasks()

    def answer(self, task_id: str, answer: HumanAnswer, *, now: datetime) -> Meeting | None:
        """Closes a task with a mail, a meeting on hold, or nothing; once.

        Returns the meeting that is now on hold and must be finished by `Booker`, if any.
        """
        with self.store.begin() as tx:
            task = tx.human_task(task_id)
            if task is None or task.state == "DONE":
                return None
            tx.save_human_task(replace(task, state="DONE"))
            contact, session = tx.contact_of(task.person_id), tx.session_of(task.person_id)
            if contact is None or session is None:
                raise LookupError(f"task {task_id} has no contact or thread in the store")
            journal = log.Journal(tx, session, now=now, versions=self.versions)
            spent = log.cost(
                "human_minute", answer.minutes, "minute", message_id=task_id, actor="human"
            )
            journal.write("cost", task_id, payload=spent)
            answer = _without_personal_data(tx, answer, contact, session)
            channel = answered_on(session.channel)
            proposal = _proposal(answer, channel, language=contact.language)
            if answer.text:
                note_promises(
                    tx,
                    session,
                    contact,
                    answer.text,
                    by="owner",
                    cause=task_id,
                    language=contact.language[:2].lower() or "en",
                    now=now,
                )
                message = act.message_of(
                    session,
                    contact,
                    proposal,
                    cause=task_id,
                    actor="human",
                    mailbox=contact.owner_email,
                    due_at=now,
                    arm=binding_arm(tx, task.person_id),
                    address=reach(tx, contact, channel),
                )
                tx.add_message(message)
            tx.save_session(
                replace(session, speaker="human", offered=answer.offers or session.offered)
            )
            # A thread with a meeting ahead is booked anew by moving it; see `Booker`.
            booked = Candidate("book", "booked_by_person", 1.0, 1.0, "booked", book=answer.books)
            return act.hold_meeting(tx, session, booked, "human")


def _without_personal_data(
    tx: Tx, answer: HumanAnswer, contact: Contact, session: Session
) -> HumanAnswer:
    """Returns the answer as it is stored; its originals go into the vault of the thread."""
    body = redact(answer.text, contact, known=tx.recall(session.thread_id))
    title = redact(answer.subject, contact, known=body.originals)
    tx.remember(session.thread_id, title.originals)
    return replace(answer, text=body.text, subject=title.text)


def _proposal(answer: HumanAnswer, channel: ChannelName, *, language: str) -> Proposal:
    return Proposal(
        action="propose_times" if answer.offers else "answer",
        touch_class="reply",
        channel=channel,
        purpose="reply",
        subject=answer.subject,
        sentences=(Sentence(answer.text, ()),) if answer.text else (),
        language=language,
        confidence=1.0,
        slots=answer.offers,
    )
