"""Every metric of the semantic layer in plain Python, from the events and nothing else."""

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaign_world import World
from trace_payloads import DAY_0

from agent_runtime.contracts import TraceEvent

PRICES = {
    ("message", "mail"): 0.0011,
    ("human_minute", "minute"): 0.75,
    ("model_turn", "turn"): 0.0002,
}
PLATFORM_DAY_USD = 3 * 5 + 10
"""Three seats and the infrastructure."""

WINDOW = timedelta(days=28)


@dataclass(frozen=True)
class Hand:
    """A value with what it is made of."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None


@dataclass
class Mail:
    """One message, with all that became known of it."""

    event: TraceEvent
    states: set[str]
    receipts: set[str]

    @property
    def payload(self) -> dict[str, Any]:
        return self.event.payload

    @property
    def is_sent(self) -> bool:
        return self.payload["direction"] == "out" and bool(
            {"SENT"} & self.states or {"resolved_sent"} & self.receipts
        )

    @property
    def is_by_agent(self) -> bool:
        return self.payload["actor"] == "agent" and self.payload["direction"] == "out"

    @property
    def is_reply(self) -> bool:
        return self.payload["direction"] == "in" and not self.payload["auto_reply"]

    @property
    def is_positive(self) -> bool:
        return self.is_reply and self.payload["positive_intent"]


def by_hand(world: World, arm: str | None = None) -> dict[str, Hand]:
    """Returns every metric, of everybody or of one arm."""
    arms = {p.person_id: p.arm for p in world.persons}
    events = [e for e in world.events if arm is None or arms.get(e.person_id or "") == arm]
    mails = mails_of(events)
    sent = [m for m in mails if m.is_sent]
    by_agent = [m for m in sent if m.is_by_agent]
    replies = [m for m in mails if m.is_reply]
    met = {e.person_id for e in _of_status(events, "confirmed")}
    threads = _threads(mails)
    engaged = {t: ms for t, ms in threads.items() if any(m.is_reply for m in ms)}
    positive = {
        t
        for t, ms in engaged.items()
        if any(m.is_positive for m in ms) or ms[0].event.person_id in met
    }
    turns = sum(sum(m.is_sent or m.is_reply for m in ms) for ms in engaged.values())
    first = [e for e in of_kind(events, "policy") if e.payload["is_first"]]
    passed = [e for e in first if e.payload["decision"] == "allow" and not e.payload["rules_hit"]]
    stopped = {
        e.person_id
        for e in of_kind(events, "suppression")
        if e.payload["reason"] in {"opt_out", "objection"}
    }
    complained = {
        e.person_id for e in of_kind(events, "suppression") if e.payload["reason"] == "complaint"
    }
    written_to = {m.event.person_id for m in sent}
    eligible = {p.person_id for p in world.persons if p.arm and arm in {None, p.arm}}
    touched = {m.event.person_id for m in by_agent} & eligible
    opened = {t for t, ms in threads.items() if _is_opened_by_agent(ms)}
    return {
        "conversations": Hand(len(engaged.keys() & {m.event.thread_id for m in by_agent})),
        "threads_opened_by_agent": Hand(len(opened)),
        "reply_rate": ratio(len(opened & engaged.keys()), len(opened)),
        "messages_sent": Hand(len(by_agent)),
        "human_messages_sent": Hand(len(sent) - len(by_agent)),
        "messages_received": Hand(sum(m.payload["direction"] == "in" for m in mails)),
        "replies": Hand(len(replies)),
        "meetings_set": Hand(len(met)),
        "first_response_minutes": Hand(_median(_waits(sent, "agent"))),
        "human_first_response_minutes": Hand(_median(_waits(sent, "human"))),
        "conversation_depth": ratio(turns, len(engaged)),
        "positive_intent_rate": ratio(len(positive), len(engaged)),
        "compliance_pass_rate": ratio(len(passed), len(first)),
        "share_of_sent": ratio(
            len(
                {e.payload["proposal_id"] for e in first} & {m.payload["message_id"] for m in sent}
            ),
            len(first),
        ),
        "unsubscribe_rate": ratio(len(stopped), len(written_to)),
        "complaint_rate": ratio(len(complained), len(written_to)),
        "coverage_rate": ratio(len(touched), len(eligible)),
        "unknown_open": Hand(sum(_is_open(m) for m in mails)),
        "unknown_resolved": Hand(sum("UNKNOWN" in m.states and not _is_open(m) for m in mails)),
        "meeting_rate": ratio(len(_met_in_window(events)), len(eligible)),
        "events_confirmed": Hand(len(_of_status(events, "confirmed"))),
        "threads_answered": Hand(len(_waits(sent, "agent"))),
        "threads_answered_by_people": Hand(len(_waits(sent, "human"))),
        "units_contacted": Hand(len(touched)),
        "units_contacted_by_people": Hand(len({m.event.person_id for m in sent} - touched)),
        "units_replied": Hand(len({m.event.person_id for m in replies})),
        "units_positive": Hand(len(positive)),
        "units_unsubscribed": Hand(len(stopped)),
        "holdout_sends": Hand(0),
        "sends_after_opt_out": Hand(0),
    }


def cost_per_touch_by_hand(world: World) -> Hand:
    """Returns the program's cost per message of the agent."""
    cost = _program_cost(world)
    sent = sum(m.is_sent and m.is_by_agent for m in mails_of(world.events))
    return Hand(cost / sent, cost, sent)


