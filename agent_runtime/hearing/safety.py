"""Safety rules: what must be heard without asking a model, and before one is asked."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from agent_runtime.domain import Observation
from agent_runtime.hearing.bounded import bounded
from agent_runtime.hearing.new_text import unquoted
from agent_runtime.hearing.opt_out import is_stop_word
from agent_runtime.hearing.phrases import Phrases, Vocabulary
from agent_runtime.hearing.sentences import sentences_of
from agent_runtime.hearing.spoken import verdict_on_the_line
from agent_runtime.hearing.verdict import verdict_on_stop
from agent_runtime.words import read_words

RULES = (
    "bounce",
    "auto_reply",
    "opt_out",
    "perhaps_opt_out",
    "are_you_a_bot",
    "legal_threat",
    "legal_paper",
    "support",
    "asks_help",
    "asks_start",
    "media",
    "time_proposed",
    "other_language",
)
"""Ids of the rules, as playbooks and traces name them; the last two are perception's own."""

_OF_CUE = {"stop": "opt_out", "help": "asks_help", "start": "asks_start", "media": "media"}
"""What a channel makes of a message by itself."""

_IN_WORDS = ("are_you_a_bot", "legal_threat", "legal_paper", "support")
_SIGNALS = ("wants_human", "call_request", "data_request", "custom_request", "strategic")


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
    if observation.cue and observation.cue != "media":
        return Heard((_OF_CUE[observation.cue],), ())
    is_spoken = observation.channel == "voice"
    heard = _listen(bounded(observation.text), bounded(observation.subject), is_spoken)
    if observation.cue == "media":
        return Heard((*heard.rules, _OF_CUE["media"]), heard.signals)
    return heard


def plain(text: str) -> str:
    """Returns a text in lower case with straight apostrophes and common spaces."""
    return text.lower().replace("’", "'").replace("\u00a0", " ")


@lru_cache(maxsize=8192)
def _listen(written: str, title: str, is_spoken: bool) -> Heard:
    text = sentences_of(unquoted(written))
    subject = sentences_of(title)
    rules = []
    verdict = verdict_on_the_line(written) if is_spoken else verdict_on_stop(written)
    if verdict == "stop" or is_stop_word(title):
        rules.append("opt_out")
    elif _is_heard("rules/auto_reply", f"{subject}\n{text}" if subject else text):
        rules.append("auto_reply")
    elif verdict == "unsure":
        rules.append("perhaps_opt_out")
    rules += [rule for rule in _IN_WORDS if _is_heard(f"rules/{rule}", text)]
    signals = (signal for signal in _SIGNALS if _is_heard(f"signals/{signal}", text))
    return Heard(tuple(rules), tuple(signals))


def _is_heard(name: str, sentences: str) -> bool:
    words = _words(name)
    tagged = words.vocabulary.tagged(sentences)
    return any(group.are_in(tagged) for group in words.groups)


@dataclass(frozen=True, slots=True)
class _Words:
    vocabulary: Vocabulary
    groups: tuple[Phrases, ...]


@cache
def _words(name: str) -> _Words:
    words: dict[str, Any] = read_words(name)
    vocabulary = Vocabulary(words["classes"], name)
    return _Words(vocabulary, vocabulary.phrases(words["groups"]))
