"""`parley call --browser`: who is called by whom, on which company, and the server itself."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from agent_runtime.calling.checking import whom
from agent_runtime.channels.voice.browser.app import build_call_app
from agent_runtime.channels.voice.browser.lines import Lines, Opens
from agent_runtime.channels.voice.browser.page_words import PageWords
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.company import CompanyCalls, open_company_calls
from agent_runtime.channels.voice.pipeline import CallService
from agent_runtime.channels.voice.rehearsal import limits_of
from agent_runtime.channels.voice.stage import Postman, call_of, stage_for
from agent_runtime.endpoints import Endpoints, wait_for_endpoints
from agent_runtime.errors import ParleyError
from agent_runtime.library.call_scenario import CallScenario
from agent_runtime.mind import open_mind
from agent_runtime.ports import Tx
from agent_runtime.settings import Settings
from agent_runtime.speech.languages import NoAssets, what_is_missing
from agent_runtime.speech.services import decoders_for, voice_for
from agent_runtime.warm_up import warm_up

HOST = "127.0.0.1"
CARRIER = "webrtc"
MAX_MESSAGE = 1_000
"""Bytes of one WebSocket message; a page only ever says that it hangs up."""
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom the visitor of the page is taken for."""

    person: str = ""
    """Person id, an address or a number; empty: nobody we know."""
    playbook: str = ""
    """With one we call them, and it leads; without, they call us."""


@dataclass(frozen=True, slots=True)
class Switchboard:
    """Who leads the calls of a page, and what it says before them."""

    opens: Opens
    words: PageWords


def company_switchboard(settings: Settings, caller: Caller) -> Switchboard:
    """Returns the switchboard of a workspace: its store, calendar and mail are the real ones.

    Raises:
        ParleyError: the workspace, its neighbours, the person or the playbook are not there.
    """
    if caller.playbook and not caller.person:
        raise ParleyError("--playbook says how somebody is called; name them with --person.")
    calls = open_company_calls(
        settings, _neighbours(settings), worker=f"{settings.executor_id}-browser"
    )
    if caller.playbook:
        calls.service().runtime.outbox.library.playbook(caller.playbook)
    name = _name(calls, caller.person) if caller.person else ""

    def opens(call_id: str) -> tuple[CallService, CallStart]:
        service = calls.service()
        with calls.store.begin() as tx:
            return service, start_of(tx, caller, call_id, now=service.clock())

    words = PageWords(name, is_ours=bool(caller.playbook), is_recorded=settings.voice_records)
    return Switchboard(opens, words)


def start_of(tx: Tx, caller: Caller, call_id: str, *, now: datetime) -> CallStart:
    """Returns a call of the page; a known person talks on their own number, where they have one.

    An address that only names this call would be the latest of theirs, and they would be called on
    it: only who has no number gets one.
    """
    direction = "outbound" if caller.playbook else "inbound"
    start = CallStart(call_id, direction, "", carrier=CARRIER, meta={"playbook": caller.playbook})
    if not caller.person:
        return start
    contact = whom(tx, caller.person)
    number = tx.address_on("voice", contact.person_id)
    if number.startswith("+"):
        return replace(start, number=number)
    tx.add_address("voice", start.address, contact.person_id, now=now)
    return start


def scenario_switchboard(settings: Settings, scenario: CallScenario) -> Switchboard:
    """Returns the switchboard of a scenario's stage: in memory, and a new one for each call."""
    library, model = open_mind(settings)
    warm_up(library, model, now=datetime.now(UTC))

    def opens(call_id: str) -> tuple[CallService, CallStart]:
        service = CallService(
            runtime=stage_for(scenario, library, model, now=datetime.now(UTC)),
            settings=settings,
            clock=lambda: datetime.now(UTC),
            mail=Postman,
            limits=lambda _: limits_of(scenario),
        )
        return service, replace(call_of(scenario, carrier=CARRIER), call_id=call_id)

    is_ours = scenario.direction == "outbound"
    caller = "" if scenario.is_unknown else "Alex Miller of Acme"
    return Switchboard(opens, PageWords(caller, is_ours=is_ours, is_kept=False))


def serve_browser_calls(
    switchboard: Switchboard,
    settings: Settings,
    *,
    port: int,
    announce: Callable[[str], None],
) -> None:
    """Serves the page on loopback until it is told to stop; then every call is ended.

    Args:
        switchboard: Who leads the calls.
        settings: Time limits of speech.
        port: 0 takes a free one.
        announce: Told the address once calls can be taken.

    Raises:
        ParleyError: the port is taken, or speech is not installed.
    """
    import uvicorn

    listening = listen(port)
    url = f"http://{HOST}:{listening.getsockname()[1]}/"
    asyncio.run(_warm_speech(settings))
    app = build_call_app(Lines(switchboard.opens), switchboard.words, hosts=(HOST, "localhost"))
    config = uvicorn.Config(
        app, ws_max_size=MAX_MESSAGE, timeout_graceful_shutdown=3, log_level="warning"
    )
    config.access_log = False
    announce(url)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


async def _warm_speech(settings: Settings) -> None:
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


def _neighbours(settings: Settings) -> Endpoints:
    """Returns where calendar and mail server listen, and makes sure that they do."""
    named = settings.smtp_port and settings.caldav_url
    written = settings.paths.sandbox / "endpoints.json"
    endpoints = wait_for_endpoints(settings) if named or written.exists() else None
    if endpoints is not None and _answers(endpoints.caldav_url):
        return endpoints
    where = f"{endpoints.caldav_url} does not answer" if endpoints else "none is known"
    raise ParleyError(
        f"no calendar server: {where}; set PARLEY_CALDAV_URL and PARLEY_SMTP_PORT, or talk on a "
        "stage in memory with `parley call --browser --scenario calls_us`."
    )


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_PATIENCE_S).close()
    except OSError:
        return False
    return True


def _name(calls: CompanyCalls, person: str) -> str:
    with calls.store.begin() as tx:
        contact = whom(tx, person)
    name = " ".join(filter(None, (contact.first_name, contact.last_name))) or contact.person_id
    return f"{name} of {contact.company}" if contact.company else name


def listen(port: int) -> socket.socket:
    """Returns a socket on loopback; port 0 takes a free one.

    Raises:
        ParleyError: the port is taken.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise ParleyError(f"--port {port}: {error.strerror}; choose another one.") from None
    return listening
