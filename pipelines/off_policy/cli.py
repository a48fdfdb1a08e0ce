"""`parley experiment off-policy`: what another policy would have brought."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings


def off_policy(
    *,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            help="best, even, say=TEXT or never=TEXT (the id of an approved text); may be given "
            "again [default: best and even]"
        ),
    ] = None,
    campaign: Annotated[str, typer.Option(help="Only threads of this campaign.")] = "",
    playbook: Annotated[str, typer.Option(help="Only threads in this playbook.")] = "",
    since: Annotated[
        datetime | None, typer.Option(help="Only threads that began since then, UTC.")
    ] = None,
    window_days: Annotated[
        int, typer.Option(help="What comes so long after a thread's first turn counts.", min=1)
    ] = 14,
    html: Annotated[Path | None, typer.Option(help="Where the page goes, one HTML file.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what another policy would have brought, from turns whose chances are known.

    It stands on exploration: a campaign with `exploration: 0.1` tries another permitted text in
    one of ten turns. Where the policy does what was hardly ever tried, the estimate is refused,
    with what it would take.

    Example: parley experiment off-policy --policy say=icp.opener_plain --window-days 14

    Example: parley experiment off-policy --policy best --policy even --html off_policy.html
    """
    from pipelines.off_policy.estimating import Question, estimate
    from pipelines.off_policy.page import write_page
    from pipelines.off_policy.policies import policy_of
    from pipelines.off_policy.told import as_dict, print_readings
    from pipelines.off_policy.turns import Wanted
    from pipelines.traces import export_to_lake

    settings = load_settings(workspace)
    policies = [policy_of(said) for said in policy or ("best", "even")]
    wanted = Wanted(campaign, playbook, since.replace(tzinfo=UTC) if since else None)
    with Console(stderr=True).status("reading turns and what came of them"):
        tenant_id = settings.tenant_id
        export_to_lake(settings.paths, tenant_id=tenant_id, store_url=settings.store_url)
        question = Question(window_days=window_days)
        readings = list(estimate(settings.paths, policies, wanted, question, tenant_id=tenant_id))
    if html is not None:
        write_page(readings, html)
        typer.echo(f"wrote {html}", err=True)
    if as_json:
        typer.echo(json.dumps(as_dict(readings), indent=2))
    else:
        print_readings(readings, Console())
