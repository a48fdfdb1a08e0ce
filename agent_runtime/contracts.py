"""The three versioned records that cross between batch code and the runtime."""

import hashlib
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from agent_runtime.domain import Autonomy

TraceKind = Literal[
    "turn",
    "message",
    "delivery",
    "meeting",
    "call",
    "review",
    "survey",
    "crm_write",
    "policy",
    "suppression",
    "incident",
    "cost",
]


class Record(BaseModel):
    """A frozen record with a schema version; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: Literal[1] = 1


def task_key(tenant_id: str, campaign_id: str, person_id: str, touch: int) -> str:
    """Returns the id of a touch: an edited campaign never sends the same touch again."""
    text = "\x1f".join((tenant_id, campaign_id, person_id, str(touch)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class OutreachTask(Record):
    """One touch that a campaign wants to make, at the earliest at `not_before`."""

    tenant_id: str
    campaign_id: str
    campaign_version: int
    person_id: str
    contact_id: str
    account_id: str | None
    touch: int = Field(ge=1)
    playbook: str
    playbook_version: int
    channels: tuple[str, ...]
    experiment_id: str
    arm: str
    not_before: AwareDatetime
    expires_at: AwareDatetime
    owner_id: str
    mailbox: str
    autonomy: Autonomy
    reason: str

    @property
    def task_id(self) -> str:
        """The key of this touch, see `task_key`."""
        return task_key(self.tenant_id, self.campaign_id, self.person_id, self.touch)


class Assignment(Record):
    """The arm of one unit in one experiment; written once, never changed."""

    tenant_id: str
    experiment_id: str
    unit_id: str
    person_id: str
    arm: str
    layer: str
    spec_hash: str
    assigned_at: AwareDatetime
    how: Literal["hash", "permutation", "online"]


class TraceEvent(Record):
    """One thing that happened; `seq` is given by the outbox in commit order."""

    event_id: str
    tenant_id: str
    seq: int | None = None
    kind: TraceKind
    thread_id: str | None
    person_id: str | None
    contact_id: str | None
    occurred_at: datetime
    versions: dict[str, str]
    payload: dict[str, Any]
