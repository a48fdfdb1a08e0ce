"""`parley policy`: which rules bind, what they say of a text, and why a message went or did not."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from agent_runtime.policies.ruleset import RuleSpec

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


@policy.command("list")
def list_rules(
    profile: Annotated[str, typer.Option(help="Profile; empty means the one in force.")] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List all rules in the order in which they are asked, with version, owner and parameters.

    Example: [bold]parley policy list --profile regulated[/bold]
    """
    from agent_runtime.policies.ruleset import profile_of, rule_set

    rules = rule_set(profile) if profile else profile_of(_flags(workspace), "")
    rows = [{**_fields(spec), "parameters": dict(spec.parameters)} for spec in rules.rules.values()]
    if as_json:
        told = {"version": rules.version, "profile": rules.profile, "rules": rows}
        typer.echo(json.dumps(told, indent=2))
        return
    typer.echo(f"policy set {rules.version}, profile {rules.profile}: {rules.says}")
    for row in rows:
        typer.echo(f"{row['rule']}@{row['version']:<3} {row['decision']:<18} {row['stops']}")
        for name, value in row["parameters"].items():
            typer.echo(f"    {name}: {', '.join(value) if isinstance(value, list) else value}")


@policy.command()
def use(
    profile: Annotated[str, typer.Argument(help="Name of the profile: standard or regulated.")],
    why: Annotated[str, typer.Option(help="Why; kept with the version.")],
    playbook: Annotated[str, typer.Option(help="Only for this playbook.")] = "",
    by: Annotated[
        str,
        typer.Option(help="Who decides [default: the login name]."),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Make the profile of the rules stricter, of all or of one playbook; a version rolls back.

    In effect at the next permit. What is freer is proposed in the console, and put in force there
    by a colleague.

    Example: [bold]parley policy use regulated --why "new law" --playbook icp_prospecting[/bold]
    """
    from agent_runtime.library.catalog import company_library
    from agent_runtime.policies.ruleset import profile_of, rule_set
    from agent_runtime.status import open_store
    from agent_runtime.steering.by_command import change_by_command, told
    from agent_runtime.steering.subjects import profile_subject

    settings = load_settings(workspace)
    library, rules = company_library(settings.paths.library), rule_set(profile)
    subject = profile_subject(library.playbook(playbook).id if playbook else "")
    with open_store(settings).begin() as tx:
        made = change_by_command(tx, library, subject, profile, by=by, why=why)
        own = {book: profile_of(tx.flags(), book).profile for book in library.playbooks}
    typer.echo(told(made, f"{playbook or 'all playbooks'} {rules.profile}"))
    typer.echo(rules.says)
    others = [f"{book} {name}" for book, name in sorted(own.items()) if name != rules.profile]
    if others and not playbook:
        typer.echo(f"not so, by a profile of their own: {', '.join(others)}")


def _flags(workspace: Path | None) -> Mapping[str, str]:
    """The flags of a run; none where there is no run yet."""
    from agent_runtime.errors import ParleyError
    from agent_runtime.status import open_store

    try:
        store = open_store(load_settings(workspace))
    except ParleyError:
        return {}
    with store.begin() as tx:
        return tx.flags()


def _fields(spec: "RuleSpec") -> dict[str, Any]:
    return {
        "rule": spec.rule,
        "version": spec.version,
        "owner": spec.owner,
        "stops": spec.stops,
        "decision": spec.decision,
    }
