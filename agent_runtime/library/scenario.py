"""A scenario: a dialogue with expected outcomes; test, training material and replay case in one."""

from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent_runtime.domain import ActionKind, PublicSignal
from agent_runtime.library.content import Locale
from agent_runtime.library.playbook import Intent, Priority, Role


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expected(_Part):
    """What must come of a turn; what is not said is not checked."""

    action: ActionKind | None = None
    reason: str | None = None
    state: str | None = None
    route_to: Role | None = None
    inform: tuple[Role, ...] | None = None
    priority: Priority | None = None
    says: tuple[str, ...] | None = None
    """Ids of the texts that the draft or brief uses, in order, without the frame."""
    contains: tuple[str, ...] = ()
    books: int | None = None
    """Number of the offered time that is booked, as the buyer counts: 1 is the first."""
    is_silent: bool | None = None
    """True when nothing may be written."""


class Signal(_Part):
    """Something that the company has made public, or that somebody else wrote of it."""

    kind: str
    source: str
    headline: str
    url: str = "https://alder.example/news"
    days_ago: int = Field(default=7, ge=0)

    def at(self, start: date) -> PublicSignal:
        """Returns the signal of a dialogue that begins on this day."""
        published = start - timedelta(days=self.days_ago)
        return PublicSignal(self.kind, self.source, self.headline, self.url, published)


class Turn(_Part):
    """One thing that happens: a touch falls due, or the buyer writes."""

    due: int | None = Field(default=None, ge=1)
    buyer: str = ""
    is_auto_reply: bool = False
    heard: Intent | Literal["nothing"] | None = None
    """What the words mean, for people who train on it and for tests with a scripted model."""
    expect: Expected

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Turn":
        if (self.due is None) == (not self.buyer):
            raise ValueError("a turn has either a touch that is due or what the buyer wrote")
        return self


class Scenario(_Part):
    """One dialogue in one language through one playbook."""

    id: str = Field(pattern=r"^[a-z_]+(\.[a-z0-9_]+)+$")
    about: str
    playbook: str
    language: Locale
    opened_by: Literal["agent", "buyer"] = "agent"
    title: str = "Head of Revenue Operations"
    facts: dict[str, str] = Field(default_factory=dict)
    """What else the CRM knows: `session: Closing the books in a day`, `renewal_date: 30 June`."""
    signals: tuple[Signal, ...] = ()
    """Public signals of the company; which of them may be named is for the allow-list to say."""
    has_owner: bool = True
    """False: the CRM names nobody who owns the account."""
    turns: tuple[Turn, ...] = Field(min_length=1)
