"""Twilio: its Calls resource, its webhooks and its Media Streams."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx

from agent_runtime.channels.voice.carrier.account import CarrierAccount, Region
from agent_runtime.channels.voice.carrier.signatures import Received, is_from_twilio
from agent_runtime.channels.voice.carrier.twiml import (
    HEAD,
    ask_key,
    connect_stream,
    join_room,
    seen_as,
    seen_in,
    told_by,
)
from agent_runtime.channels.voice.carrier.vendor import (
    Ask,
    Dial,
    Seen,
    Send,
    Started,
    Told,
    answered,
    object_of,
)

if TYPE_CHECKING:
    from pipecat.serializers.base_serializer import FrameSerializer

EVENTS = ["initiated", "ringing", "answered", "completed"]


@dataclass(frozen=True, slots=True)
class Twilio:
    """https://www.twilio.com/docs/voice/api/call-resource and .../media-streams."""

    account: CarrierAccount

    def auth(self, region: Region) -> httpx.Auth:
        """Account SID and the region's auth token."""
        return httpx.BasicAuth(self.account.account, region.secret)

    def place(self, dial: Dial) -> Ask:
        """Creates a call."""
        form: dict[str, str | list[str]] = {
            "To": dial.number,
            "From": dial.own_number,
            "Url": dial.answer_url,
            "StatusCallback": dial.status_url,
            "StatusCallbackEvent": EVENTS,
            "Timeout": str(dial.ring_s),
            "TimeLimit": str(dial.longest_s),
        }
        if self.account.detects_machines:
            form |= {
                "MachineDetection": "Enable",
                "AsyncAmd": "true",
                "AsyncAmdStatusCallback": dial.status_url,
            }
        once = {"I-Twilio-Idempotency-Token": dial.key}
        return Ask("POST", f"{self._calls}.json", form=form, headers=once)

    def placed(self, answer: httpx.Response) -> str:
        """Its SID."""
        return str(object_of(answer).get("sid") or "")

    def find(self, send: Send, dial: Dial) -> list[Seen]:
        """By both numbers; a call that still waits has no start by which to ask."""
        query = {"To": dial.number, "From": dial.own_number, "PageSize": "50"}
        said = answered(send(Ask("GET", f"{self._calls}.json", query=query)))
        return seen_in(said.get("calls", ()), dial.since)

    def look(self, send: Send, provider_id: str) -> Seen | None:
        """The resource of a call."""
        answer = send(Ask("GET", f"{self._calls}/{provider_id}.json"))
        return None if answer.status_code == 404 else seen_as(answered(answer))

    def cancel(self, send: Send, provider_id: str) -> bool:
        """Cancelled, and the resource shows no start."""
        answer = send(Ask("POST", f"{self._calls}/{provider_id}.json", form={"Status": "canceled"}))
        return answer.is_success and seen_as(object_of(answer)).phase == "never_dialled"

    def hang_up(self, provider_id: str) -> Ask:
        """Completes a call that stands."""
        return Ask("POST", f"{self._calls}/{provider_id}.json", form={"Status": "completed"})

    def press(self, provider_id: str, keys: str) -> Ask | None:
        """A stream takes no keys; they are heard as tones."""
        del provider_id, keys

    def redirect(self, provider_id: str, url: str) -> Ask:
        """Updates the call with the address of another document."""
        return Ask("POST", f"{self._calls}/{provider_id}.json", form={"Url": url})

    def ask_xml(self, text: str, url: str) -> str:
        """Gather."""
        return ask_key(text, url)

    def room_xml(self, room: str) -> str:
        """A conference."""
        return join_room(room)

    def stream_xml(self, url: str) -> str:
        """A stream of both ways; its address may have no query."""
        return connect_stream(url)

    def refuse_xml(self) -> str:
        """Ends it."""
        return f"{HEAD}<Response><Hangup/></Response>"

    def is_signed(self, received: Received, *, now: datetime) -> bool:
        """By the auth token of any region; the signature has no time."""
        del now
        return is_from_twilio(received, self.account.secrets)

    def told(self, received: Received) -> Told:
        """The form of a webhook."""
        return told_by(received)

    def started(self, message: Mapping[str, Any]) -> Started | None:
        """The `start` event."""
        start = message.get("start")
        if message.get("event") != "start" or not isinstance(start, dict):
            return None
        return Started(str(start.get("streamSid", "")), str(start.get("callSid", "")))

    def serializer(self, started: Started) -> "FrameSerializer":
        """8 kHz mu-law."""
        from pipecat.serializers.twilio import TwilioFrameSerializer

        params = TwilioFrameSerializer.InputParams(auto_hang_up=False)
        return TwilioFrameSerializer(started.stream_id, started.provider_id, params=params)

    @property
    def _calls(self) -> str:
        return f"/2010-04-01/Accounts/{self.account.account}/Calls"
