"""Composition root of calls over a carrier: routes for `parley serve`, a dialler for the worker."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from agent_runtime.app import assemble
from agent_runtime.calling.telephony import telephony_of
from agent_runtime.channels.email.outgoing import open_return_paths, smtp_opener
from agent_runtime.channels.voice.carrier.account import CarrierAccount
from agent_runtime.endpoints import wait_for_endpoints
from agent_runtime.mind import open_mind, open_oracle, open_second_opinion
from agent_runtime.neighbours import open_calendar
from agent_runtime.newcomers import read_newcomers
from agent_runtime.ports import Store
from agent_runtime.settings import Settings
from agent_runtime.warm_up import warm_up

if TYPE_CHECKING:
    from fastapi import APIRouter

    from agent_runtime.channels.voice.pipeline import CallService


def voice_router(
    settings: Settings, account: CarrierAccount, store: Store, *, clock: Callable[[], datetime]
) -> "APIRouter":
    """Returns the routes by which a carrier's calls come in and are led here."""
    from loguru import logger

    from agent_runtime.channels.voice.carrier.hooks import CarrierHooks, carrier_voice_router
    from agent_runtime.channels.voice.carrier.leading import Leading

    logger.remove()
    service = open_service(settings, store, clock=clock)
    lead = Leading(account, service, clock)
    return carrier_voice_router(CarrierHooks(account, service.runtime.calls, clock, lead))


def open_service(
    settings: Settings, store: Store, *, clock: Callable[[], datetime]
) -> "CallService":
    """Returns what leads calls in this process, with its real neighbours and a warm mind."""
    from agent_runtime.channels.voice.pipeline import CallService

    endpoints = wait_for_endpoints(settings)
    with store.begin() as tx:
        newcomers = read_newcomers(tx, settings.tenant_id)
    library, model = open_mind(settings)
    warm_up(library, model, now=clock())
    runtime = assemble(
        store,
        library=library,
        model=model,
        calendar=open_calendar(settings, endpoints, newcomers.owners, clock),
        newcomers=newcomers,
        worker=f"{settings.executor_id}-calls",
        return_paths=open_return_paths(settings),
        oracle=open_oracle(settings),
        second=open_second_opinion(settings),
        telephony=telephony_of(settings),
    )
    mail = smtp_opener(settings, endpoints, clock=clock, unsubscribe=runtime.desk.inbound_address)
    return CallService(runtime, settings, clock, mail=mail)
