"""Sound of fragments that hold no name and no fact, kept so that they can be said at once."""

import re
from collections import OrderedDict

from agent_runtime.speech.sound import Samples
from agent_runtime.speech.tones import Tone

LONGEST = 60
"""Characters: what is longer is a sentence about something."""
MOST = 64
"""Fragments with their tones; the one that was not said for the longest makes room."""
_FACT = re.compile(r"\d|[@%$€£{}\[\]]|https?:")


class Stock:
    """Keeps the sound of what a caller has declared to be stock; nothing else is ever kept."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._sounds: OrderedDict[tuple[str, Tone], tuple[Samples, ...]] = OrderedDict()

    def declare(self, *texts: str) -> None:
        """Says of texts that they hold no name and no fact, and are no opener.

        Raises:
            ValueError: one is too long, or holds a figure, an address or a place for a value.
        """
        for text in texts:
            if len(text) > LONGEST or _FACT.search(text):
                raise ValueError(
                    f"{text!r}: stock is at most {LONGEST} characters without figures, addresses"
                    " and places for values; say it live."
                )
        self._texts.update(text.strip() for text in texts)

    def find(self, text: str, tone: Tone) -> tuple[Samples, ...]:
        """Returns the sound of a text in a tone; empty where none is kept."""
        key = (text.strip(), tone)
        if key in self._sounds:
            self._sounds.move_to_end(key)
        return self._sounds.get(key, ())

    def keep(self, text: str, tone: Tone, sound: tuple[Samples, ...]) -> None:
        """Keeps a sound if its text was declared."""
        if text.strip() not in self._texts:
            return
        self._sounds[text.strip(), tone] = sound
        while len(self._sounds) > MOST:
            self._sounds.popitem(last=False)
