"""Commands on a running workspace: worker, pause, resume, status, unknown mails, briefs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from agent_runtime.ports import Tx

BY_COMMAND = "a command"
"""Who paused, where a command did."""

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="Folder of the run [default: out/demo]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

worker, pause, resume, status, unknown, brief = (
    typer.Typer(add_completion=False, rich_markup_mode="rich") for _ in range(6)
)
mailbox = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@mailbox.callback()
def _mailbox() -> None:
    """Mailboxes that the agent writes from."""


@mailbox.command("warm-up")
def warm_up(
    address: Annotated[str, typer.Argument(help="The mailbox.")],
    end: Annotated[bool, typer.Option("--end", help="It is warm: only the caps bind.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Let a new mailbox begin with few mails a day, and more from week to week.

    Example: [bold]parley mailbox warm-up relay@mail.example.com[/bold]
    """
    from agent_runtime.clock import read_now
    from agent_runtime.policies.ruleset import rule_set
    from agent_runtime.status import open_store

    store = open_store(load_settings(workspace))
    began = read_now(store.engine).date().isoformat()
    with store.begin() as tx:
        tx.set_flag(f"warm_up:{address.lower()}", None if end else began)
    if end:
        typer.echo(f"{address} is warm")
        return
    steps = rule_set().parameter("throttle", "warm_up")
    typer.echo(f"{address} warms up from {began}:")
    for last_day, cap in steps:
        typer.echo(f"  until day {last_day:>2}: {cap:>5} a day")


@worker.callback(invoke_without_command=True)
def _worker(workspace: WorkspaceOption = None) -> None:
    """Run a worker on a workspace until it is told to stop.

    Example: [bold]parley worker --workspace out/demo[/bold]
    """
    from agent_runtime import worker as process

    process.main(load_settings(workspace))


@pause.callback(invoke_without_command=True)
def _pause(
    why: Annotated[str, typer.Option(help="Why; kept with the flag.")] = "by command",
    campaign: Annotated[str, typer.Option(help="Only the threads that it touched last.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Stop the agent from sending; in effect at the next permit, within seconds.

    Example: [bold]parley pause --why "complaints are up"[/bold]

    Example: [bold]parley pause --campaign icp-prospecting[/bold]
    """
    from agent_runtime.steering.pausing import pause as raise_pause

    with _begin(workspace) as tx:
        raise_pause(tx, campaign=campaign, why=why, by=BY_COMMAND, at=datetime.now(UTC))
    which = f" in {campaign}" if campaign else ""
    again = f" --campaign {campaign}" if campaign else ""
    typer.echo(f"paused: the agent sends nothing{which} until `parley resume{again}`")


@resume.callback(invoke_without_command=True)
def _resume(
    campaign: Annotated[str, typer.Option(help="Only this one, which was paused alone.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Let the agent send again.

    Example: [bold]parley resume[/bold]
    """
    from agent_runtime.steering.pausing import resume as end_pause

    with _begin(workspace) as tx:
        end_pause(tx, campaign=campaign, by=BY_COMMAND, at=datetime.now(UTC))
    typer.echo("resumed")


@status.callback(invoke_without_command=True)
def _status(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Say what runs, waits and failed.

    Example: [bold]parley status --json[/bold]
    """
    from agent_runtime.status import read_status

    found = read_status(load_settings(workspace), real_now=datetime.now(UTC))
    typer.echo(json.dumps(found.as_dict(), indent=2) if as_json else found.as_text())


@unknown.callback(invoke_without_command=True)
def _unknown(
    sent: Annotated[str, typer.Option(help="Message that is proven to have left.")] = "",
    not_sent: Annotated[str, typer.Option(help="Message that provably never left.")] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List mails that may or may not have left, or settle one by hand.

    Example: [bold]parley unknown --sent 4f0c…[/bold]
    """
    from agent_runtime.status import list_unknown, settle_unknown

    settings = load_settings(workspace)
    if sent or not_sent:
        settle_unknown(settings, sent or not_sent, left=bool(sent))
        typer.echo("settled")
        return
    rows = list_unknown(settings)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif not rows:
        typer.echo("no mail has an unknown fate")
    for row in () if as_json else rows:
        typer.echo(f"{row['message_id']}  {row['at']}  {row['subject']}")


@brief.command()
def _brief(
    who: Annotated[str, typer.Argument(help="A person_id, or an e-mail address of the person.")],
    language: Annotated[str, typer.Option(help="Language of the talk tracks.")] = "en",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a research brief on one person: CRM, thread, three talk tracks, each with its source.

    Example: [bold]parley brief ada@kranwerk.example --language de[/bold]
    """
    from agent_runtime.briefing import read_brief

    found = read_brief(load_settings(workspace), who, language=language)
    typer.echo(json.dumps(found.as_dict(), indent=2) if as_json else found.text)


def _begin(workspace: Path | None) -> "AbstractContextManager[Tx]":
    from agent_runtime.status import open_store

    return open_store(load_settings(workspace)).begin()
