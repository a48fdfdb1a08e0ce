"""Rules that are changed in a replay, and what their change does by the recorded facts alone.

Nothing here uses the code of the rules or of the replay: a turn is the JSON of its trace.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from json import loads
from pathlib import Path
from zoneinfo import ZoneInfo

BEFORE_CAPS = {
    "at_most_once",
    "suppression",
    "arm",
    "expiry",
    "consent",
    "owner",
    "speaker",
    "unread",
    "language",
    "confidence",
    "topics",
    "claims",
    "discounts",
    "grounding",
    "tone",
    "disclosure",
    "personal_data",
    "service_window",
    "length",
    "approval",
    "pause",
}
"""Rules that decide before the caps do, by docs/policies.md."""


@dataclass(frozen=True)
class Turn:
    """One recorded turn."""

    thread: str
    payload: dict

    @property
    def facts(self):
        return self.payload["basis"]["facts"]

    @property
    def action(self):
        return self.payload["chosen"]["action"]

    @property
    def hits(self):
        return {v["rule"] for v in self.payload["verdicts"] if v["decision"] != "allow"}

    @property
    def is_touch(self):
        """Whether it proposed a first message, on which caps and hours bind."""
        return self.action == "send_touch" and bool(self.payload["verdicts"])

    def hours_at(self, instant: str) -> list[int]:
        """The local hour of an instant wherever the reader may be."""
        zones = [self.facts["time_zone"]] if "time_zone" in self.facts else None
        at = datetime.fromisoformat(instant)
        return [at.astimezone(ZoneInfo(z)).hour for z in zones or zones_in(self.facts["country"])]


@dataclass(frozen=True)
class RuleChange:
    """What is given to `--with policy=`, and whether a turn is decided otherwise by it."""

    given: str
    affects: Callable[[Turn], bool]


def recorded(store: Path) -> list[Turn]:
    """Every turn of a runtime store, read with nothing but SQL and JSON."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "select json_extract(doc, '$.thread_id'), json_extract(doc, '$.payload') "
            "from trace_events where json_extract(doc, '$.kind') = 'turn' order by position"
        ).fetchall()
    return [Turn(thread, loads(payload)) for thread, payload in rows]


@cache
def zones_in(country: str) -> tuple[str, ...]:
    """All time zones of a country by the table of the time zone database."""
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return tuple(row[2] for row in rows if row[0] == country)


def sent_before(turn: Turn, whom: str) -> int:
    return turn.facts.get("sent", {}).get(whom, 0)


def is_ended(turn: Turn, most: int) -> bool:
    """Whether the reader had so many touches before that there is no further one."""
    is_open = turn.hits.isdisjoint(BEFORE_CAPS)
    return turn.is_touch and is_open and sent_before(turn, "to_person") >= most


def is_put_off(turn: Turn, most: int) -> bool:
    """Whether the account had so many today that this waits for 08:00 UTC of the next day.

    What waits for longer than that already waits as before.
    """
    if not turn.is_touch or not turn.hits.isdisjoint(BEFORE_CAPS | {"caps"}):
        return False
    now = datetime.fromisoformat(turn.facts["now"]).astimezone(UTC)
    tomorrow = (now + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    until = turn.payload["chosen"]["until"]
    waits = until is not None and datetime.fromisoformat(until) >= tomorrow
    return sent_before(turn, "to_account_today") >= most and not waits


def is_too_early(turn: Turn, first_hour: int) -> bool:
    """Went out before the new first hour, or waited for an hour that is now too early."""
    if not turn.is_touch or not turn.hits <= {"quiet_hours"}:
        return False
    until = turn.payload["chosen"]["until"]
    return min(turn.hours_at(until or turn.facts["now"])) < first_hour


def is_presumed(turn: Turn) -> bool:
    """Whether nothing but a legitimate interest carries a touch."""
    asked = [
        given["basis"]
        for given in turn.facts.get("consents", ())
        if (given["channel"], given["purpose"]) == ("email", "prospecting")
    ]
    is_open = turn.hits <= {"caps", "quiet_hours", "throttle"}
    return turn.is_touch and is_open and set(asked) == {"legitimate_interest"}


def needs_leave(turn: Turn, free: set[str]) -> bool:
    """Whether a message is on nobody's list; a confirmed stop and a booking are owed."""
    is_message = bool(turn.payload["verdicts"]) and turn.action not in ("confirm_stop", "book")
    is_open = turn.hits <= {"pause", "caps", "quiet_hours", "throttle", "reply_window"}
    return is_message and is_open and turn.action not in free


def is_unsure(turn: Turn, least: float) -> bool:
    """Whether an answer stands on a reading that is now too unsure to go out alone.

    To ask back where nothing was understood is right, however unsure.
    """
    seen = turn.payload["perception"]
    return (
        seen is not None
        and bool(turn.payload["verdicts"])
        and not turn.hits
        and turn.action not in ("confirm_stop", "hand_off")
        and turn.payload["chosen"]["reason"] != "not_understood"
        and seen["confidence"] < least
    )


RULE_CHANGES = {
    "caps: one touch a person": RuleChange("caps.per_person=1", lambda turn: is_ended(turn, 1)),
    "caps: two touches a person": RuleChange("caps.per_person=2", lambda turn: is_ended(turn, 2)),
    "caps: one touch an account a day": RuleChange(
        "caps.per_account_a_day=1", lambda turn: is_put_off(turn, 1)
    ),
    "quiet hours: from ten": RuleChange(
        "quiet_hours.first_hour=10", lambda turn: is_too_early(turn, 10)
    ),
    "consent: nothing is presumed": RuleChange("consent.legitimate_interest_on=[]", is_presumed),
    "approval: only some actions are free": RuleChange(
        "approval.free_actions=[send_touch, ask, propose_times]",
        lambda turn: needs_leave(turn, {"send_touch", "ask", "propose_times"}),
    ),
    "confidence: almost certain": RuleChange(
        "confidence.min_confidence=0.95", lambda turn: is_unsure(turn, 0.95)
    ),
}
