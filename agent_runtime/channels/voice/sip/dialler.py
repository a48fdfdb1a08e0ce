"""Places calls over SIP: hands each to the bridge, which dials and leads it."""

from dataclasses import dataclass
from pathlib import Path

from agent_runtime.calling.dialler import CallOrder, CallReceipt, check_permit
from agent_runtime.channels.voice.sip.orders import DialOrder, ask
from agent_runtime.policies.permit import Permit

_WITHIN_S = 30.0
"""More than all trunks together may take until one of them works on a call."""


@dataclass(frozen=True, slots=True)
class SipDialler:
    """The dialler of a workspace whose calls `parley call sip` leads.

    Args:
        socket: Where the bridge takes orders.
    """

    socket: Path

    def place(self, order: CallOrder, permit: Permit) -> CallReceipt:
        """Dials what the permit covers; returns once a trunk works on it, or none does.

        Raises:
            PermissionError: the permit is for another number, campaign or opener.
        """
        check_permit(order, permit)
        wanted = DialOrder(
            call_id=order.call_id,
            attempt=order.attempt,
            number=order.number,
            own_number=order.own_number,
            language=order.language,
            ring_s=order.ring_s,
        )
        return ask(self.socket, wanted, within_s=_WITHIN_S)
