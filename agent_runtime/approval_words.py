"""A reviewer's words in place of a draft's own: greeting and signature stay, data is hidden."""

from dataclasses import replace

from agent_runtime.domain import Contact, Sentence, Session
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library
from agent_runtime.placeholders import redact
from agent_runtime.policies.restricted import said_in
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Message

MAX_WORDS = 8000
"""Characters of a reviewer's text."""


class ApprovalError(ParleyError):
    """A decision that cannot be taken any more, or on something that does not exist."""


def own_part(message: Message, library: Library) -> tuple[int, int]:
    """Returns where the draft's own paragraphs begin and end among its sentences."""
    frame = library.playbook(message.playbook).frame_on(message.channel)
    is_frame = [any(f.split("@")[0] == frame for f in s.facts) for s in message.sentences]
    if all(is_frame):
        return len(is_frame), len(is_frame)
    return is_frame.index(False), len(is_frame) - is_frame[::-1].index(False)


def in_words(
    tx: Tx, message: Message, words: str, *, contact: Contact, session: Session, library: Library
) -> Message:
    """Returns a message with a reviewer's paragraphs; its originals go into the vault.

    A paragraph that stands in the draft as it is keeps its facts.
    """
    redacted = redact(words, contact, known=tx.recall(session.thread_id))
    tx.remember(session.thread_id, redacted.originals)
    first, last = own_part(message, library)
    known = {sentence.text.strip(): sentence for sentence in message.sentences}
    parts = (part.strip() for part in redacted.text.replace("\r\n", "\n").split("\n\n"))
    own = tuple(known.get(part) or Sentence(part, ()) for part in parts if part)
    kept_before, kept_after = message.sentences[:first], message.sentences[last:]
    return replace(message, sentences=(*kept_before, *own, *kept_after))


def refuse_restricted(message: Message) -> None:
    """Refuses own words that promise what nobody has approved.

    Raises:
        ApprovalError: a discount or a claim stands in a paragraph without approved wording.
    """
    for sentence in message.sentences:
        for kind in ("discounts", "claims"):
            for said in () if sentence.facts else said_in(kind, sentence.text):
                raise ApprovalError(
                    f"your words hold a {said.group.replace('_', ' ')} that nobody has approved, "
                    f"{said.sentence[:80]!r}; leave it out, or write to the buyer yourself."
                )
