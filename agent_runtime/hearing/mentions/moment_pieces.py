"""Pieces of which moments are made, as patterns of one language."""

import re
from dataclasses import dataclass
from functools import cache

from agent_runtime.hearing.mentions.mention import listed
from agent_runtime.words import read_words
from agent_runtime.words.kept import compiled


@dataclass(frozen=True, slots=True)
class MomentWords:
    """What a language says of when, as patterns over flat text."""

    piece: re.Pattern[str]
    """Any piece; the name of its last group is a kind and a number."""
    glue: re.Pattern[str]
    """All that may stand between two pieces of one moment."""
    lead: re.Pattern[str]
    """What belongs to a time right after it, as in `after 3`."""
    deadline: re.Pattern[str]
    introduced: re.Pattern[str]
    """A preposition that belongs to a date, as in `in March`."""
    past_before: re.Pattern[str]
    past_within: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class MomentCues:
    """Words of a sentence, in any language, that tell what a moment is for."""

    meeting: re.Pattern[str]
    deal: re.Pattern[str]
    told: re.Pattern[str]


@cache
def moment_words(language: str) -> MomentWords:
    """Returns the patterns of one of the six languages."""
    words = read_words("entities/moments")[language]
    the, deadline, past = words["the"], words["deadline"], words["past"]
    to = "" if language == "en" else "|a"
    with_the = rf"\s+(?:(?:{the})\s?)?)$"
    sources = {
        "piece": "|".join(_pieces(words)),
        "glue": rf"\s*(?:(?:{words['glue']})\s*)*",
        "lead": rf"(?<![a-z])((?:{words['lead']}){with_the}",
        "deadline": (
            rf"(?<![a-z])((?:{deadline})\s+(?:(?:{the})\s*)?(?:(?:{words['edge']})\s+)?)$"
        ),
        "introduced": (
            rf"(?<![a-z])((?:(?:{deadline})|in|im|en|em{to}|ad|au|nel|nella|no|na|nell'){with_the}"
        ),
        "past_before": rf"(?<![a-z])(?:{past})\s+$",
        "past_within": rf"(?<![a-z])(?:{past})(?![a-z])(?! w| s)",
    }
    patterns = compiled(f"entities/moments.{language}", list(sources.values()))
    return MomentWords(**dict(zip(sources, patterns, strict=True)))


@cache
def moment_cues() -> MomentCues:
    """Returns the words around moments, read once."""
    words = read_words("entities/moments")

    def cue(name: str) -> re.Pattern[str]:
        return re.compile(rf"(?<![a-z]){listed(words[name])}(?![a-z])")

    return MomentCues(meeting=cue("meeting"), deal=cue("deal"), told=cue("told"))


_NAME = re.compile(r"\{([a-z_]+)\}")
_INNER = "(?P<inner>"


def _pieces(words: dict[str, str]) -> list[str]:
    """Each kind of piece as a group of its own; an inner group is the part that counts."""
    grammar = read_words("entities/moment_pieces")
    parts = {**words, **{name: _either(lines) for name, lines in grammar["parts"].items()}}
    found = []
    for number, piece in enumerate(grammar["pieces"]):
        for kind, lines in piece.items():
            pattern = _expanded(_either(lines), parts).replace(" ", r"\s")
            pattern = pattern.replace(_INNER, f"(?P<{kind}_{number}_inner>")
            found.append(rf"(?<![\w.,/-])(?P<{kind}_{number}>{pattern})(?!\w)")
    return found


def _either(lines: str) -> str:
    return "|".join(line for line in lines.split("\n") if line)


def _expanded(pattern: str, parts: dict[str, str]) -> str:
    while _NAME.search(pattern):
        pattern = _NAME.sub(lambda m: f"(?:{parts[m[1]]})", pattern)
    return pattern
