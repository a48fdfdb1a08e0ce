"""What Twilio and Telnyx's TeXML share: status words, fields of webhooks, calls as resources."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from agent_runtime.channels.voice.carrier.signatures import Received
from agent_runtime.channels.voice.carrier.vendor import (
    CallStatus,
    NoAnswerError,
    Phase,
    Seen,
    Told,
    text_of,
)

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SKEW = timedelta(seconds=60)
"""By how much the carrier's clock may differ from ours."""
STATUS: Mapping[str, CallStatus] = {
    "queued": "initiated",
    "initiated": "initiated",
    "ringing": "ringing",
    "in-progress": "answered",
    "answered": "answered",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}


def connect_stream(url: str, **attributes: str) -> str:
    """Returns the document that puts a call through to a socket, both ways."""
    said = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"{HEAD}<Response><Connect><Stream url={quoteattr(url)}{said}/></Connect></Response>"


def ask_key(text: str, url: str) -> str:
    """Returns the document that says something and posts the key that is pressed."""
    gather = f'<Gather numDigits="1" timeout="8" action={quoteattr(url)}>'
    return f"{HEAD}<Response>{gather}<Say>{escape(text)}</Say></Gather><Hangup/></Response>"


def join_room(room: str) -> str:
    """Returns the document that puts a call into a room."""
    said = f'<Conference beep="false" endConferenceOnExit="true">{escape(room)}</Conference>'
    return f"{HEAD}<Response><Dial>{said}</Dial></Response>"


def told_by(received: Received) -> Told:
    """Returns what a webhook of either says."""
    fields = dict(received.fields)
    is_out = fields.get("Direction", "").startswith("outbound")
    theirs, ours = ("To", "From") if is_out else ("From", "To")
    who = fields.get("AnsweredBy", "")
    duration = text_of(fields, "CallDuration", "Duration")
    return Told(
        provider_id=fields.get("CallSid", ""),
        status=STATUS.get(fields.get("CallStatus", ""), ""),
        number=fields.get(theirs, ""),
        own_number=fields.get(ours, ""),
        answered_by="person"
        if who == "human"
        else "machine"
        if who.startswith("machine") or who == "fax"
        else "",
        duration_s=float(duration) if duration.isdecimal() else None,
        code=text_of(fields, "ErrorCode", "SipResponseCode"),
        keys=fields.get("Digits", ""),
    )


def seen_in(calls: Iterable[Mapping[str, Any]], since: datetime) -> list[Seen]:
    """Returns the calls of a list that were made from an instant on.

    Raises:
        NoAnswerError: a call does not say when it was made.
    """
    return [seen_as(call) for call in calls if _made_at(call) >= since - SKEW]


def seen_as(call: Mapping[str, Any], *, proves: bool = True) -> Seen:
    """Returns a call as a resource shows it.

    Twilio: the start time is empty while a call has not been dialled; `proves` says whether that
    may be relied on. https://www.twilio.com/docs/voice/api/call-resource
    """
    status, is_dialled = call.get("status", ""), bool(call.get("start_time")) or not proves
    phase: Phase = "dialled"
    if status == "queued" and not call.get("start_time"):
        phase = "waiting"
    elif status in ("canceled", "failed") and not is_dialled:
        phase = "never_dialled"
    return Seen(str(call.get("sid") or ""), phase)


def _made_at(call: Mapping[str, Any]) -> datetime:
    try:
        return parsedate_to_datetime(str(call.get("date_created")))
    except ValueError:
        raise NoAnswerError("a call does not say when it was made") from None
