"""Writes what a source says of companies into our facts: with before, after and provenance."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.domain import Contact
from agent_runtime.ports import Tx
from agent_runtime.store.rows import FieldChange
from agent_runtime.tools.enrichment import Listed, Source, usable


@dataclass(frozen=True, slots=True)
class Enriched:
    """One fact of one account that a source knows otherwise than we do."""

    account_id: str
    field: str
    before: str
    after: str


def differences(
    contacts: Iterable[Contact], listed: Listed, source: Source
) -> Iterator[tuple[Enriched, tuple[Contact, ...]]]:
    """Yields what a source would change, with the contacts of the account; nothing is written."""
    accounts: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.account_id and "@" in contact.email:
            accounts[contact.account_id].append(contact)
    for account_id, members in accounts.items():
        found = source.look_up(members[0].email.partition("@")[2])
        for field, value in usable(found, listed):
            before = members[0].fact(field)
            if before != value:
                yield Enriched(account_id, field, before, value), tuple(members)


def write(
    tx: Tx, change: Enriched, contacts: Iterable[Contact], *, source: str, now: datetime
) -> bool:
    """Writes one fact to all contacts of the account; False when this change stands already."""
    parts = (source, change.account_id, change.field, change.before, change.after)
    written = FieldChange(
        tenant_id="",
        change_id=hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20],
        thread_id="",
        object="account",
        record_id=change.account_id,
        field=change.field,
        before=change.before,
        after=change.after,
        by=f"enrichment:{source}",
        reason="enriched",
        at=now,
    )
    for contact in contacts:
        written = replace(written, tenant_id=contact.tenant_id)
        current = tx.contact_of(contact.person_id) or contact
        facts = dict(current.facts) | {change.field: change.after}
        tx.add_contact(replace(current, facts=tuple(facts.items())))
    return tx.add_change(written)
