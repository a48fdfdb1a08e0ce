"""Names of days and months with one letter wrong."""

from functools import lru_cache

_SHORTEST = 6


@lru_cache(maxsize=65536)
def is_nearly(word: str, names: tuple[str, ...]) -> str | None:
    """Returns the first name that a word of six letters or more misspells by one letter.

    One letter missing, added, wrong, or two swapped.

    >>> is_nearly("wendesday", ("monday", "wednesday")), is_nearly("today", ("monday",))
    ('wednesday', None)
    """
    if len(word) < _SHORTEST:
        return None
    return next((name for name in names if name[0] == word[0] and _is_one_off(word, name)), None)


def _is_one_off(word: str, name: str) -> bool:
    if abs(len(word) - len(name)) > 1:
        return False
    same = next((n for n, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), None)
    if same is None:
        return len(word) != len(name)
    rest, other = word[same:], name[same:]
    if len(word) == len(name):
        return rest[1:] == other[1:] or (rest[1::-1] == other[:2] and rest[2:] == other[2:])
    return rest[1:] == other if len(word) > len(name) else rest == other[1:]
