"""Items about the records of the CRM: readable, owned, filled, not twice, in a known time zone."""

import polars as pl

from agent_runtime.policies.zones import plausible_zones
from pipelines.readiness.checklist import Detail, Found, Rule, found_by, not_checked, share_of
from pipelines.readiness.world import World

REQUIRED = {
    "email": "contacts.email",
    "first_name": "contacts.first_name",
    "account_id": "contacts.account_id",
    "country": "contacts.country",
    "language": "contacts.language",
}
"""What a mail cannot do without, by column: the address, whom it greets, where, and in what."""


def readable(world: World, rule: Rule) -> Found:
    """Rows of the export that became canonical rows."""
    read = sum(table.read for table in world.ingest.tables)
    kept = sum(table.accepted + table.merged for table in world.ingest.tables)
    details = tuple(
        Detail(f"{table.table}: {reason}", f"{rows:,} rows", is_gap=True)
        for table in world.ingest.tables
        for reason, rows in table.quarantined.items()
    )
    return found_by(bool(read) and kept >= rule.limit * read, share_of(kept, read, "rows"), details)


def rules(world: World, rule: Rule) -> Found:
    """Suites of Great Expectations; those that only warn are told by the items below."""
    binding = [(suite, verdict) for suite, verdict in world.suites if suite.blocks]
    failed = tuple(
        Detail(f"{suite.table}, {suite.name}", failure, is_gap=True)
        for suite, verdict in binding
        for failure in verdict.failures
    )
    passed = sum(verdict.passed for _, verdict in binding)
    return found_by(not failed, share_of(passed, len(binding), "suites"), failed)


def tests(world: World, rule: Rule) -> Found:
    """Data tests of dbt over the warehouse."""
    if not world.tests:
        return not_checked("the warehouse of this workspace was never tested")
    failed = tuple(
        Detail(test.name, test.message or f"{test.failures:,} rows", is_gap=True)
        for test in world.tests
        if test.status in {"fail", "error"}
    )
    count = len(world.tests)
    return found_by(not failed, share_of(count - len(failed), count, "tests"), failed)


def owners(world: World, rule: Rule) -> Found:
    """People in the segments whose owner, or whose account's owner, is there and active."""
    scope = world.scope
    has = scope.filter(pl.col("owner_active").fill_null(value=False)).height
    nobody = scope.filter(pl.col("owner").is_null()).height
    gone = scope.filter(~pl.col("owner_active")).height
    unknown = scope.height - has - nobody - gone
    gaps = {
        "without an owner": nobody,
        "their owner has left": gone,
        "the owner is not among the owners": unknown,
    }
    details = [Detail(name, f"{n:,} people", is_gap=True) for name, n in gaps.items() if n]
    for table in ("accounts", "opportunities"):
        frame = world.tables[table]
        filled = frame.height - frame.get_column("owner_id").null_count()
        if frame.height:
            details.append(Detail(table, share_of(filled, frame.height, "records")))
    return found_by(
        scope.height > 0 and has >= rule.limit * scope.height,
        share_of(has, scope.height, "people"),
        tuple(details),
    )


def fields(world: World, rule: Rule) -> Found:
    """The field that is filled least, and every field by the file that it comes from."""
    scope = world.scope
    if scope.is_empty():
        return found_by(is_ready=False, figure="no people")
    filled = {
        name: scope.height - scope.get_column(column).null_count()
        for column, name in REQUIRED.items()
    }
    worst = min(filled, key=lambda name: filled[name])
    details = [
        Detail(name, share_of(n, scope.height, "people"), is_gap=n < rule.limit * scope.height)
        for name, n in filled.items()
    ]
    for (file,), rows in sorted(scope.group_by("file"), key=lambda pair: str(pair[0])):
        said = [
            f"{column} {1 - rows.get_column(column).null_count() / rows.height:.0%}"
            for column in REQUIRED
        ]
        details.append(Detail(f"from {file}, {rows.height:,} people", ", ".join(said)))
    return found_by(
        filled[worst] >= rule.limit * scope.height,
        f"{worst} is filled least: {share_of(filled[worst], scope.height, 'people')}",
        tuple(details),
    )


def duplicates(world: World, rule: Rule) -> Found:
    """Contacts of one name at one company that no address joins."""
    contacts = world.contacts
    named = contacts.drop_nulls(["first_name", "last_name", "account_id"]).with_columns(
        pl.concat_str(
            pl.col("first_name").str.to_lowercase(),
            pl.col("last_name").str.to_lowercase(),
            "account_id",
            separator="\x1f",
        ).alias("_who")
    )
    alike = named.filter(pl.col("person_id").n_unique().over("_who") > 1)
    joined = contacts.height - contacts.get_column("person_id").n_unique()
    domains = world.tables["accounts"].drop_nulls("domain")
    twice = domains.height - domains.get_column("domain").n_unique()
    details = [Detail("joined by address, by itself", f"{joined:,} contacts")]
    if twice:
        details.append(Detail("accounts with the domain of another", f"{twice:,}", is_gap=True))
    return found_by(
        alike.height <= rule.limit * contacts.height,
        f"{share_of(alike.height, contacts.height, 'contacts')} look like another",
        tuple(details),
    )


def time_zones(world: World, rule: Rule) -> Found:
    """Who may be written to and where they are is known, at least by country."""
    people = world.scope if world.eligible.is_empty() else world.eligible
    known = sum(
        bool(plausible_zones(zone or "", country or ""))
        for zone, country in people.select("time_zone", "country").iter_rows()
    )
    exact = people.height - people.get_column("time_zone").null_count()
    return found_by(
        people.height > 0 and known >= rule.limit * people.height,
        share_of(known, people.height, "people"),
        (Detail("with a zone of their own, not only a country", f"{exact:,} people"),),
    )
