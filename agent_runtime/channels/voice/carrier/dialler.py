"""Places calls by a carrier's REST API, and says only what is proven of each."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import httpx

from agent_runtime.calling.dialler import CallOrder, CallReceipt, check_permit
from agent_runtime.channels.voice.carrier.account import CarrierAccount
from agent_runtime.channels.voice.carrier.paths import Paths
from agent_runtime.channels.voice.carrier.placing import Patience, Placing
from agent_runtime.channels.voice.carrier.tokens import CallName
from agent_runtime.channels.voice.carrier.vendor import Ask, Dial, Send, Vendor
from agent_runtime.channels.voice.carrier.vendors import vendor_of
from agent_runtime.policies.permit import Permit

TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class CarrierDialler:
    """A `Dialler` over one carrier and its regions.

    Args:
        account: What is set up at the carrier.
        clock: The runtime's.
        timeout: How long a region may take for one answer.
        patience: How long a region is given to show what it has.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        account: CarrierAccount,
        *,
        clock: Callable[[], datetime],
        timeout: httpx.Timeout = TIMEOUT,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account, self._clock = account, clock
        vendor = vendor_of(account)
        self._open = ExitStack()
        sends = self._open.enter_context(open_regions(vendor, timeout=timeout))
        self._placing = Placing(vendor, sends, patience or Patience(), sleep)

    def place(self, order: CallOrder, permit: Permit) -> CallReceipt:
        """Dials what the permit covers, in the first region that takes it.

        Raises:
            PermissionError: the permit is for another number, campaign or opener.
        """
        check_permit(order, permit)
        now = self._clock()
        regions = range(len(self._account.regions))
        return self._placing.place(tuple(self._dial(order, n, now) for n in regions)).receipt

    def close(self) -> None:
        """Closes the connections."""
        self._open.close()

    def _dial(self, order: CallOrder, region: int, now: datetime) -> Dial:
        name = CallName("outbound", order.call_id, str(order.attempt), str(region))
        paths = Paths(self._account)
        return Dial(
            number=order.number,
            own_number=order.own_number,
            ring_s=round(order.ring_s),
            longest_s=round(order.longest.total_seconds()),
            key=f"{order.call_id}.{order.attempt}",
            answer_url=paths.answer(name, now=now),
            status_url=paths.status(name, now=now),
            since=now,
        )


@contextmanager
def open_regions(vendor: Vendor, *, timeout: httpx.Timeout) -> Iterator[tuple[Send, ...]]:
    """Yields how each region of a vendor's account is asked, in their order."""
    # A connection kept from an earlier call may be closed while a request is on its way, and then
    # nobody knows whether it arrived.
    fresh = httpx.Limits(max_keepalive_connections=0)
    with ExitStack() as stack:
        clients = [
            stack.enter_context(
                httpx.Client(base_url=one.url, auth=vendor.auth(one), timeout=timeout, limits=fresh)
            )
            for one in vendor.account.regions
        ]
        yield tuple(_sender(client) for client in clients)


def _sender(client: httpx.Client) -> Send:
    def send(ask: Ask) -> httpx.Response:
        return client.send(ask.request(client))

    return send
