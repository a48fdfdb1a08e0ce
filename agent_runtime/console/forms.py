"""Web forms: from a browser on a page of ours, or signed from a server; answered by e-mail."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from agent_runtime.console.door import Door, caller
from agent_runtime.console.form_spec import FORMS, Filled, FormSpec, load_forms, read_form
from agent_runtime.console.problems import Problem, problem
from agent_runtime.console.protocol import read_body
from agent_runtime.console.visitors import Visitor, Visitors
from agent_runtime.identity import complete
from agent_runtime.intake import Arrival, Taken

MAX_BODY = 32_000
SIGNATURE, TIMESTAMP = "x-parley-signature", "x-parley-timestamp"
FRESH_S = 300
"""How old a signed form may be."""


def router(door: Door, *, folder: Path = FORMS) -> Mount:
    """Returns the route of the forms of a folder, `/forms/{form_id}`."""
    desk = _FormDesk(door, load_forms(folder))
    cors = Middleware(
        CORSMiddleware,
        allow_origins=sorted(door.origins),
        allow_methods=["POST"],
        allow_headers=["content-type", "idempotency-key"],
    )
    return Mount(
        "/forms", routes=[Route("/{form_id}", desk.post, methods=["POST"])], middleware=[cors]
    )


class _FormDesk:
    def __init__(self, door: Door, forms: Mapping[str, FormSpec]) -> None:
        self._door, self._forms = door, forms
        self._visitors = Visitors(door.key)

    async def post(self, request: Request) -> Response:
        """Takes one form in; sent again it is the same event."""
        try:
            spec = self._spec(request.path_params["form_id"])
            body = await read_body(request, MAX_BODY)
            now = self._door.clock()
            self._let_in(request, body, now)
            filled = read_form(spec, await _fields(request, body))
            if filled.is_machine:
                return JSONResponse({"status": "received"}, status_code=202)
            key = request.headers.get("idempotency-key", "")[:100] or filled.submission_id
            key = key or hashlib.sha256(body + now.date().isoformat().encode()).hexdigest()
            taken = await asyncio.to_thread(self._take, spec, filled, key, now)
        except Problem as error:
            return error.response()
        status = "received" if taken.is_new else "received before"
        return JSONResponse({"status": status, "id": taken.key}, status_code=202)

    def _take(self, spec: FormSpec, filled: Filled, key: str, now: datetime) -> Taken:
        """An address that is new to us, from a browser that chats, is that visitor's."""
        visitor = self._visitors.read(filled.visitor) if filled.visitor else None
        email = filled.profile.email.lower()
        with self._door.store.begin() as tx:
            is_new = tx.contact_by_email(email) is None
            if is_new and visitor is not None:
                complete(tx, "chat", visitor.address, filled.profile)
        arrival = Arrival(
            channel="form",
            message_id=f"{spec.id}:{email}:{key}",
            sender=email,
            text=filled.text,
            recipient=spec.label,
            subject=spec.subject,
            profile=filled.profile,
        )
        taken = self._door.intake.take(arrival, now=now)
        if taken is None:
            raise problem("form", spec.id, "nobody of ours could answer: no owners", status=503)
        if taken.is_new:
            self._note(spec, filled, taken, visitor if is_new else None, is_new=is_new, now=now)
        return taken

    def _note(
        self,
        spec: FormSpec,
        filled: Filled,
        taken: Taken,
        visitor: Visitor | None,
        *,
        is_new: bool,
        now: datetime,
    ) -> None:
        """Consents and, only for somebody new to us, a number: else it may be another's phone."""
        profile = filled.profile.cleaned()
        agreed = [box.agreed(spec.label, profile.language) for box in filled.consents]
        with self._door.store.begin() as tx:
            contact = tx.contact_of(taken.person_id)
            session = tx.session_of(taken.person_id)
            if agreed and contact is not None and session is not None:
                self._door.opt_in.take(
                    tx, contact, session, agreed, place="form", country=profile.country, now=now
                )
            if visitor is not None and not tx.person_at("chat", visitor.address):
                tx.add_address("chat", visitor.address, taken.person_id, now=now)
            may_text = any(box.channel == "sms" for box in filled.consents)
            if filled.phone and may_text and is_new and not tx.person_at("sms", filled.phone):
                tx.add_address("sms", filled.phone, taken.person_id, now=now)

    def _spec(self, form_id: str) -> FormSpec:
        if form_id not in self._forms:
            known = ", ".join(sorted(self._forms))
            raise problem("form", form_id[:60], f"is unknown; there are {known}", status=404)
        return self._forms[form_id]

    def _let_in(self, request: Request, body: bytes, now: datetime) -> None:
        """A browser is known by its page, a server by its signature."""
        if not self._door.gate.may(self._door.gate.rates.form, "form", caller(request)):
            raise problem("address", caller(request), "sends too much; wait a minute", status=429)
        if SIGNATURE in request.headers:
            self._check_signature(request, body, now)
        elif not self._door.lets_in(request):
            origin = request.headers.get("origin", "")
            raise problem("Origin", origin[:60], "is not on the list of pages", status=403)

    def _check_signature(self, request: Request, body: bytes, now: datetime) -> None:
        given, at = request.headers[SIGNATURE], request.headers.get(TIMESTAMP, "")
        is_known = bool(self._door.form_key)
        wanted = signature(self._door.form_key, at, body)
        if not is_known or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise problem(
                SIGNATURE, given[:16], "is not the HMAC of timestamp and body", status=401
            )
        if not at.isdigit() or abs(now.timestamp() - int(at)) > FRESH_S:
            raise problem(TIMESTAMP, at[:20], f"must be within {FRESH_S} s of now", status=401)


def signature(key: str, timestamp: str, body: bytes) -> str:
    """Returns `sha256=` and the HMAC-SHA256 of `timestamp.body`, in hex."""
    digest = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


async def _fields(request: Request, body: bytes) -> dict[str, str]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(body)
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
        except (UnicodeDecodeError, ValueError):
            raise problem("body", "", "must be UTF-8 of at most 100 fields") from None
        return dict(pairs)
    rule = "must be application/json or application/x-www-form-urlencoded"
    raise problem("content-type", kind[:60], rule, status=415)


def _from_json(body: bytes) -> dict[str, str]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise problem("body", "", "must be JSON") from None
    if not isinstance(said, dict):
        raise problem("body", type(said).__name__, "must be a JSON object of fields")
    fields: dict[str, str] = {}
    for name, value in said.items():
        if not isinstance(value, str | bool | int | None):
            raise problem(name[:60], str(value)[:40], "must be text, a number or true or false")
        fields[name] = "" if value is None else str(value).lower() if value is True else str(value)
    return fields
