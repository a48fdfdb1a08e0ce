"""Whether a caller has gone on in another language, by the sound of what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log

LEAST_S = 1.0
"""Voice that is shorter tells nothing: no call changes its language on one short word."""
_NEEDED = 2.3
"""Of a language's lead over that of the call, as a logarithm of shares; one clear sentence has it,
or two that are less clear."""
_APART = 0.5
"""Of its lead over any third language."""
_NOW = 0.5
"""The last sentence speaks for it by itself."""
_MOST, _LEAST = 3.0, 0.01
_FADES = 0.5
_KNOWN = _LED = 0.5
"""A language that a person is known to speak, or in which calls are led, is likelier by so much."""
_GIVES_UP = 2.3
"""A lead that leaves the call to a person takes more than one that only changes its language."""


@dataclass(slots=True)
class LanguageWatch:
    """Weighs one utterance after the other; it goes by language and never by accent.

    Args:
        language: In which the call goes on, two letters.
        led: Languages in which the call may go on.
        known: Languages that this person is known to speak.
    """

    language: str
    led: frozenset[str]
    known: frozenset[str] = frozenset()
    _leads: dict[str, float] = field(default_factory=dict, init=False)

    def heard(self, shares: Mapping[str, float], *, voiced_s: float) -> str:
        """Returns the language in which they have gone on; empty: that of the call.

        Args:
            shares: How probable each language is by the sound of the utterance.
            voiced_s: How long it is.
        """
        if voiced_s < LEAST_S or not shares:
            return ""
        here = shares.get(self.language, 0.0) + _LEAST
        now = {one: log((share + _LEAST) / here) for one, share in shares.items()}
        now.pop(self.language, None)
        for one, lead in now.items():
            before = self._leads.get(one, 0.0)
            self._leads[one] = _FADES * before + max(-_MOST, min(_MOST, lead))
        found, *others = sorted(now, key=self._lead, reverse=True)
        needed = _NEEDED if found in self.led else _GIVES_UP
        is_ahead = self._lead(found) >= needed and now[found] >= _NOW
        is_apart = all(self._lead(found) - self._lead(one) >= _APART for one in others)
        return found if is_ahead and is_apart else ""

    def go_on_in(self, language: str) -> None:
        """Takes note that the call has another language now."""
        self.language = language
        self._leads.clear()

    def _lead(self, language: str) -> float:
        likelier = _KNOWN * (language in self.known) + _LED * (language in self.led)
        return self._leads.get(language, 0.0) + likelier
