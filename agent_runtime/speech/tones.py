"""How a sentence is said: pace, warmth and emphasis, and what each voice makes of them."""

from dataclasses import dataclass

PACE = (0.7, 1.3)
"""Slower or faster than this is not how people speak on the telephone."""


@dataclass(frozen=True, slots=True)
class Tone:
    """How a sentence is said; the default is the voice as it is.

    Raises:
        ValueError: a value lies outside its range.
    """

    pace: float = 1.0
    """Speed against the voice's own, from 0.7 to 1.3."""
    warmth: float = 0.0
    """From -1 to 1: a warm voice lies a little lower, a brisk one a little higher."""
    emphasis: float = 0.0
    """From 0 to 1: how far the melody goes up and down beyond the voice's own."""

    def __post_init__(self) -> None:
        for name, low, high in (("pace", *PACE), ("warmth", -1, 1), ("emphasis", 0, 1)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} = {value}: it lies between {low} and {high}.")

    @property
    def pitch(self) -> float:
        """The factor by which the fundamental frequency changes: a semitone at most."""
        return 2.0 ** (-self.warmth / 12)

    @property
    def pitch_range(self) -> float:
        """The factor by which the fundamental's distance from its mean changes."""
        return 1.0 + 0.5 * self.emphasis


PLAIN = Tone()
