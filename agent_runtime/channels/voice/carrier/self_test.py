"""Whether every region of the carrier answers and takes our key; nothing is dialled."""

from typing import Literal

import httpx

from agent_runtime.channels.voice.carrier.account import CarrierAccount
from agent_runtime.channels.voice.carrier.dialler import open_regions
from agent_runtime.channels.voice.carrier.vendor import NoAnswerError
from agent_runtime.channels.voice.carrier.vendors import vendor_of

NO_CALL = "parley-self-test"
TIMEOUT = httpx.Timeout(10.0)


def check_regions(account: CarrierAccount) -> tuple[Literal["ok", "failed"], str]:
    """Asks each region for a call that does not exist, and returns what came of it."""
    vendor, wrong = vendor_of(account), []
    with open_regions(vendor, timeout=TIMEOUT) as sends:
        for region, send in zip(account.regions, sends, strict=True):
            try:
                vendor.look(send, NO_CALL)
            except (httpx.HTTPError, NoAnswerError) as error:
                wrong.append(f"{region.url}: {error or type(error).__name__}")
    if wrong:
        return "failed", f"{'; '.join(wrong)}; look at url and secret in PARLEY_VOICE_CARRIER"
    hosts = ", then ".join(region.url.split("://")[-1] for region in account.regions)
    return "ok", f"{account.vendor} takes our key at {hosts}"
