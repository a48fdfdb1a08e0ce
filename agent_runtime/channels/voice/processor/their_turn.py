"""What was heard of the turn that they are in, and where the time went after it."""

from time import perf_counter

from agent_runtime.channels.voice.side_words import joined

WORDLESS_S = 0.9
"""Quiet after a sound for which no words came: then there are none."""


class TheirTurn:
    """One turn of theirs after the other, as voice, words and times."""

    def __init__(self) -> None:
        self.is_speaking = False
        """Whether a turn has begun and not ended; its words may come after its voice."""
        self.words: list[str] = []
        self.otherwise: list[str] = []
        """Its words as they would be in another language."""
        self.is_due = False
        """Whether it is over but for words of it that are still to come."""
        self._is_guessed = False
        self._unheard = 0
        """Utterances that are over, and whose words have neither come nor been given up."""
        self.spent: dict[str, float] = {}
        """Milliseconds by stage, since their last sound."""
        self._voice_since: float | None = None
        self._voiced_s = 0.0
        self._quiet_at: float | None = None
        self._ended_at: float | None = None

    @property
    def is_late(self) -> bool:
        """Whether what is written now comes after the turn that it was said in."""
        return not self.is_speaking and self._voice_since is None

    @property
    def is_being_heard(self) -> bool:
        """Whether words of it were guessed while it was spoken, and are not there yet."""
        return self._is_guessed and self._unheard > 0

    def voice_started(self) -> None:
        """Notes voice on their side: whatever was over goes on."""
        self.is_due = False
        self._voice_since, self._quiet_at = perf_counter(), None

    def voice_stopped(self, stop_s: float) -> None:
        """Notes quiet on their side, told after so many seconds of it."""
        now = perf_counter()
        if self._voice_since is not None:
            self._voiced_s += now - self._voice_since - stop_s
        self._voice_since, self._quiet_at = None, now - stop_s
        self._unheard += 1
        self.spent = {"vad": round(stop_s * 1000, 1)}

    def write(self, text: str) -> None:
        """Adds the words of an utterance."""
        self.words.append(text.strip())
        self.heard()
        self.spent["stt"] = self._since_quiet()

    def guess(self) -> None:
        """Notes that a recogniser makes words of what they say."""
        self._is_guessed = self.is_speaking

    def heard(self) -> None:
        """Notes that an utterance has its words, or none."""
        self._unheard = max(self._unheard - 1, 0)

    def lose(self) -> None:
        """Ends the turn without words: they could not be heard."""
        self.is_speaking = self.is_due = False
        self.heard()

    def take(self) -> tuple[str, float, str]:
        """Ends the turn; returns its words, its voice in seconds, and its words otherwise."""
        self.is_speaking = self.is_due = self._is_guessed = False
        self._unheard = 0
        text, self.words = joined(self.words), []
        spoken_s, self._voiced_s = self._voiced_s, 0.0
        self._ended_at = self._quiet_at
        self.spent["turn"] = self._since_quiet()
        otherwise, self.otherwise = " ".join(filter(None, self.otherwise)), []
        return text, max(spoken_s, 0.0), otherwise

    def is_wordless(self, *, cough_s: float, words_s: float) -> bool:
        """Says whether it is quiet for so long that no words will come any more.

        Args:
            cough_s: A sound that is no longer is soon none, unless words of it were guessed.
            words_s: How long the words of others may take.
        """
        if not self.is_speaking or self._voice_since is not None:
            return False
        if self.words and not self.is_due:
            return False
        is_cough = self._voiced_s <= cough_s and not self.is_being_heard
        return self._since_quiet() > (WORDLESS_S + (0.0 if is_cough else words_s)) * 1000

    def first_sound(self) -> dict[str, float]:
        """Returns where the time went from their last sound to our first, once an answered turn."""
        if self._ended_at is None or "loop" not in self.spent:
            return {}
        total = round((perf_counter() - self._ended_at) * 1000, 1)
        spent, self.spent, self._ended_at = self.spent, {}, None
        return spent | {"first_sound": total}

    def _since_quiet(self) -> float:
        return round((perf_counter() - self._quiet_at) * 1000, 1) if self._quiet_at else 0.0
