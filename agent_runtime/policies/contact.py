"""Who may be written to at all: arm, suppression, consent, one speaker, pause, idempotency."""

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.policies.contact_rules import CONTACT_RULES, LANGUAGES, holds
from agent_runtime.policies.facts import Facts

HOLDOUT = "holdout"
_CONSENT = next(rule for rule in CONTACT_RULES if rule.rule_id == "no_consent")


def pause(proposal: Proposal, facts: Facts) -> Verdict:
    """Holds everything that an agent starts or answers while a pause flag is up."""
    if facts.paused and facts.actor == "agent" and proposal.touch_class != "transactional":
        return Verdict("pause", 1, "defer", f"paused: {', '.join(facts.paused)}")
    return Verdict("pause", 1, "allow")


def arm(proposal: Proposal, facts: Facts) -> Verdict:
    """Keeps agents away from the holdout, also in answers; no known arm counts as holdout (R169).

    What a person of the holdout writes goes to people, under the same service level.
    """
    if facts.actor == "human":
        return Verdict("arm", 1, "allow")
    stopped = "escalate" if proposal.touch_class == "reply" else "block"
    if not facts.arms:
        return Verdict("arm", 1, stopped, "no assignment is known")
    held = next((experiment for experiment, name in facts.arms if name == HOLDOUT), None)
    if held is not None:
        return Verdict("arm", 1, stopped, f"holdout of {held}")
    return Verdict("arm", 1, "allow")


def suppression(proposal: Proposal, facts: Facts) -> Verdict:
    """Stops every message to a suppressed person, but the one confirmation of a stop.

    To those on a list (competitors, partners, customers in a deal) the agent does not write first,
    and when they write a person answers.
    """
    if proposal.action == "confirm_stop":
        return Verdict("suppression", 2, "allow")
    if facts.suppressed:
        return Verdict("suppression", 2, "block", f"suppressed: {facts.suppressed}")
    if facts.listed and facts.actor == "agent" and proposal.touch_class != "transactional":
        stopped = "block" if proposal.touch_class == "proactive" else "escalate"
        return Verdict("suppression", 2, stopped, f"listed: {facts.listed}")
    return Verdict("suppression", 2, "allow")


def consent(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks for a basis that suffices where the person is; replies carry their own (R68).

    The condition is the one by which the queue of mails was built, asked again, since a consent may
    have been withdrawn in between. A legitimate interest never carries a call or a text message,
    and a basis of which nobody knows where it came from carries nothing.
    """
    if proposal.touch_class != "proactive":
        return Verdict("consent", 2, "allow")
    wanted = (proposal.channel, proposal.purpose)
    known = [c for c in facts.consents if (c.channel, c.purpose) == wanted]
    bases = [c.basis if c.source else f"{c.basis} without proof" for c in known]
    may_presume = proposal.channel in facts.rules.parameter("consent", "legitimate_interest_on")
    for basis in bases:
        if basis == "legitimate_interest" and not may_presume:
            continue
        if holds(_CONSENT.must, {"basis": basis, "country": facts.country}):
            return Verdict("consent", 2, "allow", basis)
    found = ", ".join(bases) or "none"
    return Verdict("consent", 2, "block", f"basis {found} for {'/'.join(wanted)}")


def speaker(proposal: Proposal, facts: Facts) -> Verdict:
    """Lets only one speak in a thread: once a person has it, the agent is silent."""
    taken_over = facts.session.speaker == "human" and facts.actor == "agent"
    is_farewell = proposal.action == "hand_off"
    if taken_over and proposal.touch_class != "transactional" and not is_farewell:
        return Verdict("speaker", 1, "block", "a person has taken the thread over")
    return Verdict("speaker", 1, "allow")


def unread(proposal: Proposal, facts: Facts) -> Verdict:
    """Never writes first to somebody whose mail is still unread or who has answered."""
    if proposal.touch_class != "proactive":
        return Verdict("unread", 1, "allow")
    if facts.has_unread:
        return Verdict("unread", 1, "block", "the buyer has written and waits")
    if facts.session.closed:
        return Verdict("unread", 1, "block", "the thread is closed")
    return Verdict("unread", 1, "allow")


def at_most_once(proposal: Proposal, facts: Facts) -> Verdict:
    """Never sends a touch twice, and nothing into a thread with a mail of unknown fate."""
    if facts.already_sent:
        return Verdict("at_most_once", 1, "block", "this touch has left before")
    if facts.has_unknown and proposal.touch_class == "proactive":
        return Verdict("at_most_once", 1, "block", "an earlier mail has an unknown fate")
    return Verdict("at_most_once", 1, "allow")


def expiry(proposal: Proposal, facts: Facts) -> Verdict:
    """Drops what comes too late to be welcome."""
    if facts.expires_at is not None and facts.now >= facts.expires_at:
        return Verdict("expiry", 1, "end", f"expired at {facts.expires_at.isoformat()}")
    return Verdict("expiry", 1, "allow")


def owner(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks for an owner on every message, so that a person answers for it (R67)."""
    if facts.owner_id and facts.mailbox and facts.recipient:
        return Verdict("owner", 1, "allow")
    missing = "owner" if not facts.owner_id else "mailbox" if not facts.mailbox else "recipient"
    return Verdict("owner", 1, "block", f"no {missing} is known")


def language(proposal: Proposal, facts: Facts) -> Verdict:
    """Writes only in the languages that are whole; others go to a person (R69)."""
    if facts.actor == "human" or proposal.language in LANGUAGES:
        return Verdict("language", 1, "allow")
    return Verdict("language", 1, "escalate", f"no approved content in {proposal.language!r}")
