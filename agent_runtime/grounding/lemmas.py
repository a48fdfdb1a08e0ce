"""The forms of a word: base forms by rule, word families by their root, and synonyms."""

from collections.abc import Mapping
from functools import cache, lru_cache

from agent_runtime.grounding.lexicon import lexicon_of
from agent_runtime.words import read_words

_MIN_ROOT = 4
_STEM = 6
_ENDINGS = (
    *("ifications", "ification", "izations", "ization", "isations", "isation", "ations", "ation"),
    *("itions", "ition", "ments", "ment", "ances", "ance", "ences", "ence", "ities", "ity"),
    *("ables", "able", "ibles", "ible", "tions", "tion", "ions", "ion", "ers", "ors", "er", "or"),
    *("ives", "ive", "als", "al", "ingly", "ally", "ly", "ness", "ings", "ing", "ed", "ified"),
    *(
        "ifies",
        "ify",
        "ates",
        "ated",
        "ating",
        "ate",
        "ises",
        "ised",
        "ise",
        "izes",
        "ized",
        "ize",
        "ees",
        "ee",
    ),
    *("ies", "ied", "es", "s", "e", "y"),
)


@lru_cache(maxsize=32_768)
def forms(word: str, language: str) -> frozenset[str]:
    """Returns what a word may be a form of; two words with a form in common are one word."""
    if language != "en":
        return frozenset((word, word[:_STEM])) if len(word) >= _STEM else frozenset((word,))
    found = {word}
    if base := lexicon_of("en").irregular.get(word):
        found.add(base)
    for ending, instead in (
        *(("ies", "y"), ("es", ""), ("s", ""), ("es", "e"), ("ied", "y"), ("ed", ""), ("ed", "e")),
        *(("ing", ""), ("ing", "e"), ("ally", "al"), ("ly", ""), ("ves", "f"), ("ily", "y")),
    ):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 2 or word.endswith("ss"):
            continue
        found.add(stem + instead)
        if (len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "sl") or (
            len(stem) > 4 and stem[-2:] == "ll"
        ):
            found.add(stem[:-1])
    return frozenset(found)


@lru_cache(maxsize=32_768)
def root(word: str) -> str:
    """Returns what an English word shares with its family: deliver, delivery, deliveries."""
    base = word
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        is_long = base.endswith(ending) and len(base) - len(ending) >= _MIN_ROOT
        if is_long and not (ending == "y" and base[-2] in "aeiou"):
            base = base[: -len(ending)]
            break
    base = base.removesuffix("i") if len(base) > _MIN_ROOT else base
    base = base.removesuffix("e") if len(base) > _MIN_ROOT else base
    return base[:-1] if len(base) > _MIN_ROOT and base[-1] == base[-2] else base


@lru_cache(maxsize=32_768)
def meanings(word: str, language: str) -> frozenset[int]:
    """Returns the lines of synonyms on which a word stands."""
    table = _lines(language)
    return frozenset(line for form in forms(word, language) for line in table.get(form, ()))


@cache
def _lines(language: str) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    if language == "en":
        lines = read_words("grounding/synonyms_en")
        listed = [[word.strip() for word in line.split(",")] for line in lines]
    else:
        listed = [[str(w) for w in line] for line in read_words("synonyms")]
    for number, line in enumerate(listed):
        for word in dict.fromkeys(line):
            if " " not in word:
                for form in {word, word[:_STEM]} if language != "en" else {word}:
                    found[form] = (*found.get(form, ()), number)
    return found


@lru_cache(maxsize=32_768)
def is_known(word: str) -> bool:
    """Says whether an English word is on any list, and so is no name by itself."""
    lexicon = lexicon_of("en")
    if (word,) in lexicon.marks or (word,) in lexicon.units or (word,) in lexicon.moments:
        return True
    if meanings(word, "en") or word in lexicon.courtesy["words"]:
        return True
    return not lexicon.verbs.isdisjoint(forms(word, "en"))


@lru_cache(maxsize=65_536)
def is_same(word: str, other: str, language: str) -> bool:
    """Says whether two words may stand for each other in a claim."""
    if not forms(word, language).isdisjoint(forms(other, language)):
        return True
    if language == "en":
        if root(word) == root(other) and len(root(word)) >= _MIN_ROOT:
            return True
    elif min(len(word), len(other)) >= 4 and _is_inflected(word, other):
        return True
    return not meanings(word, language).isdisjoint(meanings(other, language))


def _is_inflected(word: str, other: str) -> bool:
    """Two short words of other languages that differ in their last two letters at most."""
    shared = min(len(word), len(other))
    same = next((n for n in range(shared) if word[n] != other[n]), shared)
    return same >= 3 and len(word) - same <= 2 and len(other) - same <= 2
