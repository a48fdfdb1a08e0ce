"""Composition root of calls: the runtime of a workspace with its neighbours, ready to talk."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from pipecat.transports.base_transport import BaseTransport
from sqlalchemy import Engine

from agent_runtime.app import Runtime, assemble
from agent_runtime.calling.telephony import telephony_of
from agent_runtime.channels.email.outgoing import open_return_paths, smtp_opener
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.outcome import Outcome
from agent_runtime.channels.voice.pipeline import CallService
from agent_runtime.clock import read_now
from agent_runtime.endpoints import Endpoints
from agent_runtime.errors import ParleyError
from agent_runtime.mind import open_mind, open_oracle, open_second_opinion
from agent_runtime.neighbours import open_calendar
from agent_runtime.newcomers import read_newcomers
from agent_runtime.settings import Settings
from agent_runtime.speech.languages import NoAssets, what_is_missing
from agent_runtime.speech.services import decoders_for, voice_for
from agent_runtime.status import open_store
from agent_runtime.store.sql import SqlStore
from agent_runtime.warm_up import warm_up


@dataclass(frozen=True, slots=True)
class CompanyCalls:
    """Leads calls of a workspace; every call has a clock of its own."""

    store: SqlStore
    _service: CallService

    @property
    def runtime(self) -> Runtime:
        """The company's runtime."""
        return self._service.runtime

    def service(self) -> CallService:
        """Returns what leads the next call."""
        return replace(self._service, clock=running_clock(self.store.engine))

    async def serve(self, transport: BaseTransport, call: CallStart) -> Outcome | None:
        """Leads a call to its end, as `CallService` does, on a clock of its own."""
        return await self.service().serve(transport, call)


def open_company_calls(settings: Settings, endpoints: Endpoints, *, worker: str) -> CompanyCalls:
    """Returns what leads calls on the store, calendar and mail server of a workspace.

    Args:
        settings: Which workspace.
        endpoints: Where its neighbours listen.
        worker: Names this process, so that no other one settles what it is sending.

    Raises:
        ParleyError: there is no run in this workspace.
    """
    store = open_store(settings)
    engine = store.engine
    with store.begin() as tx:
        newcomers = read_newcomers(tx, settings.tenant_id)
    library, model = open_mind(settings)
    warm_up(library, model, now=read_now(engine))
    runtime = assemble(
        store,
        library=library,
        model=model,
        calendar=open_calendar(settings, endpoints, newcomers.owners, lambda: read_now(engine)),
        newcomers=newcomers,
        worker=worker,
        return_paths=open_return_paths(settings),
        oracle=open_oracle(settings),
        second=open_second_opinion(settings),
        telephony=telephony_of(settings),
    )
    runtime.outbox.recover(now=read_now(engine))
    limits = CallLimits(longest_s=settings.voice_longest_s)
    service = CallService(
        runtime=runtime,
        settings=settings,
        clock=lambda: read_now(engine),
        mail=smtp_opener(
            settings,
            endpoints,
            clock=lambda: read_now(engine),
            unsubscribe=runtime.desk.inbound_address,
        ),
        limits=lambda _: limits,
    )
    return CompanyCalls(store, service)


async def warm_speech(settings: Settings) -> None:
    """Loads ears and voice, so that the first caller does not wait for them.

    Raises:
        ParleyError: what hears or speaks English is not installed.
    """
    for part in ("hearing", "speaking"):
        if missing := what_is_missing("en", part):
            raise ParleyError(f"no call can be led: {missing.why}")
    await decoders_for("en").warm()
    voice = voice_for("en", settings)
    if not isinstance(voice, NoAssets):
        await voice.warm()


def running_clock(engine: Engine) -> Callable[[], datetime]:
    """Returns a clock that starts at the instant of the store and runs as real time does.

    The sandbox's clock stands still between its days; a call on it would never have an end.
    """
    start, began = read_now(engine), monotonic()
    return lambda: start + timedelta(seconds=monotonic() - began)
