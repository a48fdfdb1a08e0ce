"""Who may be written to at all: arm, suppression, consent, one speaker, pause, idempotency."""

from datetime import timedelta

from agent_runtime.domain import TEXT_CHANNELS, Consent, Proposal, Verdict
from agent_runtime.policies.arms import why_held
from agent_runtime.policies.contact_rules import CONTACT_RULES, LANGUAGES, holds
from agent_runtime.policies.facts import Facts

HELP_TEXT = "text.help"
CONFIRM_REQUEST = "privacy.confirm_request"
PAUSES_ALL = "pause_all"
"""Flag under which nothing leaves, whoever writes it and whatever it is."""
MEETINGS = "meetings"
"""Purpose of texts about meetings that somebody has agreed to."""
_CONSENT, _CONFIRMED = (
    next(rule for rule in CONTACT_RULES if rule.rule_id == name)
    for name in ("no_consent", "not_confirmed")
)


def pause(proposal: Proposal, facts: Facts) -> Verdict:
    """Holds everything that an agent starts or answers while a pause flag is up.

    What it owes somebody goes all the same, and so does what people write, unless all is paused.
    """
    is_free = facts.actor == "human" or proposal.touch_class == "transactional"
    if facts.paused and (PAUSES_ALL in facts.paused or not is_free):
        return Verdict("pause", 2, "defer", f"paused: {', '.join(facts.paused)}")
    return Verdict("pause", 2, "allow")


def arm(proposal: Proposal, facts: Facts) -> Verdict:
    """Keeps agents away from every control, also in answers; no known arm counts as one (R169).

    What a person of the holdout writes goes to people, under the same service level.
    """
    if facts.actor == "human" or is_help(proposal) or asks_who_they_are(proposal):
        return Verdict("arm", 3, "allow")
    if why := why_held(facts.arms, facts.controls):
        return Verdict("arm", 3, "escalate" if proposal.touch_class == "reply" else "block", why)
    return Verdict("arm", 3, "allow")


def suppression(proposal: Proposal, facts: Facts) -> Verdict:
    """Stops every message to a suppressed person, but what a stop, HELP or a right is owed.

    To those on a list (competitors, partners, customers in a deal) the agent does not write first,
    and when they write a person answers.
    """
    is_owed = proposal.action == "confirm_stop" or asks_who_they_are(proposal)
    if is_owed or is_help(proposal):
        return Verdict("suppression", 4, "allow")
    if facts.suppressed:
        return Verdict("suppression", 4, "block", f"suppressed: {facts.suppressed}")
    if facts.listed and facts.actor == "agent" and proposal.touch_class != "transactional":
        stopped = "block" if proposal.touch_class == "proactive" else "escalate"
        return Verdict("suppression", 4, stopped, f"listed: {facts.listed}")
    return Verdict("suppression", 4, "allow")


def consent(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks for a basis that suffices where the person is; replies carry their own (R68).

    A text message that does not belong to a conversation of the last day needs consent to that
    channel, also where it is about something that they asked for.

    The condition is the one by which the queue of mails was built, asked again, since a consent may
    have been withdrawn in between. A legitimate interest never carries a call or a text message,
    and a basis of which nobody knows where it came from carries nothing.
    """
    is_text = proposal.channel in TEXT_CHANNELS
    is_proactive = proposal.touch_class == "proactive"
    is_sent_text = is_text and proposal.touch_class == "transactional"
    is_asked = is_proactive or (is_sent_text and not _in_conversation(facts))
    is_persons_answer = facts.actor == "human" and not is_proactive
    is_implied = is_help(proposal) or proposal.action in ("confirm_stop", "confirm_start")
    if not is_asked or is_persons_answer or is_implied:
        return Verdict("consent", 4, "allow")
    if proposal.channel == "linkedin":
        return Verdict("consent", 4, "allow", "a person posts it by hand, in their own name")
    wanted = (proposal.channel, proposal.purpose if is_proactive else MEETINGS)
    known = [c for c in facts.consents if (c.channel, c.purpose) == wanted]
    may_presume = proposal.channel in facts.rules.parameter("consent", "legitimate_interest_on")
    found = ", ".join(_as_found(c) for c in known) or "none"
    for given in known:
        if given.basis == "legitimate_interest" and not may_presume:
            continue
        asked = {"basis": given.basis, "country": facts.country or None, "opt_in": given.state}
        if given.source and holds(_CONSENT.must, asked):
            if holds(_CONFIRMED.must, asked):
                return Verdict("consent", 4, "allow", _as_found(given))
            found = f"{_as_found(given)}, {facts.country or 'an unknown country'} asks for both"
    return Verdict("consent", 4, "block", f"basis {found} for {'/'.join(wanted)}")


def _as_found(given: Consent) -> str:
    """Returns a basis in the words of a verdict."""
    if not given.source:
        return f"{given.basis} without proof"
    if given.state == "confirmed" and given.confirmed_at is not None:
        return f"{given.basis}, confirmed on {given.confirmed_at:%Y-%m-%d} by {given.proof}"
    if given.state == "requested":
        return f"{given.basis} of {given.recorded_at:%Y-%m-%d} not confirmed"
    return given.basis


def is_help(proposal: Proposal) -> bool:
    """Says whether this is the answer to HELP, which carriers ask for whatever else stands.

    It is that one approved text and nothing else: who writes, how to stop, how to reach a person.
    """
    if proposal.action != "explain" or proposal.channel not in TEXT_CHANNELS:
        return False
    facts = [fact for sentence in proposal.sentences for fact in sentence.facts]
    return bool(facts) and all(fact.startswith(f"{HELP_TEXT}@") for fact in facts)


def asks_who_they_are(proposal: Proposal) -> bool:
    """Says whether this only asks if a request about their own data was theirs (GDPR art. 12(6)).

    A right is nobody's to lose by a stop or a control group, and the mail says nothing else.
    """
    return (proposal.action, proposal.touch_class) == (
        "confirm_request",
        "transactional",
    ) and proposal.content_ids == (CONFIRM_REQUEST,)


def _in_conversation(facts: Facts) -> bool:
    wrote = facts.last_inbound_at
    return wrote is not None and facts.now - wrote < timedelta(days=1)


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
