"""`parley call sip`: a workspace takes and places calls over SIP until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import Callable

from agent_runtime.calling.dialler import CallNews
from agent_runtime.channels.voice.company import CompanyCalls, open_company_calls, warm_speech
from agent_runtime.channels.voice.sip.bridge import SipBridge
from agent_runtime.channels.voice.sip.handover import english_voice
from agent_runtime.channels.voice.sip.orders import socket_of
from agent_runtime.channels.voice.sip.setup import SipSetup
from agent_runtime.clock import read_now
from agent_runtime.endpoints import wait_for_endpoints
from agent_runtime.errors import ParleyError
from agent_runtime.lifeline import only_one
from agent_runtime.settings import Settings


def serve_sip(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Serves SIP until SIGTERM or SIGINT; then every call is ended, and says so to its desk.

    Args:
        settings: Of the workspace; its `sip` says with whom.
        announce: Told where calls arrive, once they can.

    Raises:
        ParleyError: SIP is not set up, the user agent does not start, or a neighbour is missing.
    """
    setup = settings.sip
    if setup is None or not setup.trunks:
        raise ParleyError("PARLEY_SIP names no trunk: see `parley call sip --help` for an example.")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with only_one(settings.workspace / "sip.lock"):
        worker = f"{settings.executor_id}-sip"
        calls = open_company_calls(settings, wait_for_endpoints(settings), worker=worker)
        asyncio.run(_serve(settings, setup, calls, announce))


async def _serve(
    settings: Settings, setup: SipSetup, calls: CompanyCalls, announce: Callable[[str], None]
) -> None:
    await warm_speech(settings)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    def report(news: CallNews) -> None:
        calls.runtime.calls.report(news, now=read_now(calls.store.engine))

    bridge = SipBridge(
        config=setup.as_config(),
        trunks=setup.trunks,
        lead=calls.serve,
        report=report,
        own_numbers=frozenset(one.number for one in settings.voice_numbers),
        transfers=setup.transfers,
        speak=english_voice(settings),
    )
    await bridge.start(socket_of(settings.workspace))
    announce(f"{setup.host}:{bridge.agent.port}")
    try:
        await stop.wait()
    finally:
        await bridge.stop()
