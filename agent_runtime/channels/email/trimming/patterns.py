"""The marks of mail programs, compiled once; every pattern reads one short line at most."""

import re
from functools import cache
from typing import NamedTuple

from agent_runtime.words import any_of, read_words

READ_CHARACTERS = 400
"""So much of a line is read for marks: no mark is longer, and no pattern can run away."""


class Marks(NamedTuple):
    """Patterns over a folded line."""

    announced: re.Pattern[str]
    header: re.Pattern[str]
    device: re.Pattern[str]
    told: re.Pattern[str]
    added: re.Pattern[str]
    own_words: re.Pattern[str]
    ours: re.Pattern[str]
    greeting: re.Pattern[str]


@cache
def marks() -> Marks:
    """Returns the patterns of all languages."""
    words = read_words("quoted_mail")
    headers = any_of({name: 0 for names in words["headers"].values() for name in names})
    announced = any_of(words["announced"])
    patterns = dict(
        announced=rf"[\s>*]*(?:[-_=*]{{2,}} ?{announced} ?:? ?[-_=*]{{2,}}|{announced} ?:)$",
        header=rf"[*_ ]*{headers}[*_ ]*[:：]",
        device=rf"[<(\[*_ ]*{any_of(words['device'])}[>)\].!*_ ]*$",
        told=rf", ?{any_of(words['told'])}\b",
        added=rf"[*_ ]*{any_of(words['added'])}",
        own_words=rf"(?<!\w){any_of(words['own_words'])}(?!\w)",
        ours=any_of(words["ours"]),
        greeting=rf"{any_of(read_words('letters')['greeting'])}\b.{{0,40}}$",
    )
    return Marks(**{name: re.compile(one, re.IGNORECASE) for name, one in patterns.items()})
