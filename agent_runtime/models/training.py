"""Labelled utterances that the embedded model learns from; no approved content is among them."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agent_runtime.authored import load_yaml
from agent_runtime.library.content import LibraryError, Locale, sentence_of
from agent_runtime.library.playbook import INTENTS, Intent

FOLDER = Path(__file__).parent.parent / "training"


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance, what comes first in it, and what else it says outright."""

    text: str
    intent: str
    language: str
    also: tuple[str, ...] = ()


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Message(_Part):
    intent: Intent
    also: tuple[Intent, ...] = ()
    locale: Locale = Field(alias="in")
    text: str = Field(min_length=1)


class _File(_Part):
    """Utterances of one intent, or of several, one a line; or whole messages of any intent."""

    intent: Intent | None = None
    utterances: dict[Locale, str] = Field(default_factory=dict)
    intents: dict[str, dict[Locale, str]] = Field(default_factory=dict)
    """Under `first + further`, as in `pricing_question + interested`."""
    messages: tuple[_Message, ...] = ()

    @field_validator("intents")
    @classmethod
    def _known(cls, value: dict[str, dict[Locale, str]]) -> dict[str, dict[Locale, str]]:
        for name in (name for key in value for name in _names(key)):
            if name not in INTENTS:
                raise ValueError(f"{name} is no intent; give one of {', '.join(INTENTS)}")
        return value


def read_training(folder: Path = FOLDER) -> tuple[Example, ...]:
    """Returns every labelled utterance of a folder, in a fixed order."""
    examples = tuple(e for path in sorted(folder.glob("*.yaml")) for e in _read(path))
    if not examples:
        raise LibraryError(f"{folder}: no training files (*.yaml) are there; name their folder.")
    return examples


def read_stop_wishes(folder: Path = FOLDER) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns texts that ask that contact stop, and texts that only sound or look like it.

    They lie in `stop/` below a training folder: `opt_outs*.yaml` and all others, one text a line.
    """
    asks: list[str] = []
    others: list[str] = []
    for path in sorted((folder / "stop").glob("*.yaml")):
        texts = asks if path.stem.startswith("opt_outs") else others
        for lines in load_yaml(path.read_text(encoding="utf-8")).values():
            texts += filter(None, map(str.strip, lines.splitlines()))
    return tuple(asks), tuple(others)


def training_hash(examples: tuple[Example, ...], more: Iterable[str] = ()) -> str:
    """Returns a hash of the training set; a model belongs to one."""
    digest = hashlib.sha256("\x1e".join(more).encode())
    for example in examples:
        labels = "+".join((example.intent, *example.also))
        digest.update(f"{labels}\x1f{example.language}\x1f{example.text}\x1e".encode())
    return digest.hexdigest()[:16]


def _read(path: Path) -> Iterator[Example]:
    try:
        file = _File.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None
    except yaml.YAMLError as error:
        raise LibraryError(f"{path}: not YAML ({' '.join(str(error).split())[:160]}).") from None
    kinds = [bool(file.utterances), bool(file.intents), bool(file.messages)]
    if sum(kinds) != 1 or bool(file.utterances) != bool(file.intent):
        raise LibraryError(f"{path}: give either intent and utterances, or intents, or messages.")
    by_intent = {cast("str", file.intent): file.utterances} if file.intent else file.intents
    for key, utterances in by_intent.items():
        intent, *also = _names(key)
        for locale, lines in utterances.items():
            for line in filter(None, map(str.strip, lines.splitlines())):
                yield Example(line, intent, locale, tuple(also))
    for message in file.messages:
        yield Example(message.text, message.intent, message.locale, message.also)


def _names(key: str) -> list[str]:
    return [name.strip() for name in key.split("+")]
