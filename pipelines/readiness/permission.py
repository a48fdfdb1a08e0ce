"""Items about consent and stops."""

import polars as pl

from pipelines.campaign import purpose_of
from pipelines.readiness.checklist import Detail, Found, Rule, found_by, not_checked, share_of
from pipelines.readiness.world import World
from pipelines.transforms.consent import is_granted

LISTED = ("competitor", "customer", "employee")
"""Reasons of which a list is expected before anybody is written to."""


def clean(world: World) -> pl.DataFrame:
    """Returns the contacts that may be written to on a yes with source and date."""
    granted = world.tables["consents"].filter(
        is_granted(purpose_of(world.library.playbook(world.campaign.playbook)))
        & pl.col("basis").is_not_null()
        & (pl.col("source_text").fill_null("").str.strip_chars() != "")
        & pl.col("recorded_at").is_not_null()
    )
    contacts = world.contacts.select("contact_id", "email", "person_id")
    by_contact = granted.select("contact_id").join(contacts, on="contact_id")
    by_email = granted.select("email").drop_nulls().join(contacts, on="email")
    people = pl.concat([by_contact.select("person_id"), by_email.select("person_id")]).unique()
    return world.eligible.join(people, on="person_id", how="semi")


def consent(world: World, rule: Rule) -> Found:
    """Who may be written to, and whether their yes names where and when."""
    if world.eligibility is None:
        return not_checked(world.why_no_batch or "nobody was sorted into the segments yet")
    people, has = world.eligible.height, clean(world).height
    inside = world.eligibility.filter(pl.col("segment").is_not_null() & ~pl.col("eligible"))
    lost = inside.get_column("reason").value_counts(sort=True)
    details = tuple(
        Detail(f"left out: {str(reason).replace('_', ' ')}", f"{n:,} people")
        for reason, n in lost.iter_rows()
    )
    return found_by(
        people > 0 and has >= rule.limit * people, share_of(has, people, "people"), details
    )


def unreadable_consent(world: World, rule: Rule) -> Found:
    """Consent rows that nobody can read; each stops its person."""
    counts = world.ingest.table("consents")
    if counts is None or not counts.read:
        return found_by(is_ready=False, figure="The export has no consents")
    refused = sum(counts.quarantined.values())
    details = tuple(
        Detail(reason.replace("_", " "), f"{rows:,} rows", is_gap=True)
        for reason, rows in counts.quarantined.items()
    )
    return found_by(
        refused <= rule.limit * counts.read,
        f"{share_of(refused, counts.read, 'rows')} in quarantine",
        details,
    )


def suppressions(world: World, rule: Rule) -> Found:
    """The lists by reason, and how old the newest entry of all is."""
    if not world.listings:
        return found_by(is_ready=False, figure="No list is loaded")
    by_reason = {
        reason: [entry for entry in world.listings if entry.reason == reason]
        for reason in sorted({*LISTED, *(entry.reason for entry in world.listings)})
    }
    newest = max(entry.recorded_at for entry in world.listings)
    days = max((world.now - newest).days, 0)
    details = tuple(
        Detail(reason.replace("_", " "), f"{len(entries):,} entries", is_gap=not entries)
        for reason, entries in by_reason.items()
    )
    return found_by(
        all(by_reason[reason] for reason in LISTED) and days <= rule.limit,
        f"{len(world.listings):,} entries, the newest {days} days old",
        details,
    )
