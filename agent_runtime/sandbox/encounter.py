"""One buyer facing one mail: what they remember, and how they put an answer on paper."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Literal

from agent_runtime.sandbox.draw import between, whole
from agent_runtime.sandbox.letters import answer_subject, letter
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.planned import PlannedMail
from agent_runtime.sandbox.reading import Reading
from agent_runtime.sandbox.rhythm import on_grid, waking
from agent_runtime.sandbox.truth import BuyerTruth, Params
from agent_runtime.sandbox.voices import say

Phase = Literal["quiet", "asked", "wants", "picked", "booked", "spoken", "done", "left"]
"""quiet: has answered nothing yet; asked: put a question before asking to meet; wants: asked to
meet; picked: chose a time; booked: has the invite; spoken: said why not; done: wants no more of
the conversation; left: asked never to be written to again."""

_FIRST_ANSWER_HOURS = (1.0, 48.0)
_REMINDER_HOURS = (20.0, 28.0)


@dataclass(frozen=True, slots=True)
class BuyerMemory:
    """What a buyer has seen and said so far."""

    phase: Phase = "quiet"
    touches: int = 0
    """Mails that came unasked."""
    unanswered: tuple[str, ...] = ()
    """Message-IDs of the buyer's own mails that nobody has answered yet."""
    written: int = 0
    repeats: int = 0
    """How often they had to say again what they want."""
    picks: int = 0
    picked: str = ""
    """The number of the option chosen last."""
    asked_other_day: bool = False
    has_complained: bool = False
    is_won: bool = False
    """Whether their first mail convinced them by its words."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """A buyer with a mail before them."""

    person: Person
    truth: BuyerTruth
    memory: BuyerMemory
    mail: MailView
    reading: Reading
    is_answer: bool
    """Whether the mail answers one of the buyer's own."""
    now: datetime
    params: Params

    def answer(
        self,
        kind: str,
        memory: BuyerMemory,
        *,
        haste: Literal["days", "hours", "reminder"],
        choice: str = "",
    ) -> tuple[BuyerMemory, list[PlannedMail]]:
        """Returns the memory after writing, and the mail: an utterance of the kind, laid out."""
        person, seed, nth = self.person, self.params.seed, memory.written
        slots = {"first_name": person.first_name, "company": person.company, "choice": choice}
        words = say(seed, person.language, kind, person.buyer_id, nth, **slots)
        own_id = message_id(person, seed, nth)
        planned = PlannedMail(
            due_at=self._due_at(haste, nth),
            to=self.mail.answer_to,
            in_reply_to=self.mail.message_id,
            references=(*self.mail.references, self.mail.message_id),
            subject=answer_subject(self.mail.subject, person.language),
            text=letter(person, words, seed=seed, nth=nth, original=self.mail),
            auto_submitted=kind == "out_of_office",
            kind=kind,
            message_id=own_id,
            unless_mail_arrives=haste == "reminder",
        )
        unanswered = (*memory.unanswered, own_id)
        return replace(memory, written=nth + 1, unanswered=unanswered), [planned]

    def _due_at(self, haste: Literal["days", "hours", "reminder"], nth: int) -> datetime:
        seed, buyer, grid = self.params.seed, self.person.buyer_id, self.params.grid_minutes
        if haste == "hours":
            steps = whole(seed, 1, 2, "grid steps", buyer, nth)
            earliest = self.now + (steps - 1) * timedelta(minutes=grid) + timedelta(seconds=1)
        else:
            low, high = _FIRST_ANSWER_HOURS if haste == "days" else _REMINDER_HOURS
            # The square makes most people quick and a few slow.
            share = between(seed, 0, 1, "delay", buyer, nth) ** 2
            earliest = self.now + timedelta(hours=low + (high - low) * share)
        return on_grid(earliest, waking(self.person.time_zone), grid)


def message_id(person: Person, seed: int, nth: int | str) -> str:
    """Returns the Message-ID of a buyer's nth mail, the same in every run of a seed."""
    text = f"{seed}\x1f{person.buyer_id}\x1f{nth}"
    return f"<{blake2b(text.encode(), digest_size=12).hexdigest()}@{person.domain}>"
