"""Files that do not depend on the seed: owners, territories, products, meeting types."""

from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.owners import OWNERS
from agent_runtime.sandbox.places import countries

PRODUCTS = {
    "Relay Core": ("Relay", 12_000),
    "Relay Plus": ("Relay", 30_000),
    "Relay Enterprise": ("Relay", 84_000),
    "Signal Stream": ("Signal", 18_000),
}
"""Name to series and list price of a year in US dollars."""


def owners() -> list[Row]:
    """Returns the reps, with those who left."""
    return [
        {
            "owner_id": owner.owner_id,
            "name": owner.name,
            "email": owner.email,
            "territory": owner.territory,
            "team": owner.team,
            "active": _yes_no(owner.is_active),
        }
        for owner in OWNERS
    ]


def territories() -> list[Row]:
    """Returns one row per country, with its main language and time zone."""
    return [
        {
            "territory": country.territory,
            "country": country.code,
            "language": max(country.languages, key=lambda code: country.languages[code]),
            "time_zone": max(country.places, key=lambda place: place.weight).time_zone,
        }
        for country in countries().values()
        if country.weight
    ]


def products() -> list[Row]:
    """Returns the price list."""
    return [
        {"product_id": f"01t{n:012d}", "name": name, "series": series, "list_price_usd": price_usd}
        for n, (name, (series, price_usd)) in enumerate(PRODUCTS.items(), start=1)
    ]


def meeting_types() -> list[Row]:
    """Returns the meetings that can be booked."""
    kinds = [
        ("intro", 30, 10, "What you want to change, and whether Relay fits"),
        ("demo", 45, 15, "Relay on data like yours"),
        ("security_review", 60, 15, "Questions of your security team"),
    ]
    return [
        {"meeting_type": kind, "minutes": length, "buffer_minutes": buffer, "agenda": agenda}
        for kind, length, buffer, agenda in kinds
    ]


def _yes_no(value: bool) -> str:
    return "true" if value else "false"
