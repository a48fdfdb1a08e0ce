"""What of ours calls: numbers, voices, and how long a telephone rings."""

from dataclasses import dataclass
from datetime import timedelta

from agent_runtime.policies.calling.facts import OwnNumber
from agent_runtime.settings import Settings

LEAST_RING_S = 15.0
"""47 CFR 64.1200(a)(6): no unanswered call is given up sooner."""


@dataclass(frozen=True, slots=True)
class Telephony:
    """What is set up for calls; without a number of ours nobody is called."""

    own_numbers: tuple[OwnNumber, ...] = ()
    voices: frozenset[str] = frozenset()
    ring_s: float = 25.0
    """How long it rings before nobody has answered, seconds."""
    longest: timedelta = timedelta(minutes=15)
    """After this a call is over, whatever happens."""

    def own_for(self, country: str) -> OwnNumber | None:
        """Returns the number to show in a country: registered and meant for it, else any."""
        fits = (n for n in self.own_numbers if "*" in n.countries or country in n.countries)
        best = sorted(fits, key=lambda number: not number.is_registered)
        return next(iter((*best, *self.own_numbers)), None)


def telephony_of(settings: Settings) -> Telephony:
    """Returns what the settings set up."""
    return Telephony(
        own_numbers=tuple(
            OwnNumber(one.number, tuple(c.upper() for c in one.countries), one.registered)
            for one in settings.voice_numbers
        ),
        voices=frozenset(settings.voice_languages),
        ring_s=settings.voice_ring_s,
        longest=timedelta(seconds=settings.voice_longest_s),
    )
