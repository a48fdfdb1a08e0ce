"""The words of the sandbox's people: what they say, and what is meant by it.

Every file in `utterances` holds one language. The agent has never seen them: its own training
material was written apart from them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agent_runtime.authored import load_yaml
from agent_runtime.sandbox.draw import pick

LANGUAGES = ("de", "en", "es", "fr", "it", "pt")
"""Languages that buyers of the sandbox write; people of other languages stay silent."""

_FOLDER = Path(__file__).parent / "utterances"
_CHOICES = {"accepts_number": r"\d", "restates_choice": r"\d", "accepts_time": r"\D*\d.*?"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What somebody meant, with the words in which they picked a time, if they did."""

    kind: str
    choice: str = ""


def wording(language: str) -> Mapping[str, Any]:
    """Returns a language's file: utterances by kind, greetings, forms of quoting."""
    return _load(f"{language}.yaml")


def rep_wording(language: str) -> Mapping[str, Any]:
    """Returns what reps write in a language."""
    return _load("reps.yaml")[language]


def say(seed: int, language: str, kind: str, *keys: str | int, **slots: str) -> str:
    """Returns one of the utterances of the kind, with its slots filled."""
    return pick(seed, wording(language)["kinds"][kind], "utterance", kind, *keys).format(**slots)


def meaning_of(text: str, language: str) -> Meaning | None:
    """Returns what a person understands who knows every turn of phrase; None for other texts."""
    for paragraph in re.split(r"\n\s*\n", text):
        line = " ".join(paragraph.split())
        for kind, pattern in _patterns(language):
            if found := pattern.fullmatch(line):
                return Meaning(kind, found.groupdict().get("choice") or "")
    return None


@cache
def _load(name: str) -> Mapping[str, Any]:
    return load_yaml((_FOLDER / name).read_text(encoding="utf-8"))


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Returns a pattern for every utterance; those that name a number go first."""
    words = wording(language)
    ordinals = "|".join(words["ordinals"])
    patterns = [
        (kind, _pattern(utterance, _CHOICES.get(kind, ordinals)))
        for kind, utterances in words["kinds"].items()
        for utterance in utterances
    ]
    return tuple(sorted(patterns, key=lambda entry: entry[0] == "accepts_time"))


def _pattern(utterance: str, choice: str) -> re.Pattern[str]:
    slots = {"choice": f"(?P<choice>{choice})", "company": ".+?", "first_name": ".+?"}
    return re.compile(
        "".join(
            slots[part[1:-1]] if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{\w+\})", utterance)
        ),
        re.IGNORECASE,
    )
