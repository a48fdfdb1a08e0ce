"""Examples of the house voice that a language model is shown, in versions that are published.

They stand in the part of a prompt that is the same for all turns of a playbook, so they change
only when a person publishes a new version.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.library.content import LibraryError, Locale, sentence_of

MOST = 6
"""Examples of one playbook in one language."""

AT_LEAST = 3
"""Approved texts are added up to here; the prompt lists all of them anyway, among the facts."""

TOUCH = "touch"

NONE_YET = "None is published yet; the approved texts below show the voice."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spoken(_Part):
    """One sentence of an example and the fact that it stands on; "" where it claims nothing."""

    text: str = Field(min_length=1, max_length=400)
    fact: str = Field(max_length=120)


class Example(_Part):
    """One draft in the house voice."""

    playbook: str
    language: Locale
    heard: str
    """What was to be answered: an intent, never somebody's words; `touch` where we wrote first."""
    sentences: tuple[Spoken, ...] = Field(min_length=1, max_length=6)
    why: Literal["approved_text", "sent_unedited", "scored_well"]
    """Where it comes from: approved wording, a draft that a reviewer let go as it was, or one that
    reviewers gave good marks."""
    reviews: int = Field(default=0, ge=0)
    """How many people have said so."""


class Examples(_Part):
    """One published version of all examples."""

    version: int = Field(ge=0)
    published_by: str = ""
    published_at: datetime | None = None
    examples: tuple[Example, ...] = ()

    @property
    def label(self) -> str:
        """The version as traces name it."""
        return f"examples@{self.version}"

    def text(
        self, playbook: str, language: str, facts: Iterable[str], *, is_touch: bool = False
    ) -> str:
        """Returns a playbook's examples as a prompt has them, one JSON object a line.

        An example whose facts are not among those that may be named any more is left out.
        """
        known = {"", *facts}
        lines = [
            json.dumps(
                {
                    "heard": one.heard,
                    "sentences": [spoken.model_dump() for spoken in one.sentences],
                },
                ensure_ascii=False,
            )
            for one in self.examples
            if (one.playbook, one.language) == (playbook, language)
            and (one.heard == TOUCH) == is_touch
            and known.issuperset(spoken.fact for spoken in one.sentences)
        ]
        return "\n".join(lines) or NONE_YET


NO_EXAMPLES = Examples(version=0)


def read_examples(files: Iterable[Path]) -> Examples:
    """Returns the latest version among files of published examples, which are named by number."""
    latest = max(files, key=lambda path: path.stem, default=None)
    return read_version(latest) if latest is not None else NO_EXAMPLES


def read_version(path: Path) -> Examples:
    """Returns one published version, or raises a sentence that says what is wrong with its file."""
    try:
        return Examples.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:160]
        raise LibraryError(f"{path}: not YAML ({said}); publish the examples anew.") from None
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None
