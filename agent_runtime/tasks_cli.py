"""`parley tasks`: what waits for people, who has it, and their answers."""

from getpass import getuser
from typing import Annotated

import typer
from pydantic import TypeAdapter

from agent_runtime import thread_speaker as speaker
from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.errors import ParleyError
from agent_runtime.human_queue import HumanAnswer, HumanQueue
from agent_runtime.placeholders import fill
from agent_runtime.ports import Tx
from agent_runtime.routing.dispatch import acknowledge
from agent_runtime.routing.table import routing_of
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.rows import HumanTask

tasks = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Work for people."
)

Id = Annotated[str, typer.Argument(help="Id of the task; its first letters are enough.")]
By = Annotated[str, typer.Option(help="Who it is [default: who is logged in].")]


class TaskError(ParleyError):
    """A task that is not there."""


@tasks.command("list")
def list_tasks(
    role: Annotated[str, typer.Option(help="Only what this role has.")] = "",
    overdue: Annotated[bool, typer.Option(help="Only what went on to a next role.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the work that waits for people, the most pressing first.

    Example: [bold]parley tasks list --role support[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        found = [t for t in tx.open_human_tasks() if role in ("", t.role or t.route_to)]
    if overdue:
        found = [t for t in found if t.role and t.role != (t.route_to or "owner")]
    found.sort(key=lambda t: (t.priority != "fast", not t.waits_for_answer, t.received_at))
    if as_json:
        typer.echo(TypeAdapter(list[HumanTask]).dump_json(found, indent=2).decode())
        return
    if not found:
        typer.echo("nothing waits for a person")
    for task in found:
        who = f"{task.role}: {task.assignee}" if task.role else f"{task.route_to}: not routed yet"
        taken = f", taken by {task.acknowledged_by}" if task.acknowledged_by else ""
        until = f", until {task.next_at:%m-%d %H:%M}" if task.role and task.next_at else ""
        typer.echo(
            f"{task.task_id[:8]}  {task.received_at:%Y-%m-%d %H:%M}  {task.priority:<5}  "
            f"{task.kind}: {task.reason}\n    {who}{taken}{until}"
        )


@tasks.command()
def show(task_id: Id, workspace: WorkspaceOption = None) -> None:
    """Show what the buyer wrote, with names filled in.

    Example: [bold]parley tasks show 4f0c91aa[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        task = _find(tx, task_id)
        contact = tx.contact_of(task.person_id)
        text = fill(task.text, contact, tx.recall(task.thread_id)) if contact else task.text
    who = f"{contact.first_name} {contact.last_name}, {contact.company}" if contact else ""
    typer.echo(f"{task.task_id}  {task.kind}: {task.reason}\n{who.strip(' ,')}\n\n{text}")


@tasks.command()
def ack(task_id: Id, by: By = "", workspace: WorkspaceOption = None) -> None:
    """Take a task: it does not go on to the next role while you are at it.

    Example: [bold]parley tasks ack 4f0c91aa[/bold]
    """
    settings = load_settings(workspace)
    store = open_store(settings)
    by = by or getuser()
    with store.begin() as tx:
        task = _find(tx, task_id)
        table = routing_of(settings.workspace)
        acknowledge(tx, task, table, by=by, now=read_now(store.engine))
    typer.echo(f"{task.task_id[:8]} is yours, {by}")


@tasks.command()
def answer(
    task_id: Id,
    text: Annotated[str, typer.Option(help="What the buyer reads, from your own address.")],
    minutes: Annotated[float, typer.Option(help="Time that it took you.", min=0)] = 5.0,
    workspace: WorkspaceOption = None,
) -> None:
    """Answer the buyer where they are, and close the task; the agent stays silent from now on.

    Example: [bold]parley tasks answer 4f0c91aa --text "Yes, from June on."[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        task = _find(tx, task_id)
    if not task.person_id:
        raise TaskError(
            f"task {task.task_id!r} is news about no buyer, so there is nobody to answer; "
            "take note of it with `parley tasks ack`."
        )
    HumanQueue(store, {}).answer(
        task.task_id, HumanAnswer(text, minutes), now=read_now(store.engine)
    )
    typer.echo(f"answered {task.task_id[:8]}; the worker sends it now")


@tasks.command("take-over")
def take_over(
    thread: Annotated[str, typer.Argument(help="Id of the thread.")],
    give_back: Annotated[bool, typer.Option(help="Let the agent speak again.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Speak in a thread yourself: the agent is silent in it, on every channel.

    Example: [bold]parley tasks take-over thread-p-12[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        change = speaker.give_back if give_back else speaker.take_over
        person_id, now = thread.removeprefix("thread-"), read_now(store.engine)
        if change(tx, person_id, by=getuser(), now=now, versions={}) is None:
            raise TaskError(f"thread {thread!r}: there is none; ids look like thread-p-12.")
    typer.echo(f"{'the agent speaks' if give_back else 'you speak'} in {thread}")


def _find(tx: Tx, task_id: str) -> HumanTask:
    found = [t for t in tx.open_human_tasks() if t.task_id.startswith(task_id)]
    if len(found) == 1:
        return found[0]
    how_many = "no open task" if not found else f"{len(found)} open tasks"
    raise TaskError(f"task {task_id!r}: {how_many} with this id; see `parley tasks list`.")
