"""`parley policy`: which rules bind, what they say of a text, and why a message went or did not."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings

policy = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@policy.callback()
def _policy() -> None:
    """Say which rules bind, what they say of a text, and why a message went or did not."""


@policy.command()
def explain(
    message: Annotated[str, typer.Option(help="Id of the message; its beginning is enough.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a message went, was held or was stopped: every rule, approvals, receipts.

    Example: [bold]parley policy explain --message 4f0c[/bold]
    """
    from agent_runtime.explaining import explain as read
    from agent_runtime.status import open_store

    found = read(open_store(load_settings(workspace)), message)
    typer.echo(json.dumps(asdict(found), indent=2) if as_json else found.as_text())


@policy.command()
def check(
    text: Annotated[str, typer.Option(help="What somebody would like to say.")],
    language: Annotated[str, typer.Option(help="Language of the text.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Hold a text against the rules on content and tone; nothing is sent. Exit code 1: stopped.

    Example: [bold]parley policy check --text "We can take 20% off."[/bold]
    """
    from agent_runtime.policies.dry_run import check_text

    found = check_text(text, language=language)
    if as_json:
        typer.echo(json.dumps([asdict(hit) for hit in found], indent=2))
    elif not found:
        typer.echo("no rule on content or tone stops this text")
    for hit in () if as_json else found:
        typer.echo(f"{hit.rule}: {hit.decision}; {hit.reason}")
    raise typer.Exit(1 if found else 0)


def _table(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        typer.echo(f"{row['rule']}@{row['version']:<3} {row['decision']:<9} {row['stops']}")
