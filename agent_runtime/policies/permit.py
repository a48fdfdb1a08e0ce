"""The only maker of a Permit: all rules are asked, the first that does not allow decides."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.domain import Decision, Proposal, Verdict
from agent_runtime.policies import (
    approval,
    caps,
    choices,
    contact,
    content,
    quiet_hours,
    reply_window,
    restricted,
    segments,
    service_window,
    throttle,
    tone,
)
from agent_runtime.policies.calling import asked as calling
from agent_runtime.policies.facts import Facts, Rule
from agent_runtime.policies.ruleset import rule_set

VERSION = rule_set().label

RULES: tuple[Rule, ...] = (
    contact.at_most_once,
    contact.suppression,
    choices.choices,
    contact.arm,
    contact.expiry,
    contact.consent,
    contact.owner,
    contact.speaker,
    contact.unread,
    contact.language,
    *calling.BLOCKING,
    content.confidence,
    restricted.topics,
    restricted.claims,
    restricted.discounts,
    content.grounding,
    tone.tone,
    content.disclosure,
    content.personal_data,
    service_window.service_window,
    segments.length,
    approval.approval,
    contact.pause,
    caps.caps,
    throttle.throttle,
    reply_window.reply_window,
    quiet_hours.quiet_hours,
    *calling.WAITING,
)
"""In order of gravity: what can never be mended comes before what only has to wait."""

_SEAL = object()


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send one message with these very words, to this recipient, now."""

    recipient: str
    mailbox: str
    words: str
    issued_at: datetime
    _seal: object
    own_number: str = ""
    """From which a call may be dialled; empty for everything that is no call."""
    campaign_id: str = ""
    """For which campaign a call may be dialled."""

    def __post_init__(self) -> None:
        """Refuses a permit that `authorise` did not make."""
        if self._seal is not _SEAL:
            raise PermissionError("a Permit comes from policies.permit.authorise only")

    def covers(self, *, recipient: str, mailbox: str, subject: str, body: str) -> bool:
        """Says whether a message is the one that was permitted, word for word."""
        return (recipient, mailbox, digest(subject, body)) == (
            self.recipient,
            self.mailbox,
            self.words,
        )

    def covers_call(self, *, number: str, own_number: str, campaign_id: str, opener: str) -> bool:
        """Says whether a call is the one that was permitted: both ends, campaign and opener."""
        dialled = (number, own_number, campaign_id, digest("", opener))
        allowed = (self.recipient, self.own_number, self.campaign_id, self.words)
        return bool(own_number) and dialled == allowed


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all rules said of a proposal; `permit` exists only when every rule allows."""

    decision: Decision
    verdicts: tuple[Verdict, ...]
    permit: Permit | None = None
    until: datetime | None = None

    @property
    def waits_for_approval(self) -> bool:
        """Whether the leave of a person is what is missing, and nothing graver."""
        return bool(self.hits) and self.hits[0].rule == approval.WAITS

    @property
    def hits(self) -> tuple[Verdict, ...]:
        """The verdicts that did not allow."""
        return tuple(v for v in self.verdicts if v.decision != "allow")


def authorise(proposal: Proposal, facts: Facts, *, rules: tuple[Rule, ...] = RULES) -> Judgement:
    """Returns the judgement of all rules, with a permit if and only if all allow."""
    verdicts = tuple(_ask(rule, proposal, facts) for rule in rules)
    deciding = next((v for v in verdicts if v.decision != "allow"), None)
    if deciding is not None:
        return Judgement(deciding.decision, verdicts, until=_latest(verdicts, deciding))
    permit = Permit(
        recipient=facts.recipient,
        mailbox=facts.mailbox,
        words=digest(proposal.subject, proposal.body),
        issued_at=facts.now,
        _seal=_SEAL,
        own_number=facts.call.own.number if facts.call and facts.call.own else "",
        campaign_id=facts.session.campaign_id if facts.call else "",
    )
    return Judgement("allow", verdicts, permit)


def digest(subject: str, body: str) -> str:
    """Returns the SHA-256 of a message's words."""
    return hashlib.sha256(f"{subject}\x1f{body}".encode()).hexdigest()


def _ask(rule: Rule, proposal: Proposal, facts: Facts) -> Verdict:
    """A rule that fails says no: an exception blocks."""
    try:
        verdict = rule(proposal, facts)
        spec = facts.rules.rules.get(verdict.rule)
        if spec is None or spec.version == verdict.version:
            return verdict
        return replace(verdict, version=spec.version)
    except Exception as error:
        name = getattr(rule, "__name__", "rule")
        return Verdict(name, 0, "block", f"the rule failed: {error!r}")


def _latest(verdicts: tuple[Verdict, ...], deciding: Verdict) -> datetime | None:
    """A message that has to wait waits for the last of all that ask it to."""
    if deciding.decision != "defer":
        return deciding.until
    waits = [v.until for v in verdicts if v.decision == "defer" and v.until is not None]
    return max(waits, default=None)
