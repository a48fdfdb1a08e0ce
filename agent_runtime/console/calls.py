"""`POST /calls`: a server of the company asks for a call, signed as its forms are (R254)."""

import asyncio
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent_runtime.calling.as_json import asked_as_json, status_of
from agent_runtime.calling.asking import CallRequest, ask_for_call
from agent_runtime.calling.checking import CallError
from agent_runtime.calling.telephony import Telephony
from agent_runtime.console.door import Door, caller
from agent_runtime.console.forms import FRESH_S, SIGNATURE, TIMESTAMP, signature
from agent_runtime.console.problems import Problem, problem
from agent_runtime.console.protocol import read_body
from agent_runtime.library.catalog import LibraryError

MAX_BODY = 8_000
FIELDS = frozenset({"person", "playbook", "key", "campaign", "at", "dry_run"})
_HTTP = {"queued": 202, "repeated": 200, "blocked": 409}


def routes(door: Door, telephony: Telephony, *, key: str) -> tuple[Route, ...]:
    """Returns the route where requests are signed with `key`; none where that is empty."""
    if not key:
        return ()
    return (Route("/calls", _CallDoor(door, telephony, key).post, methods=["POST"]),)


@dataclass(frozen=True, slots=True)
class _CallDoor:
    door: Door
    telephony: Telephony
    key: str

    async def post(self, request: Request) -> Response:
        """Queues one call; the same key again is the same call."""
        try:
            if not self.door.gate.may(self.door.gate.rates.address, "calls", caller(request)):
                raise problem("address", caller(request), "sends too much; wait", status=429)
            body = await read_body(request, MAX_BODY)
            now = self.door.clock()
            self._check_signature(request, body, now)
            fields = _fields(body)
            return await asyncio.to_thread(self._ask, fields, now)
        except Problem as error:
            return error.response()

    def _ask(self, fields: Mapping[str, Any], now: datetime) -> Response:
        asked_for = CallRequest(
            person=_text(fields, "person", needed=True),
            playbook=_text(fields, "playbook"),
            key=_text(fields, "key", needed=True),
            campaign_id=_text(fields, "campaign"),
            at=_instant(fields),
        )
        dry_run = fields.get("dry_run", False)
        if not isinstance(dry_run, bool):
            raise problem("dry_run", str(dry_run)[:20], "must be true or false")
        try:
            with self.door.store.begin() as tx:
                asked = ask_for_call(
                    tx, self.door.library(), self.telephony, asked_for, now=now, dry_run=dry_run
                )
        except (CallError, LibraryError) as error:
            raise Problem("person", str(error), 422) from None
        status = status_of(asked, dry_run=dry_run)
        told = asked_as_json(asked, dry_run=dry_run)
        return JSONResponse(told, status_code=_HTTP.get(status, 200))

    def _check_signature(self, request: Request, body: bytes, now: datetime) -> None:
        given = request.headers.get(SIGNATURE, "")
        at = request.headers.get(TIMESTAMP, "")
        wanted = signature(self.key, at, body)
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise problem(
                SIGNATURE, given[:16], "is not the HMAC of timestamp and body", status=401
            )
        if not at.isdigit() or abs(now.timestamp() - int(at)) > FRESH_S:
            raise problem(TIMESTAMP, at[:20], f"must be within {FRESH_S} s of now", status=401)


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise problem("body", "", "must be JSON") from None
    if not isinstance(said, dict):
        raise problem("body", type(said).__name__, "must be a JSON object")
    for name in said.keys() - FIELDS:
        raise problem(str(name)[:60], "", f"is unknown; there are {', '.join(sorted(FIELDS))}")
    return said


def _text(fields: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > 200 or (needed and not value.strip()):
        raise problem(name, str(value)[:40], "must be a text of at most 200 characters")
    return value.strip()


def _instant(fields: Mapping[str, Any]) -> datetime | None:
    said = _text(fields, "at")
    if not said:
        return None
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise problem("at", said[:40], "must be an instant such as 2026-11-27T15:00Z") from None
    if at.tzinfo is None:
        raise problem("at", said[:40], "needs its zone, such as 2026-11-27T15:00Z")
    return at
