"""Random histories of a CRM and of us: what both sides do, what breaks, what must hold at the end.

One history is made from its seed alone. People write in both places, contacts are merged, deleted
and restored, rows are replayed, the worker is killed, and the vendor fails in every documented way.
"""

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from random import Random

from crm_world import ANA, NOW, SESSION
from hubspot_stand_in import LOGGED, HubSpot, running

from agent_runtime.contracts import Assignment
from agent_runtime.crm_mirror import Mirror
from agent_runtime.crm_outbox import (
    CONNECTED,
    WISHES,
    queue_again,
    queue_heard,
    queue_meeting,
)
from agent_runtime.crm_push import CrmPush
from agent_runtime.crm_push_words import DEAD
from agent_runtime.domain import Slot, ToolCall
from agent_runtime.field_undo import FieldChangeError, standing_there, undo
from agent_runtime.placeholders import fill
from agent_runtime.policies.tool_facts import ToolFacts
from agent_runtime.policies.tool_permit import authorise_call
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import HumanTask, Inbound, Meeting
from agent_runtime.tools.allow_list import allow_list
from agent_runtime.tools.hands import Cause, Hands
from agent_runtime.tools.hubspot import HubSpotCrm
from agent_runtime.tools.hubspot_api import HubSpotApi
from agent_runtime.tools.hubspot_layout import hubspot_layout
from agent_runtime.tools.pace import Pace
from agent_runtime.tools.writable import writable

STEPS = 40
IMPATIENT_S = 0.5
"""How long the histories wait for an answer in which some never come."""
NAMES = ("ana", "bo", "cy", "di")
TEXTS = {
    "emails": "hs_email_text",
    "communications": "hs_communication_body",
    "notes": "hs_note_body",
    "tasks": "hs_task_body",
    "meetings": "hs_meeting_start_time",
    "tickets": "content",
}
FIELDS = {
    "contact": ("urgency", "use_case"),
    "deal": ("next_step", "stage"),
    "account": ("use_case",),
}


class Killed(BaseException):
    """The worker is gone; nothing of ours runs any more."""


class MortalApi(HubSpotApi):
    """Dies around the n-th request from now: before it, or after it was answered."""

    dies_at = None

    def look_up(self, request, **more):
        if self.dies_at is None:
            return super().look_up(request, **more)
        before, after, left = *self.dies_at[:2], self.dies_at[2]
        self.dies_at = (before, after, left - 1)
        if left == 0 and before:
            raise Killed
        answer = super().look_up(request, **more)
        if left == 0 and after:
            raise Killed
        return answer


