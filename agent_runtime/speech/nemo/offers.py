"""What the speech server offers now, asked for before a call begins and by `parley doctor`."""

import threading
import time
from dataclasses import dataclass, replace

import httpx

from agent_runtime.settings import Settings

KEPT_S = 5.0
"""How long an answer counts: calls that begin together ask once."""
TIMEOUT_S = 0.5
"""A server that takes longer to say that it is ready is not."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What the server hears and speaks; nothing where it does not answer."""

    says: str
    """One sentence: what it offers, or why it cannot be used."""
    is_there: bool = False
    hears: tuple[str, ...] = ()
    speaks: tuple[str, ...] = ()
    hearing_model: str = ""
    hearing_rate: int = 0
    speaking_model: str = ""
    speaking_rate: int = 0

    def has(self, tag: str, part: str) -> bool:
        """Says whether it hears or speaks a language, whatever the region."""
        known = self.hears if part == "hearing" else self.speaks
        wanted = tag.replace("_", "-").lower()
        return any(one.lower() in (wanted, wanted.partition("-")[0]) for one in known)


_LOCK = threading.Lock()
_KEPT: dict[str, tuple[float, Offers]] = {}


def offers(settings: Settings) -> Offers:
    """Returns what the server of `PARLEY_SPEECH_URL` offers; asks it at most every few seconds."""
    url = settings.speech_url
    if not url:
        return Offers("PARLEY_SPEECH_URL names no server")
    with _LOCK:
        kept = _KEPT.get(url)
        if kept is None or time.monotonic() - kept[0] > KEPT_S:
            kept = _KEPT[url] = (time.monotonic(), ask(settings))
        return kept[1]


def ask(settings: Settings) -> Offers:
    """Asks the server now."""
    url = http_url(settings.speech_url)
    try:
        answer = httpx.get(f"{url}/ready", timeout=TIMEOUT_S)
        told = answer.json()
        if answer.status_code != httpx.codes.OK:
            return Offers(f"{url} is not ready: {told['state']}")
        hearing, speaking = told["hearing"] or {}, told["speaking"] or {}
        found = Offers(
            "",
            is_there=True,
            hears=tuple(hearing.get("languages", ())),
            speaks=tuple(speaking.get("languages", ())),
            hearing_model=hearing.get("model", ""),
            hearing_rate=hearing.get("rate", 0),
            speaking_model=speaking.get("model", ""),
            speaking_rate=speaking.get("rate", 0),
        )
    except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
        return Offers(f"{url} does not answer as our speech server does ({type(error).__name__})")
    ears = f"{found.hearing_model} hears {', '.join(found.hears)}" if found.hears else "hears none"
    voices = f"{found.speaking_model} speaks {', '.join(found.speaks)}" if found.speaks else "mute"
    return replace(found, says=f"{url}: {ears}; {voices}")


def http_url(url: str) -> str:
    """Returns the address for HTTP of a server whose WebSocket is at `ws://` or `wss://`."""
    return url.rstrip("/").replace("ws", "http", 1) if url.startswith("ws") else url.rstrip("/")


def socket_url(url: str) -> str:
    """Returns the address of its WebSocket."""
    from speech.wire.messages import PATH

    at = url.rstrip("/")
    return (at.replace("http", "ws", 1) if at.startswith("http") else at) + PATH
