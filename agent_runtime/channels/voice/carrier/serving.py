"""Composition root of calls over a carrier: the routes for `parley serve`."""

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
    """Returns the routes by which a carrier's calls come in and are led here."""
    from loguru import logger

    from agent_runtime.channels.voice.carrier.hooks import CarrierHooks, carrier_voice_router
    from agent_runtime.channels.voice.carrier.leading import Leading
    from agent_runtime.channels.voice.company import open_company_calls

    logger.remove()
    worker = f"{settings.executor_id}-calls"
    service = open_company_calls(settings, wait_for_endpoints(settings), worker=worker).service()
    lead = Leading(account, service, clock)
    return carrier_voice_router(CarrierHooks(account, service.runtime.calls, clock, lead))
