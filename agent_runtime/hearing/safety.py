"""Safety rules: what must be heard without asking a model, and before one is asked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from agent_runtime.domain import Observation
from agent_runtime.hearing.new_text import unquoted
from agent_runtime.hearing.opt_out import is_opt_out, is_stop_word
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


def plain(text: str) -> str:
    """Returns a text as the patterns expect it: lower case, straight apostrophes."""
    return text.lower().replace("’", "'").replace("\u00a0", " ")


@lru_cache(maxsize=8192)
def _listen(written: str, title: str) -> Heard:
    text, subject = plain(unquoted(written)), plain(title)
    rules = []
    if is_opt_out(written) or is_stop_word(title):
        rules.append("opt_out")
    elif "?" not in text and _AUTO_REPLY.search(f"{subject}\n{text}"):
        rules.append("auto_reply")
    rules += [name for name, pattern in _OTHERS.items() if pattern.search(text)]
    return Heard(tuple(rules), tuple(s for s, pattern in _SIGNALS.items() if pattern.search(text)))


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile(any_of(patterns), re.MULTILINE)


_OTHERS = {name: _any(patterns) for name, patterns in read_words("rules").items()}
_AUTO_REPLY = _OTHERS.pop("auto_reply")
_SIGNALS = {name: _any(patterns) for name, patterns in read_words("signals").items()}
