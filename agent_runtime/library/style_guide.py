"""The style guide as people write it: a text for the prompt, and limits that a check can hold."""

import hashlib
import re
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agent_runtime.domain import ChannelName
from agent_runtime.library.content import LOCALES, LibraryError, Locale, read_matter, sentence_of
from agent_runtime.library.voice_style import VoiceStyle

SHIPPED = Path(__file__).parents[1] / "prompts" / "style.md"

Address = Literal["formal", "unmarked"]
"""formal: the reader is addressed as approved texts do; unmarked: the language has one form."""

_LIMIT = re.compile(r"\{(words_per_sentence|questions|exclamation_marks)\}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Part):
    """What a draft may hold at most."""

    questions: int = Field(ge=0, le=3)
    exclamation_marks: int = Field(ge=0, le=3)
    words_per_sentence: int = Field(ge=8, le=40)
    words: dict[ChannelName, int]
    """Of a whole draft, greeting and signature aside; a channel that is not named counts as mail.
    """

    @field_validator("words")
    @classmethod
    def _has_mail(cls, words: dict[ChannelName, int]) -> dict[ChannelName, int]:
        if "email" not in words or not all(10 <= count <= 180 for count in words.values()):
            raise ValueError("it needs `email`, and every channel has from 10 to 180 words")
        return words

    def words_on(self, channel: ChannelName) -> int:
        """Returns how many words a draft may have on a channel."""
        return self.words.get(channel, self.words["email"])


class StyleGuide(_Part):
    """One version of how the agent sounds."""

    id: Literal["style"]
    version: int = Field(ge=1)
    about: str = Field(min_length=1)
    approver: str = Field(min_length=1)
    approved_at: date
    limits: Limits
    addressed: dict[Locale, Address]
    """How the reader is addressed, per language."""
    banned: dict[Locale, tuple[str, ...]] = Field(default_factory=dict)
    """Words and phrases that this company does not use; `*` ends a word in any way."""
    voice: VoiceStyle = VoiceStyle()
    """How it sounds on the telephone."""
    body: str = Field(min_length=1)
    """What the prompt says of it; `{words_per_sentence}` and the other limits may stand in it."""

    @field_validator("addressed")
    @classmethod
    def _speaks_all(cls, addressed: dict[Locale, Address]) -> dict[Locale, Address]:
        if missing := [locale for locale in LOCALES if locale not in addressed]:
            raise ValueError(f"it says nothing of {', '.join(missing)}")
        return addressed

    @property
    def text(self) -> str:
        """The guide as a prompt has it."""
        values = self.limits.model_dump()
        return _LIMIT.sub(lambda place: str(values[place[1]]), self.body)

    @property
    def label(self) -> str:
        """Id, version and the beginning of the hash, as traces name it."""
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()
        return f"style@{self.version}-{digest[:8]}"

    @cached_property
    def banned_phrases(self) -> dict[str, re.Pattern[str]]:
        """An expression by language that finds what is banned there."""
        return {
            locale: re.compile(rf"(?<!\w)(?:{'|'.join(map(_spelt, phrases))})(?!\w)", re.I)
            for locale, phrases in self.banned.items()
            if phrases
        }


@lru_cache(maxsize=16)
def read_style_guide(path: Path = SHIPPED) -> StyleGuide:
    """Returns the style guide of a file, or raises a sentence that says what is wrong with it."""
    fields, body = read_matter(path)
    try:
        return StyleGuide.model_validate({**fields, "body": body})
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None


def _spelt(phrase: str) -> str:
    return r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in phrase.split())
