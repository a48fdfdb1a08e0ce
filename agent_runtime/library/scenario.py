"""A scenario: a dialogue with expected outcomes; test, training material and replay case in one."""

from datetime import date, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from agent_runtime.domain import ActionKind, Decision, PublicSignal
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
    decision: Decision | None = None
    """What the rules say of the message; the turn says in `given` what they know."""
    stopped_by: str | None = None
    """Id of the rule that decides against it, such as `quiet_hours`."""
    until: AwareDatetime | None = None
    """Until when it waits."""


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
    at: AwareDatetime | None = None
    """When it happens; else an hour after the turn before it."""
    free: tuple[AwareDatetime, ...] | None = None
    """When the free times of the owner's calendar begin; else on every workday there are some."""
    given: dict[str, Any] | None = None
    """What the rules know, by the names of `policies.facts.Facts`, and the `profile` that binds.

    Where it is given the rules are asked, and the agent does what they allow; else the turn shows
    what the playbook would do. `{}` is a reader of whom nothing is known.
    """
    expect: Expected

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Turn":
        if (self.due is None) == (not self.buyer):
            raise ValueError("a turn has either a touch that is due or what the buyer wrote")
        judged = (self.expect.decision, self.expect.stopped_by, self.expect.until)
        if any(one is not None for one in judged) and self.given is None:
            raise ValueError("a turn that expects a decision of the rules says what they are given")
        return self


class Scenario(_Part):
    """One dialogue in one language through one playbook."""

    id: str = Field(pattern=r"^[a-z_]+(\.[a-z0-9_]+)+$")
    about: str
    playbook: str
    language: Locale
    opened_by: Literal["agent", "buyer"] = "agent"
    title: str = "Head of Revenue Operations"
    country: str = ""
    """Where the reader is, ISO 3166 two letters; empty: wherever it is played."""
    time_zone: str = ""
    """Theirs, by its IANA name."""
    facts: dict[str, str] = Field(default_factory=dict)
    """What else the CRM knows: `session: Closing the books in a day`, `renewal_date: 30 June`."""
    signals: tuple[Signal, ...] = ()
    """Public signals of the company; which of them may be named is for the allow-list to say."""
    has_owner: bool = True
    """False: the CRM names nobody who owns the account."""
    turns: tuple[Turn, ...] = Field(min_length=1)
