"""Phrases found in what a recogniser misheard: compared by their sound and not by their letters.

Letters become classes of sounds that recognisers take for each other over a telephone: voiced and
voiceless, the nasals, all vowels; an r that many do not speak is left out.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_RULES = (
    (r"tch|sch|sh|ch|ti(?=o)|ci(?=o)|ssi(?=o)|si(?=on)|j|dge|ge\b", "X"),
    (r"ph|v|gh\b", "f"),
    (r"gh|\bk(?=n)|\bw(?=r)|h", ""),
    (r"c(?=[eiy])|z", "s"),
    (r"ck|c|q|g", "k"),
    (r"x", "ks"),
    (r"d", "t"),
    (r"b", "p"),
    (r"m", "n"),
    (r"(?<=[^aeiouy ])e(?= |$)", ""),
    (r"(?<=[aeiouy])r(?![aeiouy])", ""),
    (r"[aeiouy]+", "a"),
    (r"(.)\1+", r"\1"),
)
_COMPILED = tuple((re.compile(pattern), put) for pattern, put in _RULES)
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@lru_cache(maxsize=4096)
def sound_of(words: str) -> str:
    """Returns the classes of sound of words in lower case, without the spaces between them."""
    said = re.sub(r"[0-9]", lambda digit: f" {_DIGITS[int(digit[0])]} ", words)
    said = re.sub(r"[^a-z ]", "", said)
    for pattern, put in _COMPILED:
        said = pattern.sub(put, said)
    return said.replace(" ", "")


@dataclass(frozen=True, slots=True)
class Alike:
    """Where a phrase is found by its sound."""

    phrase: str
    weight: float
    """What the likeness is worth: it grows with the length of the phrase, since short ones sound
    like much else."""
    span: range
    """In the sound of the words."""


def alike(phrase: str, words: str) -> Alike | None:
    """Returns the place in the words that sounds most like a phrase; None where none does."""
    from rapidfuzz import fuzz

    sound, within = sound_of(phrase), sound_of(words)
    if len(within) < _SHORTEST * len(sound):
        return None
    found = fuzz.partial_ratio_alignment(sound, within, score_cutoff=100 * _LEAST)
    if found is None:
        return None
    weight = len(sound) * (found.score / 100 - _LEAST)
    return Alike(phrase, weight, range(found.dest_start, found.dest_end))


def sameness(one: str, other: str) -> float:
    """Returns how alike words sound from their beginning to their end, from 0 to 1."""
    from rapidfuzz import fuzz

    # In single words a th is mostly taken for an s: "breath one", "the port".
    said, heard = (sound_of(words.replace("th", "s")) for words in (one, other))
    return fuzz.ratio(said, heard) / 100


_LEAST = 0.75
"""Likeness that English sentences about other things have with each other."""
_SHORTEST = 0.8
"""Words must be so long in parts of the phrase."""
