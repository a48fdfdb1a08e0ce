"""A made-up campaign for tests and for the eyes: people, arms and the trace events of 28 days.

Everything is drawn from a hash of (seed, person, event); nothing here uses the sandbox.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aftermath import Aftermath
from crm_history import studies
from trace_payloads import CAMPAIGN, DAY_0, EXPERIMENT, Person, Traces

from agent_runtime.contracts import TraceEvent

LANGUAGES = ("en", "es", "de", "fr", "pt", "it")
COUNTRIES = {"en": "GB", "es": "ES", "de": "DE", "fr": "FR", "pt": "PT", "it": "IT"}
OBSTACLES = ("no_consent", "do_not_contact", "bad_email", "language_not_served")
OPENERS = (
    "Hi [[FIRST_NAME]], many revenue teams at firms like [[COMPANY]] spend a day a week moving "
    "data between the CRM and billing. Northbeam Relay keeps both in step. Worth a short look?\n\n"
    "I am an AI assistant of the Northbeam team. Reply STOP and I will not write again.",
    "Hi [[FIRST_NAME]], one thing I should have added: Relay shows which records disagree before "
    "anyone has to look for them. Is that a problem at [[COMPANY]]?",
    "Hi [[FIRST_NAME]], I will leave it here. If the month-end reconciliation ever gets in the "
    "way, a line to this address is enough.",
)
ANSWERS = {
    "interested": "Interesting, we do struggle with this at [[COMPANY]]. What would be next?",
    "book_meeting": "Yes, let's talk. Can you find us half an hour next week?",
    "propose_time": "Could we do Wednesday at 10:30?",
    "send_info": "Can you send something on how you handle SOC 2? We would need that first.",
    "pricing_question": "What does this cost for a team of twenty?",
    "not_interested": "Thanks, we are all set.",
    "not_now": "Not this quarter, please come back in May.",
    "wrong_person": "I am not the right person for this.",
    "unsubscribe": "Please remove me from your list.",
}
POSITIVE = ("interested", "book_meeting", "propose_time")


STAGES = ("prospecting", "engaging", "proposal", "won", "lost")


@dataclass(frozen=True)
class Deal:
    """A deal of the CRM."""

    opportunity_id: str
    account_id: str
    contact_id: str
    stage: str
    opened_at: datetime
    amount_usd: float | None
    """None where the rep has written down no worth."""


@dataclass
class World:
    """People and events; `lift` is what the agent adds to the base rate of meetings.

    `bustle` multiplies how often anything else than a meeting happens, so that a small world has
    every case. With `has_aftermath` there are reviews, ratings, attendance and timings too.
    """

    people: int = 60
    days: int = 28
    seed: int = 7
    base_rate: float = 0.04
    lift: float = 0.05
    bustle: float = 1.0
    has_aftermath: bool = False
    persons: list[Person] = field(default_factory=list)
    events: list[TraceEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.persons = [self._person(i) for i in range(self.people)]
        studied = studies() if self.has_aftermath else []
        lived = (event for p in self.persons for event in self._lived(_Story(self, p)))
        rows = sorted(
            (*lived, *studied),
            key=lambda event: (event.occurred_at, event.event_id),
        )
        end = DAY_0 + timedelta(days=self.days)
        self.events = [
            event.model_copy(update={"seq": seq})
            for seq, event in enumerate(rows, 1)
            if event.occurred_at < end
        ]

    @property
    def deals(self) -> list[Deal]:
        """One deal a person, every other one from before the campaign."""
        return [
            Deal(
                opportunity_id=f"d{i:05d}",
                account_id=person.account_id,
                contact_id=person.contact_id,
                stage=STAGES[i % len(STAGES)],
                opened_at=DAY_0 + timedelta(days=5 if i % 2 else -5),
                amount_usd=None if i % 29 == 7 else 1000.25 * (i % 7 + 1),
            )
            for i, person in enumerate(self.persons)
        ]

    def _lived(self, story: "_Story") -> Iterable[TraceEvent]:
        events = story.events()
        return Aftermath(self, story).after(events) if self.has_aftermath else events

    def draw(self, *key: object) -> float:
        """Returns a number in [0, 1) that depends on the seed and the key only."""
        text = ":".join(map(str, (self.seed, *key)))
        return int(hashlib.md5(text.encode()).hexdigest()[:13], 16) / 16**13

    def _person(self, i: int) -> Person:
        person_id = f"p{i:05d}"
        language = LANGUAGES[0] if self.draw(i, "en") < 0.4 else LANGUAGES[i % 6]
        is_blocked = self.draw(i, "blocked") < 0.15
        arm = None if is_blocked else "agent" if self.draw(i, "arm") < 0.5 else "holdout"
        return Person(
            person_id=person_id,
            contact_id=f"c{i:05d}",
            account_id=f"a{i // 3:05d}",
            language=language,
            segment="mid_market" if i % 3 else "enterprise",
            arm=arm,
            obstacle=OBSTACLES[i % len(OBSTACLES)] if is_blocked else None,
        )


class _Story(Traces):
    """What happens to one person over the campaign."""

    def __init__(self, world: World, person: Person) -> None:
        super().__init__(person)
        self.world = world

    def events(self) -> Iterator[TraceEvent]:
        arm = self.person.arm
        if arm is None:
            return
        rate = self.world.base_rate + (self.world.lift if arm == "agent" else 0)
        is_met = self.world.draw(self.person.person_id, "meets") < rate
        if self._chance("inbound", 0.06):
            self.playbook = "inbound_response"
            yield from self._inbound(is_met)
        elif arm == "agent":
            yield from self._outbound(is_met)
        elif is_met:
            at = self._at("human", 1, 20)
            yield from self._out(
                at, "human", "proactive", "We met at the fair in autumn.", touch=None
            )
            yield from self._meet(at + timedelta(hours=30), "human")

    def _outbound(self, is_met: bool) -> Iterator[TraceEvent]:
        start = self._at("start", 0, 9)
        ends = 1 + int(3 * self.world.draw(self.person.person_id, "replies_to")) if is_met else 0
        for touch, text in enumerate(OPENERS, 1):
            at = start + timedelta(days=4 * (touch - 1), minutes=7 * touch)
            if self._chance(f"deferred{touch}", 0.06):
                yield self.policy(at, touch, "defer", ["quiet_hours"], is_first=True)
                at += timedelta(hours=9)
                yield self.policy(at, touch, "allow", [], is_first=False)
            else:
                yield self.policy(at, touch, "allow", [], is_first=True)
            yield self.turn(at, "agent", None, "send_touch")
            if self._chance(f"lost{touch}", 0.012):
                yield from self._lost(at, touch, text)
                return
            yield from self._out(at, "agent", "proactive", text, touch=touch)
            if touch == 1 and self._chance("bounces", 0.015):
                yield self._bounce(at)
                return
            if touch == 1 and self._chance("complains", 0.02):
                yield self.stop(at + timedelta(minutes=30), "complaint")
                return
            if touch == 2 and self._chance("away", 0.05):
                away = self._received(
                    at + timedelta(minutes=1), "out_of_office", "I am away.", True
                )
                yield away
            if ends == touch or self._chance(f"answers{touch}", 0.035):
                yield from self._talk(at + timedelta(hours=5), touch, is_met and ends == touch)
                return

    def _talk(self, at: datetime, touch: int, is_met: bool) -> Iterator[TraceEvent]:
        names = list(ANSWERS)
        draw = self.world.draw(self.person.person_id, "intent", touch)
        intent = POSITIVE[int(draw * 3)] if is_met else names[int(draw * len(names))]
        yield self._received(at, intent, ANSWERS[intent], False)
        yield self.turn(at + timedelta(minutes=6), "agent", intent, "answer")
        if intent == "unsubscribe":
            yield self.stop(at + timedelta(minutes=6), "opt_out")
            text = "You will not hear from us again."
            yield from self._out(at + timedelta(minutes=7), "agent", "transactional", text, None)
            return
        text = "Thank you, [[FIRST_NAME]]. Would Wednesday at 10:30 or Thursday at 14:00 suit you?"
        yield self.policy(at + timedelta(minutes=6), None, "allow", [], is_first=True)
        yield from self._out(at + timedelta(minutes=7), "agent", "reply", text, None)
        if is_met:
            later = at + timedelta(hours=4)
            yield self._received(later, "propose_time", "Wednesday at 10:30 is fine.", False)
            yield from self._meet(later + timedelta(minutes=5), "agent")

    def _inbound(self, is_met: bool) -> Iterator[TraceEvent]:
        at = self._at("asks", 1, 22)
        actor = "agent" if self.person.arm == "agent" else "human"
        wait = 3 + 9 * self.world.draw(self.person.person_id, "wait")
        wait = wait if actor == "agent" else wait * 40
        answered = at + timedelta(minutes=wait)
        yield self._received(at, "product_question", "Does Relay connect to our billing?", False)
        yield self.turn(answered, actor, "product_question", "answer")
        if actor == "agent":
            yield self.policy(answered, None, "allow", [], is_first=True)
        text = "Yes, it does, and I can show you how. When would suit you?"
        yield from self._out(answered, actor, "reply", text, None, asked_at=at)
        if is_met:
            yield self._received(answered + timedelta(hours=2), "propose_time", "Friday?", False)
            yield from self._meet(answered + timedelta(hours=3), actor)

    def _meet(self, at: datetime, actor: str) -> Iterator[TraceEvent]:
        uid = f"{self.thread_id}-m1"
        starts = (at + timedelta(days=3)).replace(hour=10, minute=30, second=0)
        slot = {"start": starts.isoformat(), "end": (starts + timedelta(minutes=30)).isoformat()}
        base = {"event_uid": uid, **slot, "owner_id": "o1", "actor": actor, "message_id": None}
        base |= {"arm": self.person.arm, "experiment_id": EXPERIMENT}
        yield self.event("meeting", at, {**base, "status": "confirmed"})
        if self._chance("cancels", 0.1):
            yield self.event("meeting", at + timedelta(days=1), {**base, "status": "cancelled"})

    def _out(
        self,
        at: datetime,
        actor: str,
        touch_class: str,
        text: str,
        touch: int | None,
        *,
        asked_at: datetime | None = None,
        state: str = "SENT",
    ) -> Iterator[TraceEvent]:
        message = self.message("out", actor, text) | {
            "touch_class": touch_class,
            "touch": touch,
            "task_id": self.task(touch),
            "campaign_id": CAMPAIGN if touch else None,
            "state": state,
            "lead_created_at": asked_at.isoformat() if asked_at else None,
        }
        yield self.event("message", at, message)
        if state == "SENT":
            yield self.cost(at, "message", 1, message["message_id"], actor)
        if actor == "human":
            yield self.cost(at, "human_minute", 6, message["message_id"], actor)

    def _lost(self, at: datetime, touch: int, text: str) -> Iterator[TraceEvent]:
        [event] = self._out(at, "agent", "proactive", text, touch, state="UNKNOWN")
        yield event
        fate = self.world.draw(self.person.person_id, "fate")
        if fate < 0.8:
            status = "resolved_sent" if fate < 0.5 else "resolved_not_sent"
            yield self.delivery(at + timedelta(hours=3), event.payload["message_id"], status)

    def _received(self, at: datetime, intent: str, text: str, auto_reply: bool) -> TraceEvent:
        message = self.message("in", "buyer", text) | {
            "state": "RECEIVED",
            "intent": intent,
            "auto_reply": auto_reply,
            "positive_intent": intent in (*POSITIVE, "send_info"),
            "opt_out": intent == "unsubscribe",
        }
        return self.event("message", at, message)

    def _bounce(self, at: datetime) -> TraceEvent:
        return self.stop(at + timedelta(minutes=1), "bounce")

    def _at(self, name: str, first_day: int, last_day: int) -> datetime:
        draw = self.world.draw(self.person.person_id, name)
        day = first_day + int(draw * (last_day - first_day + 1))
        while (DAY_0 + timedelta(days=day)).weekday() > 4:
            day += 1
        minute = int(self.world.draw(self.person.person_id, name, "minute") * 8 * 60)
        return DAY_0 + timedelta(days=day, hours=9, minutes=minute)

    def _chance(self, name: str, rate: float) -> bool:
        return self.world.draw(self.person.person_id, name) < rate * self.world.bustle
