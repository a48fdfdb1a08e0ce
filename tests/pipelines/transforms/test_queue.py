"""Touches are spread over days and hours so that no cap breaks and everybody is asleep at night."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent_runtime.policies.zones import plausible_zones
from pipelines.campaign import load_campaign
from pipelines.transforms.queue import GRID, Recipient, plan
from pipelines.transforms.queue_table import from_tasks, read_tasks

NOW = datetime(2026, 1, 12, tzinfo=UTC)
CAMPAIGN = load_campaign("prospecting")
PLACES = (
    ("America/Los_Angeles", "US"),
    ("", "US"),
    ("Europe/Berlin", "DE"),
    ("", "PT"),
    ("Asia/Tokyo", "JP"),
    ("Europe/London", "GB"),
)


def recipient(number, **changes):
    time_zone, country = PLACES[number % len(PLACES)]
    values = {
        "tenant_id": "t",
        "person_id": f"p{number}",
        "contact_id": f"c{number}",
        "account_id": f"a{number // 4}",
        "segment": "s@1",
        "arm": "agent",
        "owner_id": f"o{number % 4}",
        "mailbox": f"relay-{number % 4}@mail.northbeam.example",
        "country": country,
        "time_zone": time_zone,
    }
    return Recipient(**values | changes)


def planned(recipients, **options):
    return plan(recipients, CAMPAIGN, experiment_id="e", now=NOW, **options)


@pytest.fixture(scope="module")
def queue():
    return planned([recipient(n) for n in range(900)])


def test_everybody_gets_every_touch_in_order(queue):
    by_person = {}
    for task in queue.tasks:
        by_person.setdefault(task.person_id, []).append(task)

    assert len(by_person) == 900
    assert queue.left_out == {}
    for tasks in by_person.values():
        assert [task.touch for task in tasks] == [1, 2, 3]
        days = [task.not_before for task in tasks]
        assert days[1] - days[0] > timedelta(days=2)
        assert days[2] - days[1] > timedelta(days=3)


def test_touches_fall_in_working_hours_of_every_zone_where_the_person_may_be(queue):
    """R65, R68: quiet hours and workdays, in all zones of the country when none is known."""
    place = {f"p{n}": PLACES[n % len(PLACES)] for n in range(900)}
    for task in queue.tasks:
        for zone in plausible_zones(*place[task.person_id]):
            local = task.not_before.astimezone(ZoneInfo(zone))
            assert local.weekday() < 5
            assert 8 <= local.hour < 18


def test_touches_lie_on_the_half_hour_and_never_before_now(queue):
    for task in queue.tasks:
        assert task.not_before.timestamp() % GRID.total_seconds() == 0
        assert NOW <= task.not_before < task.expires_at <= NOW + timedelta(days=28)


def test_caps_hold_for_every_mailbox_and_account_and_day(queue):
    """R63, R64: caps per contact, account, mailbox and day."""
    day = {task.task_id: task.not_before.date() for task in queue.tasks}
    caps = CAMPAIGN.caps
    assert max(Counter((t.mailbox, day[t.task_id]) for t in queue.tasks).values()) <= (
        caps.mailbox_per_day
    )
    assert max(Counter((t.account_id, day[t.task_id]) for t in queue.tasks).values()) <= (
        caps.account_per_day
    )
    first = Counter((t.mailbox, day[t.task_id]) for t in queue.tasks if t.touch == 1)
    assert max(first.values()) <= caps.mailbox_new_per_day


def test_a_campaign_of_nine_hundred_starts_in_eight_workdays_and_ends_in_twenty_four_days():
    one_owner_has_half = [recipient(n, mailbox=f"m{n % 2 and 1 + n % 3}") for n in range(900)]
    queue = planned(one_owner_has_half)

    assert queue.left_out == {}
    assert max(t.not_before for t in queue.tasks if t.touch == 1) < NOW + timedelta(days=10)
    assert max(t.not_before for t in queue.tasks) < NOW + timedelta(days=24)


def test_the_order_of_the_input_changes_nothing(queue):
    again = planned([recipient(n) for n in reversed(range(900))])

    assert set(again.tasks) == set(queue.tasks)


def test_what_stands_in_the_queue_is_never_moved_and_counts_towards_the_caps():
    stored = planned([recipient(n, mailbox="m") for n in range(60)]).tasks

    later = plan(
        [recipient(n, mailbox="m") for n in range(200)],
        CAMPAIGN,
        experiment_id="e",
        now=NOW,
        stored=stored,
    )

    assert {task.person_id for task in later.tasks} == {f"p{n}" for n in range(60, 200)}
    first = Counter(t.not_before.date() for t in (*stored, *later.tasks) if t.touch == 1)
    assert max(first.values()) <= CAMPAIGN.caps.mailbox_new_per_day


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"time_zone": "", "country": ""}, "no_time_zone"),
        ({"time_zone": "", "country": "RU"}, "no_common_hours"),
    ],
)
def test_who_has_no_safe_hour_is_left_out_with_the_reason(place, reason):
    queue = planned([recipient(1, **place)])

    assert queue.tasks == ()
    assert queue.left_out == {"p1": reason}


def test_who_does_not_fit_into_the_window_is_left_out():
    queue = planned([recipient(n, account_id="a") for n in range(60)])

    assert set(queue.left_out.values()) == {"account_is_full"}
    assert len(queue.tasks) == 3 * (60 - len(queue.left_out))


def test_a_queue_survives_its_table(tmp_path, queue):
    path = tmp_path / "outreach_tasks.parquet"
    from_tasks(queue.tasks).write_parquet(path)

    assert set(read_tasks(path)) == set(queue.tasks)
    assert read_tasks(tmp_path / "nothing.parquet") == []


def test_by_fit_the_likeliest_come_first_and_the_same_people_are_written_to():
    """R88: a score orders the queue of a campaign that asks for it, and decides nothing else."""
    people = [recipient(n, account_id=None) for n in range(900)]
    likely = {f"p{n}": n / 900 for n in range(600)}
    plain, ordered = planned(people), planned(people, likely=likely)

    def starts(queue):
        return {task.person_id: task.not_before for task in queue.tasks if task.touch == 1}

    first, usual = starts(ordered), starts(plain)
    assert set(first) == set(usual)
    assert ordered.left_out == plain.left_out
    parts = [range(start, start + 200) for start in (400, 200, 0, 600)]
    means = [sum(first[f"p{n}"].timestamp() for n in part) / 200 for part in parts]
    assert means == sorted(means)
    assert means[-1] - means[0] > 2 * 86_400
    assert planned(people, likely={}).tasks == plain.tasks