@dataclass
class History:
    """One account and one store, and what happened to them."""

    seed: int
    store: object
    url: str
    hubspot: HubSpot
    now: object = NOW
    number: int = 0
    happened: Counter = field(default_factory=Counter)
    made_in: dict = field(default_factory=dict)
    """By remote path and id, the round of the worker in which a record first stood there."""
    rounds: int = 0
    api: object = None
    replayed: set = field(default_factory=set)

    def __post_init__(self):
        self.dice, self.has_timeouts = Random(self.seed), self.seed % 10 == 0
        self.people = {name: self._person(name) for name in NAMES}
        for account in ("1", "2"):
            self.hubspot.add("companies", domain=f"alder{account}.example")
        with self.store.begin() as tx:
            tx.publish(CONNECTED, "hubspot")
            tx.publish("controls", json.dumps({"e": ["control"]}))
        for name, contact in self.people.items():
            there = self.hubspot.add("contacts", email=contact.email)
            company = "101" if name in ("ana", "bo") else "102"
            self.hubspot.link("contacts", there, "companies", company, 1)
            self.hubspot.objects["0-3"][f"7{name}"] = {"dealname": name}
            self.hubspot.link("0-3", f"7{name}", "contacts", there, 3)
            self._welcome(contact)
            self.hear(name)
        self.start()

    def _person(self, name):
        return replace(
            ANA,
            contact_id=f"c-{name}",
            person_id=f"p-{name}",
            account_id="a-1" if name in ("ana", "bo") else "a-2",
            email=f"{name}@alder.example",
            first_name=name.capitalize(),
            facts=(("deal_id", f"7{name}"),),
        )

    def _welcome(self, contact):
        person, thread = contact.person_id, f"thread-{contact.person_id}"
        arm = Assignment(
            tenant_id="t",
            experiment_id="e",
            unit_id=person,
            person_id=person,
            arm="agent",
            layer="l",
            spec_hash="h",
            assigned_at=NOW,
            how="hash",
        )
        with self.store.begin() as tx:
            tx.add_contact(contact)
            tx.save_session(
                replace(SESSION, thread_id=thread, person_id=person, contact_id=contact.contact_id)
            )
            tx.add_assignment(arm)

    def start(self):
        """Starts a worker, with nothing in its head."""
        self.stop_worker()
        patience_s = IMPATIENT_S if self.has_timeouts else 30.0
        pace = Pace(self._seconds)
        self.api = MortalApi(self.url, "good", timeout_s=patience_s, pace=pace)
        crm = HubSpotCrm(self.api)
        self.push, self.mirror = CrmPush(self.store, crm, {}), Mirror(self.store, crm, {})
        self.silent_until = None

    def stop_worker(self):
        if self.api is not None:
            self.api.close()

    def _seconds(self):
        return self.now.timestamp()

    def one(self):
        self.number += 1
        return self.number

    def who(self):
        return self.dice.choice(NAMES)

    def play(self, steps=STEPS):
        """Has `steps` things happen, then brings all to rest."""
        deeds = [*self.deeds().items()]
        for _ in range(steps):
            self.now += timedelta(minutes=self.dice.choice([0, 1, 5, 30, 90]))
            name, (deed, _) = self.dice.choices(deeds, weights=[w for _, (_, w) in deeds])[0]
            deed()
            self.happened[name] += 1
        self.settle()

    def deeds(self):
        return {
            "hear": (lambda: self.hear(self.who()), 6),
            "work": (self.work, 2),
            "finish": (self.finish, 2),
            "meet": (self.meet, 2),
            "became": (self.became, 2),
            "write": (self.write, 7),
            "undo": (self.undo, 2),
            "stop": (self.stop, 1),
            "ticket": (self.ticket, 1),
            "replay": (self.replay, 2),
            "edit": (self.edit, 4),
            "set": (self.set_there, 2),
            "merge": (self.merge, 1),
            "delete": (self.delete, 1),
            "restore": (self.restore, 2),
            "unsubscribe": (self.unsubscribe, 1),
            "subscribe": (self.subscribe, 1),
            "break": (self.break_, 8),
            "kill": (self.kill, 4),
            "deliver": (self.deliver, 14),
            "read": (self.read, 3),
            "outage": (self.outage, 1),
        }

    # What happens here.

    def hear(self, name):
        key, contact = f"k{self.one()}", self.people[name]
        channel = self.dice.choice(["email", "sms", "chat"])
        row = Inbound(
            "t",
            key,
            ANA.mailbox,
            "l",
            f"thread-{contact.person_id}",
            contact.person_id,
            "",
            f"line {key}.",
            f"<{key}@x>",
            "",
            self.now,
            self.now,
            channel=channel,
        )
        with self.store.begin() as tx:
            tx.add_inbound(row)
            queue_heard(tx, row, arm="agent")

    def work(self, *, known=None):
        name = self.who()
        person = self.people[name].person_id
        key = f"w{self.one()}"
        row = known or HumanTask(
            "t",
            key,
            f"thread-{person}",
            person,
            "handoff",
            "owner",
            "asked",
            f"line {key}.",
            self.now,
        )
        with self.store.begin() as tx:
            tx.save_human_task(row)

    def finish(self):
        with self.store.begin() as tx:
            tasks = sorted(tx.open_human_tasks(), key=lambda task: task.task_id)
        if tasks:
            self.work(known=replace(self.dice.choice(tasks), state="DONE"))

    def meet(self):
        person, number = self.people[self.who()].person_id, self.one()
        start = NOW + timedelta(days=30, minutes=number)
        slot = Slot("o-1", start, start + timedelta(minutes=30))
        self._save(
            Meeting("t", f"u{number}", f"thread-{person}", person, slot, "agent", "CONFIRMED")
        )

    def became(self):
        with self.store.begin() as tx:
            standing = sorted(tx.meetings_standing(), key=lambda meeting: meeting.uid)
        if standing:
            meeting, how = self.dice.choice(standing), self.dice.choice(["held", "no_show", "off"])
            off = how == "off"
            self._save(
                replace(meeting, state="CANCELLED") if off else replace(meeting, attendance=how)
            )

    def _save(self, meeting):
        with self.store.begin() as tx:
            tx.save_meeting(meeting)
            queue_meeting(tx, meeting, at=self.now)

    def write(self):
        name = self.who()
        contact, kind = (
            self.people[name],
            self.dice.choice(["contact", "contact", "deal", "account"]),
        )
        target = {"contact": contact.contact_id, "deal": f"7{name}", "account": contact.account_id}
        of = f"{kind}:{target[kind]}"
        field_ = self.dice.choice(FIELDS[kind])
        value = f"said {self.one()}"
        if field_ == "stage":
            value = self.dice.choice(["meeting_booked", "qualified", "demo_booked"])
        facts = ToolFacts(writable(), ("crm",), (of,), ("agent",))
        permit = authorise_call(
            ToolCall("crm.update", of, ((field_, value),), "said"), facts
        ).permit
        self._do(permit, contact)

    def ticket(self):
        contact = self.people[self.who()]
        of, text = f"contact:{contact.contact_id}", f"line t{self.one()}."
        values = (("subject", "down"), ("text", text))
        facts = ToolFacts(writable(), ("tickets",), (of,), ("agent",))
        self._do(authorise_call(ToolCall("tickets.open", of, values, "x"), facts).permit, contact)

    def _do(self, permit, contact):
        with self.store.begin() as tx:
            session = tx.session_of(contact.person_id)
            Hands().do(tx, permit, Cause(session, f"c{self.one()}", self.now))

    def undo(self):
        with self.store.begin() as tx:
            changes = [c for c in tx.changes() if c.by == "agent"]
        if not changes:
            return
        change = self.dice.choice(changes)
        try:
            there = standing_there(self.store, self.push.crm, change)
            with self.store.begin() as tx:
                undo(tx, change, by="maya", now=self.now, versions={}, there=there)
        except FieldChangeError:
            self.happened["undo refused"] += 1

    def stop(self):
        with self.store.begin() as tx:
            person = self.people[self.who()].person_id
            tx.suppress(person, reason="opt_out", source=f"k{self.one()}", now=self.now)

    def replay(self):
        """A row that was dealt with is queued once more, as a command or a bug would."""
        with self.store.begin() as tx:
            done = [p for p in tx.pushes() if p.state != "WAITING" and p.kind != "change"]
            if done:
                row = self.dice.choice(done)
                self.replayed.add((row.kind, row.row_id))
                queue_again(tx, row.kind, row.row_id, at=self.now)

    # What happens there.

    def edit(self):
        live = sorted(self.hubspot.objects["contacts"])
        path, number = self.dice.choice([("contacts", self.dice.choice(live)), ("0-3", "7ana")])
        name = "parley_urgency" if path == "contacts" else "hs_next_step"
        value = self.dice.choice([f"typed {self.one()}", f"typed {self.one()}", ""])
        self.hubspot.edit(path, number, user=7, **{name: value})

    def set_there(self):
        path, name = self.dice.choice(
            [("tasks", "hs_task_status"), ("meetings", "hs_meeting_outcome")]
        )
        if there := sorted(self.hubspot.objects[path]):
            self.hubspot.edit(path, self.dice.choice(there), **{name: "COMPLETED"})

    def merge(self):
        live = sorted(self.hubspot.objects["contacts"])
        if len(live) > 2:
            self.hubspot.merge("contacts", *self.dice.sample(live, 2))

    def delete(self):
        live = sorted(self.hubspot.objects["contacts"])
        if len(live) > 2:
            self.hubspot.archive("contacts", self.dice.choice(live))

    def restore(self):
        if gone := sorted(self.hubspot.archived["contacts"]):
            self.hubspot.restore("contacts", self.dice.choice(gone))

    def unsubscribe(self):
        live = sorted(self.hubspot.objects["contacts"])
        self.hubspot.unsubscribe(self.hubspot.objects["contacts"][self.dice.choice(live)]["email"])

    def subscribe(self):
        """Somebody there takes an opt-out of ours back."""
        with self.store.begin() as tx:
            stopped = [c.email for c in self.people.values() if tx.suppressed(c.person_id)]
        if stopped:
            self.hubspot.unsubscribed.discard(self.dice.choice(stopped))

    # What breaks.

    def break_(self):
        faults = [(500, {}), (503, {}), ("after", 500), "drop", "cut", "partial", "partial"]
        faults += [(429, {"Retry-After": "40"}), (502, {})]
        fault = "hang" if self.has_timeouts and not self.dice.randrange(4) else None
        fault = fault or self.dice.choice(faults)
        self.hubspot.faults.extend([None] * self.dice.randrange(6) + [fault])
        self.deliver()

    def kill(self):
        before = self.dice.random() < 0.5
        self.api.dies_at = (before, not before, self.dice.randrange(6))
        try:
            self.deliver()
        except Killed:
            self.happened["killed"] += 1
            self.start()
        self.api.dies_at = None

    def outage(self):
        """The vendor is away for a day, while the worker goes on."""
        self.hubspot.token, end = "another", self.now + timedelta(days=1)
        while self.now < end:
            self.deliver()
            self.now += timedelta(hours=self.dice.choice([1, 2, 5]))
        self.hubspot.token = "good"

    def deliver(self):
        if self.silent_until is None or self.now >= self.silent_until:
            self.rounds += 1
            try:
                self.silent_until = self.push.work(now=self.now)
            finally:
                self._note()

    def _note(self):
        for path in (*LOGGED, "tickets"):
            for number in self.hubspot.objects[path]:
                self.made_in.setdefault((path, number), self.rounds)

    def read(self):
        self.mirror.work(now=self.now)

    # The end.

    def settle(self):
        """Mends the vendor, queues once more what was refused, and waits until all is at rest."""
        self.hubspot.faults.clear()
        self.rest()
        with self.store.begin() as tx:
            for push in tx.pushes():
                if push.state in DEAD:
                    self.replayed.add((push.kind, push.row_id))
                    queue_again(tx, push.kind, push.row_id, at=self.now)
        for _ in range(3):
            self.rest()
            self.now += timedelta(days=1)
            self.read()
        self.rest()

    def rest(self):
        for _ in range(400):
            with self.store.begin() as tx:
                if all(push.state != "WAITING" for push in tx.pushes()):
                    return
            self.now += timedelta(minutes=2)
            self.deliver()


