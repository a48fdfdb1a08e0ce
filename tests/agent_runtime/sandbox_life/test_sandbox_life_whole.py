"""A campaign against a faultless agent: what happens must be exactly what was planted."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sandbox_conversation import AGENT, DAY0, make_person

from agent_runtime.domain import Slot
from agent_runtime.sandbox.buyers import BuyerMemory, PlannedMail, react, unprompted
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.reps import RepTask, booking_letter, offer_letter, work
from agent_runtime.sandbox.truth import Params, planted, truth_of
from agent_runtime.sandbox.voices import LANGUAGES
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

OWNER = "o-1"
INBOUND = "hello@northbeam.example"
END = DAY0 + timedelta(days=28)
TOUCH_DAYS = (0, 8, 17)
ZONES = ("Europe/Berlin", "America/Los_Angeles", "America/Sao_Paulo", "Europe/London")


@dataclass
class Vendor:
    """Reps, or an agent that understands everything, serving people in order of time."""

    params: Params
    calendar: MemoryCalendar
    people: dict[str, Person]
    memories: dict = field(default_factory=dict)
    queue: list = field(default_factory=list)
    offered: dict[str, tuple[Slot, ...]] = field(default_factory=dict)
    booked: set = field(default_factory=set)
    stopped: set = field(default_factory=set)
    kinds: dict = field(default_factory=lambda: defaultdict(list))
    count: int = 0

    def schedule(self, due_at, kind, buyer_id, content):
        self.count += 1
        heapq.heappush(self.queue, (due_at, self.count, kind, buyer_id, content))

    def run(self):
        while self.queue and self.queue[0][0] < END:
            due_at, _, kind, buyer_id, content = heapq.heappop(self.queue)
            getattr(self, f"_{kind}")(due_at, buyer_id, content)

    def _touch(self, now, buyer_id, text):
        if buyer_id not in self.stopped:
            self._to_buyer(now, buyer_id, text)

    def _mail(self, now, buyer_id, mail: PlannedMail):
        self.kinds[buyer_id].append(mail.kind)
        self.stopped.add(buyer_id)
        task = self._task(now, buyer_id, mail)
        planned = work(task, seed=self.params.seed, now=now)
        if mail.to != AGENT or planned.kind != "close":
            self.schedule(planned.due_at, "work", buyer_id, (task, planned, mail))

    def _work(self, now, buyer_id, content):
        task, planned, mail = content
        slot, seed = planned.slot, self.params.seed
        if planned.kind == "close":
            return
        if slot and self._book(slot, buyer_id) == "booked":
            self.booked.add(buyer_id)
            text = booking_letter(task, slot, seed=seed).text
            self._to_buyer(now, buyer_id, text, mail, has_invite=True)
            return
        key = f"{buyer_id}:{self.count}"
        self.offered[buyer_id] = self.calendar.free_slots(OWNER, now=now, key=key)
        text = offer_letter(task, self.offered[buyer_id], seed=seed).text
        self._to_buyer(now, buyer_id, text, mail)

    def _book(self, slot, buyer_id):
        words = {"summary": "", "description": "", "attendee": "", "organizer": ""}
        return self.calendar.book(slot, uid=f"{buyer_id}-{self.count}", **words).status

    def _task(self, now, buyer_id, mail):
        person = self.people[buyer_id]
        return RepTask(
            task_id=mail.message_id,
            thread_id=buyer_id,
            person_id=buyer_id,
            contact_email=person.email,
            language=person.language,
            kind="inbound_request",
            text=mail.text,
            received_at=now,
            owner_id=OWNER,
            owner_email="maya.chen@northbeam.example",
            subject=mail.subject,
            time_zone="Europe/Berlin",
            offered=self.offered.get(buyer_id, ()),
        )

    def _to_buyer(self, now, buyer_id, text, answered=None, *, has_invite=False):
        self.count += 1
        person = self.people[buyer_id]
        mail = MailView(
            message_id=f"<v{self.count}@northbeam.example>",
            from_addr=AGENT,
            to_addr=person.email,
            subject="Relay",
            text=text,
            has_invite=has_invite,
            in_reply_to=answered.message_id if answered else "",
            sent_at=now,
        )
        memory = self.memories.get(buyer_id, BuyerMemory())
        truth = truth_of(person, self.params)
        self.memories[buyer_id], planned = react(
            person, truth, memory, mail, now=now, params=self.params
        )
        self.queue = [entry for entry in self.queue if not _is_dropped(entry, buyer_id)]
        heapq.heapify(self.queue)
        for answer in planned:
            self.schedule(answer.due_at, "mail", buyer_id, answer)


def _is_dropped(entry, buyer_id):
    _, _, kind, whose, content = entry
    return kind == "mail" and whose == buyer_id and content.unless_mail_arrives


def play(crowd, params, *, contacted):
    hours = OfficeHours("Europe/Berlin", workdays_ahead=6)
    vendor = Vendor(params, MemoryCalendar({OWNER: hours}), {p.buyer_id: p for p in crowd})
    for person in crowd:
        for mail in unprompted(person, truth_of(person, params), params, DAY0, INBOUND):
            vendor.schedule(mail.due_at, "mail", person.buyer_id, mail)
        for day in TOUCH_DAYS if contacted else ():
            at = DAY0 + timedelta(days=day, hours=10)
            vendor.schedule(at, "touch", person.buyer_id, "Shall we talk about your data?")
    vendor.run()
    return vendor


@pytest.fixture(scope="module")
def crowd():
    return [
        make_person(
            f"buyer-{number:06d}",
            language=LANGUAGES[number % 6],
            time_zone=ZONES[number % 4],
            inbox_ok=number % 50 != 0,
        )
        for number in range(600)
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_both_arms_end_as_planted_person_by_person(crowd, seed):
    params = Params(seed, planted_effect=0.12, base_rate=0.06)
    contacted, held_out = (play(crowd, params, contacted=arm) for arm in (True, False))
    truths = {person.buyer_id: truth_of(person, params) for person in crowd}
    assert contacted.booked == {b for b, truth in truths.items() if truth.meets_if_contacted}
    assert held_out.booked == {b for b, truth in truths.items() if truth.meets_if_held_out}
    found = (len(contacted.booked) - len(held_out.booked)) / len(crowd)
    assert found == planted(crowd, params).effect


def test_contacted_people_answer_in_many_ways_and_held_out_people_only_by_themselves(crowd):
    params = Params(3)
    contacted, held_out = (play(crowd, params, contacted=arm) for arm in (True, False))
    said = {kind for kinds in contacted.kinds.values() for kind in kinds}
    assert len(said) >= 15
    assert 0.15 < len(contacted.kinds) / len(crowd) < 0.45
    first_words = {kinds[0] for kinds in held_out.kinds.values()}
    assert first_words <= {"fresh_request", "fresh_question"}
