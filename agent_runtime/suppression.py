"""Suppression lists: addresses, domains and accounts to which the agent is silent, and why."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import Contact
from agent_runtime.erasures import PREFIX, hash_of
from agent_runtime.errors import ParleyError
from agent_runtime.log import event_id, stop
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Listing, ListScope

REASONS = ("competitor", "customer", "in_deal", "employee", "partner", "unsubscribed", "other")
HARD = ("unsubscribed", "opt_out", "complaint", "denied", "withdrawn", "do_not_contact")
"""What a person asked for: it stops answers too, and only a proof of new consent lifts it."""
COLUMNS: tuple[ListScope, ...] = ("email", "domain", "account")


class SuppressionError(ParleyError):
    """An entry that cannot be added or lifted."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why somebody must not be written to at all, or not by an agent; empty means neither."""

    reason: str = ""
    listed: str = ""


def stop_of(tx: Tx, contact: Contact) -> Stop:
    """Returns what stands against writing to a contact: their own wish first, then the lists."""
    reason = tx.suppressed(contact.person_id)
    entries = (tx.listing(scope, value) for scope, value in _keys(contact))
    live = [entry for entry in entries if entry is not None and entry.lifted_at is None]
    wish = next((entry.reason for entry in live if entry.reason in HARD), "")
    listed = ", ".join(f"{entry.reason} ({entry.scope} {entry.value})" for entry in live)
    return Stop(reason or wish, listed)


def add(
    tx: Tx,
    scope: ListScope,
    value: str,
    *,
    reason: str,
    source: str,
    now: datetime,
    dry_run: bool = False,
) -> bool:
    """Puts an address, domain or account on the list; False when it stood there already.

    Raises:
        SuppressionError: the reason is unknown, or the value is none of its kind.
    """
    listing = _listing(tx, scope, value, reason=reason, source=source, now=now)
    standing = tx.listing(scope, listing.value)
    if standing is not None and standing.lifted_at is None and standing.reason == reason:
        return False
    if dry_run:
        return True
    tx.save_listing(listing)
    contact = tx.contact_by_email(listing.value) if scope == "email" else None
    if contact is not None and reason in HARD:
        is_new = tx.suppress(contact.person_id, reason=reason, source=source, now=now)
        if is_new:
            tx.trace(stopped(contact, source, now=now))
    return True


def lift(tx: Tx, value: str, *, why: str, proof: str, now: datetime) -> tuple[str, ...]:
    """Takes an address, domain or account off the list and says which reasons fell.

    Raises:
        SuppressionError: nothing stands, no reason is given, or a person's wish lacks a proof.
    """
    key = value.strip().lower()
    if not why.strip():
        raise SuppressionError("field why is empty; say why this may be lifted.")
    hashed = PREFIX + hash_of(tx.tenant_id, "email", key)
    asked: list[tuple[ListScope, str]] = [*((scope, key) for scope in COLUMNS), ("email", hashed)]
    live = [e for s, k in asked if (e := tx.listing(s, k)) is not None and e.lifted_at is None]
    contact = tx.contact_by_email(key)
    wish = tx.suppressed(contact.person_id) if contact else ""
    reasons = tuple(dict.fromkeys(e.reason for e in live))
    if wish and wish not in reasons:
        reasons = (*reasons, wish)
    if not reasons:
        raise SuppressionError(f"{value!r} is on no list; `parley suppress list` shows what is.")
    hard = next((r for r in reasons if r in HARD), "")
    if hard and not proof.strip():
        raise SuppressionError(
            f"{value!r} is suppressed for {hard}, which they asked for; name the proof of a new "
            "consent with --proof, or leave it."
        )
    for entry in live:
        tx.save_listing(replace(entry, lifted_at=now, lifted_why=why, proof=proof))
    if contact is not None and wish:
        tx.unsuppress(contact.person_id)
        lifted = Listing(contact.tenant_id, "person", contact.person_id, wish, "store", now)
        tx.save_listing(replace(lifted, lifted_at=now, lifted_why=why, proof=proof))
    return reasons


def read_csv(path: Path) -> Iterator[tuple[int, ListScope, str, str]]:
    """Yields line, scope, value and reason of a CSV with email, domain or account, and reason.

    Raises:
        SuppressionError: the file is not there, is not UTF-8, or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SuppressionError(f"{path}: there is no such file; name a CSV file.") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise SuppressionError(f"{path}: not a UTF-8 text file; save it as CSV, UTF-8.") from None
    rows = csv.DictReader(text.splitlines())
    names: Sequence[str] = [name.strip().lower() for name in rows.fieldnames or ()]
    if "reason" not in names or not set(COLUMNS) & set(names):
        raise SuppressionError(
            f"{path}: the columns are {', '.join(names) or 'none'}; it needs reason and at least "
            f"one of {', '.join(COLUMNS)}."
        )
    for number, row in enumerate(rows, start=2):
        fields = {(k or "").strip().lower(): (v or "") for k, v in row.items() if k is not None}
        for scope in COLUMNS:
            if fields.get(scope, "").strip():
                yield number, scope, fields[scope].strip(), fields["reason"].strip().lower()


def stopped(contact: Contact, source: str, *, now: datetime) -> TraceEvent:
    """Returns the trace of a wish that a colleague has recorded."""
    return TraceEvent(
        event_id=event_id(now, "suppression", contact.tenant_id, contact.person_id, source),
        tenant_id=contact.tenant_id,
        kind="suppression",
        thread_id=f"thread-{contact.person_id}",
        person_id=contact.person_id,
        contact_id=contact.contact_id,
        occurred_at=now,
        versions={},
        payload=stop("opt_out", source),
    )


def _keys(contact: Contact) -> Iterator[tuple[ListScope, str]]:
    email = contact.email.lower()
    if email:
        yield "email", email
        yield "email", PREFIX + hash_of(contact.tenant_id, "email", email)
    labels = email.rpartition("@")[2].split(".")
    for first in range(max(len(labels) - 1, 0)):
        yield "domain", ".".join(labels[first:])
    if contact.account_id:
        yield "account", contact.account_id.lower()


def _listing(
    tx: Tx, scope: ListScope, value: str, *, reason: str, source: str, now: datetime
) -> Listing:
    key = value.strip().lower().removeprefix("@") if scope == "domain" else value.strip().lower()
    if reason not in REASONS:
        raise SuppressionError(f"reason {reason!r} is unknown; use one of: {', '.join(REASONS)}.")
    is_fit = {
        "email": "@" in key and not key.startswith("@") and "." in key.rpartition("@")[2],
        "domain": "." in key and "@" not in key and " " not in key,
        "account": bool(key),
    }[scope]
    if not is_fit:
        raise SuppressionError(f"{scope} {value!r} is no {scope}; mend it.")
    return Listing(tx.tenant_id, scope, key, reason, source, now)
