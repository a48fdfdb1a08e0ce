"""What reaches the vendor's CRM: the queue in words, another try, scopes, and a check."""

import json
from contextlib import closing
from dataclasses import replace
from typing import Annotated

import typer

from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.crm_outbox import queue_again
from agent_runtime.crm_push_words import DEAD, WORDS, push_row, said
from agent_runtime.errors import ParleyError
from agent_runtime.ports import Tx
from agent_runtime.settings import Settings, load_settings
from agent_runtime.status import open_store
from agent_runtime.store.rows import Push


class CrmPushError(ParleyError):
    """A row that is not there, or that a command cannot be used on."""


def list_pushes(
    unsettled: Annotated[
        bool, typer.Option(help="Only what waits, was refused or given up, or is in conflict.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was to reach the CRM: what is there, what waits, what was refused and why.

    Example: [bold]parley crm list --unsettled[/bold]
    """
    store = open_store(load_settings(workspace))
    with store.begin() as tx:
        found = [push_row(tx, push) for push in tx.pushes()]
    if unsettled:
        found = [row for row in found if row["state"] in DEAD | {"WAITING", "CONFLICT"}]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    if not found:
        typer.echo("nothing waits" if unsettled else "nothing was to reach the CRM yet")
    for row in found:
        typer.echo(f"{row['id'][:24]:<24}  {row['what']}\n    {said(row)}")


def push(
    row_id: Annotated[str, typer.Argument(help="Id; its first letters are enough.")] = "",
    all_: Annotated[
        bool,
        typer.Option(
            "--all", help="All that was refused or given up, or kept while none was connected."
        ),
    ] = False,
    over: Annotated[
        bool, typer.Option(help="Write over the value that `parley crm list` shows there.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Try again to bring a row to the CRM, once what was wrong has been mended.

    A field that somebody has changed there is written over only with --over, and only while it
    still holds the value that you saw.

    Example: [bold]parley crm push 4f0c91aa --over[/bold]
    """
    store = open_store(load_settings(workspace))
    now = read_now(store.engine)
    with store.begin() as tx:
        chosen = _all_again(tx) if all_ and not row_id else (_find(tx, row_id),)
        for one in chosen:
            if over and (one.state != "CONFLICT" or one.kind != "change"):
                raise CrmPushError(
                    f"row {one.row_id!r} is {WORDS[one.state]}: --over is for a field in "
                    "conflict; leave it out."
                )
            if over:
                tx.save_push(replace(one, leave=one.found))
            queue_again(tx, one.kind, one.row_id, at=now)
    typer.echo(f"queued {len(chosen)}; the worker brings them there")


def scopes(
    setup: Annotated[
        bool, typer.Option(help="With those that `parley crm check --create` needs once.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the scopes that the token of HubSpot needs for the fields that may be written.

    Example: [bold]parley crm scopes[/bold]
    """
    from agent_runtime.tools.hubspot_layout import hubspot_layout
    from agent_runtime.tools.hubspot_requests import scopes_of

    needed = scopes_of(hubspot_layout(), with_setup=setup)
    typer.echo(json.dumps(needed) if as_json else "\n".join(needed))


def check(
    create: Annotated[
        bool, typer.Option(help="Make our properties that are missing there.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask HubSpot whether the token works, and say what the account lacks.

    Exits with 1 where something is missing. With --create the token needs the scopes
    `parley crm scopes --setup`.

    Examples: [bold]parley crm check[/bold], [bold]parley crm check --create[/bold]
    """
    from agent_runtime.tools.hubspot_api import HubSpotApi
    from agent_runtime.tools.hubspot_layout import hubspot_layout
    from agent_runtime.tools.hubspot_setup import create as create_there
    from agent_runtime.tools.hubspot_setup import lacking

    settings: Settings = load_settings(workspace)
    token, layout = settings.hubspot_token.get_secret_value(), hubspot_layout()
    if not token:
        raise CrmPushError(
            "PARLEY_HUBSPOT_TOKEN is empty, so no CRM is connected and all is kept here; set the "
            "access token of a private app with the scopes of `parley crm scopes`."
        )
    with closing(HubSpotApi(settings.hubspot_url, token)) as api:
        lacks = list(lacking(api, layout))
        made = create_there(api, layout, lacks) if create else 0
        if made:
            lacks = list(lacking(api, layout))
    if as_json:
        rows = [{"kind": lack.kind, "what": lack.what} for lack in lacks]
        typer.echo(json.dumps({"made": made, "lacks": rows}, indent=2))
    else:
        if made:
            typer.echo(f"made {made} properties")
        for lack in lacks:
            typer.echo(f"{lack.kind}: {lack.what}")
        typer.echo("something is missing" if lacks else "the token works and nothing is missing")
    if lacks:
        raise typer.Exit(1)


def _find(tx: Tx, row_id: str) -> Push:
    found = [push for push in tx.pushes() if row_id and push.row_id.startswith(row_id)]
    if len(found) == 1:
        return found[0]
    how_many = f"{len(found)} rows" if found else "no row"
    raise CrmPushError(
        f"row {row_id!r}: {how_many} with this id; see `parley crm list` for the ids, or say --all."
    )


def _all_again(tx: Tx) -> tuple[Push, ...]:
    return tuple(push for push in tx.pushes() if push.state in DEAD | {"KEPT"})
