"""Plivo: its Call resource, its XML, webhooks signed in version 3, its audio streaming."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import httpx

from agent_runtime.channels.voice.carrier.account import CarrierAccount, Region
from agent_runtime.channels.voice.carrier.signatures import Received, is_from_plivo
from agent_runtime.channels.voice.carrier.twiml import HEAD, SKEW
from agent_runtime.channels.voice.carrier.vendor import (
    Ask,
    CallStatus,
    Dial,
    NoAnswerError,
    Phase,
    Seen,
    Send,
    Started,
    Told,
    answered,
    object_of,
    text_of,
)

if TYPE_CHECKING:
    from pipecat.serializers.base_serializer import FrameSerializer

STATUS: Mapping[str, CallStatus] = {
    "ringing": "ringing",
    "in-progress": "answered",
    "completed": "completed",
    "busy": "busy",
    "failed": "failed",
    "timeout": "no_answer",
    "no-answer": "no_answer",
    "cancel": "canceled",
}
_STANDING: tuple[tuple[str, Phase], ...] = (("queued", "waiting"), ("live", "dialled"))
_ENDED: tuple[str, Phase] = ("", "dialled")
MOST_AT_ONCE = 20
"""Live calls that are looked at one by one to find ours; with more of them nothing is proven."""


@dataclass(frozen=True, slots=True)
class Plivo:
    """https://www.plivo.com/docs/voice/api/call and .../docs/voice/xml/audiostream."""

    account: CarrierAccount

    def auth(self, region: Region) -> httpx.Auth:
        """Auth id and auth token."""
        return httpx.BasicAuth(self.account.account, region.secret)

    def place(self, dial: Dial) -> Ask:
        """Makes a call."""
        said: dict[str, Any] = {
            "to": dial.number.removeprefix("+"),
            "from": dial.own_number.removeprefix("+"),
            "answer_url": dial.answer_url,
            "answer_method": "POST",
            "ring_url": dial.status_url,
            "ring_method": "POST",
            "hangup_url": dial.status_url,
            "hangup_method": "POST",
            "ring_timeout": dial.ring_s,
            "time_limit": dial.longest_s,
        }
        if self.account.detects_machines:
            said |= {
                "machine_detection": "true",
                "machine_detection_url": dial.status_url,
                "machine_detection_method": "POST",
            }
        return Ask("POST", f"{self._root}/Call/", json=said)

    def placed(self, answer: httpx.Response) -> str:
        """The request's UUID, which is that of the call where it goes to one number."""
        said = object_of(answer).get("request_uuid") or ""
        return str(said[0] if isinstance(said, list) and said else said)

    def find(self, send: Send, dial: Dial) -> list[Seen]:
        """Among calls that wait, stand and have ended; lists of the first two are ids alone."""
        found: list[Seen] = []
        for status, phase in _STANDING:
            said = answered(send(Ask("GET", f"{self._root}/Call/", query={"status": status})))
            ids = said.get("calls", ())
            if len(ids) > MOST_AT_ONCE:
                raise NoAnswerError(f"{len(ids)} {status} calls are too many to look at")
            for one in ids:
                call = send(Ask("GET", f"{self._root}/Call/{one}/", query={"status": status}))
                if call.status_code != 404 and _is(answered(call), dial):
                    found.append(Seen(str(one), phase))
        since = (dial.since - SKEW).astimezone(UTC)
        query = {
            "to_number": dial.number.removeprefix("+"),
            "from_number": dial.own_number.removeprefix("+"),
            "end_time__gte": f"{since:%Y-%m-%d %H:%M:%S}",
        }
        ended = answered(send(Ask("GET", f"{self._root}/Call/", query=query)))
        return found + [Seen(str(one["call_uuid"]), "dialled") for one in ended.get("objects", ())]

    def look(self, send: Send, provider_id: str) -> Seen | None:
        """Among calls that wait, then those that stand, then those that have ended."""
        path = f"{self._root}/Call/{provider_id}/"
        for status, phase in (*_STANDING, _ENDED):
            answer = send(Ask("GET", path, query={"status": status} if status else None))
            if answer.status_code != 404:
                answered(answer)
                return Seen(provider_id, phase)
        return None

    def cancel(self, send: Send, provider_id: str) -> bool:
        """Takes a request back; that succeeds only while the call waits."""
        answer = send(Ask("DELETE", f"{self._root}/Request/{provider_id}/"))
        return answer.status_code == 204

    def hang_up(self, provider_id: str) -> Ask:
        """Ends a call."""
        return Ask("DELETE", f"{self._root}/Call/{provider_id}/")

    def press(self, provider_id: str, keys: str) -> Ask | None:
        """Sends digits to the leg that was called."""
        said = {"digits": keys, "leg": "aleg"}
        return Ask("POST", f"{self._root}/Call/{provider_id}/DTMF/", json=said)

    def redirect(self, provider_id: str, url: str) -> Ask:
        """Transfers the leg that we talk to."""
        said = {"legs": "aleg", "aleg_url": url, "aleg_method": "POST"}
        return Ask("POST", f"{self._root}/Call/{provider_id}/", json=said)

    def ask_xml(self, text: str, url: str) -> str:
        """GetInput."""
        how = f'action={quoteattr(url)} inputType="dtmf" numDigits="1" executionTimeout="15"'
        asks = f"<GetInput {how}><Speak>{escape(text)}</Speak></GetInput>"
        return f"{HEAD}<Response>{asks}<Hangup/></Response>"

    def room_xml(self, room: str) -> str:
        """A conference."""
        said = f'<Conference endConferenceOnExit="true">{escape(room)}</Conference>'
        return f"{HEAD}<Response>{said}</Response>"

    def stream_xml(self, url: str) -> str:
        """A stream of both ways that keeps the call."""
        kind = 'bidirectional="true" keepCallAlive="true" contentType="audio/x-mulaw;rate=8000"'
        return f"{HEAD}<Response><Stream {kind}>{escape(url)}</Stream></Response>"

    def refuse_xml(self) -> str:
        """Ends it."""
        return f"{HEAD}<Response><Hangup/></Response>"

    def is_signed(self, received: Received, *, now: datetime) -> bool:
        """By the auth token; the nonce has no time."""
        del now
        return is_from_plivo(received, self.account.secrets)

    def told(self, received: Received) -> Told:
        """The form of a webhook; numbers come without their plus."""
        fields = dict(received.fields)
        is_out = fields.get("Direction") == "outbound"
        theirs, ours = ("To", "From") if is_out else ("From", "To")
        machine = fields.get("Machine", "").lower()
        duration = fields.get("Duration", "")
        return Told(
            provider_id=text_of(fields, "CallUUID", "RequestUUID"),
            status=STATUS.get(fields.get("CallStatus", ""), ""),
            number=_e164(fields.get(theirs, "")),
            own_number=_e164(fields.get(ours, "")),
            answered_by="machine" if machine == "true" else "person" if machine == "false" else "",
            duration_s=float(duration) if duration.isdecimal() else None,
            code=text_of(fields, "HangupCauseCode", "HangupCause"),
            keys=fields.get("Digits", ""),
        )

    def started(self, message: Mapping[str, Any]) -> Started | None:
        """The `start` event, the first that comes."""
        start = message.get("start")
        if message.get("event") != "start" or not isinstance(start, dict):
            return None
        return Started(str(start.get("streamId", "")), str(start.get("callId", "")))

    def serializer(self, started: Started) -> "FrameSerializer":
        """8 kHz mu-law."""
        from pipecat.serializers.plivo import PlivoFrameSerializer

        params = PlivoFrameSerializer.InputParams(auto_hang_up=False)
        return PlivoFrameSerializer(started.stream_id, started.provider_id, params=params)

    @property
    def _root(self) -> str:
        return f"/v1/Account/{self.account.account}"


def _is(call: Mapping[str, Any], dial: Dial) -> bool:
    ends = str(call.get("to", "")), str(call.get("from", ""))
    return tuple(map(_e164, ends)) == (dial.number, dial.own_number)


def _e164(number: str) -> str:
    digits = number.removeprefix("+")
    return f"+{digits}" if digits.isdecimal() else ""
