"""Where the neighbours listen: from the settings, or as the sandbox wrote it down."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, sleep

from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings

PATIENCE_S = 60.0
INBOUND_ADDRESS = "hello@northbeam.example"
"""Where strangers write to, and where notices and digests come from unless settings say so."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of the mail server and the calendar server."""

    smtp_host: str
    smtp_port: int
    caldav_url: str


def write_endpoints(path: Path, endpoints: Endpoints) -> None:
    """Writes the addresses so that no reader ever sees half a file."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(endpoints)), encoding="utf-8")
    draft.replace(path)


def known_endpoints(settings: Settings) -> Endpoints | None:
    """Returns the addresses as far as they are known now; None where no calendar is."""
    if settings.caldav_url or settings.google_token.get_secret_value():
        return Endpoints(settings.smtp_host, settings.smtp_port, settings.caldav_url)
    path = settings.paths.sandbox / "endpoints.json"
    return Endpoints(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def wait_for_endpoints(settings: Settings) -> Endpoints:
    """Returns the addresses, waiting for a sandbox that is still starting.

    Raises:
        ParleyError: neither the settings nor a sandbox say where the servers are.
    """
    if settings.smtp_port and settings.caldav_url:
        return Endpoints(settings.smtp_host, settings.smtp_port, settings.caldav_url)
    path = settings.paths.sandbox / "endpoints.json"
    until = monotonic() + PATIENCE_S
    while monotonic() < until:
        if path.exists():
            return Endpoints(**json.loads(path.read_text(encoding="utf-8")))
        sleep(0.05)
    raise ParleyError(
        f"no mail server is known: {path} did not appear in {PATIENCE_S:.0f} s; start the sandbox "
        "or set PARLEY_SMTP_PORT and PARLEY_CALDAV_URL."
    )
