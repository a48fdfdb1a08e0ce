"""A story of one person over several channels, as YAML: what happens, and what must come of it."""

from datetime import time
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent_runtime.domain import ChannelName
from agent_runtime.library.authored_file import read_authored
from agent_runtime.library.content import Locale

STORIES = Path(__file__).parent / "stories"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Leave(_Part):
    """Leave that the person has given, as the CRM has it."""

    channel: ChannelName
    purpose: str
    source: str
    words: str


class Whom(_Part):
    """Who the story is about; nobody real."""

    first_name: str
    last_name: str
    email: str = Field(pattern=r"^[\w.+-]+@[\w.-]+\.example$")
    phone: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    title: str
    company: str
    country: str = Field(pattern=r"^[A-Z]{2}$")
    time_zone: str
    language: Locale = "en"
    leave: tuple[Leave, ...]


class Expected(_Part):
    """What must come of a moment; what is not said is not checked."""

    says: tuple[str, ...] | None = None
    """Ids of the texts that the agent says, over the moment."""
    learns: dict[str, str] = Field(default_factory=dict)
    """What is known from then on, name and value."""
    without: str = ""
    """Id of a text that the agent would say if it did not remember what was told before."""
    is_booked: bool = False


class Moment(_Part):
    """One thing that happens, on a day of the story and at an hour of the person's zone."""

    day: int = Field(ge=0)
    at: time
    touch: int | None = Field(default=None, ge=1)
    """The agent writes first: so many touches of the playbook are due."""
    mail: str = ""
    chat: str = ""
    """Written in the chat, which they open by the link in our last mail."""
    text: str = ""
    """A text message from their number."""
    call: tuple[str, ...] = ()
    """What they say, turn by turn, in a call from their number."""
    expect: Expected = Expected()

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        given = (self.touch, self.mail, self.chat, self.text, self.call)
        if sum(bool(one) for one in given) != 1:
            raise ValueError("a moment is one of touch, mail, chat, text or call")
        return self

    @property
    def channel(self) -> ChannelName:
        """Where it happens."""
        if self.call:
            return "voice"
        return "chat" if self.chat else "sms" if self.text else "email"


class Story(_Part):
    """One person, one playbook, several channels."""

    id: str = Field(pattern=r"^[a-z_]+$")
    about: str
    playbook: str
    person: Whom
    moments: tuple[Moment, ...] = Field(min_length=1)


@cache
def read_story(path: Path) -> Story:
    """Returns the story of a file.

    Raises:
        LibraryError: it cannot be used; the sentence names file, field, value and rule.
    """
    return read_authored(path, Story)
