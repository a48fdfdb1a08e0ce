"""Places one call through the regions in turn, so that no telephone rings twice."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import httpx

from agent_runtime.calling.dialler import CallReceipt
from agent_runtime.channels.voice.carrier.vendor import (
    Dial,
    NoAnswerError,
    Seen,
    Send,
    Vendor,
    object_of,
)

NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Not a byte of the request has left."""
CALL_GONE = (httpx.HTTPError, NoAnswerError)
TIMED_OUT = 408
NOT_NOW = (401, 403, 404, 429)
"""Too many requests, or a region that does not know the account: another one, or later."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a region is given to show what it has, in seconds."""

    log_s: float = 3.0
    """After an error, before a call that its log does not show was never placed."""
    dials_s: float = 3.0
    """After it took a call, until it dials."""
    poll_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a call, and in which region the carrier has it."""

    receipt: CallReceipt
    region: int = 0


@dataclass(frozen=True, slots=True)
class Placing:
    """Tries the regions in order.

    The next region is asked only on proof that nothing has rung and nothing will: the request never
    left; the carrier refused it; it answered with an error, and its own log, asked then and again
    after a while, does not show the call; or it took the call, fell silent, and another region that
    shares its log has taken it back before it was dialled. A request that got no answer is never
    repeated: the log of a region can show that it was placed, and not that it never will be.
    """

    vendor: Vendor
    sends: tuple[Send, ...]
    """How each region is asked."""
    patience: Patience
    sleep: Callable[[float], None]

    def place(self, dials: tuple[Dial, ...]) -> Placed:
        """Places a call; `dials` has it once for each region, since addresses name the region."""
        why: list[str] = []
        receipt = CallReceipt("retry", code="no_region")
        for region, dial in enumerate(dials):
            receipt = self._through(region, dial)
            if receipt.status != "retry":
                return Placed(receipt, region)
            why.append(f"{receipt.code} {receipt.detail}".strip())
        detail = "; ".join(f"region {n}: {one}" for n, one in enumerate(why))
        return Placed(replace(receipt, provider_id="", detail=detail), len(dials) - 1)

    def _through(self, region: int, dial: Dial) -> CallReceipt:
        try:
            answer = self.sends[region](self.vendor.place(dial))
        except NOT_CONNECTED as error:
            return CallReceipt("retry", code="not_connected", detail=str(error))
        except httpx.HTTPError as error:
            return self._lost(region, dial, type(error).__name__)
        return self._judged(region, dial, answer)

    def _judged(self, region: int, dial: Dial, answer: httpx.Response) -> CallReceipt:
        code, detail = _said(answer)
        if answer.is_success:
            return self._taken(region, dial, self.vendor.placed(answer), code)
        if answer.is_server_error:
            return self._failed(region, dial, code, detail)
        if answer.status_code == TIMED_OUT or answer.status_code < 400:
            return self._lost(region, dial, code)
        status = "retry" if answer.status_code in NOT_NOW else "rejected"
        return CallReceipt(status, code=code, detail=detail)

    def _lost(self, region: int, dial: Dial, code: str) -> CallReceipt:
        """The request may still be worked on: its call may show, and its absence proves nothing."""
        found = self._found(region, dial)
        if found:
            return CallReceipt("placed", found[0].provider_id, code=code)
        return CallReceipt("unknown", code=code, detail="no answer to a request that was sent")

    def _failed(self, region: int, dial: Dial, code: str, detail: str) -> CallReceipt:
        """It has answered, so that it works on it no more; what its log has by then is all."""
        for wait_s in (0.0, self.patience.log_s):
            self.sleep(wait_s)
            try:
                found = self.vendor.find(self.sends[region], dial)
            except CALL_GONE:
                found = self._found(region, dial) or None
            if found is None:
                return CallReceipt("unknown", code=code, detail=f"{detail}; it may have been taken")
            if live := _live(found):
                return CallReceipt("placed", live[0].provider_id, code=code)
        return CallReceipt("retry", code=code, detail=detail)

    def _taken(self, region: int, dial: Dial, provider_id: str, code: str) -> CallReceipt:
        """The carrier has it. With a region in reserve, it is watched until it is dialled."""
        placed = CallReceipt("placed", provider_id, code=code)
        if region + 1 == len(self.sends):
            return placed
        left_s = self.patience.dials_s
        while left_s > 0:
            try:
                seen = self._look(self.sends[region], dial, provider_id)
            except CALL_GONE:
                return self._taken_over(region, placed)
            if seen is not None and seen.phase == "never_dialled":
                return CallReceipt("retry", provider_id, code="never_dialled")
            if seen is not None and seen.phase == "dialled":
                return placed
            self.sleep(self.patience.poll_s)
            left_s -= self.patience.poll_s
        return placed

    def _taken_over(self, region: int, placed: CallReceipt) -> CallReceipt:
        """The region that took it is gone: another one that knows its calls may take it back."""
        if not (self.vendor.account.shares_log and placed.provider_id):
            return placed
        for other, send in enumerate(self.sends):
            if other == region:
                continue
            try:
                seen = self.vendor.look(send, placed.provider_id)
                if seen is None:
                    continue
                if seen.phase == "never_dialled" or (
                    seen.phase == "waiting" and self.vendor.cancel(send, placed.provider_id)
                ):
                    return CallReceipt("retry", placed.provider_id, code="taken_back")
            except CALL_GONE:
                continue
            return placed
        return placed

    def _look(self, send: Send, dial: Dial, provider_id: str) -> Seen | None:
        if provider_id:
            return self.vendor.look(send, provider_id)
        # Without an id, what was never dialled may be what another region had of this call.
        return next(iter(_live(self.vendor.find(send, dial))), None)

    def _found(self, region: int, dial: Dial) -> list[Seen]:
        """Calls that are this one, as the region shows them, or any that shares its log."""
        others = self.sends if self.vendor.account.shares_log else ()
        for send in (self.sends[region], *others):
            try:
                if found := _live(self.vendor.find(send, dial)):
                    return found
            except CALL_GONE:
                continue
        return []


def _live(found: list[Seen]) -> list[Seen]:
    return [one for one in found if one.phase != "never_dialled"]


def _said(answer: httpx.Response) -> tuple[str, str]:
    said = object_of(answer)
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    code = str(said.get("code") or first.get("code") or answer.status_code)
    detail = str(
        said.get("message") or first.get("detail") or first.get("title") or said.get("error") or ""
    )
    return code, detail
