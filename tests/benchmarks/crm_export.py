"""A CRM export of any size in the sandbox's layout, and the same export a day later.

Everything follows from the number of the row, so that a day can be made apart from the one before
it. Nobody is real; domains end in `.example`.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

START = datetime(2026, 1, 12)
PLACES = pl.DataFrame(
    {
        "territory": ["AMER", "AMER", "UKI", "DACH", "SEUR"],
        "country": ["US", "US", "GB", "DE", "ES"],
        "language": ["en", "en", "en", "de", "es"],
        "time_zone": [
            *("America/New_York", "America/Chicago", "Europe/London", "Europe/Berlin"),
            "Europe/Madrid",
        ],
        "dialled": ["(212) ", "+1 312 ", "020 7", "030 2", "+34 91 "],
    }
)
SENIORITY = ["individual", "individual", "manager", "director", "vp", "c_level"]
INDUSTRIES = ["software", "finance", "retail", "logistics", "health"]
STAGES = ["prospecting", "proposal", "won", "lost", "lost"]
OWNERS_PER_MILLION = 400


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of an export, all in proportion to the contacts."""

    contacts: int

    @property
    def accounts(self) -> int:
        """Ten people a company."""
        return max(10, self.contacts // 10)

    @property
    def owners(self) -> int:
        """Reps, each with the same number of companies."""
        return max(5, self.contacts * OWNERS_PER_MILLION // 1_000_000)


def write_export(folder: Path, contacts: int, *, day: int = 0, changed: float = 0.01) -> Path:
    """Writes the export of a day, in which each day before it has left its changes.

    A day changes `changed` of the contacts: half are edited, three tenths are new, a tenth is gone,
    and a tenth has withdrawn its consent; beside them come activities, deals that moved, signals
    and a day of product use.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sizes = Sizes(contacts)
    people = _people(sizes, day, changed)
    frames = {
        "crm_territories": PLACES.drop("dialled"),
        "crm_owners": _owners(sizes),
        "crm_accounts": _accounts(sizes),
        "crm_products": pl.DataFrame(
            {
                "product_id": ["p1", "p2"],
                "name": ["Relay Core", "Relay Plus"],
                "series": ["Relay", "Relay"],
                "list_price_usd": [12000, 30000],
            }
        ),
        "crm_meeting_types": pl.DataFrame(
            {
                "meeting_type": ["intro"],
                "minutes": [30],
                "buffer_minutes": [10],
                "agenda": ["Hello"],
            }
        ),
        "crm_contacts": people.filter(pl.col("_kind") == 0).select(_CONTACT),
        "crm_leads": people.filter(pl.col("_kind") == 1).select(_LEAD),
        "marketing_list": people.filter(pl.col("_kind") == 2).select(_SUBSCRIBER),
        "crm_consents": _consents(people),
        "crm_opportunities": _opportunities(sizes, day, changed),
        "crm_activities": _activities(sizes, day, changed),
        "crm_contracts": _contracts(sizes),
        "usage_milestones": _milestones(sizes),
        "intent_signals": _intents(sizes, day, changed),
        "form_fills": _forms(people, sizes),
        "event_registrations": _events(people, sizes),
    }
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv")
    _usage(sizes, day).write_parquet(folder / "usage_daily.parquet")
    return folder


def _dice(salt: str, sides: int, of: str = "_n") -> pl.Expr:
    """A number below `sides` that belongs to the row's number, whatever else is drawn."""
    seed = sum(ord(letter) * 31**place for place, letter in enumerate(salt)) % 2**31
    return (pl.col(of).cast(pl.UInt64).hash(seed) % sides).cast(pl.Int64)


def _of(values: list[str], salt: str) -> pl.Expr:
    return _dice(salt, len(values)).replace_strict(dict(enumerate(values)), return_dtype=pl.String)


def _rows(count: int, first: int = 0) -> pl.DataFrame:
    return pl.DataFrame({"_n": pl.int_range(first, first + count, eager=True)})


def _instant(days_ago: pl.Expr) -> pl.Expr:
    return (pl.lit(START) - pl.duration(days=days_ago + 1)).dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def _people(sizes: Sizes, day: int, changed: float) -> pl.DataFrame:
    """Everybody of a day, in the order of the export, with who edited, left and withdrew."""
    a_day = changed * sizes.contacts
    people = _rows(sizes.contacts + round(0.3 * a_day) * day).with_columns(
        edits=sum((_was(d, "edit", 0.5 * changed) for d in range(1, day + 1)), pl.lit(0)),
        gone=sum((_was(d, "gone", 0.1 * changed) for d in range(1, day + 1)), pl.lit(0)) > 0,
        withdrawn=sum((_was(d, "stop", 0.1 * changed) for d in range(1, day + 1)), pl.lit(0)) > 0,
    )
    people = people.filter(~pl.col("gone")).with_columns(
        _account=_dice("account", sizes.accounts),
        _place=_dice("place", PLACES.height),
        _kind=pl.when(_dice("kind", 100) < 88)
        .then(0)
        .when(_dice("kind", 100) < 97)
        .then(1)
        .otherwise(2),
    )
    where = PLACES.with_row_index("_place").cast({"_place": pl.Int64})
    people = people.join(where, on="_place", how="left", maintain_order="left")
    first, last = pl.format("Ada{}", _dice("first", 900)), pl.format("Low{}", _dice("last", 9000))
    return people.with_columns(
        id=pl.format("c{}", "_n"),
        first=first,
        last=last,
        email=pl.format(
            "{}.{}{}@firm{}.example",
            first.str.to_lowercase(),
            last.str.to_lowercase(),
            # One in a hundred is a second record of the person before.
            pl.when(_dice("twice", 100) == 0).then(pl.col("_n") - 1).otherwise(pl.col("_n")),
            "_account",
        ),
        phone=pl.format("{}{}", "dialled", 2_000_000 + pl.col("_n") % 7_000_000),
        title=pl.when(pl.col("edits") > 0)
        .then(pl.format("Head of Data {}", "edits"))
        .otherwise(pl.lit("Head of Data")),
        seniority=_of(SENIORITY, "seniority"),
        owner=pl.format("o{}", pl.col("_account") % sizes.owners),
    )


def _was(day: int, what: str, share: float) -> pl.Expr:
    return (_dice(f"{what}{day}", 1_000_000) < round(share * 1_000_000)).cast(pl.Int64)


_CONTACT = [
    pl.col("id").alias("contact_id"),
    pl.format("a{}", "_account").alias("account_id"),
    pl.col("first").alias("first_name"),
    pl.col("last").alias("last_name"),
    "email",
    "phone",
    "title",
    "seniority",
    "country",
    "language",
    "time_zone",
    pl.col("owner").alias("owner_id"),
    pl.when(_dice("flag", 200) == 0)
    .then(pl.lit("true"))
    .otherwise(pl.lit("false"))
    .alias("do_not_contact"),
    _instant(_dice("born", 700)).alias("created_at"),
    pl.when(_dice("touched", 3) == 0).then(_instant(_dice("touch", 300))).alias("last_touch_at"),
]
_LEAD = [
    pl.col("id").alias("lead_id"),
    pl.col("first").alias("first_name"),
    pl.col("last").alias("last_name"),
    "email",
    "phone",
    pl.format("Firm {}", "_account").alias("company"),
    pl.format("https://www.firm{}.example", "_account").alias("website"),
    "title",
    "country",
    "language",
    "time_zone",
    _of(["new", "working", "mql"], "stage").alias("stage"),
    pl.lit("website").alias("source"),
    pl.col("owner").alias("owner_id"),
    _instant(_dice("born", 700)).alias("created_at"),
    _instant(_dice("touch", 300)).alias("updated_at"),
]
_SUBSCRIBER = [
    pl.col("id").alias("subscriber_id"),
    "email",
    pl.format("{} {}", "first", "last").alias("full_name"),
    pl.format("Firm {}", "_account").alias("company"),
    "country",
    "language",
    pl.when(pl.col("withdrawn")).then(pl.lit("no")).otherwise(pl.lit("yes")).alias("opt_in"),
    pl.lit("webinar").alias("opt_in_source"),
    _instant(_dice("born", 700)).alias("opt_in_at"),
]


def _owners(sizes: Sizes) -> pl.DataFrame:
    return _rows(sizes.owners).select(
        owner_id=pl.format("o{}", "_n"),
        name=pl.format("Maya Chen {}", "_n"),
        email=pl.format("maya.chen.{}@northbeam.example", "_n"),
        territory=_of(["AMER", "UKI", "DACH", "SEUR"], "territory"),
        team=pl.lit("Mid-market"),
        active=pl.when(_dice("active", 50) == 0).then(pl.lit("false")).otherwise(pl.lit("true")),
    )


def _accounts(sizes: Sizes) -> pl.DataFrame:
    owned = _owners(sizes).select("territory").with_row_index("_o").cast({"_o": pl.Int64})
    return (
        _rows(sizes.accounts)
        .with_columns(_o=pl.col("_n") % sizes.owners, _place=_dice("place", PLACES.height))
        .join(owned, on="_o", how="left", maintain_order="left")
        .select(
            account_id=pl.format("a{}", "_n"),
            name=pl.format("Firm {}", "_n"),
            website=pl.format("https://www.firm{}.example", "_n"),
            industry=_of(INDUSTRIES, "industry"),
            employees=_dice("size", 4000) + 5,
            annual_revenue_usd=(_dice("revenue", 900) + 1) * 100_000,
            country=pl.col("_place").replace_strict(
                dict(enumerate(PLACES["country"])), return_dtype=pl.String
            ),
            territory="territory",
            owner_id=pl.format("o{}", "_o"),
            parent_account_id=pl.lit(None, pl.String),
            health_score=_dice("health", 100),
            created_at=_instant(_dice("born", 1500)),
        )
    )


def _consents(people: pl.DataFrame) -> pl.DataFrame:
    """Four in five have a recorded basis; whoever withdrew has a row more."""
    agreed = people.filter((_dice("agreed", 5) > 0) & (pl.col("_kind") < 2))
    columns = {
        "contact_ref": "id",
        "email": "email",
        "channel": pl.lit("email"),
        "purpose": pl.lit("prospecting"),
    }
    granted = agreed.select(
        pl.format("s{}", "_n").alias("consent_id"),
        **columns,
        basis=_of(["consent", "legitimate_interest"], "basis"),
        status=pl.lit("granted"),
        source=pl.lit("event"),
        recorded_at=_instant(_dice("born", 700)),
    )
    stopped = people.filter(pl.col("withdrawn")).select(
        pl.format("w{}", "_n").alias("consent_id"),
        **columns,
        basis=pl.lit("consent"),
        status=pl.lit("withdrawn"),
        source=pl.lit("mail"),
        recorded_at=_instant(pl.lit(0)),
    )
    return pl.concat([granted, stopped])


def _opportunities(sizes: Sizes, day: int, changed: float) -> pl.DataFrame:
    moved = sum((_was(d, "deal", changed) for d in range(1, day + 1)), pl.lit(0)) > 0
    stage = pl.when(moved).then(pl.lit("lost")).otherwise(_of(STAGES, "stage"))
    is_closed = pl.col("stage").is_in(["won", "lost"])
    return (
        _rows(sizes.contacts // 8)
        .with_columns(stage=stage, _days=_dice("closed", 900))
        .select(
            opportunity_id=pl.format("d{}", "_n"),
            account_id=pl.format("a{}", _dice("account", sizes.accounts)),
            contact_id=pl.format("c{}", _dice("contact", sizes.contacts)),
            owner_id=pl.format("o{}", _dice("owner", sizes.owners)),
            product=_of(["RelayCore", "Relay Plus"], "product"),
            stage="stage",
            amount_usd=(_dice("amount", 90) + 1) * 1000,
            opened_at=_instant(pl.col("_days") + 60),
            closed_at=pl.when(is_closed).then(_instant(pl.col("_days"))),
            lost_reason=pl.when(pl.col("stage") == "lost").then(pl.lit("price")),
        )
    )


def _activities(sizes: Sizes, day: int, changed: float) -> pl.DataFrame:
    count = sizes.contacts // 2
    return _rows(count + round(changed * count) * day).select(
        activity_id=pl.format("t{}", "_n"),
        contact_id=pl.format("c{}", _dice("contact", sizes.contacts)),
        owner_id=pl.format("o{}", _dice("owner", sizes.owners)),
        kind=_of(["email", "call", "meeting"], "kind"),
        subject=pl.lit("Hello, again"),
        occurred_at=_instant(_dice("when", 400)),
    )


def _contracts(sizes: Sizes) -> pl.DataFrame:
    return _rows(sizes.accounts // 5).select(
        contract_id=pl.format("k{}", "_n"),
        account_id=pl.format("a{}", "_n"),
        product=_of(["Relay Core", "Relay Plus"], "product"),
        starts_at=_instant(_dice("since", 700)),
        renews_at=(pl.lit(START) + pl.duration(days=_dice("until", 360))).dt.strftime("%Y-%m-%d"),
        amount_usd=(_dice("amount", 90) + 1) * 1000,
        status=_of(["active", "active", "ended"], "status"),
    )


def _usage(sizes: Sizes, day: int) -> pl.DataFrame:
    """Thirty days of each customer, ending with the day of the export."""
    days = [START.date() + timedelta(days=day - back) for back in range(1, 31)]
    accounts = _rows(sizes.accounts // 5)
    return (
        accounts.join(pl.DataFrame({"day": days}), how="cross")
        .with_columns(
            _both=pl.col("_n") * 1000 + (pl.col("day") - date(2025, 1, 1)).dt.total_days()
        )
        .select(
            account_id=pl.format("a{}", "_n"),
            day="day",
            metric=pl.lit("active_users"),
            value=_dice("value", 40, "_both").cast(pl.Float64),
        )
    )


def _milestones(sizes: Sizes) -> pl.DataFrame:
    return _rows(sizes.accounts // 10).select(
        account_id=pl.format("a{}", "_n"),
        milestone=pl.lit("first_sync"),
        reached_at=_instant(_dice("reached", 300)),
    )


def _intents(sizes: Sizes, day: int, changed: float) -> pl.DataFrame:
    count = sizes.contacts // 20
    return _rows(count + round(changed * count) * day).select(
        signal_id=pl.format("i{}", "_n"),
        company_domain=pl.format("firm{}.example", _dice("account", sizes.accounts)),
        topic=_of(["crm sync", "data quality"], "topic"),
        score=_dice("score", 100),
        observed_at=_instant(_dice("seen", 90)),
    )


def _forms(people: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    return people.head(sizes.contacts // 50).select(
        form_id=pl.format("f{}", "_n"),
        email="email",
        form=pl.lit("demo_request"),
        use_case=pl.lit("Sync"),
        urgency=_of(["this_month", "later"], "urgency"),
        submitted_at=_instant(_dice("sent", 200)),
    )


def _events(people: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    return people.tail(sizes.contacts // 50).select(
        registration_id=pl.format("r{}", "_n"),
        email="email",
        event=pl.lit("Relay Product Day"),
        sessions_attended=_dice("sessions", 4),
        registered_at=_instant(_dice("met", 200)),
    )
