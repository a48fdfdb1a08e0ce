"""Every message that ever left, from the traces: who sent it to whom, when, on which channel."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from agent_runtime.settings import Workspace

_LEFT = {"SENT": 2, "UNKNOWN": 1}
"""What has left, or may have; SENT is the surer."""


@dataclass(frozen=True, slots=True)
class Send:
    """One message that left, or may have."""

    message_id: str
    thread_id: str
    person_id: str
    actor: str
    channel: str
    touch_class: str
    action: str
    content_ids: tuple[str, ...]
    experiment_id: str
    arm: str
    """The arm that was written down with it."""
    sent_at: datetime


def read_sends(workspace: Workspace) -> tuple[Send, ...]:
    """Returns each message once, the first first; none where nothing was traced yet."""
    if not any(workspace.traces.rglob("*.parquet")):
        return ()
    wanted = ("message", "policy", "delivery")
    events = (
        pl.scan_parquet(workspace.traces / "**/*.parquet")
        .filter(pl.col("kind").is_in(wanted))
        .select("seq", "kind", "thread_id", "person_id", "occurred_at", "payload")
        .collect()
        .sort("seq")
    )
    found: dict[str, tuple[int, Send]] = {}
    actions: dict[str, str] = {}
    never_left: set[str] = set()
    for _, kind, thread_id, person_id, at, payload in events.iter_rows():
        said: dict[str, Any] = json.loads(payload) if isinstance(payload, str) else payload
        if kind == "policy":
            actions[said.get("proposal_id") or ""] = said.get("action") or ""
        elif kind == "delivery" and said.get("status") == "resolved_not_sent":
            never_left.add(said["message_id"])
        elif kind == "message" and said.get("direction") == "out" and said.get("state") in _LEFT:
            sureness = _LEFT[said["state"]]
            if found.get(said["message_id"], (0,))[0] < sureness:
                send = _send(said, thread_id or "", person_id or "", at)
                found[said["message_id"]] = (sureness, send)
    sends = (
        _with_action(send, actions)
        for sureness, send in found.values()
        if sureness == _LEFT["SENT"] or send.message_id not in never_left
    )
    return tuple(sorted(sends, key=lambda send: (send.sent_at, send.message_id)))


def _send(said: dict[str, Any], thread_id: str, person_id: str, at: datetime) -> Send:
    return Send(
        message_id=said["message_id"],
        thread_id=thread_id,
        person_id=person_id,
        actor=said.get("actor") or "",
        channel=said.get("channel") or "",
        touch_class=said.get("touch_class") or "",
        action="",
        content_ids=tuple(said.get("content_ids") or ()),
        experiment_id=said.get("experiment_id") or "",
        arm=said.get("arm") or "",
        sent_at=at if at.tzinfo else at.replace(tzinfo=UTC),
    )


def _with_action(send: Send, actions: dict[str, str]) -> Send:
    return replace(send, action=actions.get(send.message_id, ""))
