"""Events at accounts are the only reason to write for, each once."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipelines.campaigns.parts import Trigger
from pipelines.campaigns.running import carry_out, look
from pipelines.campaigns.tables import CampaignTables
from pipelines.campaigns.triggers import events
from pipelines.campaigns.waiting import events_waiting
from pipelines.lake import Lake, write

NOW = datetime(2026, 1, 12, tzinfo=UTC)


def tables(*, signals=(), contracts=(), usage=()):
    def frame(rows, columns):
        return pl.DataFrame(rows, schema=columns, orient="row")

    instant = pl.Datetime("us", "UTC")
    return {
        "signals": frame(
            signals,
            {
                "signal_id": pl.String,
                "account_id": pl.String,
                "kind": pl.String,
                "topic": pl.String,
                "occurred_at": instant,
            },
        ),
        "contracts": frame(
            contracts,
            {
                "contract_id": pl.String,
                "account_id": pl.String,
                "renews_at": instant,
                "status": pl.String,
            },
        ),
        "usage": frame(
            usage,
            {
                "account_id": pl.String,
                "day": pl.Date,
                "metric": pl.String,
                "value": pl.Float64,
            },
        ),
    }


def found(trigger, **rows):
    table = events(tables(**rows), [trigger], now=NOW)
    return dict(table.select("account_id", "event_id").iter_rows())


def ago(days):
    return NOW - timedelta(days=days)


@pytest.mark.parametrize("kind", ["funding", "leadership_change", "feature_launch"])
def test_signals_are_events_by_kind_or_topic_within_their_window(kind):
    """R55: what feeds say of a company, as a reason to write."""
    words = kind.replace("_", " ").title()
    rows = [
        ("s1", "a1", kind, "x", ago(1)),
        ("s2", "a2", "news", words, ago(13)),
        ("s3", "a3", kind, "x", ago(15)),
        ("s4", "a4", kind, "x", ago(-1)),
        ("s5", "a5", "intent", "pricing", ago(1)),
        ("s6", None, kind, "x", ago(1)),
    ]

    trigger = Trigger(event=kind, window_days=14)

    assert found(trigger, signals=rows) == {"a1": "signal:s1", "a2": "signal:s2"}


def test_a_renewal_is_ahead_and_belongs_to_a_running_contract():
    """R55: contracts by the day on which they end."""
    rows = [
        ("k1", "a1", ago(-20), "active"),
        ("k2", "a2", ago(-40), "active"),
        ("k3", "a3", ago(1), "active"),
        ("k4", "a4", ago(-20), "cancelled"),
    ]

    trigger = Trigger(event="renewal_date", window_days=30)

    assert found(trigger, contracts=rows) == {"a1": "renewal:k1:2026-02-01"}


def test_usage_drops_where_the_last_window_has_much_less_than_the_one_before():
    """R55: product use by day, window against window."""
    level = {"a1": (10, 6), "a2": (10, 8), "a3": (10, 7), "a4": (0, 0), "a5": (10, None)}
    rows = []
    for account, (before, after) in level.items():
        for n in range(1, 15):
            value = after if n <= 7 else before
            if value is not None:
                rows.append((account, ago(n).date(), "active_users", float(value)))

    trigger = Trigger(event="usage_drop", window_days=7, drop_percent=30)

    assert found(trigger, usage=rows) == {
        "a1": "usage_drop:2026-01",
        "a3": "usage_drop:2026-01",
        "a5": "usage_drop:2026-01",
    }


@pytest.fixture
def with_funding(paths, write_campaign):
    """One account of the export, that of Ada and Bob, is funded on two days."""

    def fund(*days):
        table = Lake(paths).canonical()["signals"]
        plain = table.head(1)
        rows = [
            plain.with_columns(
                pl.lit(f"f{day}").alias("signal_id"),
                pl.lit("a1").alias("account_id"),
                pl.lit("funding").alias("kind"),
                pl.lit(datetime(2026, 1, day, tzinfo=UTC))
                .cast(table.schema["occurred_at"])
                .alias("occurred_at"),
            )
            for day in days
        ]
        write(pl.concat([table, *rows]), paths.canonical / "signals.parquet")

    write_campaign(triggers=[{"event": "funding", "window_days": 14}])
    return fund


def test_only_people_of_accounts_with_an_event_are_written_to_and_once_per_event(
    paths, with_funding, day_of, approved, page, now
):
    """R55, R210: at most once per account and event, however often the day is run."""
    approved()
    campaign = page().campaign
    assert look(day_of()).counts["gets"] == 0
    assert events_waiting(paths, campaign, now=now) == ()
    with_funding(9)
    assert events_waiting(paths, campaign, now=now) == ("a1\x1fsignal:f9",)

    first = carry_out(day_of(), code_version="test")
    again = carry_out(day_of(), code_version="test")
    next_day = day_of(date(2026, 1, 13), at=now + timedelta(days=1))
    later = look(next_day)

    assert {task.account_id for task in first.new} <= {"a1"}
    whys = dict(look(day_of()).table.select("contact_id", "why").iter_rows())
    assert whys["c05"] == "no_event"
    assert again.new == ()
    if first.new:
        assert all("funding on 2026-01-09" in task.reason for task in first.new)
        assert CampaignTables(paths, campaign.id).answered().height == 1
        assert events_waiting(paths, campaign, now=now) == ()
        assert later.counts["gets"] == 0


def test_a_new_event_is_waited_for_beside_one_that_was_answered(
    paths, with_funding, day_of, approved, page, now
):
    approved()
    with_funding(9)
    carry_out(day_of(), code_version="test")
    CampaignTables(paths, "prospecting").add_answered(
        pl.DataFrame({"account_id": ["a1"], "event_id": ["signal:f9"]}), date(2026, 1, 12)
    )
    with_funding(11)

    assert events_waiting(paths, page().campaign, now=now) == ("a1\x1fsignal:f11",)