def faults_of(history):
    """Yields, in words, everything that does not hold at the end of a history."""
    with history.store.begin() as tx:
        pushes = tx.pushes()
        yield from _unfinished(pushes)
        yield from _activities(history, tx, pushes)
        yield from _opt_outs(history, tx)
        yield from _fields(history, tx)
        yield from _deals(history, tx)
    yield from _beyond_the_list(history)
    yield from _written_over(history)
    yield from _disorder(history, pushes)


def _unfinished(pushes):
    for push in pushes:
        if push.state in ("WAITING", "GIVEN_UP"):
            yield f"{push.kind} {push.row_id} is {push.state}: {push.reason}"


def _number(history, email):
    return history.hubspot._number("contacts", "email", email)


def _activities(history, tx, pushes):
    held = history.hubspot.objects
    texts, pushed = Counter(), {push.vendor_id for push in pushes if push.state == "PUSHED"}
    for path, name in TEXTS.items():
        for number, record in held[path].items():
            said = record.get(name, "")
            texts[said] += 1
            links = history.hubspot.links.get((path, number, "contacts"), [])
            if path != "tickets" and len(links) != 1 and (links or number in pushed):
                yield f"{path} {number} is linked {len(links)} times"
    for said, times in texts.items():
        if times > 1:
            yield f"{said!r} stands there {times} times"
    everything = "\n".join(texts)
    for push in pushes:
        if push.kind in ("heard", "work", "ticket"):
            row = {"heard": tx.inbound, "work": tx.human_task, "ticket": tx.ticket}[push.kind]
            text = row(push.row_id).text
            is_there = text.rstrip(".") + "." in everything
            person = row(push.row_id).thread_id.removeprefix("thread-")
            is_known = _number(history, tx.contact_of(person).email) is not None
            if push.state == "PUSHED" and not is_there:
                yield f"{push.kind} {push.row_id} is PUSHED and is not there"
            if push.state == "REFUSED" and is_known:
                yield f"{push.kind} {push.row_id} was refused: {push.reason}"