def cost_per_meeting_by_hand(world: World) -> Hand:
    """Returns the program's cost per person met outside the holdout."""
    arms = {p.person_id: p.arm for p in world.persons}
    met = {e.person_id for e in _of_status(world.events, "confirmed")}
    met = {person_id for person_id in met if arms[person_id or ""] != "holdout"}
    cost = _program_cost(world)
    return Hand(cost / len(met), cost, len(met))


def cost_per_qualified_opportunity_by_hand(world: World) -> Hand:
    """Returns the program's cost per deal of a treated person or account, opened since."""
    arms = {p.contact_id: p.arm for p in world.persons}
    of_account: dict[str, set[str]] = defaultdict(set)
    for person in world.persons:
        if person.arm:
            of_account[person.account_id].add(person.arm)
    qualified = [
        deal
        for deal in world.deals
        if deal.stage in {"engaging", "proposal", "won"}
        and deal.opened_at >= DAY_0
        and ({arms[deal.contact_id]} if arms[deal.contact_id] else of_account[deal.account_id])
        == {"agent"}
    ]
    cost = _program_cost(world)
    return Hand(cost / len(qualified), cost, len(qualified))


def marginal_cost_by_hand(world: World) -> Hand:
    """Returns what a conversation adds: the program's cost without what stands by the day."""
    cost = _volume_cost(world)
    conversations = by_hand(world)["conversations"].value or 0
    return Hand(cost / conversations, cost, conversations)


def _program_cost(world: World) -> float:
    days = sorted({e.occurred_at.date() for e in world.events})
    return _volume_cost(world) + PLATFORM_DAY_USD * ((days[-1] - days[0]).days + 1)


def _volume_cost(world: World) -> float:
    """Of all that is not the holdout's: people's work on holdouts is no cost of the program."""
    arms = {p.person_id: p.arm for p in world.persons}
    return sum(
        e.payload["quantity"] * PRICES[e.payload["item"], e.payload["unit"]]
        for e in of_kind(world.events, "cost")
        if arms[e.person_id or ""] != "holdout"
    )


def of_kind(events: Iterable[TraceEvent], kind: str) -> list[TraceEvent]:
    """Returns the events of one kind."""
    return [event for event in events if event.kind == kind]


def _of_status(events: Iterable[TraceEvent], status: str) -> list[TraceEvent]:
    return [event for event in of_kind(events, "meeting") if event.payload["status"] == status]


def mails_of(events: Iterable[TraceEvent]) -> list[Mail]:
    """Returns the messages, each with the states and receipts that were seen."""
    events = list(events)
    states: dict[str, set[str]] = defaultdict(set)
    receipts: dict[str, set[str]] = defaultdict(set)
    latest: dict[str, TraceEvent] = {}
    for event in of_kind(events, "message"):
        states[event.payload["message_id"]].add(event.payload["state"])
        latest[event.payload["message_id"]] = event
    for event in of_kind(events, "delivery"):
        receipts[event.payload["message_id"]].add(event.payload["status"])
    return [Mail(event, states[key], receipts[key]) for key, event in latest.items()]


def _threads(mails: Iterable[Mail]) -> dict[str, list[Mail]]:
    threads: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        threads[mail.event.thread_id or ""].append(mail)
    return threads


def _is_opened_by_agent(mails: list[Mail]) -> bool:
    first = min(mails, key=lambda mail: mail.event.occurred_at)
    return first.is_by_agent and any(mail.is_sent and mail.is_by_agent for mail in mails)


def _waits(sent: Iterable[Mail], actor: str) -> list[float]:
    return [
        (m.event.occurred_at - datetime.fromisoformat(asked)).total_seconds() // 1 / 60
        for m in sent
        if (asked := m.payload["lead_created_at"]) and m.payload["actor"] == actor
    ]


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


def _is_open(mail: Mail) -> bool:
    return "UNKNOWN" in mail.states and not mail.receipts and "SENT" not in mail.states


def _met_in_window(events: Iterable[TraceEvent]) -> set[str | None]:
    confirmed = _of_status(events, "confirmed")
    return {e.person_id for e in confirmed if DAY_0 <= e.occurred_at < DAY_0 + WINDOW}


def ratio(part: float, whole: float) -> Hand:
    """Returns a ratio; without a denominator it has no value."""
    return Hand(part / whole if whole else None, part, whole)
