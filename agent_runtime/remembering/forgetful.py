"""What the agent would have said in a turn if it did not remember what it had been told before."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from agent_runtime.asking.given import Given
from agent_runtime.domain import Action, Proposal, Sentence, Session
from agent_runtime.library.catalog import Library
from agent_runtime.models.language import LanguageModel
from agent_runtime.replay import basis_in, decide_again

_FRAME = "frame."


def without_memory(turn: Mapping[str, Any], library: Library, model: LanguageModel) -> Action:
    """Returns what is decided on the words of a turn alone: its trace, less what it remembered.

    Args:
        turn: Payload of a `turn` event, with its basis.
        library: Today's playbooks and texts.
        model: Reads the words again.
    """
    basis = basis_in(turn, library)
    bare = forgetful(basis.session)
    told = replace(basis, session=bare, facts=replace(basis.facts, session=bare))
    return decide_again(told, Given(model), library)


def forgetful(session: Session) -> Session:
    """Returns a thread that knows where it stands, not what they told or were offered."""
    return replace(
        session, facts_known=(), preferences=(), objections=(), offered=(), offered_before=()
    )


def texts_of(proposal: Proposal) -> tuple[str, ...]:
    """Returns the ids of the texts of a message, without the frame around them."""
    return tuple(one for one in proposal.content_ids if not one.startswith(_FRAME))


def own_words(sentences: Iterable[Sentence]) -> str:
    """Returns the words of a message without greeting and signature."""
    kept = (s for s in sentences if not any(fact.startswith(_FRAME) for fact in s.facts))
    return "\n\n".join(sentence.text for sentence in kept)
