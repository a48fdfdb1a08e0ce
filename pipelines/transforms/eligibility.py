"""Who may be written to in a campaign, and of everybody else the first reason why not."""

from collections.abc import Mapping as Frames
from collections.abc import Sequence

import polars as pl

from agent_runtime.policies.contact_rules import FACTS, PASSED, ContactRule
from pipelines.schemas import FLAG, TEXT
from pipelines.transforms.condition import to_expression
from pipelines.transforms.listings import LISTINGS, with_listings

NOT_IN_SEGMENT = "not_in_segment"

ELIGIBILITY = pl.Schema(
    {
        "tenant_id": TEXT,
        "person_id": TEXT,
        "contact_id": TEXT,
        "account_id": TEXT,
        "segment": TEXT,
        "eligible": FLAG,
        "reason": TEXT,
        "detail": TEXT,
        "owner_id": TEXT,
        "owner_name": TEXT,
        "country": TEXT,
        "time_zone": TEXT,
        "synthetic": FLAG,
    }
)
"""One row per person, with the one contact by which they would be reached; `reason` is empty for
the eligible, else the id of the contact rule that fails, or `not_in_segment`."""


def first_failing(rules: Sequence[ContactRule]) -> pl.Expr:
    """Returns the id of the first rule that does not hold, or the empty text."""
    failing = [
        pl.when(~to_expression(rule.must).fill_null(value=False)).then(pl.lit(rule.rule_id))
        for rule in rules
    ]
    return pl.coalesce(*failing, pl.lit(PASSED))


def rule_facts(
    contacts: pl.DataFrame,
    *,
    bases: pl.DataFrame,
    suppressions: pl.DataFrame,
    territories: pl.DataFrame,
    listings: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Returns one row per contact with the facts that contact rules ask for.

    Args:
        contacts: Rows of `transforms.facts.contact_facts`.
        bases: `person_id` and `basis`, see `transforms.consent`.
        suppressions: Rows of `transforms.consent.suppressions`.
        territories: Canonical territories.
        listings: Rows of `transforms.listings.LISTINGS` that stand; none where there is no store.
    """
    refused = suppressions.filter(pl.col("reason") != "do_not_contact").get_column("person_id")
    sold_in = territories.select("country", pl.col("territory").alias("_territory")).unique(
        "country", keep="first", maintain_order=True
    )
    person = pl.col("contacts.person_id")
    listed_as = pl.col("_listed_as").drop_nulls().first().over("contacts.person_id")
    contacts = with_listings(contacts, LISTINGS.to_frame() if listings is None else listings)
    return (
        contacts.join(bases, left_on="contacts.person_id", right_on="person_id", how="left")
        .join(sold_in, left_on="contacts.country", right_on="country", how="left")
        .select(
            pl.col("contacts.contact_id").alias("contact_id"),
            person.alias("person_id"),
            person.is_in(refused.implode()).alias("suppressed"),
            pl.col("contacts.do_not_contact")
            .max()
            .over("contacts.person_id")
            .alias("do_not_contact"),
            listed_as.is_not_null().alias("listed"),
            listed_as.alias("listed_as"),
            pl.col("contacts.email").alias("email"),
            pl.col("basis"),
            # The CRM grants only what it has confirmed itself; a request there is no basis.
            pl.when(pl.col("basis").is_not_null()).then(pl.lit("recorded")).alias("opt_in"),
            pl.col("contacts.country").alias("country"),
            pl.col("contacts.language").alias("language"),
            pl.col("owners.active").alias("owner_active"),
            (pl.coalesce("accounts.territory", "_territory") == pl.col("owners.territory")).alias(
                "is_owners_territory"
            ),
            pl.col("opportunities.open").alias("open_opportunities"),
        )
    )


def judge(
    contacts: pl.DataFrame,
    facts: pl.DataFrame,
    memberships: Sequence[pl.DataFrame],
    rules: Sequence[ContactRule],
    *,
    tenant_id: str,
) -> pl.DataFrame:
    """Returns one row per person: may be written to, or the first reason why not.

    Of a person's contacts the one that may be used wins, then one with an account and an owner,
    then the first by id.

    Args:
        contacts: Rows of `transforms.facts.contact_facts`.
        facts: Rows of `rule_facts`.
        memberships: Rows of `transforms.segment.members`, one frame per segment, in the order in
            which segments claim a contact.
        rules: The contact rules that bind in this campaign.
        tenant_id: Whose campaign it is.
    """
    judged = facts.select("contact_id", "listed_as", first_failing(rules).alias("failed"))
    claimed = _claimed(memberships)
    rows = (
        contacts.join(judged, left_on="contacts.contact_id", right_on="contact_id", how="left")
        .join(claimed, left_on="contacts.contact_id", right_on="contact_id", how="left")
        .select(
            pl.lit(tenant_id).alias("tenant_id"),
            pl.col("contacts.person_id").alias("person_id"),
            pl.col("contacts.contact_id").alias("contact_id"),
            pl.col("contacts.account_id").alias("account_id"),
            "segment",
            (pl.col("segment").is_not_null() & (pl.col("failed") == PASSED)).alias("eligible"),
            pl.when(pl.col("segment").is_null())
            .then(pl.lit(NOT_IN_SEGMENT))
            .otherwise(pl.col("failed"))
            .alias("reason"),
            pl.when(pl.col("failed") == "listed")
            .then(pl.col("listed_as"))
            .otherwise(pl.col("why"))
            .alias("detail"),
            pl.col("owners.owner_id").alias("owner_id"),
            pl.col("owners.name").alias("owner_name"),
            pl.col("contacts.country").alias("country"),
            pl.col("contacts.time_zone").alias("time_zone"),
            pl.col("contacts.synthetic").alias("synthetic"),
        )
    )
    return (
        rows.sort(
            "person_id",
            pl.col("eligible").not_(),
            pl.col("segment").is_null(),
            pl.col("account_id").is_null(),
            pl.col("owner_id").is_null(),
            "contact_id",
        )
        .filter(pl.col("person_id").is_first_distinct())
        .select(list(ELIGIBILITY))
    )


def _claimed(memberships: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The first segment that has each contact, or why the first of all does not."""
    everything = pl.concat(
        [
            frame.with_columns(pl.lit(place).alias("_place"))
            for place, frame in enumerate(memberships)
        ]
    )
    return (
        everything.sort(pl.col("is_member").not_(), "_place")
        .filter(pl.col("contact_id").is_first_distinct())
        .select(
            "contact_id",
            pl.when("is_member").then(pl.col("segment")).alias("segment"),
            pl.concat_str("segment", pl.lit(": "), "reason").alias("why"),
        )
    )


FACT_TYPES: Frames[str, pl.DataType] = {
    name: {bool: pl.Boolean(), str: pl.String(), int: pl.Int64()}[kind]
    for name, kind in FACTS.items()
}
"""Polars types of the facts that contact rules ask for."""
