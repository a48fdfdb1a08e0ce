"""One chat window and the store: what is said is taken in, what was said is shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from agent_runtime import log
from agent_runtime.console.door import Door
from agent_runtime.console.links import person_of
from agent_runtime.console.visitors import Visitor, Visitors
from agent_runtime.domain import Session
from agent_runtime.identity import join
from agent_runtime.intake import Arrival, opened_by_buyer
from agent_runtime.opt_in import Agreed
from agent_runtime.placeholders import fill
from agent_runtime.policies.contact_rules import asks_twice
from agent_runtime.ports import Tx
from agent_runtime.profile import Profile

MAX_TEXT = 2000
"""Characters of one message."""
MAX_LINES = 200
"""How much of a conversation a window shows."""

By = Literal["visitor", "agent", "person"]


@dataclass(frozen=True, slots=True)
class Line:
    """One message as the visitor reads it, with names filled in."""

    line_id: str
    by: By
    name: str
    """The person of ours who wrote; empty for the agent and the visitor."""
    text: str
    at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Returns the line as the protocol has it."""
        return {
            "id": self.line_id,
            "by": self.by,
            "name": self.name,
            "text": self.text,
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class View:
    """All that a window shows at one moment."""

    lines: tuple[Line, ...]
    threads: tuple[str, ...]
    """What is watched for news."""
    is_typing: bool
    """Whether something that the visitor wrote is being worked on."""
    here: Literal["agent", "person"]
    """Who spoke last for us."""
    mark: str
    """Changes with the view."""
    asks_consent: bool = False
    """Whether the window is to show the box of a consent, since an e-mail address is asked for."""


@dataclass(frozen=True, slots=True)
class Room:
    """Serves every window; what it does is one short transaction each."""

    door: Door
    visitors: Visitors

    def enter(self, token: str, link: str = "") -> tuple[Visitor, bool]:
        """Returns who a window is, and whether a link that proves a person was used up.

        A window that is somebody else's already stays theirs: the person of the link gets a new
        one, so that two people at one computer never read each other's words.
        """
        visitor = self.visitors.read(token) or self.visitors.new()
        now = self.door.clock()
        tenant, key = self.door.store.tenant_id, self.door.key
        person_id = person_of(link, tenant_id=tenant, key=key, now=now) if link else ""
        if not person_id:
            return visitor, bool(link)
        with self.door.store.begin() as tx:
            done = self._join(tx, visitor, person_id, now)
            if done == "somebody_else" and tx.contact_of(person_id):
                visitor = self.visitors.new()
                done = self._join(tx, visitor, person_id, now)
            return visitor, done != "busy"

    def _join(self, tx: Tx, visitor: Visitor, person_id: str, now: datetime) -> str:
        return join(tx, "chat", visitor.address, person_id, versions=self.door.versions, now=now)

    def say(
        self, visitor: Visitor, message_id: str, text: str, *, profile: Profile, page: str = ""
    ) -> str:
        """Takes in what a visitor wrote, once, and returns the id of its line; empty: nobody is in.

        The person's name and zone count only for somebody who is new to us.
        """
        arrival = Arrival(
            channel="chat",
            message_id=f"{visitor.address}:{message_id}",
            sender=visitor.address,
            text=text,
            recipient=page,
            profile=profile,
        )
        taken = self.door.intake.take(arrival, now=self.door.clock())
        return taken.key if taken else ""

    def agree(self, visitor: Visitor, agreed: Agreed, *, page: str = "") -> bool:
        """Takes in a consent of a visitor; False where no e-mail address of theirs is known."""
        now = self.door.clock()
        with self.door.store.begin() as tx:
            contact = tx.contact_of(tx.person_at("chat", visitor.address))
            if contact is None or not contact.email:
                return False
            session = tx.session_of(contact.person_id) or opened_by_buyer(contact)
            self.door.opt_in.take(tx, contact, session, [agreed], place="chat", page=page, now=now)
            return True

    def view(self, visitor: Visitor) -> View:
        """Returns what was said in the chat by and to this visitor, and by nobody else.

        What they said before they were known lies in a thread of its own, with its own originals.
        """
        with self.door.store.begin() as tx:
            sessions = self._sessions(tx, visitor)
            threads = tuple(session.thread_id for session in sessions)
            # Marks come first: a line that is written meanwhile is then news, not lost to both.
            marks = tx.chat_marks(threads) if threads else {}
            lines: list[Line] = []
            for session in sessions:
                lines += _lines(tx, session)
            current = sessions[-1] if sessions else None
            asks_consent = current is not None and _asks_consent(tx, current)
        waits = current is not None and bool((m := marks.get(current.thread_id)) and m.waiting)
        ours = [line.by for line in lines if line.by != "visitor"]
        return View(
            lines=tuple(lines[-MAX_LINES:]),
            threads=threads,
            is_typing=waits and current is not None and current.speaker == "agent",
            here="person" if ours[-1:] == ["person"] else "agent",
            mark=mark_of(threads, marks),
            asks_consent=asks_consent,
        )

    def seen(self, visitor: Visitor, line_ids: list[str]) -> int:
        """Traces that messages of ours were shown; those of other threads are passed over."""
        now = self.door.clock()
        count = 0
        with self.door.store.begin() as tx:
            sessions = {s.thread_id: s for s in self._sessions(tx, visitor)}
            for line_id in dict.fromkeys(line_ids):
                message = tx.message(line_id)
                if message is None or message.thread_id not in sessions or message.sent_at is None:
                    continue
                journal = log.Journal(
                    tx,
                    sessions[message.thread_id],
                    now=message.sent_at,
                    versions=self.door.versions,
                )
                news = log.delivery(message, status="delivered", code="", source="chat")
                journal.write(
                    "delivery",
                    line_id,
                    "delivered",
                    payload=news | {"shown_at": now.isoformat()},
                )
                count += 1
        return count

    def _sessions(self, tx: Tx, visitor: Visitor) -> list[Session]:
        former = tx.former_threads("chat", visitor.address)
        people = [thread.removeprefix("thread-") for thread in former]
        people.append(tx.person_at("chat", visitor.address))
        found = (tx.session_of(person) for person in people if person)
        return [session for session in found if session is not None]


def mark_of(threads: tuple[str, ...], marks: dict[str, Any]) -> str:
    """Returns how far these threads are, as a text to compare."""
    return ";".join(
        f"{m.lines},{m.waiting}" if (m := marks.get(thread)) else "0,0" for thread in threads
    )


def _asks_consent(tx: Tx, session: Session) -> bool:
    """An address is waited for, and where the visitor is a consent to be written to is needed."""
    contact = tx.contact_of(session.person_id)
    if contact is None or contact.email or session.wanted is None:
        return False
    return asks_twice(contact.country) and not tx.suppressed(session.person_id)


def _lines(tx: Tx, session: Session) -> list[Line]:
    contact, originals = tx.contact_of(session.person_id), tx.recall(session.thread_id)
    if contact is None:
        return []
    return [
        Line(
            line.line_id,
            line.by,
            contact.owner_name if line.by == "person" else "",
            fill(line.text, contact, originals),
            line.at,
        )
        for line in tx.chat_of(session.thread_id)
    ]
