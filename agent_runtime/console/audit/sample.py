"""A sample of the audit log and of what the rules decided, in which nobody is named.

Who and what is a pseudonym, the same one in both tables; words of mails, addresses and networks
are left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent_runtime import pii
from agent_runtime.console.frame.audit import Act, latest
from agent_runtime.console.people.users import all_users
from agent_runtime.contracts import TraceEvent, TraceKind
from agent_runtime.spreadsheet import Value
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.trace_index import latest_of_kind

ACTS = ("at", "actor", "role", "action", "record", "result", "detail", "request")
DECISIONS = (
    "at",
    "kind",
    "thread",
    "actor",
    "action",
    "decision",
    "rules_that_stop",
    "playbook",
    "version",
)
KINDS: tuple[TraceKind, ...] = ("policy", "crm_write", "suppression", "meeting", "review")
NAMELESS = ("approvals", "audit", "campaign", "dashboard", "experiment", "people", "steering")
"""Kinds of records whose ids say nothing of a person."""
PROSPECT = "prospect"

Row = Sequence[Value]


@dataclass(slots=True)
class Pseudonyms:
    """Numbers what it is shown, by kind, the same each time."""

    _known: dict[tuple[str, str], str] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str, value: str) -> str:
        """Returns `kind-number`; nothing for nothing."""
        if value and (kind, value) not in self._known:
            self._last[kind] = self._last.get(kind, 0) + 1
            self._known[kind, value] = f"{kind}-{self._last[kind]}"
        return self._known.get((kind, value), "")


@dataclass(frozen=True, slots=True)
class AuditSample:
    """Two tables, the latest rows first."""

    acts: tuple[Row, ...]
    decisions: tuple[Row, ...]


def audit_sample(store: SqlStore, *, entries: int) -> AuditSample:
    """Returns the latest acts of people and the latest decisions about messages.

    Args:
        store: Whose log and traces are read.
        entries: Rows of each table at the most.
    """
    names = Pseudonyms()
    with store.begin() as tx:
        users = {word: one.role for one in all_users(tx) for word in (one.email, one.name) if word}
        events = [
            event
            for kind in KINDS
            for event in latest_of_kind(tx.connection, store.tenant_id, kind, limit=entries)
        ]
    events.sort(key=lambda event: event.occurred_at, reverse=True)
    acts = (entry.act for entry in latest(store, limit=entries))
    return AuditSample(
        tuple(_act(act, names, users) for act in acts),
        tuple(_decision(event, names) for event in events[:entries]),
    )


def _act(act: Act, names: Pseudonyms, users: dict[str, str]) -> Row:
    kind, _, value = act.record.partition(":")
    record = act.record if kind in NAMELESS or not value else names.of(kind, value)
    if kind == "user":
        record = f"user:{_who(value, names, users)}"
    return (
        act.at,
        _who(act.actor, names, users),
        act.role,
        act.action,
        record,
        act.result,
        _without_names(act.detail, names, users),
        names.of("request", act.request_id),
    )


def _who(actor: str, names: Pseudonyms, users: dict[str, str]) -> str:
    kind, _, value = actor.partition(":")
    if value:
        return names.of(kind, value)
    return actor if actor == PROSPECT else names.of(users.get(actor, "person"), actor)


def _without_names(text: str, names: Pseudonyms, users: dict[str, str]) -> str:
    for known in sorted(users, key=len, reverse=True):
        text = text.replace(known, names.of(users[known], known))
    for piece in reversed(pii.find(text)):
        text = f"{text[: piece.start]}[{piece.kind}]{text[piece.end :]}"
    return text


def _decision(event: TraceEvent, names: Pseudonyms) -> Row:
    told = event.payload
    stops: Iterable[str] = told.get("rules_hit") or ()
    return (
        event.occurred_at,
        event.kind,
        names.of("thread", event.thread_id or ""),
        told.get("actor", ""),
        told.get("action") or told.get("tool") or told.get("status") or told.get("kind", ""),
        told.get("decision", ""),
        " ".join(stops),
        told.get("playbook", ""),
        event.versions.get("code", ""),
    )
