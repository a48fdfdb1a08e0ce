"""Days of a campaign: from midnight to midnight in its time zone, and when it plans each."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipelines.campaign import Campaign
from pipelines.campaigns.parts import WORKDAYS
from pipelines.transforms.queue import GRID


def day_at(campaign: Campaign, instant: datetime) -> date:
    """Returns the day of a campaign on which an instant lies."""
    return instant.astimezone(ZoneInfo(campaign.time_zone)).date()


def span_of(campaign: Campaign, first: date, last: date) -> tuple[datetime, datetime]:
    """Returns from when, and until when exclusively, days last, in UTC."""
    zone = ZoneInfo(campaign.time_zone)
    ends = (first, last + timedelta(days=1))
    begins, until = (datetime.combine(day, time(), zone).astimezone(UTC) for day in ends)
    return begins, until


def starts_at(campaign: Campaign, day: date) -> datetime:
    """Returns when a campaign plans a day by its timetable; midnight where it has none."""
    hour, minute = campaign.schedule.clock if campaign.schedule else (0, 0)
    local = datetime.combine(day, time(hour, minute), ZoneInfo(campaign.time_zone))
    return local.astimezone(UTC)


def plans_from(campaign: Campaign, day: date, at: datetime) -> datetime:
    """Returns the instant from which touches are planned for a day, when it is now `at`.

    Until half an hour after its time by the timetable that time counts, so that a dry run of the
    evening before and the run in the morning stand on the same instant; later the present does,
    since nothing is planned into the past.
    """
    planned = starts_at(campaign, day)
    return planned if at < planned + GRID else at


def runs_on(campaign: Campaign, day: date) -> bool:
    """Says whether the timetable has a day."""
    days = campaign.schedule.days if campaign.schedule else WORKDAYS
    return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()] in days


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Returns the days from the first to the last, both included; none where they are turned."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