def _opt_outs(history, tx):
    gone = history.hubspot.unsubscribed
    for contact in history.people.values():
        is_stopped = any(stop.reason in WISHES for stop in tx.stops(contact.person_id))
        number = _number(history, contact.email)
        first = history.hubspot.objects["contacts"][number]["email"] if number else contact.email
        if is_stopped and not {contact.email, first} <= gone:
            yield f"the opt-out of {contact.email} is lost there"
        if number and first in gone and not is_stopped:
            yield f"the opt-out of {contact.email} is lost here"


def _fields(history, tx):
    layout = hubspot_layout()
    for contact in history.people.values():
        number = _number(history, contact.email)
        if number is None:
            continue
        for name in FIELDS["contact"]:
            written = tx.changes_of("contact", contact.contact_id, name)
            if written:
                originals = tx.recall(f"thread-{contact.person_id}")
                ours = fill(written[-1].after, contact, originals)
                held = history.hubspot.objects["contacts"][number]
                theirs = held.get(layout.properties("contact")[name].name, "")
                if ours != theirs:
                    yield f"{name} of {contact.email} is {ours!r} here and {theirs!r} there"


def _deals(history, tx):
    """What was written last into a deal stands there, unless a person has written since."""
    for name, contact in history.people.items():
        written = tx.changes_of("deal", f"7{name}", "next_step")
        push = tx.push("change", written[-1].change_id) if written else None
        versions = history.hubspot.history.get(("0-3", f"7{name}", "hs_next_step"), [])
        is_theirs = bool(versions) and versions[0]["sourceType"] == "CRM_UI"
        if push is None or push.state != "PUSHED" or is_theirs:
            continue
        ours = fill(written[-1].after, contact, tx.recall(f"thread-{contact.person_id}"))
        theirs = history.hubspot.objects["0-3"][f"7{name}"].get("hs_next_step", "")
        if theirs != ours:
            yield f"next_step of {name} is {ours!r} here and {theirs!r} there"


