"""Parts of a campaign's file that say when it runs, what starts it, and what it may use up."""

from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TriggerKind = Literal[
    "funding", "leadership_change", "feature_launch", "renewal_date", "usage_drop"
]
"""funding, leadership_change, feature_launch: a row of `crm/signals` whose kind or topic is that
word; renewal_date: a running contract ends; usage_drop: an account uses the product less."""

FIRST_DAY = date(2026, 1, 1)
"""The first day of which campaigns have a partition."""

WORKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")


class Part(BaseModel):
    """Something that people write; a field that nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Timetable(Part):
    """When a campaign plans its day, by the clock on the wall of its time zone."""

    at: str = Field(default="07:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    days: tuple[Weekday, ...] = Field(default=WORKDAYS, min_length=1)

    @field_validator("at", mode="before")
    @classmethod
    def _of_yaml(cls, value: object) -> object:
        """YAML 1.1 reads 16:30 without quotes as 990: sixties and ones."""
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1440:
            return f"{value // 60:02}:{value % 60:02}"
        return value

    @property
    def clock(self) -> tuple[int, int]:
        """Hour and minute."""
        hour, minute = self.at.split(":")
        return int(hour), int(minute)

    @property
    def cron(self) -> str:
        """The same as a cron expression, which is read in the campaign's time zone."""
        hour, minute = self.clock
        return f"{minute} {hour} * * {','.join(self.days)}"


class Trigger(Part):
    """An event at an account, for which alone its people are written to."""

    event: TriggerKind
    window_days: int = Field(ge=1, le=365)
    """How long an event is a reason to write; for renewal_date, how long before it."""
    drop_percent: float = Field(default=30, gt=0, le=100)
    """usage_drop: how much less than in the window before."""


class Budget(Part):
    """What a campaign may use up; where any of it is spent, the campaign pauses by itself."""

    messages_a_day: int | None = Field(default=None, ge=1)
    messages_a_month: int | None = Field(default=None, ge=1)
    euros_a_day: float | None = Field(default=None, gt=0)
    euros_a_month: float | None = Field(default=None, gt=0)
    reviewer_minutes_a_day: float | None = Field(default=None, gt=0)
    reviewer_minutes_a_month: float | None = Field(default=None, gt=0)
    usd_per_euro: float = Field(default=1.1, gt=0)
    """At what rate the dollars of pricing.yaml count."""


Door = Literal["email", "form", "chat"]
"""By which people write first: a mail, a form of the web page, the chat."""


class Inbound(Part):
    """A campaign that answers people who write first, and makes no touch of its own."""

    doors: tuple[Door, ...] = Field(min_length=1)
    answer_within_minutes: int = Field(ge=1, le=1440)
    """The service level: a request is to be answered within so many minutes."""
    look_back_days: int = Field(default=30, ge=1, le=365)
    """Of how many days a dry run looks at the requests."""


class Volume(Part):
    """How much a day's queue may grow before somebody has to look."""

    times: float = Field(default=2.0, ge=1)
    """So many times the people of the last day that was queued."""
    floor: int = Field(default=50, ge=0)
    """So many people are never a jump."""


class Calendar(Part):
    """The fields of a campaign that say when: mixed into it, so that they stand at its top."""

    time_zone: str = "UTC"
    """Its days begin and end here, and `schedule.at` is read here."""
    schedule: Timetable | None = None
    """Without one it runs when somebody starts it."""

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError(
                f"{name!r} is no time zone of the IANA list, such as Europe/Berlin"
            ) from None
        return name
