"""Why a message went, was held or was stopped, told from the traces (R226)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent_runtime.contracts import TraceEvent
from agent_runtime.errors import ParleyError
from agent_runtime.store.reading import events_about, latest_messages
from agent_runtime.store.sql import SqlStore


class ExplainError(ParleyError):
    """A message that nobody can find."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One message: what it says, what every rule said of it, who approved it, what became of it."""

    message_id: str
    thread_id: str
    to: str
    channel: str
    action: str
    actor: str
    subject: str
    text: str
    checks: tuple[dict[str, Any], ...]
    """Each time the rules were asked, the verdicts in the order in which they were."""
    facts: tuple[str, ...]
    approvals: tuple[dict[str, Any], ...]
    receipts: tuple[dict[str, Any], ...]

    def as_text(self) -> str:
        """Returns the explanation as a person reads it, in one screen."""
        lines = [
            f"message    {self.message_id}  ({self.action} by {self.actor}, {self.channel})",
            f"to         {self.to}  in {self.thread_id}",
            *([f"subject    {self.subject}"] if self.subject else []),
            *(f"           {line}" for line in self.text.splitlines() if line.strip()),
            f"stands on  {', '.join(self.facts) or 'no fact'}",
        ]
        for check in self.checks:
            lines += _check_lines(check)
        for given in self.approvals:
            lines.append(f"approval   {given['at']}  {given['decision']} by {given['by']}")
        for receipt in self.receipts:
            lines.append(
                f"receipt    {receipt['at']}  {receipt['what']} {receipt['code']}".rstrip()
            )
        if not self.receipts:
            lines.append("receipt    none: it has not left")
        return "\n".join(lines)


def explain(store: SqlStore, message_id: str) -> Explanation:
    """Returns why a message went or did not.

    Args:
        store: Where the traces are.
        message_id: The id of the message, or its beginning.

    Raises:
        ExplainError: no message has this id, or several begin so.
    """
    events = events_about(store.engine, store.tenant_id, message_id) if message_id else ()
    checks = [e for e in events if e.kind == "policy"]
    if not checks:
        raise ExplainError(_unknown(store, message_id))
    ids = sorted({e.payload["proposal_id"] for e in checks})
    if len(ids) > 1:
        raise ExplainError(
            f"message {message_id!r} is the beginning of {len(ids)} ids, {', '.join(ids[:3])}; "
            "write more of it."
        )
    with store.begin() as tx:
        message = tx.message(ids[0])
        contact = tx.contact_of(checks[0].person_id or "")
    turn = next((e for e in events if e.kind == "turn"), None)
    recipient = message.to_email if message else contact.email if contact else ""
    return Explanation(
        message_id=ids[0],
        thread_id=checks[0].thread_id or "",
        to=redacted(recipient),
        channel=message.channel if message else "email",
        action=checks[0].payload["action"],
        actor=checks[0].payload["actor"],
        subject=message.subject if message else "",
        text=message.body if message else _draft(turn),
        checks=tuple(_check(event, turn) for event in checks),
        facts=_facts(turn, message.content_ids if message else ()),
        approvals=tuple(
            {
                "at": f"{e.occurred_at:%Y-%m-%d %H:%M}",
                "decision": e.payload["decision"],
                "by": e.payload["by"],
                "is_edited": e.payload["is_edited"],
            }
            for e in events
            if e.kind == "review"
        ),
        receipts=tuple(_receipt(e) for e in events if e.kind in ("message", "delivery")),
    )


def redacted(recipient: str) -> str:
    """Returns an address or number by its first letter and domain, or its last two digits."""
    name, at, domain = recipient.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"…{recipient[-2:]}" if recipient else "nobody in the store"


def _check(event: TraceEvent, turn: TraceEvent | None) -> dict[str, Any]:
    """Traces of older versions name the rules that hit only; the turn has the verdicts."""
    same = turn is not None and turn.occurred_at == event.occurred_at
    verdicts: list[dict[str, Any]] = event.payload.get("verdicts") or (
        turn.payload["verdicts"] if turn and same else []
    )
    deciding = next((v for v in verdicts if v["decision"] != "allow"), None)
    return {
        "at": f"{event.occurred_at:%Y-%m-%d %H:%M}",
        "decision": event.payload["decision"],
        "decided_by": deciding["rule"] if deciding else "",
        "until": event.payload.get("until"),
        "policy": event.versions.get("policy", ""),
        "verdicts": verdicts,
    }


def _check_lines(check: dict[str, Any]) -> list[str]:
    until = f" until {check['until']}" if check["until"] else ""
    by = f", decided by {check['decided_by']}" if check["decided_by"] else ", every rule allows"
    lines = [f"rules      {check['at']}  {check['decision'].upper()}{until}{by}"]
    for verdict in check["verdicts"]:
        mark = ">" if verdict["rule"] == check["decided_by"] else " "
        name = f"{verdict['rule']}@{verdict['version']}"
        lines.append(f"  {mark} {name:<18} {verdict['decision']:<9} {verdict['reason']}".rstrip())
    return lines


def _receipt(event: TraceEvent) -> dict[str, Any]:
    payload = event.payload
    what = payload.get("state") or f"{payload['status']} by {payload['source']}"
    at = f"{event.occurred_at:%Y-%m-%d %H:%M}"
    return {
        "at": at,
        "what": str(what),
        "code": str(payload.get("code") or ""),
        "rfc_message_id": payload["rfc_message_id"],
    }


def _draft(turn: TraceEvent | None) -> str:
    """The words of a proposal that never became a message."""
    drafts: Sequence[dict[str, Any]] = turn.payload["candidates"] if turn else ()
    return next((d["draft"] for d in drafts if d["draft"]), "")


def _facts(turn: TraceEvent | None, contents: Sequence[str]) -> tuple[str, ...]:
    evidence: Sequence[dict[str, Any]] = turn.payload["evidence"] if turn else ()
    found = [f"{e['fact_id']}@{e['version']}" for e in evidence if e["kind"] == "content"]
    used = [f for f in found if f.split("@")[0] in contents] if contents else found
    return tuple(dict.fromkeys(used or contents))


def _unknown(store: SqlStore, message_id: str) -> str:
    from difflib import get_close_matches

    latest = latest_messages(store.engine, store.tenant_id, limit=200)
    near = get_close_matches(message_id, latest, n=3, cutoff=0.5) or latest[:3]
    if not near:
        return f"message {message_id!r} is unknown; no message has been judged in this run yet."
    return f"message {message_id!r} is unknown; the nearest or latest are {', '.join(near)}."