def _beyond_the_list(history):
    layout, listed = hubspot_layout(), allow_list("hubspot")
    allowed = {
        (layout.records[kind].path, target.name)
        for kind, fields in listed.kinds.items()
        if kind in layout.records
        for target in fields.values()
    }
    for path, name in set(history.hubspot.sent()) - allowed:
        yield f"{path}.{name} was sent and is not on the list"


def _written_over(history):
    ours_to_change = {"", "SCHEDULED", "RESCHEDULED", "NOT_STARTED"}
    for (path, number, name), versions in history.hubspot.history.items():
        if name in ("dealstage", "parley_opted_out"):
            continue
        for newer, older in pairwise(versions):
            is_ours = newer["sourceType"] == "INTEGRATION"
            is_theirs = older["sourceType"] == "CRM_UI" and older["value"] not in ours_to_change
            if is_ours and is_theirs and newer["value"] != older["value"]:
                yield f"{path} {number} {name}: {older['value']!r} was written over"


def _disorder(history, pushes):
    """No row of a person stood there in an earlier round than one that was queued before it."""
    latest = {}
    for push in sorted(pushes, key=lambda p: (p.queued_at, p.kind, p.row_id)):
        key = push.kind, push.row_id
        if push.kind not in ("heard", "ticket") or push.state != "PUSHED":
            continue
        if key in history.replayed:
            continue
        round_ = next(
            (
                r
                for (path, n), r in history.made_in.items()
                if n == push.vendor_id and path in TEXTS
            ),
            None,
        )
        if round_ is None:
            continue
        was, by = latest.get(push.record, (0, ""))
        if round_ < was:
            yield f"{push.kind} {push.row_id} came in round {round_}, before {by} in {was}"
        latest[push.record] = max((round_, f"{push.kind} {push.row_id}"), (was, by))


@contextmanager
def history_of(seed, *, store=None):
    """Gives a history that has been played and has come to rest."""
    hubspot = HubSpot()
    with running(hubspot) as url:
        history = History(seed, store or MemoryStore("t"), url, hubspot)
        try:
            history.play()
            yield history
        finally:
            history.stop_worker()


def found_in(seed, *, store=None):
    """Plays a history and returns what does not hold, and what happened in it."""
    with history_of(seed, store=store) as history:
        return [*faults_of(history)], history.happened
