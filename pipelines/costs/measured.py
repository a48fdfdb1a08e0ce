"""What a conversation brought with it in a finished run: mails, minutes, meetings."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from agent_runtime.settings import Workspace
from pipelines.costs.billing import ZERO
from pipelines.costs.calculator import CONVERSATIONS, REVIEWER_MINUTES
from pipelines.costs.months import Month
from pipelines.costs.price_list import Pricing
from pipelines.costs.usage import ledger_period, meetings_of, read_usage
from pipelines.errors import PipelineError

_DIGITS = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Mix:
    """Units of each charge and reviewer minutes per conversation, and meetings per conversation."""

    per_conversation: Mapping[str, Decimal]
    meeting_rate: Decimal
    conversations: Decimal
    """Of the whole run."""
    days: int
    """Of the run's ledger."""

    @property
    def conversations_a_month(self) -> Decimal:
        """Conversations of 30 days at the run's pace."""
        return (self.conversations * 30 / self.days).quantize(Decimal(1))


def measure(workspace: Workspace, pricing: Pricing, *, tenant: str) -> Mix:
    """Returns the mix of a whole run, by the same counting as its invoices.

    Raises:
        PipelineError: There is no ledger, or nobody has answered yet.
    """
    first, last = ledger_period(workspace, tenant)
    usage = read_usage(workspace, Month.of(first), tenant=tenant, until=last)
    billed = usage.billed(pricing.plan(first))
    conversations = billed.pop(CONVERSATIONS, ZERO)
    if not conversations:
        raise PipelineError(
            f"--workspace {workspace.root}: no conversation yet, so nothing can be measured."
        )
    billed[REVIEWER_MINUTES] = usage.program_minutes()
    return Mix(
        per_conversation={
            name: (quantity / conversations).quantize(_DIGITS) for name, quantity in billed.items()
        },
        meeting_rate=(meetings_of(workspace, tenant) / conversations).quantize(Decimal("0.0001")),
        conversations=conversations,
        days=(last - first).days + 1,
    )
