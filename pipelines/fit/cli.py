"""`parley fit`: learn from deals won and lost, score accounts, say why, and watch for drift."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import Settings, load_settings
from pipelines.errors import PipelineError
from pipelines.segment_cli import NowOption

if TYPE_CHECKING:
    from pipelines.fit.document import FitModel
    from pipelines.fit.evaluation import Evaluation
    from pipelines.lake import Lake

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@app.callback()
def _fit() -> None:
    """How likely accounts buy: a model of this tenant's own history, and reasons."""


@app.command()
def train(
    *,
    spec: Annotated[
        str, typer.Option(help="Shipped: deals, x_education; or a YAML file.")
    ] = "deals",
    dry_run: Annotated[bool, typer.Option(help="Measure, and register nothing.")] = False,
    workspace: WorkspaceOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from what was won and lost, measure on what came later, register as challenger.

    Example: [bold]parley fit train[/bold]

    Example: [bold]parley fit train --spec my/fit.yaml --dry-run --json[/bold]
    """
    from pipelines.fit.registering import register
    from pipelines.fit.rule import judge, load_rule
    from pipelines.fit.spec import load_fit_spec
    from pipelines.fit.training import train as learn

    settings = load_settings(workspace)
    lake, at = _lake(settings, now)
    tables = lake.canonical()
    trained = learn(tables, load_fit_spec(spec), tenant_id=settings.tenant_id, now=at)
    made = (
        None if dry_run else register(trained, tables, settings.paths, at=at, now=datetime.now(UTC))
    )
    judgement = judge(trained.evaluation, load_rule())
    if as_json:
        row = {
            "spec": trained.spec.label,
            "version": made.version.version if made else None,
            "is_new": bool(made and made.is_new),
            "earlier": trained.history.earlier.height,
            "later": trained.history.how,
            "base_rate": trained.model.base_rate,
            "evaluation": asdict(trained.evaluation),
            "rule": [asdict(condition) for condition in judgement.conditions],
        }
        typer.echo(json.dumps(row, indent=2))
        return
    typer.echo(f"learnt from {trained.history.earlier.height:,}, measured on {trained.history.how}")
    _show(trained.evaluation)
    for one in judgement.conditions:
        typer.echo(f"  {'✓' if one.holds else '✗'} {one.name}: {one.figure}")
    if made is not None:
        stands = "is registered as challenger" if made.is_new else "stands already: same history"
        typer.echo(f"fit version {made.version.version} {stands}")
    if judgement.may_be_promoted:
        typer.echo('`parley model promote fit --who "…" --why "…"` makes it champion')


@app.command()
def score(
    *, workspace: WorkspaceOption = None, now: NowOption = None, as_json: JsonOption = False
) -> None:
    """Score every contact, and every account without one, by the champion.

    Scores order a queue where the campaign says `order_by: fit`; they decide nothing else.

    Example: [bold]parley fit score --workspace out/demo[/bold]
    """
    from pipelines.fit.scores import score as scores_of
    from pipelines.lake import write

    settings = load_settings(workspace)
    lake, at = _lake(settings, now)
    found = _champion(settings)
    scores = scores_of(found, lake.canonical(), now=at)
    write(scores, lake.fit_scores)
    bands = dict(scores["band"].value_counts(sort=True).iter_rows())
    if as_json:
        typer.echo(json.dumps({"model": found.label, "scored": scores.height, "bands": bands}))
        return
    said = ", ".join(f"{count:,} {name}" for name, count in bands.items()) or "nobody is here"
    typer.echo(f"{found.label} scored {scores.height:,}: {said}")


@app.command()
def explain(
    record: Annotated[str, typer.Argument(help="Contact, person or account id, or an address.")],
    *,
    workspace: WorkspaceOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a record scores, why, and which contribution each feature makes.

    Example: [bold]parley fit explain ada@firm.example --json[/bold]
    """
    from pipelines.fit.explaining import explain as explanation_of

    settings = load_settings(workspace)
    lake, at = _lake(settings, now)
    found = explanation_of(_champion(settings), lake.canonical(), record, now=at)
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2, default=str))
        return
    shown = "no score" if found.probability is None else f"{found.probability:.0%}"
    typer.echo(f"{found.record}: {shown} ({found.band}), {found.average:.0%} on average")
    for reason in found.reasons or ("nothing sets it apart from the average",):
        typer.echo(f"  {reason}")
    for one in found.features:
        typer.echo(f"      {one.points:+.2f}  {one.field} is {one.value}")


@app.command()
def drift(
    *, workspace: WorkspaceOption = None, now: NowOption = None, as_json: JsonOption = False
) -> None:
    """Say whether the champion still fits; exit code 1 where something fails.

    Example: [bold]parley fit drift --json[/bold]
    """
    from pipelines.fit.drift import drift as drift_of

    settings = load_settings(workspace)
    lake, at = _lake(settings, now)
    figures = drift_of(_champion(settings), lake.canonical(), now=at)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in figures], indent=2))
    else:
        for one in figures:
            typer.echo(f"{one.level:<10}  {one.check}  {one.what}: {one.says}")
    if any(one.level == "fails" for one in figures):
        raise typer.Exit(1)


def _lake(settings: Settings, now: datetime | None) -> "tuple[Lake, datetime]":
    from pipelines.lake import Lake, canonical_now

    lake = Lake(settings.paths)
    made = canonical_now(lake)
    return lake, now.replace(tzinfo=now.tzinfo or UTC) if now else made


def _champion(settings: Settings) -> "FitModel":
    from pipelines.fit.registering import champion_model

    found = champion_model(settings.paths, tenant_id=settings.tenant_id)
    if found is None:
        raise PipelineError(
            "fit: no version is champion; `parley fit train` makes one, and "
            "`parley model promote fit --who … --why …` makes it champion."
        )
    return found


def _show(found: "Evaluation") -> None:
    typer.echo(
        f"{found.n:,} outcomes, {found.won:,} won: {found.said:.1%} forecast, "
        f"{found.came_true:.1%} came true"
    )
    for point in found.curve:
        typer.echo(
            f"  {point.said:6.1%} forecast  {point.came_true:6.1%} came true "
            f"({point.low:.1%} to {point.high:.1%})  of {point.n:,}"
        )
