"""A prompt as people write it: Markdown with front matter, with a version that traces carry."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.library.content import LibraryError, sentence_of

FOLDER = Path(__file__).parents[1] / "prompts"
PLACES = ("{playbook}", "{facts}")
"""What a prompt is filled with, in this order: it must be the same for all turns of a playbook."""


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

    def filled(self, *, playbook: str, facts: str) -> str:
        """Returns the prompt of a playbook, each place filled once."""
        before, _, rest = self.body.partition(PLACES[0])
        between, _, after = rest.partition(PLACES[1])
        return "".join((before, playbook, between, facts, after))


@lru_cache(maxsize=8)
def read_template(path: Path = FOLDER / "answer.md") -> Template:
    """Returns the prompt of a file, or raises a sentence that says what is wrong with it."""
    text = path.read_text(encoding="utf-8")
    _, fence, rest = text.partition("---\n")
    matter, closing, body = rest.partition("\n---\n")
    if not (fence and closing):
        raise LibraryError(f"{path}: front matter between two lines of --- is missing; add it.")
    try:
        known = _Matter.model_validate(load_yaml(matter))
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None
    at = [body.find(place) for place in PLACES]
    if -1 in at or at != sorted(at) or any(body.count(place) != 1 for place in PLACES):
        raise LibraryError(f"{path}: it must hold {' and then '.join(PLACES)}, each once.")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Template(known.id, known.version, body.strip(), digest)
