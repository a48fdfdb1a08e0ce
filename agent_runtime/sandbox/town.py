"""The sandbox's buyers as they live: what they have read, and what they will write and when."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush

from agent_runtime.sandbox.buyers import react, unprompted
from agent_runtime.sandbox.encounter import BuyerMemory
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.morning import letters
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.planned import PlannedMail
from agent_runtime.sandbox.truth import BuyerTruth, Params, truth_of

LAG = timedelta(minutes=5)
"""People write a little after the grid, so that their mails never race with touches on it."""


class Town:
    """All buyers. The order in which they are asked changes nothing."""

    def __init__(self, people: Iterable[Person], params: Params) -> None:
        self._params = params
        self._people = {person.email: person for person in people}
        self._truths: dict[str, BuyerTruth] = {}
        self._memories: dict[str, BuyerMemory] = {}
        self._read: dict[str, int] = {}
        self._last_read: dict[str, MailView] = {}
        self._plans: list[tuple[datetime, str, str, int, PlannedMail]] = []
        self._sent: set[str] = set()

    def knows(self, address: str) -> Person | None:
        """Returns who has this address."""
        return self._people.get(address)

    def wake(self, day0: datetime, inbound_address: str, *, sent: Iterable[str] = ()) -> None:
        """Plans what people write unprompted, but for mails (by Message-ID) that they have sent."""
        self._sent = set(sent)
        for person in self._people.values():
            truth = self._truth(person)
            plans = unprompted(person, truth, self._params, day0, inbound_address)
            self._plan(person, plans)

    def read(self, address: str, mail: MailView) -> None:
        """Lets a buyer read a mail and plan an answer; mail to anybody else is not read."""
        person = self._people.get(address)
        if person is None:
            return
        self._read[address] = self._read.get(address, 0) + 1
        self._last_read[address] = mail
        memory = self._memories.get(address, BuyerMemory())
        memory, plans = react(
            person, self._truth(person), memory, mail, now=mail.sent_at, params=self._params
        )
        self._memories[address] = memory
        self._plan(person, plans)

    def wake_late(self, at: datetime) -> None:
        """Plans what a few who had been silent write on the morning after the last day."""
        readers = [self._people[address] for address in self._last_read]
        truths = {person.email: self._truth(person) for person in readers}
        written = letters(
            readers, truths, self._memories, self._last_read, at=at, params=self._params
        )
        for person, memory, mail in written:
            self._memories[person.email] = memory
            self._plan(person, [mail])

    def next_due(self) -> datetime | None:
        """Returns when the next mail is due."""
        return self._plans[0][0] if self._plans else None

    def take_due(self, now: datetime) -> list[tuple[Person, PlannedMail]]:
        """Takes the mails that are due, in an order that does not depend on how they came about."""
        taken: list[tuple[Person, PlannedMail]] = []
        while self._plans and self._plans[0][0] <= now:
            _, _, address, read, mail = heappop(self._plans)
            if mail.unless_mail_arrives and self._read.get(address, 0) > read:
                continue
            taken.append((self._people[address], mail))
        return taken

    def _plan(self, person: Person, plans: list[PlannedMail]) -> None:
        for plan in plans:
            if plan.message_id not in self._sent:
                mail = replace(plan, due_at=plan.due_at + LAG)
                read = self._read.get(person.email, 0)
                heappush(self._plans, (mail.due_at, mail.message_id, person.email, read, mail))

    def _truth(self, person: Person) -> BuyerTruth:
        truth = self._truths.get(person.email)
        if truth is None:
            truth = self._truths[person.email] = truth_of(person, self._params)
        return truth
