"""`parley knowledge`: documents in, approved for a time; questions to them; out again."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.knowledge.base import KnowledgeBase, open_knowledge
from agent_runtime.knowledge.cli_input import (
    ask,
    expiry,
    instant,
    locale_of,
    playbook_scopes,
    scopes_of,
    slug_of,
)
from agent_runtime.knowledge.cli_output import (
    print_json,
    print_table,
    progress_bar,
    row_of,
    tell_of,
)
from agent_runtime.knowledge.passage import EVERYWHERE
from agent_runtime.knowledge.shelf import Change
from agent_runtime.settings import load_settings

app = typer.Typer(
    name="knowledge",
    help="Documents that the agent may quote: who approved them, until when, what they answer.",
    no_args_is_help=True,
)

Approver = Annotated[str, typer.Option(help="Who answers for its words.")]
Expires = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="First day on which it is not served any more."),
]
At = Annotated[datetime | None, typer.Option(help="As of then; default: now.")]
Scopes = Annotated[str, typer.Option("--scope", help="Topics, such as pricing,security.")]
DocumentId = Annotated[str, typer.Argument(metavar="DOC", help="Id, as in `knowledge list`.")]


@app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PDF, .docx, HTML or Markdown.")],
    *,
    approver: Approver = "",
    expires: Expires = None,
    locale: Annotated[str, typer.Option(help="en, es, de, fr, pt, it; default: found out.")] = "",
    scope: Scopes = EVERYWHERE,
    document: Annotated[str, typer.Option("--id", help="Default: from the file's name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show; change nothing.")] = False,
    at: At = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cut a document into passages, have it approved, and index it.

    A document that is there already gets a new version; words that have not changed keep theirs.
    Whoever is missing as approver or expiry is asked for on a terminal.

    Example: parley knowledge add soc2.pdf --approver "R. Haas" --expires 2027-11-30
    """
    from agent_runtime.knowledge.chunks import chunk
    from agent_runtime.knowledge.document import read_document

    today = instant(at).date()
    source = read_document(file)
    base = _open(workspace)
    shelved, change = base.shelf.shelve(
        source,
        chunk(source.markdown, title=source.title),
        document_id=slug_of(document or file.stem),
        locale=locale_of(file, locale, source.markdown),
        scopes=scopes_of(scope),
        approver=approver or ("" if dry_run else ask("--approver", "Who approves it")),
        approved_at=today,
        expires_at=expiry(expires, today, dry_run=dry_run),
    )
    if dry_run:
        tell_of(shelved, change, as_json=as_json, done="would be added", passages=True)
        return
    base.shelf.put(shelved)
    _reindex(base)
    tell_of(shelved, change, as_json=as_json, done="added")


@app.command()
def approve(
    document: DocumentId,
    *,
    approver: Approver = "",
    expires: Expires = None,
    at: At = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a proposal, or one whose time has run out, for a further time.

    Example: parley knowledge approve soc2 --approver "R. Haas" --expires 2027-11-30
    """
    today = instant(at).date()
    base = _open(workspace)
    found = base.shelf.known(document)
    approved = found.model_copy(
        update={
            "approver": approver or ask("--approver", "Who approves it"),
            "approved_at": today,
            "expires_at": expiry(expires, today, dry_run=False),
        }
    )
    base.shelf.put(approved)
    _reindex(base)
    tell_of(approved, Change(len(found.passages), 0, 0), as_json=as_json, done="approved")


@app.command(name="list")
def list_documents(
    *, at: At = None, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """List the documents: live, expired, or proposed and waiting for an approver.

    Example: parley knowledge list --json
    """
    now = instant(at)
    rows = [row_of(document, now) for document in _open(workspace).shelf.documents()]
    if as_json:
        print_json(rows)
    elif not rows:
        typer.echo("no documents yet: parley knowledge add FILE")
    else:
        print_table(rows)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="As a buyer would ask it.")],
    *,
    playbook: Annotated[str, typer.Option(help="Only what this playbook may look up.")] = "",
    scope: Scopes = "",
    locale: Annotated[str, typer.Option(help="Language of the answer.")] = "en",
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 3,
    at: At = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what answers a question, and which of it the agent would use.

    Example: parley knowledge search "does your SOC 2 report cover Type II?" --scope security
    """
    from agent_runtime.knowledge.facts import needed
    from agent_runtime.knowledge.retriever import Need

    base = _open(workspace)
    _reindex(base)
    of_playbook = playbook and playbook_scopes(playbook, load_settings(workspace).paths.library)
    scopes = scopes_of(scope) if scope else of_playbook or None
    locales = tuple(dict.fromkeys((locale, "en")))
    found = base.retriever().search(
        Need(question, instant(at), locales=locales, scopes=scopes), limit=limit
    )
    served = {one.passage.id for one in needed(found[:3], locale)}
    rows = [
        {
            "id": one.passage.id,
            "version": one.passage.version,
            "served": one.passage.id in served,
            "score": one.score,
            "document": one.passage.document,
            "heading_path": list(one.passage.heading_path),
            "text": one.passage.text,
            "source": one.passage.source,
            "locale": one.passage.locale,
            "scopes": list(one.passage.scopes),
            "approver": one.passage.approver,
            "expires_at": one.passage.expires_at.isoformat(),
        }
        for one in found
    ]
    if as_json:
        print_json({"question": question, "found": rows})
    elif not rows:
        typer.echo("nothing live was found")
    for row in () if as_json else rows:
        mark = "serves" if row["served"] else "      "
        typer.echo(f"{mark} {row['score']:.2f}  {' > '.join(row['heading_path'])}")
        typer.echo(f"             {row['id']}@{row['version']}, until {row['expires_at']}")
        typer.echo(f"             {row['text']}\n")


@app.command()
def remove(
    document: DocumentId, *, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Take a document out; nothing of it is served from that moment. It can come back.

    Example: parley knowledge remove soc2
    """
    base = _open(workspace)
    removed = base.shelf.remove(document)
    _reindex(base)
    undo = f"parley knowledge restore {document}"
    if as_json:
        print_json({"document": document, "version": removed.version, "undo": undo})
    else:
        typer.echo(f"{document} is removed; to undo: {undo}")


@app.command()
def restore(
    document: DocumentId,
    *,
    version: Annotated[int | None, typer.Option(help="Default: undo the last change.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Undo the last change of a document, or bring one of its earlier versions back.

    Example: parley knowledge restore soc2 --version 1
    """
    base = _open(workspace)
    found = base.shelf.restore(document, version)
    _reindex(base)
    tell_of(found, Change(len(found.passages), 0, 0), as_json=as_json, done="back")


def _open(workspace: Path | None) -> KnowledgeBase:
    return open_knowledge(load_settings(workspace))


def _reindex(base: KnowledgeBase) -> None:
    with progress_bar() as progress:
        base.reindex(progress)
