"""The metrics of pipeline and capacity in plain Python, from the CRM's history and the events."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from campaign_world import Deal, World
from crm_history import OWNERS, STUDIES, activities, closings, leads
from metrics_by_hand import WINDOW, Hand, mails_of, of_kind, ratio
from trace_payloads import DAY_0, Person

from agent_runtime.contracts import TraceEvent

LADDER = ("lead", "mql", "sql", "opportunity", "won")
STEPS = {"mql": 2, "sql": 3, "customer": 5}
TASKS = {"proactive": "touch", "reply": "answer", "transactional": "confirmation"}
FIT_STATES = {"discovering", "qualified", "disqualified"}


def pipeline_by_hand(world: World, arm: str | None = None) -> dict[str, Hand]:
    """Returns these metrics, of everybody or of one arm."""
    arms = {p.person_id: p.arm for p in world.persons}
    events = [e for e in world.events if arm is None or arms.get(e.person_id or "") == arm]
    persons = {p.person_id: p.contact_id for p in world.persons if arm in {None, p.arm}}
    own = [deal for deal in world.deals if arm in {None, _arm_of(deal, world)}]
    closed = closings(world)
    lengths = [
        (closed[deal.opportunity_id] - deal.opened_at).total_seconds() / 86400
        for deal in own
        if deal.opportunity_id in closed
    ]
    return {
        "opportunities_opened": Hand(len(own)),
        "opportunities_closed": Hand(len(lengths)),
        "win_rate": ratio(
            sum(deal.stage == "won" for deal in own if deal.opportunity_id in closed),
            len(lengths),
        ),
        "sales_cycle_days": Hand(statistics.median(lengths) if lengths else None),
        **_conversions(world, persons),
        "qualified_discovery_yield": _discoveries(events, world.events),
        **_hours(events),
    }


def _placed_with(deal: Deal, world: World) -> Person | None:
    """The person named, else the first of the account's assigned people, if of one arm."""
    [named] = [p for p in world.persons if p.contact_id == deal.contact_id]
    colleagues = [p for p in world.persons if p.account_id == deal.account_id and p.arm]
    if named.arm:
        return named
    is_one_arm = len({p.arm for p in colleagues}) == 1
    return min(colleagues, key=lambda p: p.person_id) if is_one_arm else None


def _arm_of(deal: Deal, world: World) -> str | None:
    person = _placed_with(deal, world)
    return person.arm if person else None


def worth_by_hand(world: World, arm: str | None = None) -> dict[str, Hand]:
    """Returns what deals of the window are worth; a deal of unknown worth leaves its unit out."""
    units = {p.person_id for p in world.persons if p.arm and arm in {None, p.arm}}
    closed = closings(world)
    when = {
        "pipeline": {deal.opportunity_id: deal.opened_at for deal in world.deals},
        "revenue": {
            d.opportunity_id: closed[d.opportunity_id]
            for d in world.deals
            if d.stage == "won" and d.opportunity_id in closed
        },
    }
    found: dict[str, Hand] = {}
    for name, moments in when.items():
        amounts: dict[str, list[float | None]] = {unit: [] for unit in units}
        for deal in world.deals:
            person, at = _placed_with(deal, world), moments.get(deal.opportunity_id)
            if person and at and person.person_id in units and DAY_0 <= at < DAY_0 + WINDOW:
                amounts[person.person_id].append(deal.amount_usd)
        known = [sum(filter(None, worth)) for worth in amounts.values() if None not in worth]
        found[f"{name}_usd"] = Hand(sum(known))
        found[f"units_with_known_{name}"] = Hand(len(known))
        found[f"{name}_per_unit_usd"] = ratio(sum(known), len(known))
    return found


def _conversions(world: World, persons: dict[str, str]) -> dict[str, Hand]:
    reached = dict.fromkeys(LADDER, 0)
    for person_id, lead in leads(world).items():
        if person_id not in persons or not lead["lead_stage"]:
            continue
        step = STEPS.get(lead["lead_stage"], 1)
        for deal in world.deals:
            is_theirs = deal.contact_id == persons[person_id]
            if is_theirs and deal.opened_at >= lead["lead_created_at"]:
                step = max(step, 5 if deal.stage == "won" else 4)
        for name in LADDER[:step]:
            reached[name] += 1
    return {
        "leads": Hand(reached["lead"]),
        "lead_to_mql_rate": ratio(reached["mql"], reached["lead"]),
        "mql_to_sql_rate": ratio(reached["sql"], reached["mql"]),
        "sql_to_opportunity_rate": ratio(reached["opportunity"], reached["sql"]),
        "opportunity_to_won_rate": ratio(reached["won"], reached["opportunity"]),
    }


def _discoveries(events: Sequence[TraceEvent], everybodys: Sequence[TraceEvent]) -> Hand:
    engaged = {mail.event.thread_id for mail in mails_of(events) if mail.is_reply}
    checking = {
        turn.payload["playbook"]
        for turn in of_kind(everybodys, "turn")
        if turn.payload["state_after"] in FIT_STATES
    }
    turns = [turn for turn in of_kind(events, "turn") if turn.payload["playbook"] in checking]
    checked = {turn.thread_id for turn in turns} & engaged
    met = {turn.thread_id for turn in turns if turn.payload["state_after"] == "qualified"}
    return ratio(len(met & checked), len(checked))


def _hours(events: Sequence[TraceEvent]) -> dict[str, Hand]:
    saved = {
        task: statistics.median(hand - agent for name, hand, agent in STUDIES if name == task)
        for task in {name for name, *_ in STUDIES}
    }
    done = [
        TASKS[mail.payload["touch_class"]]
        for mail in mails_of(events)
        if mail.is_sent and mail.is_by_agent
    ]
    booked = {
        event.payload["event_uid"]
        for event in of_kind(events, "meeting")
        if event.payload["status"] == "confirmed" and event.payload["actor"] == "agent"
    }
    minutes = [saved[task] for task in done if task in saved]
    return {
        "tasks_automated": Hand(len(done) + len(booked)),
        "tasks_validated": Hand(len(minutes)),
        "hours_saved": Hand(sum(minutes) / 60 if minutes else None),
    }


def coverage_lift_by_hand(world: World) -> Hand:
    """Returns the lift, with the persons per rep and week after and before the launch."""
    sent = [mail for mail in mails_of(world.events) if mail.is_sent]
    person_of = {p.contact_id: p.person_id for p in world.persons}
    owner_of = {person_id: lead["owner_id"] for person_id, lead in leads(world).items()}
    touched: dict[datetime, set[tuple[str, str]]] = defaultdict(set)
    for act in activities(world):
        if act["kind"] != "note":
            touch = (act["owner_id"], person_of[act["contact_id"]])
            touched[_monday(act["occurred_at"])].add(touch)
    for mail in sent:
        person_id = mail.event.person_id or ""
        touched[_monday(mail.event.occurred_at)].add((owner_of[person_id], person_id))
    launch = min(_monday(mail.event.occurred_at) for mail in sent if mail.is_by_agent)
    weeks = (max(touched) - min(touched)).days // 7 + 1
    weeks_before = (launch - min(touched)).days // 7
    before = sum(len(pairs) for week, pairs in touched.items() if week < launch)
    after = sum(len(pairs) for week, pairs in touched.items() if week >= launch)
    level_before = before / (weeks_before * len(OWNERS))
    level_after = after / ((weeks - weeks_before) * len(OWNERS))
    return Hand(level_after / level_before - 1, level_after, level_before)


def _monday(moment: datetime) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())
