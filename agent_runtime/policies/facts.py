"""All that the rules may know about one message, gathered at the moment of sending."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from agent_runtime.band.bands import Bands
from agent_runtime.domain import Autonomy, Choices, Consent, Proposal, SafeBand, Session, Verdict
from agent_runtime.grounding.opinions import NO_OPINIONS, Opinions
from agent_runtime.policies.calling.facts import CallFacts
from agent_runtime.policies.ruleset import RuleSet, rule_set
from agent_runtime.store.rows import Actor


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on proactive touches and the local hours in which they may go."""

    per_person: int = 3
    person_window: timedelta = timedelta(days=14)
    per_account_a_day: int = 4
    per_mailbox_a_day: int = 2000
    first_hour: int = 8
    last_hour: int = 18
    text_first_hour: int = 8
    text_last_hour: int = 21
    """Local hours of texts and calls about what somebody has asked for, any day of the week."""

    @classmethod
    def under(cls, rules: RuleSet) -> "Limits":
        """Returns the limits that a policy set names; the window of a person is everybody's."""
        caps, hours = rules.rules["caps"].parameters, rules.rules["quiet_hours"].parameters
        return cls(
            per_person=caps["per_person"],
            per_account_a_day=caps["per_account_a_day"],
            per_mailbox_a_day=caps["per_mailbox_a_day"],
            first_hour=hours["first_hour"],
            last_hour=hours["last_hour"],
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """How many proactive touches have gone out (SENDING, SENT and UNKNOWN all count)."""

    to_person: int = 0
    to_account_today: int = 0
    from_mailbox_today: int = 0
    to_provider_this_hour: int = 0


class Approvals(Protocol):
    """Says whether a fact is approved wording, live at an instant, and what it says."""

    def is_approved(self, fact: str, *, text: str, language: str, now: datetime) -> bool:
        """True when `fact` (`id@version`) exists, is not expired, and can read as `text`."""
        ...

    def texts_of(self, fact: str, *, language: str, now: datetime) -> tuple[str, ...]:
        """Returns what a live fact says in a language, on which own words may stand."""
        ...

    def discloses(self, fact: str) -> bool:
        """True when this content tells the reader that an AI writes."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about one message. A missing fact is None or empty, and then the answer is no."""

    now: datetime
    actor: Actor
    session: Session
    approvals: Approvals
    recipient: str
    mailbox: str
    country: str = ""
    time_zone: str = ""
    owner_id: str = ""
    arms: tuple[tuple[str, str], ...] = ()
    """(experiment, arm) of every assignment of this person and of those who were merged with them;
    the strictest wins."""
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the control of each of these experiments is called, as registered; where that is not
    known, the person counts as held out."""
    consents: tuple[Consent, ...] = ()
    suppressed: str = ""
    """Why the person must not be written to; empty when nothing is recorded."""
    choices: Choices = field(default_factory=Choices)
    """What the person has turned off by themselves, by channel and by topic."""
    listed: str = ""
    """Why their address, domain or account is on a list of those to whom the agent is silent."""
    paused: tuple[str, ...] = ()
    sent: Sent | None = None
    """Counted only where a touch is proactive, since only those are capped."""
    limits: Limits = field(default_factory=Limits)
    rules: RuleSet = field(default_factory=rule_set)
    """Versions and parameters of the rules, under the profile that binds here, and what offers the
    campaign leaves."""
    may_meet: bool = True
    """Whether the campaign leaves the playbook's meetings to be offered."""
    may_draft: bool = True
    """Whether the campaign leaves touches to a model where the playbook does."""
    autonomy: Autonomy | Literal[""] = ""
    """The strictest level that binds this use case; unknown asks a person."""
    exploration: float = 0.0
    """Share of turns in which another permitted answer than the best may be tried."""
    safe_band: SafeBand = field(default_factory=SafeBand)
    bands: Bands = field(default_factory=Bands)
    """What judged messages show to be safe, as it stands."""
    approved_by: str = ""
    """Who has approved these very words for this recipient and channel."""
    is_edited: bool = False
    """Whether the approver wrote the words anew and so answers for what they claim."""
    expires_at: datetime | None = None
    provider: str = ""
    """Who serves the recipient's mail; a domain of its own where that is not known."""
    warm_up_day: int | None = None
    """Days since a new mailbox began to warm up; None once it is warm."""
    reply_hours: tuple[int, int] = (0, 24)
    """Local hours in which the playbook lets answers by mail go out."""
    last_inbound_at: datetime | None = None
    """When the buyer last wrote by text on this channel."""
    has_unknown: bool = False
    """A mail of this thread may or may not have gone out."""
    has_unread: bool = False
    """The buyer has written and nobody has dealt with it yet."""
    has_met: bool = False
    """The meeting of this thread took place."""
    already_sent: bool = False
    """This very touch has left before, in any attempt."""
    opinions: Opinions = NO_OPINIONS
    """What a model of entailment said, ahead of the turn, of a draft's own words."""
    call: CallFacts | None = None
    """What is known of a call before it is dialled; no telephone rings without it."""


Rule = Callable[[Proposal, Facts], Verdict]
"""One pure question; see the files of this package."""
