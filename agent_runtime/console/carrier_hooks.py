"""Webhooks of the carrier: texts that arrive, and what became of ours; nothing unsigned counts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from phonenumbers import NumberParseException, parse, region_code_for_number
from starlette.concurrency import run_in_threadpool

from agent_runtime.channels.carrier.reports import StatusReport, take_report
from agent_runtime.channels.carrier.signature import HEADER, is_signed
from agent_runtime.channels.carrier.twilio import STATUS_PATH
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.domain import ChannelName
from agent_runtime.intake import Arrival, Intake
from agent_runtime.profile import Profile
from agent_runtime.settings import Settings

INBOUND_PATH = "/carrier/messages"
MAX_FIELDS = 200
MAX_BYTES = 64 * 1024
"""A text is 1,600 characters at most; nobody unknown makes us read more than this."""
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_WHATSAPP = "whatsapp:"
_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_OPT_OUT_TYPE = "OptOutType"
"""Sent where the carrier has answered a word of command by itself."""


@dataclass(frozen=True, slots=True)
class CarrierHooks:
    """What the webhooks need."""

    intake: Intake
    outbox: Outbox
    token: str
    """By which the carrier signs."""
    public_url: str
    """As the carrier was told, since a proxy may have changed scheme, host and port."""
    clock: Callable[[], datetime]


def hooks_of(
    settings: Settings, intake: Intake, outbox: Outbox, *, clock: Callable[[], datetime]
) -> CarrierHooks | None:
    """Returns the hooks of a workspace, or None where no carrier is set up."""
    token = settings.carrier_token.get_secret_value()
    if not (token and settings.public_url):
        return None
    public_url = settings.public_url.rstrip("/")
    return CarrierHooks(intake, outbox, token, public_url, clock)


def carrier_router(hooks: CarrierHooks) -> APIRouter:
    """Returns the routes to mount in any app; the carrier posts to `<public_url>/carrier/…`."""
    router = APIRouter()

    @router.post(INBOUND_PATH, include_in_schema=False)
    async def take_message(request: Request) -> Response:
        fields = await _signed_fields(request, hooks)
        if fields is None:
            return Response(status_code=403)
        arrival = arrival_of(fields)
        if arrival is not None:
            await run_in_threadpool(hooks.intake.take, arrival, now=hooks.clock())
        return Response(_NOTHING_TO_SAY, media_type="text/xml")

    @router.post(STATUS_PATH, include_in_schema=False)
    async def take_status(request: Request) -> Response:
        fields = await _signed_fields(request, hooks)
        if fields is None:
            return Response(status_code=403)
        asked = request.query_params
        attempt = asked.get("attempt", "")
        report = StatusReport(
            message_id=asked.get("message", ""),
            attempt=int(attempt) if attempt.isdecimal() else 0,
            provider_id=fields.get("MessageSid", ""),
            status=fields.get("MessageStatus", ""),
            code=fields.get("ErrorCode", ""),
        )
        await run_in_threadpool(take_report, hooks.outbox, report, now=hooks.clock())
        return Response(status_code=204)

    return router


async def _signed_fields(request: Request, hooks: CarrierHooks) -> dict[str, str] | None:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MAX_BYTES:
        return None
    async with request.form(max_files=0, max_fields=MAX_FIELDS) as form:
        fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{hooks.public_url}{request.url.path}{query}"
    if not is_signed(url, fields, hooks.token, request.headers.get(HEADER, "")):
        return None
    return dict(fields)


def arrival_of(fields: dict[str, str]) -> Arrival | None:
    """Returns the text of a person; None for what no person sent, such as a short code."""
    written_from, sid = fields.get("From", ""), fields.get("MessageSid", "")
    channel: ChannelName = "whatsapp" if written_from.startswith(_WHATSAPP) else "sms"
    number = written_from.removeprefix(_WHATSAPP)
    if not (sid and _NUMBER.fullmatch(number)):
        return None
    media = fields.get("NumMedia", "0")
    return Arrival(
        channel=channel,
        message_id=sid,
        sender=number,
        text=fields.get("Body", ""),
        recipient=fields.get("To", "").removeprefix(_WHATSAPP),
        profile=Profile(first_name=fields.get("ProfileName", ""), country=_country(number)),
        is_stop=fields.get(_OPT_OUT_TYPE, "") == "STOP",
        has_media=media.isdecimal() and int(media) > 0,
    )


def _country(number: str) -> str:
    try:
        return region_code_for_number(parse(number)) or ""
    except NumberParseException:
        return ""
