"""Ids of texts, and the words by which one question is told from another."""

import re
import unicodedata
from functools import cache

from agent_runtime.hearing.safety import plain
from agent_runtime.script.parts import ScriptError
from agent_runtime.words import read_words

_WORD = re.compile(r"[^\W\d_]+")
_LEAST_LETTERS = 4
_WORDS_OF_AN_ID = 3
_MOST_TOPICS = 4
_LETTERS = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe"}


class Names:
    """Gives every text of a playbook an id of its own."""

    def __init__(self, playbook: str, language: str) -> None:
        self._playbook, self._language = playbook, language
        self._taken: set[str] = set()

    def take(self, prefix: str, words: str) -> str:
        """Returns `<playbook>.<prefix>_<first telling words>`, lettered where that is taken."""
        telling = [slug(word) for word in _telling(words, self._language) if slug(word)]
        base = "_".join([prefix, *telling[:_WORDS_OF_AN_ID]])
        found = next(n for n in (base, *_lettered(base)) if n not in self._taken)
        self._taken.add(found)
        return f"{self._playbook}.{found}"


def slug(text: str) -> str:
    """Returns a text in the small letters and underscores that ids are made of."""
    small = "".join(_LETTERS.get(letter, letter) for letter in text.lower())
    bare = unicodedata.normalize("NFKD", small).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", "_", bare).strip("_")


def playbook_id(wanted: str) -> str:
    """Returns the id of a playbook for a name or a file name.

    Raises:
        ScriptError: no letter is left of it.
    """
    found = slug(wanted)
    if not found:
        raise ScriptError(f"--name {wanted!r} holds no letter; give the playbook a name in words.")
    return found


def distinctive(asked: str, others: list[str], language: str) -> tuple[str, ...]:
    """Returns the words of a question that none of the others holds, for telling them apart."""
    elsewhere = {word for other in others for word in _telling(other, language)}
    mine = (word for word in _telling(asked, language) if word not in elsewhere)
    return tuple(dict.fromkeys(mine))[:_MOST_TOPICS]


def _telling(text: str, language: str) -> list[str]:
    """Words that carry meaning; names of systems are short, so capitals count as well."""
    common = _common(language)
    return [
        plain(word)
        for word in _WORD.findall(text)
        if plain(word) not in common
        and (len(word) >= _LEAST_LETTERS or (len(word) > 1 and word.isupper()))
    ]


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset(read_words("script")["too_common"][language].split())


def _lettered(base: str) -> tuple[str, ...]:
    letters = "bcdefghijklmnopqrstuvwxyz"
    return tuple(f"{base}_{a}{b}" for a in ("", *letters) for b in letters)
