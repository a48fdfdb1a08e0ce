"""The sandbox's carrier: takes messages as Twilio's API does, logs them, texts and reports back."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import Lock, Thread
from time import sleep
from types import TracebackType
from typing import Any, Literal

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent_runtime.channels.carrier.segments import segments
from agent_runtime.channels.carrier.signature import HEADER, sign

Trouble = Literal["429", "500", "500_after_storing", "silent_after_storing", "cut_after_storing"]
"""How the next request fails: refused for haste; an error before or after the message was taken; no
answer in time, or a broken connection, after it was taken."""

_HOST = "127.0.0.1"
_NUMBER = re.compile(r"(?:whatsapp:)?\+[1-9]\d{6,14}")
_POLL_S = 0.01


@dataclass
class Carrier:
    """A server on loopback, in a thread of its own; what it took lies in a log, one line each."""

    log: Path
    account: str = "AC-sandbox"
    token: str = "sandbox-token"
    hooks_url: str = ""
    """Public base URL of the webhooks."""
    patience_s: float = 2.0
    """How long a client is kept waiting that is to run into its timeout."""
    troubles: list[Trouble] = field(default_factory=list)
    """Taken one a request, first in, first out."""
    stopped: set[str] = field(default_factory=set)
    """Numbers that have stopped us at the carrier: error 21610."""
    landlines: set[str] = field(default_factory=set)
    """Numbers that take no texts: error 21614."""
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Carrier:
        routes = [
            Route("/2010-04-01/Accounts/{account}/Messages.json", self._take, methods=["POST"])
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), host=_HOST, port=0, log_level="critical", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, name="carrier", daemon=True)
        self._thread.start()
        while not self._server.started:
            sleep(_POLL_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    @property
    def url(self) -> str:
        """The base URL of the API."""
        (server,) = self._server.servers
        return f"http://{_HOST}:{server.sockets[0].getsockname()[1]}"

    def taken(self) -> list[dict[str, Any]]:
        """Returns every message that was taken, in order."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def text(
        self, sender: str, body: str, *, to: str = "+15550001", sid: str = "", media: int = 0
    ) -> int:
        """Delivers a text of somebody to our webhook and returns the status of its answer."""
        sid = sid or f"SM{blake2b(f'{sender}{body}'.encode(), digest_size=16).hexdigest()}"
        fields = {"MessageSid": sid, "From": sender, "To": to, "Body": body, "NumMedia": str(media)}
        return self.call("/carrier/messages", fields)

    def report(self, taken: dict[str, Any], status: str, *, code: str = "") -> int:
        """Reports what became of a message to the address that came with it."""
        fields = {"MessageSid": taken["sid"], "MessageStatus": status}
        path = taken["StatusCallback"].removeprefix(self.hooks_url)
        return self.call(path, fields | ({"ErrorCode": code} if code else {}))

    def call(self, path: str, fields: dict[str, str], *, signature: str | None = None) -> int:
        """Posts a signed form to a webhook of ours; a wrong signature may be given instead."""
        url = f"{self.hooks_url}{path}"
        signed = sign(url, fields.items(), self.token) if signature is None else signature
        return httpx.post(url, data=fields, headers={HEADER: signed}, timeout=10).status_code

    async def _take(self, request: Request) -> Response:
        if request.headers.get("Authorization") != self._basic():
            return _refusal(401, 20003, "Authenticate")
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble == "429":
            return _refusal(429, 20429, "Too Many Requests")
        if trouble == "500":
            return _refusal(500, 20500, "Internal Server Error")
        form = {name: str(value) for name, value in (await request.form()).items()}
        number = form.get("To", "").removeprefix("whatsapp:")
        if refusal := self._refusal(form, number):
            return refusal
        once = request.headers.get("I-Twilio-Idempotency-Token", "")
        entry = await run_in_threadpool(self._store, form, once)
        if trouble == "500_after_storing":
            return _refusal(500, 20500, "Internal Server Error")
        if trouble == "silent_after_storing":
            await run_in_threadpool(sleep, self.patience_s)
        if trouble == "cut_after_storing":
            raise ConnectionResetError("the connection breaks before an answer is written")
        answer = {"sid": entry["sid"], "status": "queued", "num_segments": str(entry["segments"])}
        return JSONResponse(answer, status_code=201)

    def _refusal(self, form: dict[str, str], number: str) -> Response | None:
        if not _NUMBER.fullmatch(form.get("To", "")):
            return _refusal(400, 21211, "The 'To' number is not a valid phone number.")
        if not (form.get("Body") or form.get("ContentSid")):
            return _refusal(400, 21602, "Message body is required.")
        if number in self.landlines:
            return _refusal(400, 21614, "'To' number is not a valid mobile number")
        if number in self.stopped:
            return _refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        return None

    def _store(self, form: dict[str, str], once: str) -> dict[str, Any]:
        with self._lock:
            count = len(self.taken())
            sid = f"SM{blake2b(f'{count}'.encode(), digest_size=16).hexdigest()}"
            entry = {"sid": sid, "once": once, "segments": segments(form.get("Body", "")), **form}
            with self.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            return entry

    def _basic(self) -> str:
        return f"Basic {b64encode(f'{self.account}:{self.token}'.encode()).decode()}"


def bodies(taken: Iterable[dict[str, Any]], number: str) -> list[str]:
    """Returns what was sent to a number, in order."""
    return [entry.get("Body", "") for entry in taken if entry["To"] == number]


def _refusal(status: int, code: int, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "status": status}, status_code=status)
