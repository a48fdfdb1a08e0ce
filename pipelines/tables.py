"""What is known of the canonical tables without a data frame library: grain, key, shapes.

Dagster's definitions read this at every start, so nothing heavy is imported here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grain:
    """What a row of a table stands for, and the columns that tell two rows apart."""

    text: str
    key: tuple[str, ...]


GRAINS: dict[str, Grain] = {
    "territories": Grain(
        "One row per territory, country, language and time zone",
        ("territory", "country", "language", "time_zone"),
    ),
    "owners": Grain("One row per person who owns accounts", ("owner_id",)),
    "accounts": Grain("One row per company", ("account_id",)),
    "products": Grain("One row per product on the price list", ("product_id",)),
    "meeting_types": Grain("One row per kind of meeting that may be booked", ("meeting_type",)),
    "contacts": Grain(
        "One row per way to reach a person: a CRM contact, a lead, or a line of a list",
        ("contact_id",),
    ),
    "opportunities": Grain(
        "One row per deal; where no account is known, its account is null", ("opportunity_id",)
    ),
    "activities": Grain("One row per thing that a rep did before launch", ("activity_id",)),
    "consents": Grain(
        "One row per recorded yes or no of a person, for a channel and a purpose", ("consent_id",)
    ),
    "list_members": Grain(
        "One row per list of marketing automation and member of it", ("list_name", "member_id")
    ),
    "usage": Grain(
        "One row per account, day and metric of product use", ("account_id", "day", "metric")
    ),
    "signals": Grain(
        "One row per sign of interest: intent, form, event, milestone or web visit", ("signal_id",)
    ),
    "contracts": Grain("One row per contract of an account for a product", ("contract_id",)),
}
"""Canonical tables in the order in which they are built; a lookup may only look back."""

EMAIL = (
    r"^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
)
"""RFC 5321 addresses as people have them: dot-atom at a domain name, no quoted local part."""

REFUSED = ("denied", "withdrawn")
"""Statuses of a consent that say no."""
