"""`parley crm` and `parley tickets`: what was written for people, and taking it back."""

import json
from contextlib import closing
from dataclasses import replace
from getpass import getuser
from typing import Annotated

import typer
from pydantic import TypeAdapter

from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.crm_outbox import queue_again
from agent_runtime.crm_push_cli import check, list_pushes, push, scopes
from agent_runtime.crm_push_words import push_row, said
from agent_runtime.crm_queue_cli import pull, queue
from agent_runtime.field_undo import FieldChangeError, find_change, standing_there, undo
from agent_runtime.neighbours import open_crm
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.rows import FieldChange, Ticket
from agent_runtime.versions import versions_at

crm = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="CRM fields."
)
tickets = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Cases for support."
)

crm.command("list")(list_pushes)
for _command in (queue, push, pull, scopes, check):
    crm.command()(_command)

Thread = Annotated[str, typer.Option(help="Only what was written in this thread.")]


@crm.command()
def changes(
    thread: Thread = "", workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """List the fields that were written, with before and after, the earliest first.

    Example: [bold]parley crm changes --thread thread-p-12[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        found = [c for c in tx.changes() if thread in ("", c.thread_id)]
    if as_json:
        typer.echo(TypeAdapter(list[FieldChange]).dump_json(found, indent=2).decode())
        return
    if not found:
        typer.echo("no field of the CRM was written")
    for change in found:
        back = f", takes back {change.undoes[:8]}" if change.undoes else ""
        typer.echo(
            f"{change.change_id[:8]}  {change.at:%Y-%m-%d %H:%M}  {change.object}:"
            f"{change.record_id}  {change.field}: {change.before or '(empty)'!r} -> "
            f"{change.after or '(empty)'!r}  by {change.by}, {change.reason}{back}"
        )


@crm.command("undo")
def undo_change(
    change_id: Annotated[str, typer.Argument(help="Id; its first letters are enough.")],
    by: Annotated[str, typer.Option(help="Who decides [default: who is logged in].")] = "",
    dry_run: Annotated[bool, typer.Option(help="Only say what would be written.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the value from before, unless somebody has written over it since, here or there.

    Example: [bold]parley crm undo 4f0c91aa[/bold]
    """
    settings = load_settings(workspace)
    store = open_store(settings)
    with store.begin() as tx:
        change = find_change(tx, change_id)
        said = f"{change.object}:{change.record_id} {change.field}: {change.before or '(empty)'!r}"
        if dry_run:
            typer.echo(f"would write {said}")
            return
    with closing(open_crm(settings, store)) as account:
        there = standing_there(store, account, change)
    now, versions = read_now(store.engine), versions_at(settings)
    with store.begin() as tx:
        back = undo(tx, change, by=by or getuser(), now=now, versions=versions, there=there)
    typer.echo(
        f"wrote {back.object}:{back.record_id} {back.field}: {back.after or '(empty)'!r}; "
        "`parley crm queue` says when it is in the CRM"
    )


@tickets.command("list")
def list_tickets(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List the cases that were opened for support, the earliest first.

    Example: [bold]parley tickets list --json[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        found = list(tx.tickets())
        rows = [tx.push("ticket", ticket.ticket_id) for ticket in found]
        pushes = [push_row(tx, row) if row else None for row in rows]
    if as_json:
        plain = TypeAdapter(list[Ticket]).dump_python(found, mode="json")
        shown = [{**ticket, "push": row} for ticket, row in zip(plain, pushes, strict=True)]
        typer.echo(json.dumps(shown, indent=2))
        return
    if not found:
        typer.echo("no ticket was opened")
    for ticket, row in zip(found, pushes, strict=True):
        blocker = f", blocks: {ticket.blocker}" if ticket.blocker else ""
        text = " ".join(ticket.text.split())[:70]
        typer.echo(
            f"{ticket.ticket_id}  {ticket.opened_at:%Y-%m-%d %H:%M}  {ticket.state.lower()}  "
            f"{ticket.priority}  {ticket.subject}{blocker}\n    {text}"
        )
        if row:
            typer.echo(f"    CRM: {said(row)}")


@tickets.command()
def solve(
    ticket_id: Annotated[str, typer.Argument(help="Id of the ticket.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Mark a case as solved.

    Example: [bold]parley tickets solve T-4f0c91aa12[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        ticket = next((t for t in tx.tickets() if t.ticket_id == ticket_id), None)
        if ticket is None:
            raise FieldChangeError(
                f"ticket {ticket_id!r}: there is none; see `parley tickets list` for the ids."
            )
        tx.save_ticket(replace(ticket, state="SOLVED"))
        if tx.push("ticket", ticket_id):
            queue_again(tx, "ticket", ticket_id, at=read_now(store.engine))
    typer.echo(f"solved {ticket_id}")
