"""What is being said, what waits to be said, and how far the listener got."""

from dataclasses import dataclass
from datetime import datetime

from agent_runtime.channels.voice.commands import Command, Hush, KeepHeard, Say
from agent_runtime.channels.voice.utterance import Utterance


@dataclass(slots=True)
class _Saying:
    utterance: Utterance
    before: str
    """What was heard of it before it was cut and taken up again."""
    since: datetime
    has_begun: bool = False
    is_hushed: bool = False

    def so_far(self, heard: str) -> str:
        """Returns how much of the whole was heard, with this much since it was taken up."""
        whole = self.utterance.text
        start = len(whole) - len(" ".join(self.utterance.after(self.before)))
        return max(whole[: start + len(heard)].rstrip(), self.before, key=len)


class Mouth:
    """Says one utterance after the other, and goes on after a cough."""

    def __init__(self) -> None:
        self.saying: _Saying | None = None
        self.cut: tuple[Utterance, str] | None = None
        """What somebody spoke into, and what they had heard of it."""
        self._waiting: list[Utterance] = []

    @property
    def is_speaking(self) -> bool:
        """Whether sentences are with the voice."""
        return self.saying is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is being said, was cut, or waits."""
        return self.saying is None and self.cut is None and not self._waiting

    @property
    def is_about_to_speak(self) -> bool:
        """Whether something is to be said of which nothing was heard yet, and nothing was cut."""
        if self.saying is not None:
            return not self.saying.has_begun and not self.saying.before
        return self.cut is None and bool(self._waiting)

    def add(self, *utterances: Utterance) -> None:
        """Puts utterances behind those that wait."""
        self._waiting.extend(utterances)

    def next(self, at: datetime) -> list[Command]:
        """Begins what waits longest, unless something is being said or was cut."""
        if self.saying is not None or self.cut is not None or not self._waiting:
            return []
        return self._begin(self._waiting.pop(0), "", at)

    def go_on(self, at: datetime) -> list[Command]:
        """Says what was not heard of the utterance that was cut, from its last sentence on."""
        if self.cut is None:
            return []
        (utterance, heard), self.cut = self.cut, None
        if not utterance.after(heard):
            return [KeepHeard(utterance, utterance.text), *self.next(at)]
        return self._begin(utterance, heard, at)

    def begun(self) -> None:
        """Notes the first sound."""
        if self.saying is not None:
            self.saying.has_begun = True

    def hush(self) -> list[Command]:
        """Stops the voice, once."""
        if self.saying is None or self.saying.is_hushed:
            return []
        self.saying.is_hushed = True
        return [Hush()]

    def ended(self, heard: str, *, is_cut: bool) -> list[Command]:
        """Takes note of how far the voice came."""
        if self.saying is None:
            return []
        saying, self.saying = self.saying, None
        if not is_cut:
            return [KeepHeard(saying.utterance, saying.utterance.text)]
        self.cut = saying.utterance, saying.so_far(heard)
        return []

    def drop(self) -> list[Command]:
        """Gives up what was cut and what waits; what is with the voice goes on."""
        dropped = self.forget_cut()
        dropped += [KeepHeard(utterance, "", is_cut=True) for utterance in self._waiting]
        self._waiting = []
        return dropped

    def forget_cut(self) -> list[Command]:
        """Gives up what was cut."""
        cut, self.cut = self.cut, None
        return [] if cut is None else [KeepHeard(*cut, is_cut=True)]

    def _begin(self, utterance: Utterance, heard: str, at: datetime) -> list[Command]:
        self.saying = _Saying(utterance, heard, at)
        return [Say(utterance, utterance.after(heard))]
