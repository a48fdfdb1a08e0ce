"""Keys in sentences of menus that a recogniser misheard: "breath one", "presto for support"."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agent_runtime.speech.sound_alike import sameness, sound_of

UNKNOWN = "?"
"""Stands where a key was named that was not understood."""
_ALIKE, _CLEAR = 0.72, 0.07
"""How much words must sound like a key's, and by how much more than like another one's."""
_MOST_WORDS = 3


@dataclass(frozen=True)
class Mender:
    """Mends sentences of one language.

    Args:
        verbs: What keys are named with: press, dial.
        digits: Words to keys.
        purpose: Pattern of the words before what a key is for.
    """

    verbs: Sequence[str]
    digits: Mapping[str, str]
    purpose: str

    @cached_property
    def _named(self) -> list[tuple[str, str]]:
        """Returns keys as they are said; "oh" sounds like any vowel."""
        words = [(word, key) for word, key in self.digits.items() if len(sound_of(word)) > 1]
        return [(f"{verb} {word}", key) for verb in self.verbs for word, key in words]

    def mended(self, sentence: str) -> str:
        """Returns the plain sentence with a key where one sounds like it: last, or first."""
        words = sentence.split()
        is_for = re.search(rf"\b{self.purpose} ", sentence) is not None
        if not is_for or len(words) < 3:
            return sentence
        for count in range(1, _MOST_WORDS + 1):
            if len(words) > count + 1 and (named := self._key(words[-count:])):
                return " ".join([*words[:-count], named])
        for skipped in range(2):
            for count in range(1, _MOST_WORDS):
                rest = words[skipped + count :]
                is_before = re.match(rf"{self.purpose}\b", " ".join(rest)) is not None
                if is_before and (named := self._key(words[skipped : skipped + count])):
                    return " ".join([named, *rest])
        return sentence

    def _key(self, words: Sequence[str]) -> str:
        heard = " ".join(words)
        verb = next((verb for verb in self.verbs if verb == words[0]), None)
        if len(words) == 1 and verb is not None:
            return f"{verb} {UNKNOWN}"
        if len(words) == 1 and verb is None:
            verb = next((verb for verb in self.verbs if words[0].startswith(verb)), None)
        by_key: dict[str, float] = {}
        for named, key in self._named:
            by_key[key] = max(by_key.get(key, 0.0), sameness(named, heard))
        (best, key), (second, _) = sorted(((v, k) for k, v in by_key.items()), reverse=True)[:2]
        if best >= _ALIKE:
            return f"{verb or self.verbs[0]} {key if best - second >= _CLEAR else UNKNOWN}"
        return f"{verb} {UNKNOWN}" if verb is not None else ""


def in_order(keys: Iterable[str]) -> list[str]:
    """Returns keys with those that were not understood filled in where the order shows them."""
    filled = list(keys)
    for number, key in enumerate(filled):
        if key == UNKNOWN:
            before = filled[number - 1] if number else "0"
            guess = str(int(before) + 1) if before in "012345678" else UNKNOWN
            later = [int(one) for one in filled[number + 1 :] if one.isdigit() and one != "0"]
            if guess not in filled and all(int(guess) < one for one in later):
                filled[number] = guess
    return filled
