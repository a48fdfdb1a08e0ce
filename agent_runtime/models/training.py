"""Labelled utterances that the embedded model learns from; no approved content is among them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.library.content import LibraryError, Locale, sentence_of
from agent_runtime.library.playbook import Intent

FOLDER = Path(__file__).parent.parent / "training"


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance and what comes first in it."""

    text: str
    intent: str
    language: str


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Message(_Part):
    intent: Intent
    also: tuple[Intent, ...] = ()
    locale: Locale = Field(alias="in")
    text: str = Field(min_length=1)


class _File(_Part):
    """Either utterances of one intent, one a line, or whole messages of any intent."""

    intent: Intent | None = None
    utterances: dict[Locale, str] = Field(default_factory=dict)
    messages: tuple[_Message, ...] = ()


def read_training(folder: Path = FOLDER) -> tuple[Example, ...]:
    """Returns every labelled utterance of a folder, in a fixed order."""
    examples = tuple(e for path in sorted(folder.glob("*.yaml")) for e in _read(path))
    if not examples:
        raise LibraryError(f"{folder}: no training files (*.yaml) are there; name their folder.")
    return examples


def training_hash(examples: tuple[Example, ...]) -> str:
    """Returns a hash of the training set; a model belongs to one."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(f"{example.intent}\x1f{example.language}\x1f{example.text}\x1e".encode())
    return digest.hexdigest()[:16]


def _read(path: Path) -> Iterator[Example]:
    try:
        file = _File.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None
    except yaml.YAMLError as error:
        raise LibraryError(f"{path}: not YAML ({' '.join(str(error).split())[:160]}).") from None
    if bool(file.utterances) == bool(file.messages) or bool(file.utterances) != bool(file.intent):
        raise LibraryError(f"{path}: give either intent and utterances, or messages.")
    for locale, lines in file.utterances.items():
        for line in filter(None, map(str.strip, lines.splitlines())):
            yield Example(line, file.intent or "", locale)
    for message in file.messages:
        yield Example(message.text, message.intent, message.locale)
