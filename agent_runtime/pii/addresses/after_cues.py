"""Addresses that a phrase announces: "my address is", "wohnhaft in", "vivo en"."""

import re
from collections.abc import Iterator, Mapping

from agent_runtime.pii.addresses.streets import is_common, stands_alone
from agent_runtime.pii.addresses.tokens import Tokens

_MOST_TOKENS = 12
_YEAR = re.compile(r"(?:19|20)\d\d")
_AND = frozenset({"and", "und", "y", "e", "et", "a", "i"})


def cued_cores(tokens: Tokens, cues: Mapping[int, str]) -> Iterator[tuple[int, int]]:
    """Yields what follows a cue and has a name and a number.

    After a doubtful cue ("send it to") the number must also stand as a house number does.
    """
    for start, meaning in cues.items():
        if tokens.is_number(start) or tokens.is_name(start):
            last, numbers = _run(tokens, start, is_loose=meaning == "sure")
            is_sure = meaning == "sure" or len(numbers) > 1 or _is_at_an_edge(tokens, numbers, last)
            if last > start and numbers and is_sure:
                yield start, last


def _run(tokens: Tokens, start: int, *, is_loose: bool) -> tuple[int, list[int]]:
    """Returns where names and numbers end, and where the numbers stand."""
    last, names, numbers = start, 0, []
    for index in range(start, min(start + _MOST_TOKENS, len(tokens))):
        if tokens.is_number(index):
            if tokens.word(index - 1) in _AND and index > start:
                break
            if tokens.is_connector(index - 1) and _YEAR.fullmatch(tokens.word(index)):
                break
            numbers.append(index)
            last = index + 1
        elif tokens.is_name(index):
            names += 1
            last = index + 1
        elif (is_loose and names and tokens.kinds[index] == "w" and _is_rare(tokens, index)) or (
            tokens.word(index) == "." and not tokens.ends_sentence(index - 1)
        ):
            continue
        elif not tokens.is_connector(index):
            break
    return (last, numbers) if names else (start, [])


def _is_at_an_edge(tokens: Tokens, numbers: list[int], last: int) -> bool:
    """Says whether the only number begins or ends the run, and nothing is counted by it."""
    is_alone = stands_alone(tokens, last) or is_common(tokens.word(last))
    return len(numbers) == 1 and numbers[0] == last - 1 and is_alone


def _is_rare(tokens: Tokens, index: int) -> bool:
    return not (is_common(tokens.lower[index]) or tokens.is_connector(index))
