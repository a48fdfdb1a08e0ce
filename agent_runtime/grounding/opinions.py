"""Opinions of a model of entailment that were asked for ahead, read without asking anybody."""

import hashlib
from dataclasses import dataclass

from agent_runtime.grounding.entailment import NO_OPINION, Opinion


@dataclass(frozen=True, slots=True)
class Opinions:
    """What a model said of pairs of texts; it finds every other pair neutral.

    Pairs are kept as hashes, so that nothing that anybody wrote is kept with them.
    """

    version: str = ""
    """Of the model; empty where none is set up, or there was nothing to ask."""
    pairs: tuple[tuple[str, float, float], ...] = ()
    """Hash of a pair, how likely it entails, how likely it contradicts."""
    why_not: str = ""
    """Why some pair that was to be asked about has no opinion; a code of `models.reply`."""

    def judge(self, premise: str, hypothesis: str) -> Opinion:
        """Returns what the model said of these very texts."""
        key = pair_key(self.version, premise, hypothesis)
        found = ((entails, contradicts) for one, entails, contradicts in self.pairs if one == key)
        entails, contradicts = next(found, (0.0, 0.0))
        if not (entails or contradicts):
            return NO_OPINION
        return Opinion(entails, max(0.0, 1.0 - entails - contradicts), contradicts)


NO_OPINIONS = Opinions()
"""Where no model of entailment was asked."""


def pair_key(version: str, premise: str, hypothesis: str) -> str:
    """Returns the SHA-256 of a model's version and a pair of texts."""
    return hashlib.sha256("\x1f".join((version, premise, hypothesis)).encode()).hexdigest()
