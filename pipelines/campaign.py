"""A campaign as data: segment x playbook x channels x experiment x window x autonomy x caps."""

from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from agent_runtime.campaign_limits import UNLIMITED, CampaignLimits, as_text, read_limits
from agent_runtime.domain import LEVELS, Autonomy
from agent_runtime.exploring import MOST
from agent_runtime.library.playbook import Playbook
from agent_runtime.policies.contact_rules import CONTACT_RULES
from experiments.spec import SHIPPED_SPECS, Spec, load_spec
from pipelines.campaigns.parts import Budget, Calendar, Inbound, Part, Trigger, Volume
from pipelines.documents import HERE, find_document, read_document

SHIPPED = HERE / "campaigns"
_WORKDAYS_A_WEEK = 5


class Caps(Part):
    """How much is planned at most; the permit at send has caps of its own."""

    person_per_week: int = Field(ge=1)
    account_per_day: int = Field(ge=1)
    mailbox_per_day: int = Field(ge=1)
    mailbox_new_per_day: int = Field(ge=1)
    """First touches a day, so that a mailbox warms up and a slow start spreads out."""


class SendHours(Part):
    """Local hours of a workday in which touches may go; `last` is the first that may not."""

    first: int = Field(default=8, ge=0, le=23)
    last: int = Field(default=18, ge=1, le=24)

    @model_validator(mode="after")
    def _is_a_stretch(self) -> "SendHours":
        if self.first >= self.last:
            raise ValueError(f"first = {self.first} must lie before last = {self.last}")
        return self


class Campaign(Calendar):
    """Who is written to, by which playbook, how often, and what the experiment is."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    version: int = Field(ge=1)
    description: str
    author: str = ""
    """Who wrote this version; another person has to approve it."""
    segments: tuple[str, ...] = Field(min_length=1)
    """In the order in which they claim a contact."""
    playbook: str
    playbook_version: int = Field(ge=1)
    channels: tuple[Literal["email", "linkedin"], ...] = ("email",)
    """linkedin: a touch of the playbook that the owner posts by hand."""
    mailbox: str = Field(pattern=r"^[a-z0-9._-]*\{owner\}[a-z0-9._-]*@[a-z0-9.-]+$")
    """Address from which the agent writes for an owner; `{owner}` is the owner's name as a slug."""
    experiment: str
    """Name of a spec in experiments/specs, or the path of one."""
    window_days: int = Field(ge=1, le=365)
    autonomy: Autonomy
    touch_workdays: tuple[int, ...] = ()
    """Workdays from the first touch to each touch; the first is 0. None where it only answers."""
    inbound: Inbound | None = None
    """Answers people who write first, in place of touches."""
    expires_after_days: int = Field(ge=1)
    """A touch that could not go for so long is not welcome any more."""
    send_hours: SendHours = SendHours()
    order_by: Literal["random", "fit"] = "random"
    """Who gets the first places of the queue: anybody, or those that fit best by `parley fit`."""
    caps: Caps
    waive: tuple[str, ...] = ()
    """Contact rules that do not bind here; only some may be waived."""
    offers: tuple[str, ...] | None = None
    """Ids of the playbook's approved offers that may be named here; none given: all of them."""
    meetings: tuple[str, ...] | None = None
    """Meeting templates of the playbook whose times may be offered here; none given: all of them.
    An empty list leaves whoever wants to meet to the owner."""
    drafts: Literal["approved"] | None = None
    """approved: touches go out in approved texts only, whatever the playbook leaves to a model."""
    exploration: float = Field(default=0.0, ge=0.0, le=MOST)
    """Share of turns in which another permitted text than the best is tried, so that what other
    choices would have brought can be estimated."""
    triggers: tuple[Trigger, ...] = ()
    """Only people of accounts with such an event are written to, once per account and event."""
    budget: Budget = Budget()
    volume: Volume = Volume()

    @model_validator(mode="after")
    def _is_coherent(self) -> "Campaign":
        days = self.touch_workdays
        if bool(days) == (self.inbound is not None):
            raise ValueError(
                f"touch_workdays = {list(days)}: a campaign either has touches, or answers those "
                "who write first by `inbound`, and never both"
            )
        if self.inbound is not None and self.triggers:
            raise ValueError("triggers: a campaign that answers who writes first has none")
        if not days:
            return self._waives_what_it_may()
        if days[0] != 0 or any(b <= a for a, b in pairwise(days)):
            raise ValueError(f"touch_workdays = {list(days)}: start with 0 and rise")
        busiest = max(sum(d <= e < d + _WORKDAYS_A_WEEK for e in days) for d in days)
        if busiest > self.caps.person_per_week:
            raise ValueError(
                f"touch_workdays = {list(days)}: {busiest} touches fall into one week and "
                f"caps.person_per_week allows {self.caps.person_per_week}"
            )
        return self._waives_what_it_may()

    def _waives_what_it_may(self) -> "Campaign":
        waivable = [rule.rule_id for rule in CONTACT_RULES if rule.may_be_waived]
        binding = [name for name in self.waive if name not in waivable]
        if binding:
            raise ValueError(f"waive = {binding[0]!r}: only {', '.join(waivable)} may be waived")
        return self


def write_limits(campaign: Campaign, path: Path) -> None:
    """Writes what a campaign leaves out of its playbook, or explores, beside what others do."""
    known = {name: own for name, own in read_limits(path).items() if name != campaign.id}
    own = CampaignLimits(
        offers=campaign.offers,
        meetings=campaign.meetings,
        exploration=campaign.exploration,
        drafts=campaign.drafts,
        autonomy=None if campaign.autonomy == LEVELS[-1] else campaign.autonomy,
    )
    if own != UNLIMITED:
        known[campaign.id] = own
    if known or path.exists():
        path.write_text(as_text(known), encoding="utf-8")


def load_campaign(name: str) -> Campaign:
    """Returns a shipped campaign by name, or the one in a YAML file."""
    return read_document(campaign_path(name), Campaign)


def purpose_of(playbook: Playbook) -> str:
    """Returns to what people have to have agreed: what the permit will ask of a touch by mail."""
    return playbook.on("email").purpose


def experiment_of(campaign: Campaign) -> Spec:
    """Returns the spec of a campaign's experiment."""
    return load_spec(find_document(campaign.experiment, SHIPPED_SPECS))


def campaign_path(name: str) -> Path:
    """Returns the file of a campaign."""
    return find_document(name, SHIPPED)
