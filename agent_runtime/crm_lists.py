"""Lists of a marketing tool on which our people stand: a field of the contact that says on or off.

A list is written like a field, so that it has before and after, an undo and a place in the queue.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from agent_runtime.arms import arms_of, controls_of
from agent_runtime.authored import load_yaml
from agent_runtime.crm_port import Membership, Outcome
from agent_runtime.domain import Contact
from agent_runtime.errors import ParleyError
from agent_runtime.policies.arms import why_held
from agent_runtime.ports import Tx
from agent_runtime.store.rows import FieldChange, Push
from agent_runtime.suppression import stop_of

ON, OFF = "on", "off"
TOOL = "crm.lists"
"""Where the lists stand in `writable.yaml`."""
STOPPED = "stopped"
"""Why somebody was taken off: they must not be written to any more."""
_PREFIX = "list:"

Arms = Literal["agent", "all"]
"""agent: only people to whom an agent may write; all: the holdout too, for lists that keep people
out of other mailings and start none."""


class CrmListError(ParleyError):
    """A list that nobody may be put on."""


@dataclass(frozen=True, slots=True)
class ListRule:
    """A list that people may be put on."""

    name: str
    arms: Arms = "agent"


def field_of(name: str) -> str:
    """Returns the field of a contact that says whether they are on a list."""
    return f"{_PREFIX}{name}"


def list_of(field: str) -> str:
    """Returns the list that a field of a contact is about, or empty."""
    return field.removeprefix(_PREFIX) if field.startswith(_PREFIX) else ""


@cache
def list_rules() -> dict[str, ListRule]:
    """Returns the lists that people may be put on, by our name of each."""
    from agent_runtime.tools.allow_list import LISTED

    listed = load_yaml(LISTED.read_text(encoding="utf-8")).get(TOOL, {}).get("list", {})
    return {name: ListRule(name, said.get("arms", "agent")) for name, said in listed.items()}


def why_not_on(tx: Tx, contact: Contact, rule: ListRule) -> str:
    """Returns why a contact must not be put on a list, or empty."""
    stop = stop_of(tx, contact)
    if stop.reason or stop.listed:
        return f"they are stopped: {stop.reason or stop.listed}"
    if not contact.email:
        return "they have no e-mail address, by which they are known there"
    if rule.arms == "all":
        return ""
    return why_held(arms_of(tx, contact.person_id), controls_of(tx))


def stands(tx: Tx, contact: Contact, name: str) -> str:
    """Returns `on` or `off`, as we last wrote it."""
    return tx.crm_value("contact", contact.contact_id, field_of(name)) or OFF


def change_of(
    tx: Tx, contact: Contact, name: str, after: str, *, by: str, reason: str, at: datetime
) -> FieldChange:
    """Returns what is to be written for a contact; the same at the same time has the same id."""
    field = field_of(name)
    made_of = "\x1f".join((contact.contact_id, field, after, at.isoformat()))
    return FieldChange(
        tenant_id=tx.tenant_id,
        change_id=hashlib.sha256(made_of.encode()).hexdigest()[:20],
        thread_id=f"thread-{contact.person_id}",
        object="contact",
        record_id=contact.contact_id,
        field=field,
        before=stands(tx, contact, name),
        after=after,
        by=by,
        reason=reason,
        at=at,
    )


def joined(tx: Tx, contact: Contact) -> tuple[str, ...]:
    """Returns the lists that we have put a contact on and not taken them off."""
    return tuple(name for name in sorted(list_rules()) if stands(tx, contact, name) == ON)


def membership_of(
    tx: Tx, push: Push, change: FieldChange, contact: Contact
) -> Membership | Outcome:
    """Returns what to ask for a change of a list, or a refusal; judged again at this moment."""
    name = list_of(change.field)
    rule = list_rules().get(name)
    if rule is None:
        return Outcome(
            "refused",
            f"list {name!r} is not in writable.yaml below {TOOL}, so nothing of it leaves; "
            "list it there, or leave it out.",
        )
    if change.after == ON and (why := why_not_on(tx, contact, rule)):
        return Outcome("refused", why)
    stop = tx.push("stop", contact.person_id)
    if change.after == OFF and stop is not None and stop.state in ("REFUSED", "GIVEN_UP"):
        # Off the list their other mailings go on, which the CRM does not know to be unwanted.
        return Outcome("refused", f"their opt-out is not in the CRM ({stop.reason}); push it first")
    return Membership(contact.email, name, change.after == ON)
