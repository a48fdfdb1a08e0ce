"""A call as its authors expect it to go: what they do on their side, and what must come of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent_runtime.library.authored_file import read_authored
from agent_runtime.library.content import LibraryError, Locale

FOLDER = "calls"
"""Of the scenarios: a call is told otherwise than a thread of mails."""

_VOICE = r"^(us|gb|[a-z]{2,3}(-[a-z0-9-]+)?(\+[A-Za-z0-9]+)?)?$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Part):
    """One thing that happens on their side. Each begins once we are silent, unless it says when."""

    says: str = ""
    """What they say, as the recogniser would write it."""
    barge_in_after: int | None = Field(default=None, ge=0)
    """They begin once they have heard so many words of what we say next."""
    after_s: float = Field(default=0.5, ge=0)
    """How long they wait before they begin."""
    goes_on: bool = False
    """They do not wait for us: a pause in the middle of what they say."""
    cough: bool = False
    noise_s: float = Field(default=0, ge=0)
    """So long a sound of which nothing can be understood."""
    silence: float = Field(default=0, ge=0)
    """Seconds in which nothing happens."""
    who: Literal["person", "voicemail", "ivr", "screening", "unavailable", "uncertain"] | None = (
        None
    )
    """What is made of who answered, from the sound and the first words."""
    beep: bool = False
    hangs_up: bool = False
    drops: bool = False
    """The line breaks."""
    takes_call: bool | None = None
    """Whether somebody of ours takes the call that is put through."""
    stt_fails: bool = False
    """What they say next is not heard: the recogniser hangs over it."""
    tts_fails: bool = False
    """The voice dies in the middle of what we say next."""
    turn_takes_s: float = Field(default=0, ge=0)
    """The next turn takes so long."""
    plays: Literal["", "ring_back", "busy", "congestion", "sit", "fax", "hold_music"] = ""
    """A tone of the network, or music; only heard in sound."""
    plays_s: float = Field(default=4, gt=0)
    keys: str = Field(default="", pattern=r"^[0-9*#]*$")
    """A menu says its words again until these keys were pressed; only in sound."""
    presses: str = Field(default="", pattern=r"^[0-9*#]*$")
    """They press these keys, which nobody asked them to."""
    language: Locale | None = None
    """In which they say it, where this is not the language of the call."""
    voice: str = Field(default="", pattern=_VOICE)
    """Who says it, where this is somebody else."""

    @model_validator(mode="after")
    def _does_something(self) -> "Step":
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("a step says what happens: says, cough, silence, hangs_up, …")
        return self


class Sound(_Part):
    """How the other side sounds, and what the line does to it."""

    voice: str = Field(default="us", pattern=_VOICE)
    """us, gb (both Hibari, English only), or a voice of espeak-ng, as `en-scottish+m3`."""
    pitch: float = Field(default=1.0, ge=0.75, le=1.3)
    """Of Hibari: a factor on its fundamental frequency."""
    speed: float = Field(default=1.0, ge=0.7, le=1.5)
    noise: Literal["", "white", "pink", "brown", "hum", "street", "babble"] = ""
    snr_db: float = Field(default=20, ge=0, le=60)
    """How far the noise lies below their voice."""
    codec: Literal["", "ulaw"] = "ulaw"
    """ulaw: G.711 at 8 kHz; empty: 16 kHz, as in a browser."""
    loss: float = Field(default=0, ge=0, le=0.3)
    """Share of packets of 20 ms that do not arrive; each is filled with the one before it."""
    loss_back: float = Field(default=0, ge=0, le=0.3)
    """The same on the way to them."""
    burst: float = Field(default=1, ge=1, le=20)
    """How many packets are lost in a row, on average."""
    jitter_ms: int = Field(default=0, ge=0, le=200)
    """So much later may a packet reach us; in order, so that some come at once. Their telephone
    plays ours from a buffer of that length."""
    echo_db: float | None = Field(default=None, ge=10, le=60)
    """So much quieter does our own voice come back to us, after 0.12 s."""
    seed: int = 1


class Limits(_Part):
    """What differs from the usual limits of a call; see `channels.voice.limits`."""

    silence_s: float | None = None
    hold_s: float | None = None
    longest_s: float | None = None
    voicemail: Literal["hang_up", "leave_message"] | None = None
    records: bool | None = None
    transfers: bool | None = None
    calls_back: bool | None = None


class Expected(_Part):
    """What must come of the call; what is not said is not checked."""

    disposition: str
    reason: str | None = None
    """Why the line was closed."""
    is_booked: bool = False
    is_stopped: bool = False
    is_disclosed: bool = True
    """Whether the first thing that was heard of us says that an AI speaks."""
    says: tuple[str, ...] | None = None
    """Ids of all texts of which something was heard, in order."""
    never_says: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    """Words that were heard of us."""
    never_hears: tuple[str, ...] = ()
    turns: int | None = None
    calls_back: bool = False
    hands_on: str | None = None
    """Why a person of ours gets back to them."""
    presses: str = ""
    records: bool = False
    interruptions: int | None = None
    language: Locale | None = None
    """The language in which the call ended."""


class CallScenario(_Part):
    """One call in one language through one playbook."""

    id: str = Field(pattern=r"^call\.[a-z0-9_]+$")
    about: str
    direction: Literal["outbound", "inbound"] = "outbound"
    playbook: str = "icp_prospecting"
    language: Locale = "en"
    country: str = ""
    time_zone: str = ""
    title: str = "Head of Revenue Operations"
    facts: dict[str, str] = Field(default_factory=dict)
    may_be_called: bool = True
    """Whether they have agreed to calls."""
    is_stopped: bool = False
    """Whether they have asked before that contact stop."""
    is_unknown: bool = False
    """Whether the number is nobody's yet."""
    is_callback: bool = False
    """Whether it goes on with a call that broke."""
    menu: dict[str, str] = Field(default_factory=dict)
    """Which keys lead on where a menu says these words."""
    limits: Limits = Limits()
    sound: Sound = Sound()
    only_as_text: str = ""
    """Why this call is not played in sound; empty: it is."""
    call: tuple[Step, ...] = ()
    expect: Expected

    @property
    def switches_language(self) -> bool:
        """Whether they change the language in the middle of the call."""
        return any(step.language not in (None, self.language) for step in self.call)


def read_call_scenarios(roots: Iterable[Path]) -> tuple[CallScenario, ...]:
    """Returns the calls below the scenarios of some libraries, in the order of their names.

    Raises:
        LibraryError: a file cannot be used; the sentence names file, field, value and rule.
    """
    paths = sorted(path for root in roots for path in root.glob(f"scenarios/{FOLDER}/*.yaml"))
    found: dict[str, CallScenario] = {}
    for path in paths:
        scenario = read_call_scenario(path)
        if scenario.id in found:
            raise LibraryError(f"{path}: the id {scenario.id!r} stands in two files; change one.")
        found[scenario.id] = scenario
    return tuple(found.values())


def read_call_scenario(path: Path) -> CallScenario:
    """Returns the call of a file, or raises a sentence that says what is wrong with it."""
    return read_authored(path, CallScenario)
