"""The knowledge folder: one file a document that people can review, and its earlier versions."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from agent_runtime.knowledge.chunks import Chunk
from agent_runtime.knowledge.document import SourceText
from agent_runtime.knowledge.passage import KnowledgeError, Passage, passage_id
from agent_runtime.knowledge.shelf_file import (
    DOCUMENT_ID,
    Document,
    ShelfPassage,
    read_file,
    write_file,
)
from agent_runtime.library.content import Locale

_EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Change:
    """How many passages a new version of a document keeps, adds and drops."""

    kept: int
    added: int
    dropped: int


class Shelf:
    """All documents of a workspace. What is replaced or removed is kept, and can come back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def documents(self) -> tuple[Document, ...]:
        """Returns every document, by id."""
        return tuple(read_file(path) for path in sorted(self.folder.glob("*.yaml")))

    def document(self, document_id: str) -> Document | None:
        """Returns one document, or nothing when it is not there."""
        path = self._path(document_id)
        is_id = re.match(DOCUMENT_ID, document_id)
        return read_file(path) if is_id and path.exists() else None

    def versions(self, document_id: str) -> tuple[int, ...]:
        """Returns the versions that were replaced or removed."""
        return tuple(sorted({_version_of(path) for path in self._earlier(document_id)}))

    def put(self, document: Document) -> None:
        """Writes a document; the one that it replaces is kept."""
        self._set_aside(document.document)
        write_file(self._path(document.document), document)

    def known(self, document_id: str) -> Document:
        """Returns one document, or says which ones there are."""
        found = self.document(document_id)
        if found is None:
            known = ", ".join(path.stem for path in sorted(self.folder.glob("*.yaml")))
            raise KnowledgeError(
                f"document {document_id!r} is unknown; the documents are: {known or 'none yet'}."
            )
        return found

    def remove(self, document_id: str) -> Document:
        """Takes a document off the shelf and keeps it; nothing of it is served any more."""
        found = self.known(document_id)
        self._set_aside(document_id)
        return found

    def restore(self, document_id: str, version: int | None = None) -> Document:
        """Undoes the last change of a document, or brings one of its versions back."""
        current = self.document(document_id)
        kept = [path for path in self._earlier(document_id) if version in (None, _version_of(path))]
        for path in reversed(kept):
            found = read_file(path)
            if found != current:
                self.put(found)
                return found
        known = ", ".join(map(str, self.versions(document_id))) or "none"
        raise KnowledgeError(
            f"{document_id}: there is nothing to bring back; versions kept: {known}."
        )

    def shelve(
        self,
        source: SourceText,
        chunks: Sequence[Chunk],
        *,
        document_id: str,
        locale: Locale,
        scopes: tuple[str, ...],
        approver: str,
        approved_at: date | None,
        expires_at: date | None,
    ) -> tuple[Document, Change]:
        """Returns the next version of a document, not yet written, and how it differs.

        Words that have not changed keep their id and their version.
        """
        current = self.document(document_id)
        if current is not None and current.locale != locale:
            raise KnowledgeError(
                f"{document_id}: it is there in {current.locale!r}; "
                f"give the {locale!r} one another id with --id."
            )
        numbers = (*self.versions(document_id), current.version if current else 0)
        known = {one.id: one.version for one in current.passages} if current else {}
        passages = [_cut(chunk, document_id, locale, known, max(numbers) + 1) for chunk in chunks]
        ids = {one.id for one in passages}
        is_same = current is not None and [p.id for p in current.passages] == [
            p.id for p in passages
        ]
        document = Document(
            document=document_id,
            version=current.version if current and is_same else max(numbers) + 1,
            title=source.title,
            source=source.source,
            source_sha256=source.sha256,
            locale=locale,
            scopes=scopes,
            approver=approver,
            approved_at=approved_at,
            expires_at=expires_at,
            passages=tuple(passages),
        )
        kept = len(ids & known.keys())
        return document, Change(kept, len(ids) - kept, len(known.keys() - ids))

    def _set_aside(self, document_id: str) -> None:
        path = self._path(document_id)
        if path.exists():
            earlier = self._earlier(document_id)
            number = int(earlier[-1].name.partition(".")[0]) + 1 if earlier else 1
            kept = (
                self._earlier_folder(document_id) / f"{number:04}.v{read_file(path).version}.yaml"
            )
            kept.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, kept)

    def _earlier(self, document_id: str) -> list[Path]:
        """What was set aside, oldest first."""
        return sorted(self._earlier_folder(document_id).glob("*.v*.yaml"))

    def _earlier_folder(self, document_id: str) -> Path:
        return self.folder / _EARLIER / document_id

    def _path(self, document_id: str) -> Path:
        return self.folder / f"{document_id}.yaml"


def passages_of(documents: Iterable[Document]) -> Iterator[Passage]:
    """Yields what may be served of the documents until it expires."""
    for document in documents:
        yield from document.approved_passages


def _version_of(path: Path) -> int:
    return int(path.suffixes[-2].removeprefix(".v"))


def _cut(
    chunk: Chunk, document_id: str, locale: Locale, known: dict[str, int], version: int
) -> ShelfPassage:
    name = passage_id(document_id, chunk.heading_path, chunk.text, locale=locale)
    return ShelfPassage(
        id=name,
        version=known.get(name, version),
        headings=chunk.heading_path,
        text=chunk.text,
    )
