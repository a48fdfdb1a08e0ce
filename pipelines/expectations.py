"""What every canonical table keeps, as Great Expectations suites: keys, shapes, references.

Rows that break a rule of the schema never get here, they are in quarantine. So a failing suite
means that a mapping or our code is wrong, and the keys block what is downstream.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

import polars as pl

from pipelines.schemas import TABLES
from pipelines.sources.parse import EMAIL
from pipelines.transforms.consent import REFUSED

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a suite says of a table."""

    passed: bool
    rows: int
    failures: tuple[str, ...]
    """`column: rule, rows` of each expectation that does not hold."""


def _keys(table: str) -> Suite:
    key = TABLES[table].key
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


def validate(
    tables: Mapping[str, pl.DataFrame], *, now: datetime
) -> Iterator[tuple[Suite, Verdict]]:
    """Yields each suite with its verdict; an empty table passes, there is nothing to check.

    Args:
        tables: Canonical tables.
        now: Instant after which nothing can have been recorded.
    """
    with warnings.catch_warnings():
        # It takes seconds to import, and imports modules that Python 3.11 deprecates.
        warnings.simplefilter("ignore")
        gx = import_module("great_expectations")
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(enable=False)
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("lake")
        for suite in SUITES:
            frame = tables[suite.table]
            if frame.is_empty():
                yield suite, Verdict(passed=True, rows=0, failures=())
                continue
            expected = [getattr(gx.expectations, name)(**kwargs) for name, kwargs in suite.expects]
            if suite.name == "statuses":
                expected.append(
                    gx.expectations.ExpectColumnValuesToBeBetween(
                        column="recorded_at", max_value=now
                    )
                )
            asset = source.add_dataframe_asset(f"{suite.table}_{suite.name}")
            batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
                {"dataframe": frame.to_pandas(use_pyarrow_extension_array=True)}
            )
            found = batch.validate(gx.ExpectationSuite(suite.name, expectations=expected))
            failures = tuple(_say(one) for one in found.results if not one.success)
            yield suite, Verdict(passed=not failures, rows=frame.height, failures=failures)


def _say(result: Any) -> str:
    config = result.expectation_config
    column = config.kwargs.get("column") or ", ".join(config.kwargs.get("column_list", ()))
    rows = result.result.get("unexpected_count", "all")
    return f"{column}: {config.type.removeprefix('expect_').replace('_', ' ')}, {rows} rows"
