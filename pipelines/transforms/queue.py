"""The outreach queue: every touch of everybody in a treated arm, spread over days and hours."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from agent_runtime.contracts import OutreachTask
from agent_runtime.policies.zones import plausible_zones
from pipelines.campaign import Campaign

GRID = timedelta(minutes=30)
"""Touches become due on the half hour, so that they form batches."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody in a treated arm, by the contact through whom they are reached."""

    tenant_id: str
    person_id: str
    contact_id: str
    account_id: str | None
    segment: str
    arm: str
    owner_id: str
    mailbox: str
    country: str
    time_zone: str


class Planned(NamedTuple):
    """A touch that stands in the queue already: whom it counts for, and on which day."""

    campaign_id: str
    person_id: str
    mailbox: str
    account_id: str | None
    not_before: datetime
    touch: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The touches that are planned, and why some people have none."""

    tasks: tuple[OutreachTask, ...]
    left_out: dict[str, str]
    """Reason by person: `no_time_zone`, `no_common_hours`, `no_capacity` of the mailbox, or
    `account_is_full`: too many colleagues have their touches on all of these days."""


def plan(
    recipients: Iterable[Recipient],
    campaign: Campaign,
    *,
    experiment_id: str,
    now: datetime,
    stored: Sequence[OutreachTask | Planned] = (),
    likely: Mapping[str, float] | None = None,
) -> Queue:
    """Returns the touches of all recipients; who has touches already keeps them unmoved.

    People are taken in an order that depends on nothing but their ids, or where there are scores
    the likeliest first; scores neither add nor remove a recipient. Each gets the first
    workday on which all touches fit the caps of mailbox, account and day, and for each touch a
    half hour of that day that lies in working hours of every zone where the person may be.

    Args:
        recipients: One per person.
        campaign: Touches, hours, caps, window.
        experiment_id: The experiment whose arm they are in.
        now: Start of the campaign for newcomers.
        stored: Touches planned by earlier batches; they count towards the caps.
        likely: How likely each person buys, for a campaign that is ordered by fit; who has no
            score comes after those who have.
    """
    load = _Load(campaign, stored)
    has_touches = {task.person_id for task in stored if task.campaign_id == campaign.id}
    workdays = _workdays(now, campaign.window_days)
    tasks: list[OutreachTask] = []
    left_out: dict[str, str] = {}
    newcomers = (r for r in recipients if r.person_id not in has_touches)
    for one in sorted(newcomers, key=lambda r: _turn(r.person_id, campaign.id, likely or {})):
        touches = _place(one, campaign, load, workdays, now)
        if isinstance(touches, str):
            left_out[one.person_id] = touches
            continue
        for number, moment in enumerate(touches, start=1):
            task = _task(one, campaign, experiment_id, touch=number, not_before=moment)
            expiry = min(task.expires_at, now + timedelta(days=campaign.window_days))
            tasks.append(task.model_copy(update={"expires_at": expiry}))
    return Queue(tuple(tasks), left_out)


def _turn(person_id: str, campaign_id: str, likely: Mapping[str, float]) -> tuple[float, int, str]:
    return -likely.get(person_id, -1.0), _dice(campaign_id, person_id), person_id


class _Load:
    """How many touches each mailbox and account has on each UTC day, as the permit counts."""

    def __init__(self, campaign: Campaign, stored: Sequence[OutreachTask | Planned]) -> None:
        self._caps = campaign.caps
        self._all: Counter[tuple[str, date]] = Counter()
        self._new: Counter[tuple[str, date]] = Counter()
        self._account: Counter[tuple[str | None, date]] = Counter()
        for task in stored:
            self._count(task.mailbox, task.account_id, task.not_before.date(), task.touch == 1)

    def what_is_full(self, one: Recipient, days: Sequence[date]) -> str:
        """Returns why touches of this recipient do not fit on these days; empty where they do."""
        caps = self._caps
        has_new = self._new[one.mailbox, days[0]] < caps.mailbox_new_per_day
        if not (has_new and all(self._all[one.mailbox, d] < caps.mailbox_per_day for d in days)):
            return "no_capacity"
        account = one.account_id
        fits = all(self._account[account, day] < caps.account_per_day for day in days)
        return "" if account is None or fits else "account_is_full"

    def take(self, one: Recipient, days: Sequence[date]) -> None:
        """Takes the room for touches on these days."""
        for number, day in enumerate(days):
            self._count(one.mailbox, one.account_id, day, number == 0)

    def _count(self, mailbox: str, account_id: str | None, day: date, is_first: bool) -> None:
        self._all[mailbox, day] += 1
        self._new[mailbox, day] += is_first
        self._account[account_id, day] += 1


def _place(
    one: Recipient, campaign: Campaign, load: _Load, workdays: Sequence[date], now: datetime
) -> list[datetime] | str:
    """The moments of all touches, or why there are none."""
    zones = plausible_zones(one.time_zone, one.country)
    if not zones:
        return "no_time_zone"
    hours = (campaign.send_hours.first, campaign.send_hours.last)
    why = "no_common_hours"
    for first in range(len(workdays) - campaign.touch_workdays[-1]):
        days = [workdays[first + offset] for offset in campaign.touch_workdays]
        slots = [[s for s in _slots(zones, day, *hours) if s >= now] for day in days]
        if not all(slots):
            continue
        touches = [
            open_slots[_dice(one.person_id, str(touch)) % len(open_slots)]
            for touch, open_slots in enumerate(slots)
        ]
        utc_days = [moment.date() for moment in touches]
        full = load.what_is_full(one, utc_days)
        if not full:
            load.take(one, utc_days)
            return touches
        if why != "account_is_full":
            why = full
    return why


@lru_cache(maxsize=8192)
def _slots(zones: tuple[str, ...], day: date, first: int, last: int) -> tuple[datetime, ...]:
    """Half hours of a local day that are working hours in every zone, in UTC."""
    opens = max(_at(day, first, zone) for zone in zones)
    closes = min(_at(day, last, zone) for zone in zones)
    start = opens + (-timedelta(seconds=opens.timestamp()) % GRID)
    count = max(0, -((start - closes) // GRID))
    return tuple(start + n * GRID for n in range(count) if start + n * GRID < closes)


def _at(day: date, hour: int, zone: str) -> datetime:
    midnight = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    local = midnight.replace(hour=hour) if hour < 24 else midnight + timedelta(days=1)
    return local.astimezone(UTC)


def _workdays(now: datetime, window_days: int) -> list[date]:
    days = (now.date() + timedelta(days=n) for n in range(window_days))
    return [day for day in days if day.weekday() < _SATURDAY]


def _task(
    one: Recipient, campaign: Campaign, experiment_id: str, *, touch: int, not_before: datetime
) -> OutreachTask:
    return OutreachTask(
        tenant_id=one.tenant_id,
        campaign_id=campaign.id,
        campaign_version=campaign.version,
        person_id=one.person_id,
        contact_id=one.contact_id,
        account_id=one.account_id,
        touch=touch,
        playbook=campaign.playbook,
        playbook_version=campaign.playbook_version,
        channels=campaign.channels,
        experiment_id=experiment_id,
        arm=one.arm,
        not_before=not_before,
        expires_at=not_before + timedelta(days=campaign.expires_after_days),
        owner_id=one.owner_id,
        mailbox=one.mailbox,
        autonomy=campaign.autonomy,
        reason=f"in {one.segment}, arm {one.arm}",
    )


def _dice(*keys: str) -> int:
    """A number that belongs to these keys, so that no order of work matters."""
    return int.from_bytes(hashlib.sha256("\x1f".join(keys).encode()).digest()[:6], "big")
