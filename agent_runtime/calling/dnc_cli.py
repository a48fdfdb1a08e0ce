"""`parley dnc`: do-not-call lists, with the day of their data."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings

dnc = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

_SHOWN = 20
"""Bad rows that are named on the screen; --json names all."""


@dnc.callback()
def _dnc() -> None:
    """Keep the do-not-call lists: the national ones, with their age, and our own."""


@dnc.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A number in each row, or a CSV with a heading.")],
    name: Annotated[str, typer.Option("--list", help="Name: national-us, national-gb, ...")],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the data.")],
    country: Annotated[str, typer.Option(help="Of numbers without a plus.")] = "",
    skip: Annotated[
        bool, typer.Option("--skip-malformed", help="Leave rows out that are no number.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a file in place of a list. A row that is no number stops it, since it may be one.

    Example: [bold]parley dnc import us.txt --list national-us --as-of 2026-11-20 --dry-run[/bold]
    """
    from agent_runtime.calling.dnc import country_of_list, import_list, read_list, why_stale
    from agent_runtime.clock import read_now
    from agent_runtime.policies.ruleset import profile_of
    from agent_runtime.status import open_store

    region = country or country_of_list(name)
    settings = load_settings(workspace)
    store = open_store(settings)
    found, now = read_list(file, country=region), read_now(store.engine)
    is_stopped = bool(found.bad) and not skip
    stale = ""
    with store.begin() as tx:
        before = {one.name: one.numbers for one in tx.dnc_lists()}
        if not (dry_run or is_stopped):
            import_list(
                tx,
                store.tenant_id,
                name,
                found,
                as_of=as_of.date(),
                source=file.name,
                now=now,
            )
        for one in tx.dnc_lists():
            if one.name == name:
                stale = why_stale(one, profile_of(tx.flags(), ""), now.date())
    told = {
        "list": name,
        "as_of": as_of.date().isoformat(),
        "rows": found.rows,
        "numbers": len(found.numbers),
        "before": before.get(name, 0),
        "malformed": [{"line": bad.line, "said": bad.said[:40]} for bad in found.bad],
        "imported": not (dry_run or is_stopped),
        "stale": stale,
    }
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        raise typer.Exit(1 if is_stopped else 0)
    verb = "would be imported" if dry_run or is_stopped else "imported"
    typer.echo(
        f"{name} as of {told['as_of']}: {found.rows:,} rows, {len(found.numbers):,} numbers {verb}"
        f", {told['before']:,} before, {len(found.bad):,} malformed"
    )
    for bad in found.bad[:_SHOWN]:
        typer.echo(f"    {bad}")
    if len(found.bad) > _SHOWN:
        typer.echo(f"    and {len(found.bad) - _SHOWN:,} more; --json names them all")
    if stale:
        typer.echo(f"    STALE: {stale}")
    if is_stopped:
        typer.echo("nothing was imported: mend these rows, or leave them out with --skip-malformed")
        raise typer.Exit(1)


@dnc.command()
def check(
    number: Annotated[str, typer.Argument(help="The number, with its plus.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say on which lists a number is. Exit code 1: on one at least.

    Example: [bold]parley dnc check +12125550123[/bold]
    """
    from agent_runtime.status import open_store

    e164 = _number(number)
    with open_store(load_settings(workspace)).begin() as tx:
        on = tx.dnc_of(e164)
    if as_json:
        typer.echo(json.dumps({"number": e164, "lists": on}))
    else:
        typer.echo(f"{e164}: {'on ' + ', '.join(on) if on else 'on no list here'}")
    raise typer.Exit(1 if on else 0)


@dnc.command()
def show(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List the lists: numbers, day of the data, and whether they still count.

    Example: [bold]parley dnc show[/bold]
    """
    from agent_runtime.calling.dnc import why_stale
    from agent_runtime.clock import read_now
    from agent_runtime.policies.ruleset import profile_of
    from agent_runtime.status import open_store

    store = open_store(load_settings(workspace))
    today = read_now(store.engine).date()
    with store.begin() as tx:
        lists, rules = tx.dnc_lists(), profile_of(tx.flags(), "")
    demanded = rules.parameter("do_not_call", "national")
    names = {one.name for one in lists}
    missing = {c: d["list"] for c, d in demanded.items() if d["list"] not in names}
    rows = [
        {
            "list": one.name,
            "numbers": one.numbers,
            "as_of": one.as_of.isoformat(),
            "source": one.source,
            "stale": why_stale(one, rules, today),
        }
        for one in lists
    ]
    if as_json:
        typer.echo(json.dumps({"lists": rows, "missing": missing}, indent=2))
        return
    for row in rows:
        state = f"  STALE: {row['stale']}" if row["stale"] else ""
        typer.echo(
            f"{row['list']:<14} {row['numbers']:>11,} numbers  as of {row['as_of']}  "
            f"from {row['source']}{state}"
        )
    for country, name in missing.items():
        typer.echo(f"{name:<14} never imported: nobody is called in {country}")


@dnc.command()
def add(
    number: Annotated[str, typer.Argument(help="The number, with its plus.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Put a number on our own list; in effect at the next permit.

    Example: [bold]parley dnc add +12125550123[/bold]
    """
    from agent_runtime.calling.rows import OWN_LIST
    from agent_runtime.status import open_store

    e164 = _number(number)
    with open_store(load_settings(workspace)).begin() as tx:
        is_new = tx.add_dnc(OWN_LIST, e164)
    typer.echo(f"{e164}: {'listed' if is_new else 'was listed already'}")


def _number(written: str) -> str:
    from agent_runtime.calling.dnc import DncError
    from agent_runtime.calling.numbers import as_e164

    number = as_e164(written)
    if not number:
        raise DncError(f"{written!r} is no number with its country, such as +12125550123; mend it.")
    return number
