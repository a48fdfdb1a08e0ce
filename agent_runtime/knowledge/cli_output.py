"""What `parley knowledge` shows: a document and its change, all documents, a bar for long work."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import typer

from agent_runtime.knowledge.base import Progress
from agent_runtime.knowledge.shelf import Change
from agent_runtime.knowledge.shelf_file import Document


def tell_of(
    document: Document, change: Change, *, as_json: bool, done: str, passages: bool = False
) -> None:
    """Tells what became of a document, with its passages where they are asked for."""
    cut = [
        {"id": one.id, "version": one.version, "heading_path": list(one.headings), "text": one.text}
        for one in document.passages
    ]
    if as_json:
        told = {"document": document.document, "version": document.version, "state": done}
        told |= {"kept": change.kept, "added": change.added, "dropped": change.dropped}
        print_json({**told, "passages": cut})
        return
    for one in cut if passages else ():
        typer.echo(f"{' > '.join(one['heading_path'])}\n  {one['text']}\n")
    typer.echo(
        f"{document.document} version {document.version} {done}: {len(cut)} passages in "
        f"{document.locale}, {change.added} new, {change.kept} unchanged, {change.dropped} gone; "
        f"scopes {', '.join(document.scopes)}; approved by {document.approver or 'nobody yet'} "
        f"until {document.expires_at or 'no day yet'}"
    )


def row_of(document: Document, now: datetime) -> dict[str, Any]:
    """Returns a document as a row of the list."""
    served = [passage for passage in document.approved_passages if now < passage.expires]
    state = "live" if served else "expired" if document.is_approved else "proposed"
    return {
        "document": document.document,
        "version": document.version,
        "state": state,
        "passages": len(document.passages),
        "title": document.title,
        "source": document.source,
        "locale": document.locale,
        "scopes": list(document.scopes),
        "approver": document.approver,
        "approved_at": str(document.approved_at or ""),
        "expires_at": str(document.expires_at or ""),
    }


def print_table(rows: list[dict[str, Any]]) -> None:
    """Prints rows of documents for people."""
    from rich.console import Console
    from rich.table import Table

    names = ("document", "version", "state", "passages", "locale", "scopes", "approver")
    table = Table()
    for name in (*names, "expires_at"):
        table.add_column(name, overflow="fold")
    for row in rows:
        scopes = ", ".join(row["scopes"])
        table.add_row(*(scopes if n == "scopes" else str(row[n]) for n in (*names, "expires_at")))
    Console().print(table)


def print_json(value: Any) -> None:
    """Prints a value for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """Yields what tells of progress on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading passages", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
