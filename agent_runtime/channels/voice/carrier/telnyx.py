"""Telnyx: calls by TeXML, webhooks signed with Ed25519, its media streaming."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx

from agent_runtime.channels.voice.carrier.account import CarrierAccount, Region
from agent_runtime.channels.voice.carrier.signatures import Received, is_from_telnyx
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

EVENTS = "initiated ringing answered completed"


@dataclass(frozen=True, slots=True)
class Telnyx:
    """https://developers.telnyx.com/api-reference/texml-rest-commands and .../media-streaming.

    Its call resources are eventually consistent and do not show whether a call was dialled before
    it was cancelled, so that a call which it has taken is never taken back for another region.
    """

    account: CarrierAccount

    def auth(self, region: Region) -> httpx.Auth:
        """The API key."""
        return _Bearer(region.secret)

    def place(self, dial: Dial) -> Ask:
        """Initiates an outbound call of the TeXML application."""
        said: dict[str, Any] = {
            "ApplicationSid": self.account.application,
            "To": dial.number,
            "From": dial.own_number,
            "Url": dial.answer_url,
            "UrlMethod": "POST",
            "StatusCallback": dial.status_url,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": EVENTS,
            "Timeout": dial.ring_s,
            "TimeLimit": dial.longest_s,
        }
        if self.account.detects_machines:
            said |= {
                "MachineDetection": "Enable",
                "AsyncAmd": True,
                "AsyncAmdStatusCallback": dial.status_url,
                "AsyncAmdStatusCallbackMethod": "POST",
            }
        return Ask("POST", self._calls, json=said)

    def placed(self, answer: httpx.Response) -> str:
        """Its id, which the reference leaves out of the answer and webhooks always have."""
        said = object_of(answer)
        return str(said.get("sid") or said.get("call_sid") or "")

    def find(self, send: Send, dial: Dial) -> list[Seen]:
        """By both numbers."""
        query = {"To": dial.number, "From": dial.own_number, "page[size]": "50"}
        said = answered(send(Ask("GET", self._calls, query=query)))
        return seen_in(said.get("calls", ()), dial.since)

    def look(self, send: Send, provider_id: str) -> Seen | None:
        """The resource of a call."""
        answer = send(Ask("GET", f"{self._calls}/{provider_id}"))
        return None if answer.status_code == 404 else seen_as(answered(answer), proves=False)

    def cancel(self, send: Send, provider_id: str) -> bool:
        """Cancelled, and never proven not to have been dialled."""
        send(Ask("POST", f"{self._calls}/{provider_id}", form={"Status": "canceled"}))
        return False

    def hang_up(self, provider_id: str) -> Ask:
        """The command of Call Control; a TeXML call's SID is its call control id."""
        return Ask("POST", f"/v2/calls/{provider_id}/actions/hangup", json={})

    def press(self, provider_id: str, keys: str) -> Ask | None:
        """The command of Call Control."""
        return Ask("POST", f"/v2/calls/{provider_id}/actions/send_dtmf", json={"digits": keys})

    def redirect(self, provider_id: str, url: str) -> Ask:
        """Updates the call with the address of another document."""
        return Ask("POST", f"{self._calls}/{provider_id}", form={"Url": url})

    def ask_xml(self, text: str, url: str) -> str:
        """Gather."""
        return ask_key(text, url)

    def room_xml(self, room: str) -> str:
        """A conference."""
        return join_room(room)

    def stream_xml(self, url: str) -> str:
        """A stream of both ways in RTP payloads; MP3 is what it takes unless told otherwise."""
        return connect_stream(
            url,
            track="inbound_track",
            codec="PCMU",
            bidirectionalMode="rtp",
            bidirectionalCodec="PCMU",
            bidirectionalSamplingRate="8000",
        )

    def refuse_xml(self) -> str:
        """Ends it."""
        return f"{HEAD}<Response><Hangup/></Response>"

    def is_signed(self, received: Received, *, now: datetime) -> bool:
        """By the account's key, within five minutes."""
        return is_from_telnyx(received, self.account.public_key, now=now)

    def told(self, received: Received) -> Told:
        """The form of a TeXML webhook, which has Twilio's fields."""
        return told_by(received)

    def started(self, message: Mapping[str, Any]) -> Started | None:
        """The `start` frame."""
        start = message.get("start")
        if message.get("event") != "start" or not isinstance(start, dict):
            return None
        return Started(str(message.get("stream_id", "")), str(start.get("call_control_id", "")))

    def serializer(self, started: Started) -> "FrameSerializer":
        """8 kHz mu-law, both ways."""
        from pipecat.serializers.telnyx import TelnyxFrameSerializer

        params = TelnyxFrameSerializer.InputParams(auto_hang_up=False)
        return TelnyxFrameSerializer(started.stream_id, "PCMU", "PCMU", params=params)

    @property
    def _calls(self) -> str:
        return f"/v2/texml/Accounts/{self.account.account}/Calls"


class _Bearer(httpx.Auth):
    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request
