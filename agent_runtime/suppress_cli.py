"""`parley suppress`: addresses, domains and accounts to which the agent is silent."""

import csv
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.rows import Listing
from agent_runtime.suppression import SuppressionError, add, lift, read_csv

suppress = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@suppress.callback()
def _suppress() -> None:
    """Keep the suppression lists: competitors, partners, employees, customers in a deal."""


@suppress.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV: email, domain or account, and reason.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add all entries of a file; a line that cannot be read is named and the rest is added.

    Example: [bold]parley suppress import competitors.csv --dry-run[/bold]
    """
    store = open_store(load_settings(workspace))
    now = read_now(store.engine)
    counts: Counter[str] = Counter()
    refused: list[str] = []
    rows = list(read_csv(file))
    with store.begin() as tx:
        for line, scope, value, reason in rows:
            try:
                is_new = add(
                    tx, scope, value, reason=reason, source=file.name, now=now, dry_run=dry_run
                )
                counts["added" if is_new else "there already"] += 1
            except SuppressionError as error:
                refused.append(f"line {line}: {error}")
    told = {"added": counts["added"], "there": counts["there already"], "refused": refused}
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        verb = "would be added" if dry_run else "added"
        typer.echo(f"{told['added']} {verb}, {told['there']} there already, {len(refused)} refused")
        for line in refused:
            typer.echo(f"    {line}")
    raise typer.Exit(1 if refused else 0)


@suppress.command("list")
def list_entries(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List what is suppressed by address, domain or account.

    Example: [bold]parley suppress list[/bold]
    """
    entries = [e for e in _entries(workspace) if e.lifted_at is None]
    if as_json:
        typer.echo(json.dumps([asdict(e) for e in entries], indent=2, default=str))
    elif not entries:
        typer.echo("no address, domain or account is listed; `parley suppress add` lists one")
    for entry in () if as_json else entries:
        typer.echo(f"{entry.scope:<8} {entry.value}  {entry.reason}  from {entry.source}")


@suppress.command()
def export(file: Annotated[Path, typer.Argument()], workspace: WorkspaceOption = None) -> None:
    """Write all entries, lifted ones too, to a CSV file; - writes to the screen.

    Example: [bold]parley suppress export lists.csv[/bold]
    """
    entries = _entries(workspace)
    names = list(Listing.__dataclass_fields__)[1:]
    target = sys.stdout if str(file) == "-" else file.open("w", encoding="utf-8", newline="")
    writer = csv.DictWriter(target, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(asdict(entry) for entry in entries)
    if target is not sys.stdout:
        target.close()
        typer.echo(f"{len(entries)} entries written to {file}")


@suppress.command("add")
def add_entry(
    value: Annotated[str, typer.Argument(help="An address, a domain, or account:ID.")],
    reason: Annotated[str, typer.Option(help="competitor, customer, in_deal, employee, …")],
    workspace: WorkspaceOption = None,
) -> None:
    """List one address, domain or account; in effect at the next permit.

    Example: [bold]parley suppress add rival.example --reason competitor[/bold]
    """
    store = open_store(load_settings(workspace))
    scope = "account" if value.startswith("account:") else "email" if "@" in value else "domain"
    key = value.removeprefix("account:")
    with store.begin() as tx:
        now = read_now(store.engine)
        is_new = add(tx, scope, key, reason=reason, source="command", now=now)
    typer.echo(f"{scope} {key}: {'listed' if is_new else 'was listed already'} as {reason}")


@suppress.command("lift")
def lift_entry(
    value: Annotated[str, typer.Argument(help="The address, domain or account id.")],
    why: Annotated[str, typer.Option(help="Why it may be lifted; kept with the entry.")],
    proof: Annotated[str, typer.Option(help="Where a new consent is recorded.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Take an entry off the list; what a person asked for needs the proof of a new consent.

    Example: [bold]parley suppress lift ana@alder.example --why asked --proof form-4711[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        now = read_now(store.engine)
        reasons = lift(tx, value.removeprefix("account:"), why=why, proof=proof, now=now)
    typer.echo(f"{value}: lifted ({', '.join(reasons)})")


def _entries(workspace: Path | None) -> list[Listing]:
    with open_store(load_settings(workspace)).begin() as tx:
        return sorted(tx.listings(), key=lambda entry: (entry.scope, entry.value))
