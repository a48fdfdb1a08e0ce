"""Where a writer's contact block begins that no delimiter sets apart: title, company, telephone."""

import re
from collections.abc import Sequence

from agent_runtime.channels.email.trimming.contact_lines import (
    LONGEST_PLAIN,
    ends_a_sentence,
    is_closing,
    is_name,
    is_of_oneself,
    is_rule,
    may_tell_who,
    tells_who,
)
from agent_runtime.channels.email.trimming.patterns import marks

_LONGEST_BLOCK = 15
"""Lines; nobody tells more about themselves."""
_PLAIN_BLOCK = 3
"""Lines below closing and name that are taken for title and house without more evidence."""
_LONGEST_LETTER = 300
"""Lines; longer ones are no letters, and are left alone."""
_MOST_RULED = 6
_FEWEST_PARTS = 2
_PARTS = re.compile(r" [|·•] ")
_PARTED = re.compile(r"\S [|·•–] \S")


def contact_block(lines: Sequence[str]) -> int:
    """Returns the index of the first line below the writer's name that only tells who they are.

    That is the number of lines where nothing does. A line that may say something to the reader
    is never part of a block, and a wish to be left alone never one's last words.
    """
    bare = [" ".join(line.split()) for line in lines]
    if len(bare) > _LONGEST_LETTER:
        return len(bare)
    legal = _legal_below(bare)
    end = min(legal, _ruled_off(bare), _named_again(bare), _carded(bare))
    start = end
    while start > 1 and (not bare[start - 1] or may_tell_who(bare[start - 1])):
        start -= 1
    above = next((at for at in range(start - 1, -1, -1) if bare[at]), -1)
    name = _name_in(bare, start, end, above) if above >= 0 else None
    block = [line for line in bare[name + 1 : end] if line] if name is not None else []
    is_signed = above >= 0 and is_closing(bare[above]) and len(block) <= _PLAIN_BLOCK
    is_block = is_signed or any(map(tells_who, block))
    if name is not None and len(block) <= _LONGEST_BLOCK and is_block:
        end = name + 1
    return end if end == legal or not _asks_to_stop(bare[end:legal]) else len(bare)


def _name_in(bare: Sequence[str], start: int, end: int, above: int) -> int | None:
    """Returns the line of the name: what stands below a closing, or a paragraph's first line."""
    if above and is_closing(bare[above]):
        first = next((at for at in range(start, end) if bare[at]), None)
        return first if first is not None and is_name(bare[first]) else above
    if bare[above].endswith((":", ",")):
        return None
    for at in range(start, end):
        below_blank = at == start or not bare[at - 1]
        if bare[at] and below_blank and is_name(bare[at]) and not tells_who(bare[at]):
            return at
        if is_rule(bare[at]):
            return at - 1
    return None


def _legal_below(bare: Sequence[str]) -> int:
    """Returns where the notices of a company begin that follow its block without a gap."""
    for at in range(1, len(bare)):
        if bare[at - 1] and marks().added.match(bare[at]) and tells_who(bare[at - 1]):
            return at
    return len(bare)


def _ruled_off(bare: Sequence[str]) -> int:
    """Returns where a drawn line sets apart a last few lines that tell who writes."""
    for at in range(len(bare) - 2, 0, -1):
        if not is_rule(bare[at]) or not any(bare[:at]):
            continue
        below = [line for line in bare[at + 1 :] if line and not is_rule(line)]
        is_block = 0 < len(below) <= _MOST_RULED and not any(map(_says_something, below))
        if is_block and any(map(tells_who, below)):
            return at
    return len(bare)


def _named_again(bare: Sequence[str]) -> int:
    """Returns where a last paragraph begins with the name just signed: `Ana Ruiz | Ruiz Ltd`."""
    last = max((at for at in range(1, len(bare) - 1) if not bare[at]), default=0)
    if not last or not is_name(bare[last - 1]) or not _PARTED.search(bare[last + 1]):
        return len(bare)
    again = bare[last + 1].split()[:1] == bare[last - 1].split()[:1]
    is_short = len(bare) - last <= _MOST_RULED and not any(map(is_of_oneself, bare[last:]))
    return last if again and is_short else len(bare)


def _carded(bare: Sequence[str]) -> int:
    """Returns where the last lines begin like a card: `Ana Ruiz | Buyer | Ruiz Ltd`."""
    for at in range(2, len(bare)):
        block = [line for line in bare[at:] if line]
        if bare[at - 1] or not block or len(block) > _MOST_RULED:
            continue
        parts = [part.strip() for part in _PARTS.split(block[0])]
        if len(parts) > _FEWEST_PARTS and is_name(parts[0]) and all(map(may_tell_who, block)):
            return at
    return len(bare)


def _says_something(line: str) -> bool:
    return len(line) > LONGEST_PLAIN or ends_a_sentence(line) or is_of_oneself(line)


def _asks_to_stop(block: Sequence[str]) -> bool:
    from agent_runtime.hearing.opt_out import is_opt_out

    return is_opt_out("\n".join(block))
