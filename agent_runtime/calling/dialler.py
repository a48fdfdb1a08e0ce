"""The port by which a call is placed, and the fake beside it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

from agent_runtime.calling.briefing import CallBriefing
from agent_runtime.calling.rows import AnsweredBy, Outcome
from agent_runtime.policies.permit import Permit


@dataclass(frozen=True, slots=True)
class CallOrder:
    """One attempt at one call."""

    call_id: str
    attempt: int
    number: str
    own_number: str
    campaign_id: str
    opener: str
    """The permitted words, in placeholder text."""
    language: str
    ring_s: float
    """How long to let it ring, at least 15 s."""
    longest: timedelta
    voicemail: Literal["hang_up", "leave_message"]
    briefing: CallBriefing


@dataclass(frozen=True, slots=True)
class CallReceipt:
    """What became of one attempt to dial.

    `placed`: the carrier has it, and news follow. `rejected` and `retry` are proofs that nothing
    rang; `unknown` is the honest rest. The others say at once how it went.
    """

    status: Literal[
        "placed",
        "answered",
        "no_answer",
        "busy",
        "voicemail",
        "rejected",
        "retry",
        "unknown",
    ]
    provider_id: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CallNews:
    """What is learnt of an attempt later: by the carrier, or by whoever leads the call."""

    call_id: str
    attempt: int
    status: Literal["answered", "no_answer", "busy", "voicemail", "failed", "ended"]
    answered_by: AnsweredBy = ""
    outcome: Outcome = ""
    """How an answered call ended: completed, transferred or dropped."""
    result: str = ""
    language: str = ""
    duration_s: float | None = None
    is_abandoned: bool = False
    """A person heard nothing of us within two seconds of their greeting."""
    left_message: bool = False
    code: str = ""


class Dialler(Protocol):
    """Places calls; it returns once the carrier has the call, and never waits for the ring."""

    def place(self, order: CallOrder, permit: Permit) -> CallReceipt:
        """Dials what the permit covers.

        Raises:
            PermissionError: the permit is for another number, campaign or opener.
        """
        ...


def check_permit(order: CallOrder, permit: Permit) -> None:
    """Refuses an order that the permit does not cover; every dialler asks this first.

    Raises:
        PermissionError: the permit is for another number, campaign or opener.
    """
    is_covered = permit.covers_call(
        number=order.number,
        own_number=order.own_number,
        campaign_id=order.campaign_id,
        opener=order.opener,
    )
    if not is_covered:
        raise PermissionError(f"no permit covers call {order.call_id}")


class ScriptedDialler:
    """The fake: answers as it is told, then that nobody does, and keeps every order."""

    def __init__(self, *receipts: CallReceipt) -> None:
        self.orders: list[CallOrder] = []
        self._receipts = list(receipts)

    def place(self, order: CallOrder, permit: Permit) -> CallReceipt:
        """Returns the next receipt of the script."""
        check_permit(order, permit)
        self.orders.append(order)
        return self._receipts.pop(0) if self._receipts else CallReceipt("no_answer")


class NoDialler:
    """Where no telephony is set up: nothing rings, and that is proven."""

    def place(self, order: CallOrder, permit: Permit) -> CallReceipt:
        """Refuses every call."""
        check_permit(order, permit)
        return CallReceipt("rejected", code="no_dialler", detail="no telephony is set up")
