"""One document of the knowledge folder as a file: who approved which words, until when."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent_runtime.knowledge.passage import EVERYWHERE, KnowledgeError, Passage, passage_id
from agent_runtime.library.content import Locale, sentence_of

DOCUMENT_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShelfPassage(_Part):
    """One passage as it lies in the file; the id holds a hash of the words."""

    id: str
    version: int = Field(ge=1)
    headings: tuple[str, ...] = Field(min_length=1)
    text: str = Field(min_length=1)


class Document(_Part):
    """A document cut into passages. Without an approver it is a proposal and never served."""

    document: str = Field(pattern=DOCUMENT_ID)
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    source: str
    source_sha256: str = ""
    locale: Locale
    scopes: tuple[str, ...] = Field(default=(EVERYWHERE,), min_length=1)
    approver: str = ""
    approved_at: date | None = None
    expires_at: date | None = None
    passages: tuple[ShelfPassage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _words_are_those_approved(self) -> "Document":
        for one in self.passages:
            if one.id != passage_id(self.document, one.headings, one.text, locale=self.locale):
                raise ValueError(
                    f"the words of passage {one.id} are not those that were approved; "
                    "change the source and add it again"
                )
        return self

    @property
    def is_approved(self) -> bool:
        """Whether somebody has answered for its words until a day."""
        return bool(self.approver.strip() and self.approved_at and self.expires_at)

    @property
    def approved_passages(self) -> tuple[Passage, ...]:
        """What may be served until it expires; nothing of a proposal."""
        if not (self.approver.strip() and self.approved_at and self.expires_at):
            return ()
        return tuple(
            Passage(
                id=one.id,
                version=one.version,
                document=self.document,
                heading_path=one.headings,
                text=one.text,
                source=self.source,
                locale=self.locale,
                scopes=self.scopes,
                approver=self.approver,
                approved_at=self.approved_at,
                expires_at=self.expires_at,
            )
            for one in self.passages
        )


def read_file(path: Path) -> Document:
    """Returns the document of a file, or a sentence about what is wrong with it."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return Document.model_validate(yaml.load(path.read_text(encoding="utf-8"), loader))
    except UnicodeDecodeError:
        raise KnowledgeError(f"{path}: the file is not UTF-8; save it as UTF-8.") from None
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{path}: not YAML ({' '.join(str(error).split())[:160]}).") from None
    except ValidationError as error:
        raise KnowledgeError(f"{path}: {sentence_of(error)}") from None


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a review reads like the document."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else ">" if len(text) > 80 else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _block)


def write_file(path: Path, document: Document) -> None:
    """Writes a document; a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = document.model_dump(mode="python")
    plain = {
        **fields,
        "scopes": list(document.scopes),
        "passages": [{**one, "headings": list(one["headings"])} for one in fields["passages"]],
    }
    text = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    draft = path.with_suffix(".yaml.new")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
