"""`parley voice`: which rules would stop a call now, and the consent to be called on a number."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from agent_runtime.calling.checking import Checked

voice = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@voice.callback()
def _voice() -> None:
    """Say who may be called now, and record who agreed to be."""


@voice.command()
def check(
    number: Annotated[str, typer.Argument(help="A number; or none, and --person.")] = "",
    person: Annotated[str, typer.Option(help="Person id, or an address of theirs.")] = "",
    playbook: Annotated[str, typer.Option(help="Whose call it would be.")] = "",
    language: Annotated[str, typer.Option(help="Of a call to a bare number.")] = "en",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which rules would stop a call now, and what to do. Exit code 1: one does.

    Example: [bold]parley voice check +12125550123[/bold]

    Example: [bold]parley voice check --person ana@alder.example --json[/bold]
    """
    from agent_runtime.calling.as_json import checked_as_json

    found = _checked(workspace, number, person, playbook, language)
    if as_json:
        typer.echo(json.dumps(checked_as_json(found), indent=2))
    else:
        show(found)
    raise typer.Exit(1 if found.hits else 0)


@voice.command()
def consent(
    person: Annotated[str, typer.Argument(help="Person id, or an address of theirs.")],
    number: Annotated[str, typer.Argument(help="The number, with its plus.")],
    purpose: Annotated[str, typer.Option(help="For what: prospecting, renewal, meetings, ...")],
    words: Annotated[str, typer.Option(help="What was agreed to, as they read it.")],
    source: Annotated[str, typer.Option(help="Where that is recorded: form-4711.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Record that somebody agreed to be called on a number by an artificial voice.

    Example: [bold]parley voice consent ana@alder.example +12125550123 --purpose prospecting
    --words "Call me by an AI" --source form-4711[/bold]
    """
    from agent_runtime.calling.agreeing import record_consent
    from agent_runtime.clock import read_now
    from agent_runtime.status import open_store

    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        said = record_consent(
            tx,
            person,
            number,
            purpose=purpose,
            words=words,
            source=source,
            now=read_now(store.engine),
        )
    typer.echo(f"{said.person_id} may be called on {said.number} for {purpose}")


def show(found: "Checked") -> None:
    """Prints the rules as a table: those that stop the call first."""
    from rich.console import Console
    from rich.table import Table

    table = Table("rule", "decision", "why, and what to do")
    for verdict in sorted(found.verdicts, key=lambda v: v.decision == "allow"):
        until = f" until {verdict.until:%Y-%m-%d %H:%M} UTC" if verdict.until else ""
        name = f"{verdict.rule}@{verdict.version}"
        if verdict.decision != "allow":
            table.add_row(name, f"{verdict.decision}{until}", verdict.reason)
    console = Console()
    allowed = len(found.verdicts) - len(found.hits)
    whom = f"{found.number or 'no number'}{f' ({found.person_id})' if found.person_id else ''}"
    if found.hits:
        console.print(table)
    word = "may be called now" if not found.hits else f"{found.decision}: no call now"
    console.print(f"{whom}: {word}; {allowed} of {len(found.verdicts)} rules allow")


def _checked(
    workspace: Path | None, number: str, person: str, playbook: str, language: str
) -> "Checked":
    from agent_runtime.calling.checking import CallError, check_number, check_person, whom
    from agent_runtime.calling.numbers import as_e164
    from agent_runtime.calling.telephony import telephony_of
    from agent_runtime.clock import read_now
    from agent_runtime.library.catalog import company_library
    from agent_runtime.status import open_store

    if bool(number) == bool(person):
        raise CallError("give a number or --person, one of the two.")
    settings = load_settings(workspace)
    store, library = open_store(settings), company_library(settings.paths.library)
    telephony, now = telephony_of(settings), read_now(store.engine)
    with store.begin() as tx:
        if person:
            contact = whom(tx, person)
            return check_person(tx, contact, library, telephony, playbook=playbook, now=now)
        e164 = as_e164(number)
        if not e164:
            raise CallError(f"{number!r} is no number with its country, such as +12125550123.")
        return check_number(tx, e164, telephony, library, language=language, now=now)
