"""Polars schemas of the canonical tables: keys, units, rules and provenance.

Instants are UTC with microseconds, money is US dollars, countries are ISO 3166 two-letter codes,
languages ISO 639 codes, phones E.164, e-mail addresses lower case.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipelines.tables import GRAINS

TEXT = pl.String()
WHOLE = pl.Int64()
NUMBER = pl.Float64()
FLAG = pl.Boolean()
DAY = pl.Date()
INSTANT = pl.Datetime("us", "UTC")

Parse = Literal[
    "text",
    "lower",
    "int",
    "float",
    "bool",
    "date",
    "timestamp",
    "email",
    "phone",
    "domain",
    "country",
    "country_name",
    "language",
    "language_name",
    "time_zone",
    "slug",
    "first_word",
    "later_words",
    "before_comma",
    "after_comma",
]
"""How a string becomes a value; see `pipelines.sources.parse`."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table and the rules that every accepted row obeys."""

    name: str
    dtype: pl.DataType = TEXT
    parse: Parse = "text"
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    is_past: bool = False
    """The value is an instant or day that has passed, so never after the batch's `now`."""
    is_wanted: bool = False
    """A row without it is accepted, as a readiness warning."""
    refers_to: str = ""
    """`table.column` that holds this value; a value that is not there is a readiness warning."""


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table: its grain, its key, its columns in order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def grain(self) -> str:
        """What a row stands for."""
        return GRAINS[self.name].text

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell two rows apart."""
        return GRAINS[self.name].key

    @property
    def schema(self) -> pl.Schema:
        """Column types, provenance included; attributes of a mapping come on top."""
        return pl.Schema({c.name: c.dtype for c in (*self.columns, *PROVENANCE)})

    def column(self, name: str) -> Column | None:
        """Returns the column of that name, if the table has it."""
        return next((c for c in self.columns if c.name == name), None)


def _key(name: str) -> Column:
    return Column(name, required=True)


def _past(name: str, *, required: bool = False) -> Column:
    return Column(name, INSTANT, "timestamp", required=required, is_past=True)


def _amount(name: str) -> Column:
    return Column(name, NUMBER, "float", minimum=0)


def _flag(name: str) -> Column:
    return Column(name, FLAG, "bool")


def _ref(name: str, refers_to: str, *, is_wanted: bool = False) -> Column:
    return Column(name, refers_to=refers_to, is_wanted=is_wanted)


_DOMAIN = Column("domain", parse="domain")
_EMAIL = Column("email", parse="email", is_wanted=True)
_COUNTRY = Column("country", parse="country")
_LANGUAGE = Column("language", parse="language")
_TIME_ZONE = Column("time_zone", parse="time_zone")
_ACCOUNT = _ref("account_id", "accounts.account_id", is_wanted=True)
_CONTACT = _ref("contact_id", "contacts.contact_id")
_OWNER = _ref("owner_id", "owners.owner_id", is_wanted=True)

PROVENANCE = (
    Column("tenant_id"),
    Column("source"),
    Column("source_key"),
    Column("synthetic", FLAG, "bool"),
)
"""Whose row it is, which export it came from, `file:row id`, and whether a sandbox made it up."""

ATTRIBUTED = ("accounts", "contacts")
"""Tables to which a mapping may add attributes, as columns `x_<name>`."""

_ALL = (
    Table(
        "territories",
        (
            _key("territory"),
            Column("country", parse="country", required=True),
            _LANGUAGE,
            _TIME_ZONE,
        ),
    ),
    Table(
        "owners",
        (
            _key("owner_id"),
            Column("name"),
            _EMAIL,
            Column("territory"),
            Column("team"),
            _flag("active"),
        ),
    ),
    Table(
        "accounts",
        (
            _key("account_id"),
            Column("name"),
            _DOMAIN,
            Column("industry"),
            Column("employees", WHOLE, "int", minimum=0),
            _amount("revenue_usd"),
            _COUNTRY,
            Column("territory"),
            _OWNER,
            _ref("parent_account_id", "accounts.account_id"),
            Column("health_score", NUMBER, "float", minimum=0, maximum=100),
            _past("created_at"),
        ),
    ),
    Table(
        "products",
        (
            _key("product_id"),
            Column("name"),
            Column("series"),
            _amount("list_price_usd"),
        ),
    ),
    Table(
        "meeting_types",
        (
            _key("meeting_type"),
            Column("minutes", WHOLE, "int", minimum=5, maximum=480),
            Column("buffer_minutes", WHOLE, "int", minimum=0, maximum=240),
            Column("agenda"),
        ),
    ),
    Table(
        "contacts",
        (
            _key("contact_id"),
            Column("person_id"),
            _ACCOUNT,
            Column("first_name"),
            Column("last_name"),
            _EMAIL,
            Column("phone", parse="phone"),
            Column("title"),
            Column("seniority"),
            _COUNTRY,
            _LANGUAGE,
            _TIME_ZONE,
            _OWNER,
            Column("lead_stage"),
            _past("lead_created_at"),
            _past("last_touch_at"),
            _flag("do_not_contact"),
        ),
    ),
    Table(
        "opportunities",
        (
            _key("opportunity_id"),
            _ACCOUNT,
            _CONTACT,
            _OWNER,
            Column("product"),
            Column("stage"),
            _amount("amount_usd"),
            _past("opened_at"),
            _past("closed_at"),
            _flag("is_won"),
            Column("lost_reason"),
        ),
    ),
    Table(
        "activities",
        (
            _key("activity_id"),
            _CONTACT,
            _OWNER,
            Column("kind"),
            Column("subject"),
            _past("occurred_at", required=True),
        ),
    ),
    Table(
        "consents",
        (
            _key("consent_id"),
            _CONTACT,
            _EMAIL,
            Column("channel", parse="lower", required=True),
            Column("purpose", parse="lower", required=True),
            Column("basis", parse="lower"),
            Column("status", parse="lower", required=True),
            Column("source_text"),
            _past("recorded_at"),
        ),
    ),
    Table(
        "list_members",
        (
            _key("list_name"),
            _key("member_id"),
            _CONTACT,
            Column("email", parse="email"),
            _past("since"),
        ),
    ),
    Table(
        "usage",
        (
            Column("account_id", required=True, refers_to="accounts.account_id"),
            Column("day", DAY, "date", required=True, is_past=True),
            _key("metric"),
            Column("value", NUMBER, "float", required=True, minimum=0),
        ),
    ),
    Table(
        "signals",
        (
            _key("signal_id"),
            _ACCOUNT,
            _CONTACT,
            _key("kind"),
            Column("topic"),
            Column("strength", NUMBER, "float"),
            _past("occurred_at"),
        ),
    ),
    Table(
        "contracts",
        (
            _key("contract_id"),
            _ACCOUNT,
            Column("product"),
            Column("starts_at", INSTANT, "timestamp"),
            Column("renews_at", INSTANT, "timestamp"),
            _amount("amount_usd"),
            Column("status", parse="lower"),
        ),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}
"""Canonical tables in the order in which they are built; a lookup may only look back."""
