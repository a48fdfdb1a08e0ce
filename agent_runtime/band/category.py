"""Which kind of message a proposal is, as far as its errors go together."""

from fnmatch import fnmatchcase

from agent_runtime.domain import Proposal, SafeBand

OWN_WORDS = "own_words"
_OPENS = "inbound."
"""How ids of texts begin that only open an answer, whatever it is about."""


def category_of(proposal: Proposal) -> str:
    """Returns `action/topic/language`: what it does, what it speaks about, in which language.

    The topic is the id of the first text that does not merely open, all passages of documents
    being one. What a model wrote is an action of its own, since it goes wrong in other ways than
    approved words.
    """
    texts = proposal.content_ids
    text = next((one for one in texts if not one.startswith(_OPENS)), next(iter(texts), ""))
    topic = "kb" if text.startswith("kb.") else text or OWN_WORDS
    action = f"drafted_{proposal.action}" if proposal.is_drafted else proposal.action
    return f"{action}/{topic}/{proposal.language}"


def never_by_itself(proposal: Proposal, band: SafeBand) -> str:
    """Says why the playbook has a person read such a message however sure the agent is, or ""."""
    if proposal.action not in band.actions:
        return f"{proposal.action} is not in the safe band"
    for text in proposal.content_ids:
        if any(fnmatchcase(text, pattern) for pattern in band.review):
            return f"{text} is read by a person first"
    return ""


def outside(proposal: Proposal, band: SafeBand) -> str:
    """Says why a message lies outside the band that the playbook names, or ""."""
    why = never_by_itself(proposal, band)
    if not why and proposal.confidence < band.min_confidence:
        return f"confidence {proposal.confidence:.2f} is below {band.min_confidence:.2f}"
    return why
