"""`parley linkedin`: drafts that wait to be posted by hand, and what a rep did with them."""

import json
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings

linkedin = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)
TaskArgument = Annotated[str, typer.Argument(help="Id of the task, as `list` shows it.")]


@linkedin.callback()
def _linkedin() -> None:
    """Work the LinkedIn drafts: nothing is ever posted by machine."""


@linkedin.command("list")
def _list(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Show the drafts that wait, with the public signals that they refer to.

    Example: [bold]parley linkedin list --json[/bold]
    """
    from agent_runtime.placeholders import fill
    from agent_runtime.status import open_store

    rows = []
    with open_store(load_settings(workspace)).begin() as tx:
        for task in tx.open_human_tasks():
            contact = tx.contact_of(task.person_id) if task.kind == "linkedin" else None
            if contact is not None:
                words = fill(task.text, contact, tx.recall(task.thread_id))
                who = f"{contact.first_name} {contact.last_name}, {contact.company}"
                rows.append({"task": task.task_id, "to": who, "draft": words})
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif not rows:
        typer.echo("no LinkedIn draft waits")
    for row in () if as_json else rows:
        typer.echo(f"{row['task']}  {row['to']}\n\n{row['draft']}\n")


@linkedin.command("done")
def _done(task: TaskArgument, workspace: WorkspaceOption = None) -> None:
    """Say that you posted a draft; it counts as a touch.

    Example: [bold]parley linkedin done 4f0c…[/bold]
    """
    _report(workspace, task, posted=True)
    typer.echo("noted: posted")


@linkedin.command("decline")
def _decline(task: TaskArgument, workspace: WorkspaceOption = None) -> None:
    """Say that you will not post a draft; the touch is cancelled.

    Example: [bold]parley linkedin decline 4f0c…[/bold]
    """
    _report(workspace, task, posted=False)
    typer.echo("noted: not posted")


def _report(workspace: WorkspaceOption, task: str, *, posted: bool) -> None:
    from agent_runtime.channels.linkedin import report
    from agent_runtime.clock import read_now
    from agent_runtime.status import open_outbox

    outbox, engine = open_outbox(load_settings(workspace))
    report(outbox, task, posted=posted, now=read_now(engine))
