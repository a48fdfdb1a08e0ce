"""The line that links to the one question about a conversation, in a mail that leaves anyhow."""

from collections.abc import Sequence
from dataclasses import replace

from agent_runtime.domain import Candidate, Choices, Proposal, Sentence, Session
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import SLOT_VALUES, Content
from agent_runtime.policies.facts import Facts

TEXT = "survey.ask"


def asking_how_it_was(
    candidates: Sequence[Candidate], session: Session, facts: Facts, library: Library
) -> list[Candidate]:
    """Returns candidates with the line above the signature, where a conversation is over.

    That is its last mail, or the first after a meeting that took place; once in a thread. Whoever
    has turned anything off, or has said stop, is not asked.
    """
    wants_less = facts.suppressed or facts.listed or facts.choices != Choices()
    if not library.has_pages or wants_less or TEXT in session.contents_used:
        return list(candidates)
    return [_asking(one, session, facts, library) for one in candidates]


def _asking(candidate: Candidate, session: Session, facts: Facts, library: Library) -> Candidate:
    proposal = candidate.proposal
    is_last = candidate.action == "close" and session.buyer_turns > 0
    if proposal is None or proposal.channel != "email" or candidate.action == "confirm_stop":
        return candidate
    frame_id = library.playbook(session.playbook).frame_on("email")
    text = library.live(TEXT, language=proposal.language, now=facts.now)
    frame = library.live(frame_id, language=proposal.language, now=facts.now)
    if text is None or frame is None or not (is_last or facts.has_met):
        return candidate
    return replace(candidate, proposal=_with_line(proposal, text, frame))


def _with_line(proposal: Proposal, text: Content, frame: Content) -> Proposal:
    """The signature is as many last paragraphs as the frame has."""
    at = len(proposal.sentences) - len(frame.paragraphs)
    line = tuple(Sentence(p.format_map(SLOT_VALUES), (text.fact,)) for p in text.paragraphs)
    sentences = (*proposal.sentences[:at], *line, *proposal.sentences[at:])
    used = (*proposal.content_ids, text.id)
    return replace(proposal, sentences=sentences, content_ids=used)
