"""A prompt as people write it: Markdown with front matter, with a version that traces carry."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_runtime.library.content import LibraryError, read_matter, sentence_of

FOLDER = Path(__file__).parents[1] / "prompts"
PLACES = ("{playbook}", "{facts}")
"""What a prompt is filled with, in this order: it must be the same for all turns of a playbook."""

FURTHER_PLACES = ("{style}", "{examples}")
"""What a prompt may be filled with as well, wherever it stands."""

_PLACE = re.compile("|".join(re.escape(place) for place in (*PLACES, *FURTHER_PLACES)))


class _Matter(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z_]+$")
    version: int = Field(ge=1)
    about: str = Field(min_length=1)
    approver: str = Field(min_length=1)
    approved_at: date


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a prompt."""

    id: str
    version: int
    body: str
    digest: str
    """Of the whole file, so that a change without a new version shows in the traces as well."""

    @property
    def label(self) -> str:
        """Id, version and the beginning of the hash, as traces name it."""
        return f"{self.id}@{self.version}-{self.digest[:8]}"

    def filled(self, *, playbook: str, facts: str, style: str = "", examples: str = "") -> str:
        """Returns the prompt of a playbook, each place filled once."""
        values: dict[str, str] = dict(
            zip((*PLACES, *FURTHER_PLACES), (playbook, facts, style, examples), strict=True)
        )
        return _PLACE.sub(lambda place: values[place[0]], self.body)


@lru_cache(maxsize=8)
def read_template(path: Path = FOLDER / "answer.md") -> Template:
    """Returns the prompt of a file, or raises a sentence that says what is wrong with it."""
    fields, body = read_matter(path)
    try:
        known = _Matter.model_validate(fields)
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None
    found = _PLACE.findall(body)
    needed = [place for place in found if place in PLACES]
    if needed != list(PLACES) or len(set(found)) < len(found):
        raise LibraryError(
            f"{path}: it must hold {' and then '.join(PLACES)}, each once, and each of "
            f"{' and '.join(FURTHER_PLACES)} once at most."
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Template(known.id, known.version, body, digest)
