"""`parley changes`: what changed in what the agent says and may do, in words for anybody."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.settings import load_settings
from pipelines.changes.change import Change
from pipelines.errors import PipelineError

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def changes(
    *,
    since: Annotated[str, typer.Option(help="Only from this day on, as 2026-01-12.")] = "",
    kind: Annotated[str, typer.Option(help="Only of this kind, such as prompt or policy.")] = "",
    html: Annotated[Path | None, typer.Option(help="Write a page to this file.")] = None,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="Whose changes.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do not write down what is there now.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what changed in prompts, policies, playbooks, texts, models and campaigns, and why.

    Approvals come from the files themselves, decisions from hash-chained logs, what was in force
    from traces. What is there now is written down with each look, in `versions.jsonl` of the
    workspace: the next one tells what is otherwise, line by line.

    Example: [bold]parley changes --since 2026-01-12[/bold]

    Example: [bold]parley changes --kind policy --html changes.html[/bold]
    """
    from pipelines.changes.log import change_log

    settings = load_settings(workspace)
    found = change_log(settings, now=datetime.now(UTC), since=_day(since), looks=not dry_run)
    if kind:
        found = [one for one in found if one.kind == _known(kind)]
    if html is not None:
        from pipelines.changes.page import render_changes

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render_changes(found, since=since), encoding="utf-8")
    if as_json:
        rows = [asdict(one) | {"at": one.at.isoformat()} for one in found]
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print(found, html)


def _print(found: Sequence[Change], html: Path | None) -> None:
    if not found:
        typer.echo("nothing changed since then")
    for one in found:
        who = "" if one.says.startswith(one.by) else f"  By {one.by}."
        typer.echo(f"{one.at:%Y-%m-%d}  {one.says}{who}")
        if one.why:
            typer.echo(f"            Why: {one.why}")
        for line in one.details:
            typer.echo(f"            {line if len(line) < 200 else line[:199] + '…'}")
        for line in one.effect:
            typer.echo(f"            Measured: {line}")
    if html is not None:
        typer.echo(f"wrote {html}")


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise PipelineError(
            f"option --since, the value {text!r}: give a day, as 2026-01-12."
        ) from None


def _known(kind: str) -> str:
    from typing import get_args

    from pipelines.changes.change import Kind

    if kind not in get_args(Kind):
        raise PipelineError(
            f"option --kind, the value {kind!r}: use one of {', '.join(get_args(Kind))}."
        )
    return kind
