"""What they say in a call, read before it is a turn."""

from dataclasses import dataclass
from datetime import datetime

from agent_runtime.channels.voice.side_words import Aside, is_aside
from agent_runtime.channels.voice.turns.people import CallPeople
from agent_runtime.channels.voice.utterance import Utterance
from agent_runtime.console.links import without_proof
from agent_runtime.domain import Observation, Perception
from agent_runtime.grounding.sentences import split_sentences
from agent_runtime.library.content import LOCALES
from agent_runtime.perceive import perceive
from agent_runtime.placeholders import redact


@dataclass(frozen=True, slots=True)
class CallReader:
    """Reads words of one call; nothing is decided by it."""

    people: CallPeople

    def warm(self, text: str, *, now: datetime) -> None:
        """Reads what they have said so far, so that little is left to read once they have finished.

        Nothing is decided by it: the turn reads its own words, which have then been read before.
        """
        self._read(text, now)

    def asks_to_stop(self, text: str, *, now: datetime) -> bool:
        """Says whether words ask that contact stop, in any of our languages."""
        return self._read(text, now).opt_out

    def clearest(self, text: str, *, now: datetime) -> str:
        """Returns all of a turn, or the one sentence of it that is clear where the whole is not.

        What was misheard of a sentence makes the others unclear. No stop is lost by it.
        """
        whole = self._read(text, now)
        if not _is_unclear(whole) or whole.opt_out:
            return text
        sentences = split_sentences(text)
        clear = [one for one in sentences if not _is_unclear(self._read(one, now))]
        return clear[0] if len(clear) == 1 < len(sentences) else text

    def means(self, text: str, *, asked: Utterance | None, now: datetime) -> str:
        """Returns what "who is it" means, or a bare yes or no.

        Args:
            text: What they said.
            asked: What they heard last to its end.
            now: The instant.
        """
        if any(is_aside(text, "who", language=one) for one in LOCALES):
            return "are_you_a_bot"
        if asked is None:
            return ""
        name = (asked.content_ids or (asked.text_id,))[-1]
        library = self.people.runtime.outbox.library
        content = library.live(name, language=asked.language, now=now)
        if content is None:
            return ""
        meanings: dict[Aside, str] = {"agrees": content.if_yes, "refuses": content.if_no}
        for aside, means in meanings.items():
            if means and is_aside(text, aside, language=asked.language):
                return means
        return ""

    def _read(self, text: str, now: datetime) -> Perception:
        with self.people.runtime.store.begin() as tx:
            contact, session = self.people.find(tx)
            known = tx.recall(session.thread_id)
        said = redact(without_proof(text), contact, known=known).text
        heard = Observation("mail", "so far", now, text=said, channel="voice")
        model = self.people.runtime.desk.model
        return perceive(heard, session, model, offered=session.offered, contact=contact)


def _is_unclear(seen: Perception) -> bool:
    return seen.abstain or seen.primary == "unclear"
