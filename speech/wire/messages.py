"""The messages, in JSON, one text frame each; docs/nemo.md shows them in order.

A stream is one conversation's hearing, or one text that is spoken. Its number is the client's
choice, unique on its connection while the stream is open. Fields that one side does not know are
ignored, so that a version can gain some.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

VERSION = 1
PATH = "/speech"
"""Where the WebSocket is."""
LONGEST_PIECE = 1_000
"""Characters that are made into sound at once."""
MOST_PIECES = 64
"""Of one text to be spoken."""
LARGEST_MESSAGE = 65_536
"""Bytes of one text or binary frame."""
LARGEST_WINDOW = 1_048_576
"""Bytes of sound that may be on their way in one stream."""

Code = Literal["version", "unknown", "busy", "flow", "language", "engine", "draining", "loading"]
"""version: no version in common; unknown: a message or stream that makes no sense; busy: no stream
is free; flow: more sound than was allowed; language: nothing here knows it; engine: the model broke
or hangs; draining: the server ends; loading: it has only begun."""

StreamNumber = Annotated[int, Field(ge=0, lt=2**32)]


class WireError(Exception):
    """A message that the other side must not have sent, or a refusal of ours."""

    def __init__(self, code: Code, says: str, *, stream: int | None = None) -> None:
        super().__init__(says)
        self.code: Code = code
        self.stream = stream


class Message(BaseModel):
    """Base of what is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def as_text(self) -> str:
        """Returns the text frame."""
        return self.model_dump_json()


class Hello(Message):
    """The first message of a client."""

    type: Literal["hello"] = "hello"
    versions: tuple[int, ...]
    client: str = ""


class HearingOffer(Message):
    """What a server hears with."""

    model: str
    kind: str
    rate: int
    """Samples a second of the sound that it wants: 16-bit, little-endian, mono."""
    languages: tuple[str, ...]
    """Tags of BCP 47, by their language alone where the model knows no more."""
    most_streams: int
    chunk_s: float
    """Sound that the model takes at once; a final is at least this much work behind."""


class SpeakingOffer(Message):
    """What a server speaks with."""

    model: str
    kind: str
    rate: int
    languages: tuple[str, ...]
    most_streams: int
    tones: tuple[str, ...] = ()
    """Which parts of a tone it can show: pace, warmth, emphasis."""


class Welcome(Message):
    """The server's answer to `hello`."""

    type: Literal["welcome"] = "welcome"
    version: int
    hearing: HearingOffer | None = None
    speaking: SpeakingOffer | None = None


class AsrOpen(Message):
    """Begins to hear one conversation."""

    type: Literal["asr.open"] = "asr.open"
    stream: StreamNumber
    language: str


class AsrOpened(Message):
    """The stream is open; so many bytes of sound may be sent before the next credit."""

    type: Literal["asr.opened"] = "asr.opened"
    stream: StreamNumber
    window: int


class AsrEnd(Message):
    """The utterance is over: all sound before this belongs to it, all behind to the next."""

    type: Literal["asr.end"] = "asr.end"
    stream: StreamNumber
    utterance: int


class AsrInterim(Message):
    """What the utterance that goes on says so far; it may still change."""

    type: Literal["asr.interim"] = "asr.interim"
    stream: StreamNumber
    text: str


class AsrFinal(Message):
    """What an utterance said."""

    type: Literal["asr.final"] = "asr.final"
    stream: StreamNumber
    utterance: int
    text: str
    audio_s: float


class AsrClose(Message):
    """Ends a stream; what was not ended before is dropped."""

    type: Literal["asr.close"] = "asr.close"
    stream: StreamNumber


Piece = Annotated[str, Field(min_length=1, max_length=LONGEST_PIECE)]


class TtsSpeak(Message):
    """Says a text. The window is what may be sent before the client's next credit."""

    type: Literal["tts.speak"] = "tts.speak"
    stream: StreamNumber
    pieces: Annotated[tuple[Piece, ...], Field(min_length=1, max_length=MOST_PIECES)]
    """Sentences or clauses; a mark follows the sound of each."""
    language: str
    voice: str = ""
    """A speaker of the model; empty means its first."""
    pace: float = Field(default=1.0, ge=0.5, le=2.0)
    warmth: float = Field(default=0.0, ge=-1, le=1)
    emphasis: float = Field(default=0.0, ge=0, le=1)
    window: int = Field(default=LARGEST_WINDOW, ge=2, le=LARGEST_WINDOW)


class TtsStarted(Message):
    """The sound that follows in this stream has this rate."""

    type: Literal["tts.started"] = "tts.started"
    stream: StreamNumber
    rate: int


class TtsMark(Message):
    """A piece of the text, counted from 0, is whole with the sound that was sent so far."""

    type: Literal["tts.mark"] = "tts.mark"
    stream: StreamNumber
    piece: int


class TtsDone(Message):
    """No more sound comes in this stream."""

    type: Literal["tts.done"] = "tts.done"
    stream: StreamNumber
    outcome: Literal["whole", "cancelled"]


class TtsCancel(Message):
    """Stops a text in mid-sentence; sound that is on its way may still come before `tts.done`."""

    type: Literal["tts.cancel"] = "tts.cancel"
    stream: StreamNumber


class Credit(Message):
    """So many more bytes of sound may be sent, by whoever sends sound in this stream."""

    type: Literal["credit"] = "credit"
    stream: StreamNumber
    bytes: int = Field(gt=0, le=LARGEST_WINDOW)


class Going(Message):
    """The server ends soon: what is open goes on, nothing new begins."""

    type: Literal["going"] = "going"


class Error(Message):
    """What went wrong; with a stream, that stream is closed, without one the connection is."""

    type: Literal["error"] = "error"
    code: Code
    message: str
    stream: StreamNumber | None = None


FromClient = Hello | AsrOpen | AsrEnd | AsrClose | TtsSpeak | TtsCancel | Credit
FromServer = (
    Welcome | AsrOpened | AsrInterim | AsrFinal | TtsStarted | TtsMark | TtsDone | Credit | Going
    | Error
)  # fmt: skip

_Kind = TypeVar("_Kind")
_FROM_CLIENT: TypeAdapter[FromClient] = TypeAdapter(
    Annotated[FromClient, Field(discriminator="type")]
)
_FROM_SERVER: TypeAdapter[FromServer] = TypeAdapter(
    Annotated[FromServer, Field(discriminator="type")]
)


def from_client(text: str) -> FromClient:
    """Returns the message of a client.

    Raises:
        WireError: it is none.
    """
    return _parse(_FROM_CLIENT, text)


def from_server(text: str) -> FromServer:
    """Returns the message of a server.

    Raises:
        WireError: it is none.
    """
    return _parse(_FROM_SERVER, text)


def common_version(offered: tuple[int, ...]) -> int:
    """Returns the version to be spoken.

    Raises:
        WireError: none is known to both sides.
    """
    if VERSION in offered:
        return VERSION
    theirs = ", ".join(map(str, offered)) or "none"
    older = "client" if max(offered, default=0) < VERSION else "server"
    raise WireError(
        "version",
        f"versions = {theirs}: this server speaks version {VERSION} of the wire; upgrade the"
        f" {older}.",
    )


def _parse(kinds: TypeAdapter[_Kind], text: str) -> _Kind:
    try:
        return kinds.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "message"
        raise WireError("unknown", f"{where}: {first['msg']}.") from None
