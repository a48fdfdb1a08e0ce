"""Whether a caller has gone on in another language, by the sound of what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log

LEAST_S = 1.0
"""Voice that is shorter tells nothing: no call changes its language on one short word."""
_NEEDED = 2.3
"""Of a language's lead over that of the call, as a logarithm of shares; one clear sentence has it,
or two that are less clear."""
_APART = 0.5
"""Of its lead over any third language."""
_SOME = 1.0
"""Of the lead of an expected language, where it is shared with others that are not."""
_NOW = 0.5
"""The last sentence speaks for it by itself."""
_MOST, _LEAST = 3.0, 0.01
_FADES = 0.5
_KNOWN = _LED = 0.5
"""A language that a person is known to speak, or in which calls are led, is likelier by so much."""
_THERE = 1.5
"""Of several other languages one that many speak in the country is likelier by so much. In the
United States twenty times as many speak Spanish at home as French or Portuguese."""
_GIVES_UP = 2.3
"""A lead that leaves the call to a person takes more than one that only changes its language."""


@dataclass(slots=True)
class LanguageWatch:
    """Weighs one utterance after the other; it goes by language and never by accent.

    Args:
        language: In which the call goes on, two letters.
        led: Languages in which the call may go on.
        known: Languages that this person is known to speak.
        there: Languages that many speak in the country, beside that of most.
    """

    language: str
    led: frozenset[str]
    known: frozenset[str] = frozenset()
    there: frozenset[str] = frozenset()
    _leads: dict[str, float] = field(default_factory=dict, init=False)
    _before: dict[str, float] = field(default_factory=dict, init=False)
    """Leads before their last turn."""

    def heard(self, shares: Mapping[str, float], *, voiced_s: float, is_more: bool = False) -> str:
        """Returns the language in which they have gone on; empty: that of the call.

        Args:
            shares: How probable each language is by the sound of their turn so far.
            voiced_s: How long it is.
            is_more: Whether it is the turn heard last, and more of it: then it counts once.
        """
        if voiced_s < LEAST_S or not shares:
            return ""
        if not is_more:
            self._before = dict(self._leads)
        here = shares.get(self.language, 0.0) + _LEAST
        now = {one: log((share + _LEAST) / here) for one, share in shares.items()}
        now.pop(self.language, None)
        for one, lead in now.items():
            before = self._before.get(one, 0.0)
            self._leads[one] = _FADES * before + max(-_MOST, min(_MOST, lead))
        found, *others = sorted(now, key=self._likelihood, reverse=True)
        is_ahead = max(self._lead(found), self._lead_of_any(found, now)) >= (
            _NEEDED if found in self.led else _GIVES_UP
        )
        apart = self._likelihood(found)
        is_apart = all(apart - self._likelihood(one) >= _APART for one in others)
        return found if is_ahead and is_apart and now[found] >= _NOW else ""

    def go_on_in(self, language: str) -> None:
        """Takes note that the call has another language now."""
        self.language = language
        self._leads.clear()
        self._before.clear()

    def _lead(self, language: str) -> float:
        likelier = _KNOWN * (language in self.known) + _LED * (language in self.led)
        return self._leads.get(language, 0.0) + likelier

    def _likelihood(self, language: str) -> float:
        """Of several other languages, which one it is."""
        return self._lead(language) + _THERE * (language in self.there)

    def _lead_of_any(self, found: str, now: Mapping[str, float]) -> float:
        """How sure it is another language at all; it counts where only one is to be expected."""
        if found not in self.there | self.known or now[found] < _SOME:
            return 0.0
        return self._lead(found) - now[found] + log(sum(exp(lead) for lead in now.values()))
