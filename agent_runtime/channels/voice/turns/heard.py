"""How much of what we said was heard: the rest was never said."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from agent_runtime.channels.voice.turns.people import CallPeople
from agent_runtime.channels.voice.utterance import Utterance, as_heard
from agent_runtime.placeholders import redact


@dataclass(slots=True)
class HeardWords:
    """What they have heard in one call."""

    people: CallPeople
    last: Utterance | None = field(default=None, init=False)
    """What they heard last to its end."""

    def keep(self, utterance: Utterance, heard: str, *, now: datetime) -> None:
        """Writes how much of a message was heard; the rest was never said.

        Args:
            utterance: What was spoken.
            heard: The beginning of its text that the listener heard.
            now: When it ended.
        """
        if utterance.after(heard):
            return self._part(utterance, heard, now)
        self.last = utterance
        if utterance.is_message:
            self._part(utterance, heard, now)

    def _part(self, utterance: Utterance, heard: str, now: datetime) -> None:
        if not utterance.is_message:
            return
        with self.people.runtime.store.begin() as tx:
            message = tx.message(utterance.text_id)
            contact, session = self.people.find(tx)
            if message is None:
                return
            known = tx.recall(session.thread_id)
        kept = as_heard(message.sentences, utterance, heard)
        if kept and kept[-1] not in message.sentences:
            half = redact(kept[-1].text, contact, known=known).text
            kept = (*kept[:-1], replace(kept[-1], text=half))
        offering = self.people.runtime.outbox.said(utterance.text_id, kept, now=now)
        if offering:
            self.people.runtime.desk.keeper.settle(offering, now=now)
