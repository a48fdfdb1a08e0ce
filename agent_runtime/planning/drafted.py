"""Drafts of a language model as candidates: held against the style guide, weighed and ranked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.domain import Candidate, ChannelName, Drafted, Proposal, Sentence
from agent_runtime.drafting.merits import merits_of, total
from agent_runtime.drafting.style import style_slips
from agent_runtime.library.style_guide import StyleGuide
from agent_runtime.planning.speech_acts import split_frame
from agent_runtime.policies.facts import Approvals

FIRST = 2.0
"""Drafts come before all that is put together from approved texts; their merits are added."""


@dataclass(frozen=True, slots=True)
class Around:
    """What every draft of one turn shares: the message that it fills, and what judges it.

    Attributes:
        proposal: The message, with greeting and signature and without words of its own.
        candidate: What else the turn does beside speaking; without a proposal.
        guide: The style guide.
        approvals: What is approved.
        now: The instant of the turn.
        at_most: How sure a draft may be: as sure as the reading that called for it.
    """

    proposal: Proposal
    candidate: Candidate
    guide: StyleGuide
    approvals: Approvals
    now: datetime
    at_most: float = 1.0


def ranked(drafts: Sequence[Drafted], around: Around) -> list[Candidate]:
    """Returns the drafts as candidates, best first; behind them those that break the style guide.

    Of two that are worth the same the one that the model put first comes first.
    """
    found = [_candidate(draft, around) for draft in drafts]
    return sorted(found, key=lambda one: (bool(one.slips), -one.score))


def _candidate(draft: Drafted, around: Around) -> Candidate:
    language, channel = around.proposal.language, around.proposal.channel
    is_approved = _approver(around, language)
    confidence = min(draft.confidence, around.at_most)
    merits = merits_of(
        draft.sentences,
        confidence,
        around.guide,
        channel=channel,
        is_approved=is_approved,
        texts_of=lambda fact: around.approvals.texts_of(fact, language=language, now=around.now),
    )
    before, after = split_frame(around.proposal)
    return replace(
        around.candidate,
        score=round(FIRST + total(merits), 4),
        proposal=replace(
            around.proposal,
            confidence=confidence,
            sentences=(*before, *draft.sentences, *after),
            content_ids=_named_in(draft),
            is_drafted=True,
        ),
        calls=draft.calls,
        is_drafted=True,
        merits=merits,
        slips=_slips(draft, around, language, channel, is_approved),
    )


def _slips(
    draft: Drafted,
    around: Around,
    language: str,
    channel: ChannelName,
    is_approved: Callable[[Sentence], bool],
) -> tuple[str, ...]:
    return style_slips(
        draft.sentences, around.guide, language=language, channel=channel, is_approved=is_approved
    )


def _approver(around: Around, language: str) -> Callable[[Sentence], bool]:
    def is_approved(sentence: Sentence) -> bool:
        return any(
            around.approvals.is_approved(
                fact, text=sentence.text, language=language, now=around.now
            )
            for fact in sentence.facts
        )

    return is_approved


def _named_in(draft: Drafted) -> tuple[str, ...]:
    """Returns the texts that a draft stands on, so that a person reads first what they must."""
    facts = (fact for sentence in draft.sentences for fact in sentence.facts)
    return tuple(dict.fromkeys(fact.partition("@")[0] for fact in facts))
