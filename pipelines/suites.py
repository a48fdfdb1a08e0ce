"""What every canonical table keeps, as data: keys, shapes, references; nothing heavy is imported.

Rows that break a rule of the schema never get here, they are in quarantine. So a failing suite
means that a mapping or our code is wrong, and the keys block what is downstream.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.tables import EMAIL, GRAINS, REFUSED

Kwargs = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suite:
    """Expectations of one table, by class name of Great Expectations and arguments."""

    name: str
    table: str
    description: str
    expects: tuple[tuple[str, Kwargs], ...]
    blocks: bool = False
    """Stop what is downstream when it fails; the others only warn."""


def _keys(table: str) -> Suite:
    key = GRAINS[table].key
    unique = (
        ("ExpectColumnValuesToBeUnique", {"column": key[0]})
        if len(key) == 1
        else ("ExpectCompoundColumnsToBeUnique", {"column_list": list(key)})
    )
    present = tuple(("ExpectColumnValuesToNotBeNull", {"column": name}) for name in key)
    return Suite(
        "keys",
        table,
        "Every row has its key, and no two have the same.",
        (unique, *present),
        blocks=True,
    )


def _between(column: str, low: float, high: float | None = None) -> tuple[str, Kwargs]:
    return "ExpectColumnValuesToBeBetween", {
        "column": column,
        "min_value": low,
        "max_value": high,
    }


def _mostly_present(column: str, share: float) -> tuple[str, Kwargs]:
    return "ExpectColumnValuesToNotBeNull", {"column": column, "mostly": share}


SUITES: tuple[Suite, ...] = (
    *(_keys(t) for t in ("accounts", "contacts", "owners", "opportunities", "consents", "usage")),
    Suite(
        "amounts",
        "accounts",
        "Counts and money are not negative.",
        (_between("employees", 0), _between("revenue_usd", 0)),
        blocks=True,
    ),
    Suite(
        "amounts",
        "opportunities",
        "Money is not negative.",
        (_between("amount_usd", 0),),
        blocks=True,
    ),
    Suite(
        "addresses",
        "contacts",
        "Addresses have the shape of one, and everybody is a person.",
        (
            ("ExpectColumnValuesToMatchRegex", {"column": "email", "regex": EMAIL}),
            _mostly_present("person_id", 1.0),
        ),
        blocks=True,
    ),
    Suite(
        "readiness",
        "contacts",
        "Nine in ten contacts have an address and a country.",
        (_mostly_present("email", 0.9), _mostly_present("country", 0.9)),
    ),
    Suite(
        "readiness",
        "accounts",
        "Nine in ten accounts have an owner.",
        (_mostly_present("owner_id", 0.9),),
    ),
    Suite(
        "readiness",
        "opportunities",
        "Nine in ten deals name their account.",
        (_mostly_present("account_id", 0.9),),
    ),
    Suite(
        "readiness",
        "consents",
        "Nine in ten consents name their contact.",
        (_mostly_present("contact_id", 0.9),),
    ),
    Suite(
        "statuses",
        "consents",
        "A consent is granted, requested, denied or withdrawn, and in the past.",
        (
            (
                "ExpectColumnValuesToBeInSet",
                {"column": "status", "value_set": ["granted", "requested", *REFUSED]},
            ),
        ),
        blocks=True,
    ),
)
"""All suites; `statuses` also asks that nothing was recorded after the batch's `now`."""
