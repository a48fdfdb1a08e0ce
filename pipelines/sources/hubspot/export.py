"""The landed tables as the files that a mapping reads: one row per thing, names in place of ids.

Nothing is decided here that a mapping could say; what is done is what a mapping cannot: following
links from one table to another, and reading HubSpot's own spellings of places and times.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

import polars as pl

from pipelines.errors import PipelineError
from pipelines.lake import write_all
from pipelines.schemas import TEXT
from pipelines.sources.hubspot.objects import object_kinds
from pipelines.sources.hubspot.pull import NAME
from pipelines.sources.hubspot.records import OWN, link_column
from pipelines.sources.hubspot.subscriptions import ALL, EVERYBODY, UNREAD
from pipelines.sources.landing import landed_path, read_landed
from pipelines.sources.parse import parse

PRIMARY = frozenset({1, 5})
"""Types of the link to the primary company, of a contact and of a deal.
https://developers.hubspot.com/docs/guides/api/crm/associations/associations-v4, read 2026-11."""

ENGAGEMENTS = {
    "calls": ("call", "hs_call_title"),
    "emails": ("email", "hs_email_subject"),
    "meetings": ("meeting", "hs_meeting_title"),
    "notes": ("note", ""),
    "tasks": ("task", "hs_task_subject"),
    "communications": ("message", "hs_communication_channel_type"),
}
"""What each table of engagements is called, and where its subject stands."""

MADE = {
    "contacts": frozenset({"company_id", "any_phone", "time_zone", "country_code"}),
    "companies": frozenset({"country_code"}),
    "deals": frozenset(
        {
            "stage",
            "stage_name",
            "pipeline_name",
            "company_id",
            "contact_id",
            "amount_usd",
            "closed_at",
            "is_won",
        }
    ),
}
"""By kind, the columns of its file that are made here; every other one is a property."""

_CLOSED = pl.col("hs_is_closed").str.to_lowercase() == "true"


def export_hubspot(
    landing: Path, folder: Path, *, now: datetime, lists: Sequence[str] = ()
) -> dict[str, int]:
    """Writes the files of the mapping `hubspot` from what was landed; returns rows by file.

    Args:
        landing: Landing folder of the lake.
        folder: Where the files go; other Parquet files there are removed.
        now: What has not happened by then is no activity yet.
        lists: Lists whose members count; others that were read once do not.

    Raises:
        PipelineError: nothing has been pulled yet.
    """
    if not landed_path(landing, NAME, "contacts").is_file():
        raise PipelineError(
            "hubspot: contacts have not been pulled; run `parley ingest --source hubspot`."
        )
    contacts = _people(_landed(landing, "contacts"))
    frames = {
        "owners": _plain(landing, "owners", ("id", "email", "name", "team", "is_active")),
        "companies": _companies(_landed(landing, "companies")),
        "contacts": contacts,
        "contact_addresses": _addresses(contacts),
        "deals": _deals(_landed(landing, "deals"), _stages(landing)),
        "activities": pl.concat(
            [_activities(_landed(landing, name), name, now) for name in ENGAGEMENTS]
        ),
        "subscriptions": _consents(landing, contacts),
        "list_members": _members(landing, contacts, lists),
    }
    write_all(frames, folder)
    return {name: frame.height for name, frame in frames.items()}


def _landed(landing: Path, name: str) -> pl.DataFrame:
    """The live records of a kind, with every column that is asked of it."""
    kind = object_kinds()[name]
    return _plain(landing, name, (*OWN, *kind.asked(), *map(link_column, kind.links)), more=True)


def _plain(landing: Path, name: str, columns: Iterable[str], *, more: bool = False) -> pl.DataFrame:
    if not landed_path(landing, NAME, name).is_file():
        return pl.DataFrame(schema=dict.fromkeys(columns, TEXT))
    found = read_landed(landing, NAME, name)
    absent = [pl.lit(None, TEXT).alias(one) for one in columns if one not in found.columns]
    whole = found.with_columns(absent).select(~pl.selectors.starts_with("_"))
    return whole if more else whole.select(*columns)


def _people(contacts: pl.DataFrame) -> pl.DataFrame:
    company = _first_link(contacts, "companies")
    return _places(contacts, "hs_country_region_code").with_columns(
        pl.coalesce("associatedcompanyid", company).alias("company_id"),
        pl.coalesce("phone", "mobilephone").alias("any_phone"),
        pl.col("email").str.to_lowercase(),
        pl.col("hs_timezone").map_elements(_zone, return_dtype=pl.String).alias("time_zone"),
    )


def _addresses(contacts: pl.DataFrame) -> pl.DataFrame:
    """Further addresses of a contact, such as those of the one that was merged into it."""
    return (
        contacts.select("id", pl.col("hs_additional_emails").str.split(";").alias("email"))
        .explode("email")
        .with_columns(pl.col("email").str.strip_chars().str.to_lowercase())
        .filter(pl.col("email").str.len_chars() > 0)
    )


def _members(landing: Path, contacts: pl.DataFrame, lists: Sequence[str]) -> pl.DataFrame:
    found = _plain(landing, "list_members", ("list_name", "record_id", "since"))
    return found.filter(pl.col("list_name").is_in(list(lists))).join(
        contacts.select(record_id="id", email="email"), on="record_id", how="left"
    )


