"""Safety rules: what must be heard without asking a model, and before one is asked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from agent_runtime.domain import Observation
from agent_runtime.hearing.new_text import message_of, unquoted
from agent_runtime.words import any_of, read_words

RULES = (
    "bounce",
    "auto_reply",
    "opt_out",
    "are_you_a_bot",
    "legal_threat",
    "legal_paper",
    "support",
    "other_language",
)
"""Ids of the rules, as playbooks and traces name them; the last is perception's own."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the rules heard in one observation."""

    rules: tuple[str, ...]
    signals: tuple[str, ...]


def listen(observation: Observation) -> Heard:
    """Returns the rules and signals that a mail raises; its quoted part is not read."""
    if observation.bounce_of:
        return Heard(("bounce",), ())
    if observation.auto_submitted:
        return Heard(("auto_reply",), ())
    return _listen(observation.text, observation.subject)


@lru_cache(maxsize=8192)
def is_opt_out(text: str) -> bool:
    """Says whether a text asks that contact stop: a STOP word alone, or the wish in words."""
    own = plain(unquoted(text))
    if _ALONE.fullmatch(plain(message_of(text)).strip(" .!*\n\t")):
        return True
    if any(_ALONE_IN_LINE.fullmatch(line.strip(" .!*\t")) for line in own.splitlines()):
        return True
    return any(
        not _DENIED.search(own[max(0, match.start() - 40) : match.start()])
        for pattern in _OPT_OUT
        for match in pattern.finditer(own)
    )


def plain(text: str) -> str:
    """Returns a text as the patterns expect it: lower case, straight apostrophes."""
    return text.lower().replace("’", "'").replace("\u00a0", " ")


@lru_cache(maxsize=8192)
def _listen(written: str, title: str) -> Heard:
    text, subject = plain(unquoted(written)), plain(title)
    rules = []
    if is_opt_out(written) or _ALONE.fullmatch(subject.strip(" .!")):
        rules.append("opt_out")
    elif "?" not in text and _AUTO_REPLY.search(f"{subject}\n{text}"):
        rules.append("auto_reply")
    rules += [name for name, pattern in _OTHERS.items() if pattern.search(text)]
    return Heard(tuple(rules), tuple(s for s, pattern in _SIGNALS.items() if pattern.search(text)))


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile(any_of(patterns), re.MULTILINE)


_STOPS = read_words("opt_out")
_POLITE = any_of(_STOPS["alone"]["polite"])
_STOP_WORD = rf"(?:{_POLITE},? )?{any_of(_STOPS['alone']['words'])}(?:,? {_POLITE})*"
_ALONE = re.compile(_STOP_WORD)
_ALONE_IN_LINE = re.compile(
    rf"(?=.*(?:stop|unsub|baja|abmeld|désabonn|désinscri|disiscri|descadastr)){_STOP_WORD}"
)
"""In a longer text a line like "end" may mean anything; these words do not."""

_DENIED = re.compile(rf"(?<!\w){any_of(_STOPS['denied'])}\s+(?:\S+\s+){{0,2}}$")
_OPT_OUT = tuple(_any(patterns) for patterns in _STOPS["in_words"].values())
_OTHERS = {name: _any(patterns) for name, patterns in read_words("rules").items()}
_AUTO_REPLY = _OTHERS.pop("auto_reply")
_SIGNALS = {name: _any(patterns) for name, patterns in read_words("signals").items()}
