"""Postal addresses in six languages and many countries: a core that tells, then what belongs to it.

A core is a street with its number, a box, or what follows a cue such as "my address is"; rooms,
towns, postcodes and countries around it are taken along.
"""

from collections.abc import Iterator

from agent_runtime.pii.addresses.boxes import find_boxes
from agent_runtime.pii.addresses.cores import find_cores
from agent_runtime.pii.addresses.surroundings import widen
from agent_runtime.pii.addresses.tokens import Tokens
from agent_runtime.pii.finding import Found, Reading


def find_addresses(reading: Reading) -> Iterator[Found]:
    """Yields each address as one piece, from its first number to its postcode or country."""
    if not reading.digits:
        return
    tokens = Tokens(reading.text)
    cores = sorted([*find_boxes(tokens), *find_cores(tokens, reading)])
    at = 0
    for first, last in _joined(cores):
        if last <= at:
            continue
        start, end = widen(tokens, max(first, at), last, floor=at)
        yield Found("ADDRESS", tokens.start(start), tokens.end(end - 1))
        at = end


def _joined(cores: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yields the cores, those that overlap as one."""
    first = last = -1
    for begin, end in cores:
        if begin < last:
            last = max(last, end)
            continue
        if last >= 0:
            yield first, last
        first, last = begin, end
    if last >= 0:
        yield first, last