def _companies(companies: pl.DataFrame) -> pl.DataFrame:
    return _places(companies, "hs_country_code")


def _stages(landing: Path) -> pl.DataFrame:
    found = _plain(landing, "stages", ("pipeline_id", "stage_id", "stage", "pipeline"))
    return found.rename({"pipeline_id": "pipeline", "pipeline": "pipeline_name"})


def _deals(deals: pl.DataFrame, stages: pl.DataFrame) -> pl.DataFrame:
    """A deal's closing date is a forecast until it is closed, and its amount is in its currency."""
    named = deals.join(
        stages, left_on=["pipeline", "dealstage"], right_on=["pipeline", "stage_id"], how="left"
    )
    in_dollars = pl.col("deal_currency_code").fill_null("USD").str.to_uppercase() == "USD"
    return named.with_columns(
        pl.coalesce("stage", "dealstage").alias("stage_name"),
        _first_link(named, "companies").alias("company_id"),
        _first_link(named, "contacts").alias("contact_id"),
        pl.when(in_dollars).then("amount").alias("amount_usd"),
        pl.when(_CLOSED).then("closedate").alias("closed_at"),
        pl.when(_CLOSED)
        .then(pl.col("hs_is_closed_won").fill_null("false").str.to_lowercase())
        .alias("is_won"),
    )


def _activities(found: pl.DataFrame, name: str, now: datetime) -> pl.DataFrame:
    """One row per thing that was done and person it was done with; what lies ahead is not done."""
    kind, subject = ENGAGEMENTS[name]
    people = pl.col(link_column("contacts")).map_elements(_ids, return_dtype=pl.List(pl.String))
    at = pl.col("hs_task_completion_date" if name == "tasks" else "hs_timestamp")
    done = pl.lit(True)
    if name == "tasks":
        done = pl.col("hs_task_status").str.to_uppercase() == "COMPLETED"
    when = at.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", strict=False, time_zone="UTC")
    return (
        found.filter(done & (when <= now))
        .select(
            pl.format("{}:{}", pl.lit(kind), "id").alias("activity_id"),
            people.alias("contact_id"),
            pl.col("hubspot_owner_id").alias("owner_id"),
            pl.lit(kind).alias("kind"),
            (pl.col(subject) if subject else pl.lit(None, TEXT)).alias("subject"),
            at.alias("occurred_at"),
        )
        .explode("contact_id")
        .with_columns(
            pl.when(pl.col("contact_id").is_null())
            .then("activity_id")
            .otherwise(pl.format("{}:{}", "activity_id", "contact_id"))
            .alias("activity_id")
        )
    )


def _consents(landing: Path, contacts: pl.DataFrame) -> pl.DataFrame:
    """What people said of each kind of mail; where nothing was learnt an old yes counts no more."""
    names = ("email", "subscription_id", "subscription", "status", "source", "recorded_at")
    said = _plain(landing, "subscriptions", (*names, "legal_basis", "explanation"))
    unread = said.filter(pl.col("subscription_id") == UNREAD).select("email")
    known = said.filter(
        (pl.col("status") == "UNSUBSCRIBED")
        | ((pl.col("status") == "SUBSCRIBED") & (pl.col("subscription_id") != ALL))
    )
    yes = pl.col("status") == "SUBSCRIBED"
    stale = pl.col("email").is_in(unread.get_column("email").implode())
    if EVERYBODY in unread.get_column("email"):
        stale = pl.lit(True)
    owners = pl.concat(
        [contacts.select("email", pl.col("id").alias("contact_id")), _owned(contacts)]
    ).filter(pl.col("email").is_not_null())
    return known.filter(~(yes & stale)).join(
        owners.unique("email", maintain_order=True), on="email", how="left"
    )


def _owned(contacts: pl.DataFrame) -> pl.DataFrame:
    return _addresses(contacts).select("email", pl.col("id").alias("contact_id"))


def _first_link(frame: pl.DataFrame, kind: str) -> pl.Expr:
    """The primary link of each row, or else its first."""
    column = link_column(kind)
    if column not in frame.columns:
        return pl.lit(None, TEXT)
    return pl.col(column).map_elements(_primary, return_dtype=pl.String)


def _primary(links: str) -> str | None:
    listed = json.loads(links)
    chosen = [one for one in listed if PRIMARY.intersection(one["types"])]
    return (chosen or listed)[0]["id"] if listed else None


def _ids(links: str) -> list[str]:
    return [one["id"] for one in json.loads(links)]


def _places(frame: pl.DataFrame, code: str) -> pl.DataFrame:
    """Adds the two-letter country: HubSpot's own code, or else the name that people typed."""
    named = parse(pl.col("country").str.strip_chars(), "country_name")
    return frame.with_columns(
        pl.coalesce(pl.col(code).str.to_uppercase(), named).alias("country_code")
    )


def _zone(name: str) -> str | None:
    """HubSpot writes Europe/Berlin as `europe_slash_berlin`."""
    return _zones().get(name.replace("_slash_", "/").casefold(), name)


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
