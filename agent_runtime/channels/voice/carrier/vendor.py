"""What the vendors have in common: requests to make, calls as they show them, news as they tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

import httpx

from agent_runtime.channels.voice.carrier.account import CarrierAccount, Region
from agent_runtime.channels.voice.carrier.signatures import Received

if TYPE_CHECKING:
    from pipecat.serializers.base_serializer import FrameSerializer

Phase = Literal["waiting", "dialled", "never_dialled"]
"""waiting: the carrier has it and has not begun to dial. dialled: a telephone may have rung.
never_dialled: it is over, and the carrier shows that nothing was dialled."""

CallStatus = Literal[
    "", "initiated", "ringing", "answered", "completed", "busy", "no_answer", "failed", "canceled"
]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the carrier's API, below the base URL of a region."""

    method: str
    path: str
    form: Mapping[str, str | list[str]] | None = None
    json: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """Returns it as a request of a client."""
        return client.build_request(
            self.method,
            self.path,
            data=self.form,
            json=self.json,
            params=self.query,
            headers=self.headers,
        )


@dataclass(frozen=True, slots=True)
class Dial:
    """One call to place."""

    number: str
    own_number: str
    ring_s: int
    longest_s: int
    key: str
    """Names this attempt; a carrier that knows repeats knows them by it."""
    answer_url: str
    status_url: str
    since: datetime
    """Nothing that the carrier had before is this call."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as the carrier shows it."""

    provider_id: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook tells of a call."""

    provider_id: str
    status: CallStatus
    number: str
    """The other side's, in E.164; empty where it is withheld."""
    own_number: str
    answered_by: Literal["", "person", "machine"] = ""
    duration_s: float | None = None
    code: str = ""
    keys: str = ""
    """What they pressed where they were asked to."""


@dataclass(frozen=True, slots=True)
class Started:
    """The first words of a media stream."""

    stream_id: str
    provider_id: str


class NoAnswerError(Exception):
    """The carrier answered a question of ours with something else than an answer."""


Send = Callable[[Ask], httpx.Response]
"""Asks one region. Raises `httpx.HTTPError` where it cannot be reached."""


class Vendor(Protocol):
    """One carrier's way of speaking."""

    account: CarrierAccount

    def auth(self, region: Region) -> httpx.Auth:
        """How requests to a region are authenticated."""
        ...

    def place(self, dial: Dial) -> Ask:
        """The request that places a call."""
        ...

    def placed(self, answer: httpx.Response) -> str:
        """The carrier's id of a call that it took; empty where it tells none."""
        ...

    def find(self, send: Send, dial: Dial) -> list[Seen]:
        """Calls that can only be this one, by both numbers and time.

        Raises:
            NoAnswerError: the carrier does not say.
        """
        ...

    def look(self, send: Send, provider_id: str) -> Seen | None:
        """One call; None where the carrier knows none of this id.

        Raises:
            NoAnswerError: the carrier does not say.
        """
        ...

    def cancel(self, send: Send, provider_id: str) -> bool:
        """Takes a call back; True only where it is proven that nothing was dialled."""
        ...

    def hang_up(self, provider_id: str) -> Ask:
        """The request that ends a call."""
        ...

    def press(self, provider_id: str, keys: str) -> Ask | None:
        """The request that sends keys; None where they go as tones in our sound."""
        ...

    def redirect(self, provider_id: str, url: str) -> Ask:
        """The request that has a call go on with the document of an address; its stream ends."""
        ...

    def ask_xml(self, text: str, url: str) -> str:
        """The document that says something, and posts the key that is pressed to an address."""
        ...

    def room_xml(self, room: str) -> str:
        """The document that puts a call into a room, which ends with any that leaves it."""
        ...

    def stream_xml(self, url: str) -> str:
        """The document that connects a call to our socket."""
        ...

    def refuse_xml(self) -> str:
        """The document that ends a call."""
        ...

    def is_signed(self, received: Received, *, now: datetime) -> bool:
        """Says whether the carrier sent this."""
        ...

    def told(self, received: Received) -> Told:
        """What a webhook says."""
        ...

    def started(self, message: Mapping[str, Any]) -> Started | None:
        """The stream that a first message opens; None for any other message."""
        ...

    def serializer(self, started: Started) -> "FrameSerializer":
        """Pipecat's serializer for a stream; we hang up by ourselves."""
        ...


def text_of(fields: Mapping[str, str], *names: str) -> str:
    """Returns the first of these fields that says anything."""
    return next((fields[name] for name in names if fields.get(name)), "")


def object_of(answer: httpx.Response) -> dict[str, Any]:
    """Returns the JSON object of an answer, empty where it is none."""
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def answered(answer: httpx.Response) -> dict[str, Any]:
    """Returns what an answer says.

    Raises:
        NoAnswerError: it is no success, or says nothing.
    """
    said = object_of(answer) if answer.is_success else {}
    if not said:
        raise NoAnswerError(f"the carrier answered {answer.status_code}")
    return said
