"""Whether a caller has gone on in another language, by the sound of what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log

LEAST_S = 1.0
"""Voice that is shorter tells nothing: no call changes its language on one short word."""
LEAST_WEIGHED_S = 0.7
"""The same where its words were weighed as well."""
_NEEDED = 2.3
"""Of a language's lead over that of the call, as a logarithm of shares; one clear sentence has it,
or two that are less clear."""
_APART = 0.5
"""Of its lead over any third language."""
_SOME = 1.0
"""Of the lead of an expected language, where it is shared with others that are not."""
_ENGLISH = 1.0
"""By so much English is told too often by sound: of Spanish that was taken for it, half has a lead
of less, and of English hardly any was taken for Spanish."""
_FIT, _WEIGHED, _WEIGHED_SHORT = 3.0, 1.6, 2.6
"""What a better fit of the words is worth, and what is needed where they were weighed; more of
what is short, as a "hello?" that was misheard."""
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
        now = {one: _lead_by(shares, one, self.language) for one in shares if one != self.language}
        for one, lead in now.items():
            self._leads[one] = _FADES * self._before.get(one, 0.0) + _clipped(lead)
        found, *others = sorted(now, key=self._likelihood, reverse=True)
        is_ahead = max(self._lead(found), self._lead_of_any(found, now)) >= (
            _NEEDED if found in self.led else _GIVES_UP
        )
        apart = self._likelihood(found)
        is_apart = all(apart - self._likelihood(one) >= _APART for one in others)
        return found if is_ahead and is_apart and now[found] >= _NOW else ""

    def weighed(
        self, shares: Mapping[str, float], fits: Mapping[str, float], *, voiced_s: float
    ) -> str:
        """Returns the language in which they have gone on, where their words were weighed as well.

        Args:
            shares: How probable each language is by the sound of their turn so far.
            fits: How well it fits some languages, that of the call among them.
            voiced_s: How long it is.
        """
        if voiced_s < LEAST_WEIGHED_S:
            return ""
        found = {
            one: self._lead(
                one, _clipped(_lead_by(shares, one, self.language)) + _bias(one, self.language)
            )
            + _FIT * (fit - fits[self.language])
            - _KNOWN * (self.language in self.known)
            for one, fit in fits.items()
            if one != self.language
        }
        best = max(found, key=lambda one: found[one], default="")
        needed = _WEIGHED if voiced_s >= LEAST_S else _WEIGHED_SHORT
        return best if best and found[best] >= needed else ""

    def go_on_in(self, language: str) -> None:
        """Takes note that the call has another language now."""
        self.language = language
        self._leads.clear()
        self._before.clear()

    def _lead(self, language: str, told: float | None = None) -> float:
        likelier = _KNOWN * (language in self.known) + _LED * (language in self.led)
        return (self._leads.get(language, 0.0) if told is None else told) + likelier

    def _likelihood(self, language: str) -> float:
        """Of several other languages, which one it is."""
        return self._lead(language) + _THERE * (language in self.there)

    def _lead_of_any(self, found: str, now: Mapping[str, float]) -> float:
        """How sure it is another language at all; it counts where only one is to be expected."""
        if found not in self.there | self.known or now[found] < _SOME:
            return 0.0
        return self._lead(found) - now[found] + log(sum(exp(lead) for lead in now.values()))


def _lead_by(shares: Mapping[str, float], language: str, of: str) -> float:
    return log((shares.get(language, 0.0) + _LEAST) / (shares.get(of, 0.0) + _LEAST))


def _clipped(lead: float) -> float:
    return max(-_MOST, min(_MOST, lead))


def _bias(language: str, of: str) -> float:
    return _ENGLISH * ((of == "en") - (language == "en"))
