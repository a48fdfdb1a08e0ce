"""`parley requests`: what people asked for by their rights over their data, and by when."""

import json
from dataclasses import asdict
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_jsonable_python

from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.data_requests.holding import copy_of
from agent_runtime.data_requests.keeping import (
    DataRequestError,
    all_requests,
    close,
    find,
    open_requests,
)
from agent_runtime.placeholders import fill
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.rows import DataRequest
from agent_runtime.store.sql import SqlStore

requests = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

RequestId = Annotated[str, typer.Argument(help="Id of the request, or how it begins.")]
By = Annotated[str, typer.Option(help="Who says so [default: who is logged in].")]


@requests.callback()
def _requests() -> None:
    """See and close requests for a copy, a correction or erasure, each confirmed by mail."""


@requests.command("list")
def list_requests(
    every: Annotated[bool, typer.Option("--all", help="Also closed and unconfirmed ones.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what is confirmed and not done yet, the one that is due first on top.

    Example: [bold]parley requests list[/bold]
    """
    store = open_store(load_settings(workspace))
    now = read_now(store.engine)
    with store.begin() as tx:
        found = all_requests(tx) if every else open_requests(tx)
    if as_json:
        typer.echo(json.dumps(to_jsonable_python([asdict(one) for one in found]), indent=2))
        return
    if not found:
        typer.echo("no request about data is open")
    for one in found:
        left = f"due {one.due_at:%Y-%m-%d} ({(one.due_at - now).days} d)" if one.due_at else ""
        late = "  OVERDUE" if one.state == "OPEN" and one.due_at and one.due_at < now else ""
        typer.echo(f"{one.request_id}  {one.kind:<10} {one.state.lower():<8} {left}{late}")


@requests.command()
def show(request_id: RequestId, workspace: WorkspaceOption = None) -> None:
    """Show one request: whose, what, since when, and what to do next.

    Example: [bold]parley requests show 3fa9[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        one = find(tx, request_id)
        contact, originals = tx.contact_of(one.person_id), tx.recall(one.thread_id)
    who = f"{contact.first_name} {contact.last_name} <{contact.email}>" if contact else "erased"
    typer.echo(f"{one.kind} for {who}, person {one.person_id}: {one.state.lower()}")
    typer.echo(f"asked {one.asked_at:%Y-%m-%d %H:%M} UTC")
    if one.confirmed_at and one.due_at:
        typer.echo(f"confirmed {one.confirmed_at:%Y-%m-%d %H:%M} UTC, due {one.due_at:%Y-%m-%d}")
    if one.words and contact:
        typer.echo(f"in their words: {fill(one.words, contact, originals)}")
    if one.state == "OPEN":
        typer.echo(f"next: {_NEXT[one.kind].format(one.request_id)}")


@requests.command()
def copy(
    request_id: RequestId,
    to: Annotated[Path, typer.Option(help="File to write.")] = Path("copy.json"),
    workspace: WorkspaceOption = None,
) -> None:
    """Write everything that the store holds of the person into a file, for them.

    They fetch the same on the page that their mail led to. Add what the CRM and other systems of
    yours hold.

    Example: [bold]parley requests copy 3fa9 --to ada.json[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        one = find(tx, request_id)
        if one.confirmed_at is None:
            raise DataRequestError(
                f"request {one.request_id!r} is not confirmed; a copy goes only to who has proved "
                "that they read the mail of that address."
            )
        told = copy_of(tx, one.person_id, now=read_now(store.engine))
    to.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    typer.echo(f"wrote {to}")


@requests.command()
def done(request_id: RequestId, by: By = "", workspace: WorkspaceOption = None) -> None:
    """Close a request as done; one of erasure is closed by `parley erase --request`.

    Example: [bold]parley requests done 3fa9[/bold]
    """
    store = open_store(load_settings(workspace))
    closed = _close(store, request_id, by=by, why="")
    typer.echo(f"{closed.request_id}: done")


@requests.command()
def refuse(
    request_id: RequestId,
    why: Annotated[str, typer.Option(help="The reason, as you wrote it to the person.")],
    by: By = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Close a request as refused, once you have written to the person why (GDPR art. 12(4)).

    Example: [bold]parley requests refuse 3fa9 --why "asked for another person's data"[/bold]
    """
    if not why.strip():
        raise DataRequestError("--why is empty; a refusal needs its reason.")
    store = open_store(load_settings(workspace))
    closed = _close(store, request_id, by=by, why=why.strip())
    typer.echo(f"{closed.request_id}: refused")


_NEXT = {
    "access": "they fetch the copy by their mail; add what other systems hold, then "
    "`parley requests done {0}`",
    "correction": "correct it in the CRM, then `parley requests done {0}`",
    "erasure": "`parley erase --request {0}`",
}


def _close(store: SqlStore, request_id: str, *, by: str, why: str) -> DataRequest:
    with store.begin() as tx:
        one = find(tx, request_id)
        if one.state != "OPEN":
            raise DataRequestError(f"request {one.request_id!r} is {one.state.lower()}, not open.")
        if one.kind == "erasure" and not why and tx.contact_of(one.person_id) is not None:
            raise DataRequestError(
                f"request {one.request_id!r}: the person is still here; run "
                f"`parley erase --request {one.request_id}`, which closes it."
            )
        return close(tx, one, by=by or getuser(), why=why, now=read_now(store.engine))
