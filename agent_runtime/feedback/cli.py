"""`parley review`: scores, tags that become proposals, surveys, rollbacks, time studies."""

from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.approvals_cli import Fault
from agent_runtime.clock import read_now
from agent_runtime.coaching.changes import keep
from agent_runtime.coaching.cli import app as samples
from agent_runtime.commands import WorkspaceOption
from agent_runtime.feedback import events
from agent_runtime.feedback.file_changes import Tagged, file_changes
from agent_runtime.feedback.proposals import propose
from agent_runtime.library.catalog import company_library
from agent_runtime.placeholders import redact
from agent_runtime.ports import Tx
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.reading import turns_of
from agent_runtime.store.rows import Message
from agent_runtime.versions import versions_at

app = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Feedback."
)
app.add_typer(samples)

MessageId = Annotated[str, typer.Argument(help="Id of the message, as traces name it.")]
By = Annotated[str, typer.Option(help="Who says so [default: who is logged in].")]
Note = Annotated[str, typer.Option(help="In words; kept with the trace.")]
Rating = Annotated[int | None, typer.Option(help="From 1 (wrong) to 5 (as it should be).")]


@app.command()
def score(
    message_id: MessageId,
    accuracy: Rating = None,
    tone: Rating = None,
    adherence: Rating = None,
    objection: Annotated[str, typer.Option(help="handled, missed or none.")] = "none",
    by: By = "",
    note: Note = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Score one message by the rubric.

    Example: [bold]parley review score 4f0c91aa --accuracy 5 --tone 3 --note "Too stiff"[/bold]
    """
    if accuracy is tone is adherence is None and objection == "none":
        raise events.FeedbackError("nothing was scored; give --accuracy, --tone or --adherence.")
    if objection not in ("handled", "missed", "none"):
        raise events.FeedbackError(
            f"field objection, the value {objection!r}: it is handled, missed or none."
        )
    given = events.Score(accuracy, tone, adherence, objection)
    settings = load_settings(workspace)
    store = open_store(settings)
    with store.begin() as tx:
        message = _message(tx, message_id)
        events.score(
            tx,
            message,
            given,
            by=by or getuser(),
            note=note,
            versions=versions_at(settings),
            now=read_now(store.engine),
        )
    typer.echo(f"scored {message.message_id}")


@app.command()
def tag(
    message_id: MessageId,
    fault: Annotated[list[Fault], typer.Option("--tag", help="May be given again.")],
    instead: Annotated[str, typer.Option(help="What it should have said.")] = "",
    by: By = "",
    note: Note = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Say what is wrong with a message; it becomes a proposed change of scenario, text or rule.

    Example: [bold]parley review tag 4f0c91aa --tag accuracy --instead "Relay reads SAP."[/bold]
    """
    settings, by = load_settings(workspace), by or getuser()
    store = open_store(settings)
    tags = tuple(found.value for found in fault)
    with store.begin() as tx:
        message = _message(tx, message_id)
        contact = tx.contact_of(message.person_id)
        if contact is None:
            raise events.FeedbackError(f"message {message_id}: its reader is not in the store.")
        instead = redact(instead, contact).text
        note = redact(note, contact).text
        events.tag(
            tx,
            message,
            tags,
            by=by,
            note=note,
            versions=versions_at(settings),
            now=read_now(store.engine),
        )
    turns = turns_of(store.engine, store.tenant_id, thread=message.thread_id)
    before = [
        turn for turn in turns if message.sent_at is None or turn.occurred_at <= message.sent_at
    ]
    tagged = Tagged(message, tags, note, by, instead)
    own = settings.paths.library
    changes = file_changes(tagged, before, contact, company_library(own), own)
    for path in propose(changes, message.message_id, settings.paths.proposals):
        typer.echo(f"proposed {path}")
    with store.begin() as tx:
        keep(
            tx,
            changes,
            playbook=message.playbook,
            thread_id=message.thread_id,
            message_id=message.message_id,
            tags=tags,
            why=note,
            by=by,
            at=datetime.now(UTC),
        )


@app.command()
def survey(
    thread: Annotated[str, typer.Argument(help="Id of the thread.")],
    rating: Annotated[int, typer.Option(help="From 1 to 5.")],
    comment: Annotated[str, typer.Option(help="In the buyer's words.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Record what a buyer thought of a conversation.

    Example: [bold]parley review survey thread-p-12 --rating 5[/bold]
    """
    settings = load_settings(workspace)
    store = open_store(settings)
    with store.begin() as tx:
        session = tx.session_of(thread.removeprefix("thread-"))
        contact = tx.contact_of(session.person_id) if session else None
        if session is None or contact is None:
            raise events.FeedbackError(f"thread {thread!r}: there is none; try thread-p-12.")
        said = redact(comment, contact, known=tx.recall(session.thread_id)).text
        events.survey(
            tx,
            session,
            rating=rating,
            comment=said,
            versions=versions_at(settings),
            now=read_now(store.engine),
        )
    typer.echo(f"recorded {rating} of 5 for {thread}")


@app.command()
def rollback(
    message_id: MessageId,
    why: Annotated[str, typer.Option(help="Why; kept with the trace.")],
    by: By = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Take back what can be: a message that has not left, fields that its thread wrote.

    Example: [bold]parley review rollback 4f0c91aa --why "wrong customer named"[/bold]
    """
    settings = load_settings(workspace)
    store = open_store(settings)
    with store.begin() as tx:
        message = _message(tx, message_id)
        by = by or getuser()
        done = events.roll_back(
            tx, message, by=by, why=why, versions=versions_at(settings), now=read_now(store.engine)
        )
    for line in done or [f"nothing to take back: the message is {message.state}"]:
        typer.echo(line)


@app.command("time-study")
def time_study(
    task: Annotated[str, typer.Argument(help="What was timed: answer, booking, brief, ...")],
    by_hand: Annotated[float, typer.Option(help="Minutes without the agent.")],
    with_agent: Annotated[float, typer.Option(help="Minutes with it.")],
    by: By = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Record how long a piece of work takes by hand and with the agent.

    Example: [bold]parley review time-study answer --by-hand 9 --with-agent 2[/bold]
    """
    settings = load_settings(workspace)
    store = open_store(settings)
    with store.begin() as tx:
        events.time_study(
            tx,
            store.tenant_id,
            task=task,
            by_hand=by_hand,
            with_agent=with_agent,
            by=by or getuser(),
            versions=versions_at(settings),
            now=read_now(store.engine),
        )
    typer.echo(f"recorded {task}: {by_hand:g} minutes by hand, {with_agent:g} with the agent")


@app.command()
def proposals(workspace: WorkspaceOption = None) -> None:
    """List the changes that tags have proposed.

    Example: [bold]parley review proposals[/bold]
    """
    folder: Path = load_settings(workspace).paths.proposals / "feedback"
    found = sorted(folder.glob("*/*")) if folder.exists() else []
    for path in found:
        typer.echo(str(path))
    if not found:
        typer.echo("no change is proposed; `parley review tag` makes one")


def _message(tx: Tx, message_id: str) -> Message:
    message = tx.message(message_id)
    if message is None:
        raise events.FeedbackError(
            f"message {message_id!r}: there is none; ids stand in the traces."
        )
    return message
