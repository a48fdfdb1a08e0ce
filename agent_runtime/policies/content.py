"""What may be said: grounded, disclosed, free of personal data, sure enough (R57-R62, R70)."""

import re
from functools import lru_cache

from agent_runtime.domain import BRIEF_CHANNELS, Proposal, Sentence, Verdict
from agent_runtime.grounding.draft import Given, ground
from agent_runtime.grounding.entailment import Entailment
from agent_runtime.policies.facts import Facts

_PLACEHOLDER_FREE_PII = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|\b(?:\d[ -]?){13,16}\b|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b"
)

_NEVER_SENT = re.compile(
    r"\[\[(?:CARD|IBAN|ACCOUNT|NATIONAL_ID|BIRTH_DATE|SECRET|WALLET|IP)_\d+\]\]"
)
"""Placeholders that would be filled on the wire; nobody needs these from the agent."""


def grounding(proposal: Proposal, facts: Facts) -> Verdict:
    """Stops a sentence that approved, live content neither says in these words nor supports."""
    if facts.actor == "human" or (facts.approved_by and facts.is_edited):
        return Verdict("grounding", 1, "allow")
    if not proposal.sentences:
        return Verdict("grounding", 1, "block", "nothing to say")
    for sentence in proposal.sentences:
        if ended := next((fact for fact in sentence.facts if has_ended(fact, facts)), ""):
            return Verdict("grounding", 1, "block", f"the text {ended} was ended early")
        if is_grounded(sentence, proposal, facts):
            continue
        if reason := why_unsupported(sentence, proposal, facts):
            said = f"not approved: {sentence.text[:60]!r}; {reason}"
            return Verdict("grounding", 1, "block", said)
    return Verdict("grounding", 1, "allow")


def is_grounded(sentence: Sentence, proposal: Proposal, facts: Facts) -> bool:
    """Says whether approved, live content reads as this very sentence."""
    return is_approved(sentence, facts, language=proposal.language)


def is_approved(sentence: Sentence, facts: Facts, *, language: str) -> bool:
    """Says the same of a sentence in a language."""
    return any(
        not has_ended(fact, facts)
        and facts.approvals.is_approved(fact, text=sentence.text, language=language, now=facts.now)
        for fact in sentence.facts
    )


def has_ended(fact: str, facts: Facts) -> bool:
    """Says whether people have ended a text (`id@version`) before the day on which it expires."""
    ends: dict[str, str] = facts.rules.rules["grounding"].parameters.get("ends", {})
    end = ends.get(fact.partition("@")[0])
    return end is not None and facts.now.date().isoformat() >= end


def why_unsupported(sentence: Sentence, proposal: Proposal, facts: Facts) -> str:
    """Returns why own words do not stand on the facts that they name; empty where they do.

    Courtesies and questions claim nothing and need no fact.
    """
    return why_ungrounded(sentence, facts, facts.opinions, language=proposal.language)


def why_ungrounded(sentence: Sentence, facts: Facts, entails: Entailment, *, language: str) -> str:
    """Returns the same of a sentence in a language, with the opinions of a model of entailment."""
    given = [
        Given(fact, text)
        for fact in sentence.facts
        if not has_ended(fact, facts)
        for text in facts.approvals.texts_of(fact, language=language, now=facts.now)
    ]
    found = ground(sentence.text, given, language=language, entails=entails)
    if not found:
        return "it says nothing"
    return next((one.reason for one in found if one.verdict == "blocked"), "")


def disclosure(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks every message of an agent to say that an AI writes, once where nothing is signed."""
    if facts.actor == "human" or proposal.channel == "linkedin":
        return Verdict("disclosure", 1, "allow")
    told = facts.session.disclosed_on
    if proposal.channel in BRIEF_CHANNELS and proposal.channel in told:
        return Verdict("disclosure", 1, "allow", "said at the beginning of this conversation")
    if any(facts.approvals.discloses(f) for s in proposal.sentences for f in s.facts):
        return Verdict("disclosure", 1, "allow")
    return Verdict("disclosure", 1, "block", "the message does not say that an AI writes")


def personal_data(proposal: Proposal, facts: Facts) -> Verdict:
    """Stops addresses, cards and the like, and placeholders that would bring them back."""
    if facts.actor == "agent":
        for text in (proposal.subject, *(s.text for s in proposal.sentences)):
            if reason := _why_not_sent(text):
                return Verdict("personal_data", 1, "block", reason)
    return Verdict("personal_data", 1, "allow")


@lru_cache(maxsize=8192)
def _why_not_sent(text: str) -> str:
    if _NEVER_SENT.search(text):
        return "a number that must not be sent"
    return "personal data outside a placeholder" if _PLACEHOLDER_FREE_PII.search(text) else ""


def confidence(proposal: Proposal, facts: Facts) -> Verdict:
    """Hands a reply to a person when the agent is not sure what the buyer means (R70)."""
    least: float = facts.rules.parameter("confidence", "min_confidence")
    if facts.actor == "human" or facts.approved_by or proposal.confidence >= least:
        return Verdict("confidence", 1, "allow")
    return Verdict("confidence", 1, "escalate", f"confidence {proposal.confidence:.2f} is too low")
