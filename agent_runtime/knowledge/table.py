"""The LanceDB table of all approved passages: a cache of the shelf, built anew when it changes."""

import hashlib
import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from agent_runtime.knowledge.passage import Passage
from agent_runtime.knowledge.vocabulary import tokens
from agent_runtime.models.embedding import Vectors

_METHOD = "1"
"""Raised with every change of what a row holds."""

_CURRENT = "current"
"""A file with the name of the table in use; readers see the old table or the new one."""

_LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "de": "German",
    "fr": "French",
    "pt": "Portuguese",
    "it": "Italian",
}
"""Each language has a column of its own, read with its own stop words and endings."""


def build_index(folder: Path, passages: Sequence[Passage], vectors: Vectors, *, name: str) -> None:
    """Writes a new table, makes it the current one, and drops those before the last.

    Args:
        folder: Where the index lies.
        passages: Every approved passage, expired ones too: `now` decides when it is asked.
        vectors: One row a passage.
        name: What stands for passages and vectors, from `table_name`.
    """
    db = connect(folder)
    before = current_table(folder)
    import pyarrow as pa
    from lancedb.index import FTS

    if passages:
        rows = [_row(passage) for passage in passages]
        schema = _schema(vectors.shape[1])
        flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
        columns = [
            pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
            if field.name == "vector"
            else pa.array([row.get(field.name) for row in rows], field.type)
            for field in schema
        ]
        table = db.create_table(name, pa.table(columns, schema=schema), mode="overwrite")
        for locale in sorted({passage.locale for passage in passages}):
            table.create_index(
                f"text_{locale}", config=FTS(language=_LANGUAGES[locale], with_position=False)
            )
    _point_to(folder, name if passages else "")
    for old in db.list_tables().tables:
        if old not in (name, before):
            db.drop_table(old)


def table_name(passages: Sequence[Passage], *, embedder: str) -> str:
    """Returns a name that changes with every passage, its approval and its vector."""
    digest = hashlib.sha256(f"{_METHOD}\x1f{embedder}".encode())
    for passage in sorted(passages, key=lambda p: p.id):
        digest.update(repr(passage).encode())
    return f"passages_{digest.hexdigest()[:16]}"


def current_table(folder: Path) -> str:
    """Returns the name of the table in use, or empty when nothing is indexed."""
    try:
        return (folder / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def passages_in(table: Any) -> dict[str, Passage]:
    """Returns every passage of a table by its id, expired ones too."""
    columns = [*_FIELDS]
    return {row["id"]: _passage(row) for row in table.search().select(columns).to_list()}


def connect(folder: Path) -> Any:
    """Opens the database of a folder.

    The library warns of tables that it is just about to create; only its errors are for us.
    """
    os.environ.setdefault("LANCEDB_LOG", "error")
    import lancedb

    folder.mkdir(parents=True, exist_ok=True)
    return lancedb.connect(folder, read_consistency_interval=timedelta(0))


def _point_to(folder: Path, name: str) -> None:
    draft = folder / f"{_CURRENT}.new"
    draft.write_text(name, encoding="utf-8")
    os.replace(draft, folder / _CURRENT)


def _schema(dimensions: int) -> Any:
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    kinds = {"version": pa.int64(), "scopes": texts, "heading_path": texts}
    kinds |= {"expires": pa.timestamp("us", tz="UTC"), "vector": pa.list_(pa.float32(), dimensions)}
    names = (*_FIELDS, "expires", *(f"text_{locale}" for locale in _LANGUAGES), "vector")
    return pa.schema([(name, kinds.get(name, text)) for name in names])


_FIELDS = (
    "id",
    "version",
    "document",
    "heading_path",
    "text",
    "source",
    "locale",
    "scopes",
    "approver",
    "approved_at",
    "expires_at",
)


def _row(passage: Passage) -> dict[str, Any]:
    return {
        **{name: getattr(passage, name) for name in _FIELDS},
        "approved_at": passage.approved_at.isoformat(),
        "expires_at": passage.expires_at.isoformat(),
        "expires": passage.expires,
        f"text_{passage.locale}": " ".join(tokens(passage.searchable)),
    }


def _passage(row: dict[str, Any]) -> Passage:
    return Passage(
        **{
            **{name: row[name] for name in _FIELDS},
            "heading_path": tuple(row["heading_path"]),
            "scopes": tuple(row["scopes"]),
            "approved_at": date.fromisoformat(row["approved_at"]),
            "expires_at": date.fromisoformat(row["expires_at"]),
        }
    )
