"""Composition root of calls over a carrier: the routes for `parley serve`."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from agent_runtime.channels.voice.carrier.account import CarrierAccount
from agent_runtime.endpoints import wait_for_endpoints
from agent_runtime.settings import Settings

if TYPE_CHECKING:
    from fastapi import APIRouter


def voice_router(
    settings: Settings, account: CarrierAccount, *, clock: Callable[[], datetime]
) -> "APIRouter":
    """Returns the routes by which a carrier's calls come in and are led here.

    Raises:
        ParleyError: there is no run in this workspace, or what hears or speaks is not installed.
    """
    from loguru import logger

    from agent_runtime.channels.voice.carrier.hooks import CarrierHooks, carrier_voice_router
    from agent_runtime.channels.voice.carrier.leading import Leading
    from agent_runtime.channels.voice.company import open_company_calls, warm_speech

    logger.remove()
    asyncio.run(warm_speech(settings))
    worker = f"{settings.executor_id}-calls"
    calls = open_company_calls(settings, wait_for_endpoints(settings), worker=worker)
    lead = Leading(account, calls, clock)
    hooks = CarrierHooks(account, calls.runtime.calls, clock, lead, rooms=lead.rooms)
    return carrier_voice_router(hooks)
