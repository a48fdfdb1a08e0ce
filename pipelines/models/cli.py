"""`parley model`: versions of the models that the agent reads with, and who made one champion."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.settings import load_settings
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from experiments.champion import Judgement
    from experiments.model_registry import ModelVersion

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

TEST_SET = Path("tests/agent_runtime/models/intents")
Name = Annotated[
    str, typer.Argument(metavar="MODEL", help="intent, opinion_opt_out, fit, agent ...")
]
Place = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="Where MLflow keeps its file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Frozen = Annotated[Path, typer.Option(help="Folder of the frozen set of labelled texts.")]
Who = Annotated[str, typer.Option(help="Who decides.")]
Why = Annotated[str, typer.Option(help="The reason, for the log.")]


@app.callback()
def _model() -> None:
    """Registered models, the champion of each, and how it became so."""


@app.command()
def register(
    model: Name,
    *,
    training: Annotated[
        Path | None, typer.Option(help="Folder of training texts; default the shipped one.")
    ] = None,
    frozen: Frozen = TEST_SET,
    workspace: Place = None,
    as_json: AsJson = False,
) -> None:
    """Train a model, measure it on the frozen set, and register it as challenger.

    Training and evaluation are a run of MLflow each. The same data and method are the version
    that stands already.

    Example: [bold]parley model register intent[/bold]

    Example: [bold]parley model register intent --training my/texts[/bold]
    """
    from pipelines.models import registering
    from pipelines.models.kinds import kind_of

    settings = load_settings(workspace)
    made = registering.register(
        kind_of(model),
        settings.paths,
        cache=settings.cache,
        frozen=_frozen(frozen),
        now=datetime.now(UTC),
        training=training,
        progress=_progress,
    )
    said = f"{model} version {made.version.version}"
    if as_json:
        typer.echo(json.dumps({**_row(made.version), "is_new": made.is_new}))
    elif made.is_new:
        typer.echo(f"{said} is registered as challenger (run {made.version.run_id})")
    else:
        typer.echo(f"{said} stands already: the same data and the same method")


@app.command("list")
def list_versions(
    model: Annotated[str, typer.Argument(help="One model; all by default.")] = "",
    *,
    workspace: Place = None,
    as_json: AsJson = False,
) -> None:
    """List the versions of each model with their aliases and what they were made from.

    Example: [bold]parley model list[/bold]
    """
    from experiments.model_registry import versions
    from pipelines.models.decisions import champion_of
    from pipelines.models.kinds import AGENT, FIT, KINDS, name_of
    from pipelines.models.registering import database_of

    paths = load_settings(workspace).paths
    names = [name_of(model)] if model else [*KINDS, FIT, AGENT]
    for name in names:
        champion_of(paths, name)
    found = [v for name in names for v in versions(name, database=database_of(paths))]
    if as_json:
        typer.echo(json.dumps([_row(version) for version in found]))
        return
    if not found:
        typer.echo("no model is registered here; `parley model register intent` makes one")
    for v in found:
        alias = f"  {', '.join(v.aliases)}" if v.aliases else ""
        typer.echo(
            f"{v.name} {v.version}  {v.made_at:%Y-%m-%d %H:%M}  data {v.tags['data_version']}  "
            f"code {v.tags['code_version']}{alias}"
        )


@app.command()
def champion(model: Name, *, workspace: Place = None, as_json: AsJson = False) -> None:
    """Say which version is champion, who made it so and why, and what came before.

    Example: [bold]parley model champion intent[/bold]
    """
    from pipelines.models.decisions import champion_of, decisions
    from pipelines.models.kinds import name_of

    paths, name = load_settings(workspace).paths, name_of(model)
    found, made = champion_of(paths, name), decisions(paths, name)
    if as_json:
        row = _row(found) if found else None
        typer.echo(json.dumps({"champion": row, "decisions": [asdict(one) for one in made]}))
        return
    typer.echo(f"{name}: version {found.version} is champion" if found else _NONE.format(name))
    for one in reversed(made):
        typer.echo(f"  {one.at[:16]}  {one.kind} {one.version}, by {one.who}: {one.why}")
        for figure in one.figures:
            typer.echo(f"      {figure}")


@app.command()
def compare(
    model: Name,
    *,
    version: Annotated[int | None, typer.Option(help="Default: the challenger.")] = None,
    frozen: Frozen = TEST_SET,
    workspace: Place = None,
    as_json: AsJson = False,
) -> None:
    """Hold the challenger against the champion by the rule; exit code 1 where it may not win.

    Example: [bold]parley model compare intent --json[/bold]
    """
    challenger, judgement = _judged(model, version, frozen, workspace)
    if judgement is None:
        raise PipelineError(f"{_NONE.format(model)}; there is nothing to compare with.")
    if as_json:
        said = asdict(judgement) | {"may_be_promoted": judgement.may_be_promoted}
        typer.echo(json.dumps(said | {"challenger": challenger.version}))
    else:
        verdict = "may" if judgement.may_be_promoted else "may not"
        typer.echo(f"{model} version {challenger.version} {verdict} become champion")
        for one in judgement.conditions:
            typer.echo(f"  {'✓' if one.holds else '✗'} {one.name}: {one.figure}")
    if not judgement.may_be_promoted:
        raise typer.Exit(1)


@app.command()
def promote(
    model: Name,
    *,
    who: Who,
    why: Why,
    version: Annotated[int | None, typer.Option(help="Default: the challenger.")] = None,
    frozen: Frozen = TEST_SET,
    workspace: Place = None,
) -> None:
    """Make the challenger champion, if the rule allows it; the decision is logged.

    Example: [bold]parley model promote intent --who "Ada Roe" --why "more Italian"[/bold]
    """
    from pipelines.models import decisions
    from pipelines.models.kinds import AGENT, FIT

    challenger, judgement = _judged(model, version, frozen, workspace)
    paths = load_settings(workspace).paths
    now = datetime.now(UTC)
    done = decisions.promote(paths, challenger, judgement, who=who, why=why, now=now)
    before = f", before it {done.before}" if done.before else ", the first one"
    typer.echo(f"{model}: version {done.version} is champion{before}")
    shown = "`parley model check` says whether the runtime loads it"
    in_force = "`parley model check agent` says whether it is in force"
    said = {FIT: "`parley fit score` scores by it", AGENT: in_force}
    typer.echo(said.get(model, shown))


@app.command()
def rollback(model: Name, *, who: Who, why: Why, workspace: Place = None) -> None:
    """Make the champion before this one champion again; the decision is logged.

    Example: [bold]parley model rollback intent --who "Ada Roe" --why "misses Dutch"[/bold]
    """
    from pipelines.models.decisions import roll_back
    from pipelines.models.kinds import name_of

    paths, name = load_settings(workspace).paths, name_of(model)
    done = roll_back(paths, name, who=who, why=why, now=datetime.now(UTC))
    typer.echo(f"{name}: version {done.version} is champion again, after {done.before}")


@app.command()
def check(
    model: Annotated[str, typer.Argument(help="One model; all by default.")] = "",
    *,
    workspace: Place = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the runtime loads the champion of each model; exit code 1 where it does not.

    Nothing is downloaded at run time: a champion reaches the runtime when its training texts and
    weights are in the release.

    Example: [bold]parley model check[/bold]
    """
    from pipelines.models.decisions import champion_of
    from pipelines.models.kinds import AGENT, KINDS, kind_of
    from pipelines.models.shipped import shipped

    settings = load_settings(workspace)
    paths = settings.paths
    names = [model] if model else [*KINDS, *([AGENT] if champion_of(paths, AGENT) else [])]
    found = [shipped(paths, kind_of(name)) for name in names if name != AGENT]
    if AGENT in names:
        from pipelines.evaluation.in_force import in_force

        found.append(in_force(settings))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found]))
    else:
        for one in found:
            typer.echo(f"{'✓' if one.is_champion else '✗'} {one.model}: {one.says}")
    if not all(one.is_champion for one in found):
        raise typer.Exit(1)


_NONE = "{}: no version is champion"


def _judged(
    model: str, number: int | None, frozen: Path, workspace: Path | None
) -> "tuple[ModelVersion, Judgement | None]":
    """Returns the challenger, and what the rule says where there is a champion."""
    from experiments.champion import judge, load_rule
    from experiments.model_registry import CHALLENGER, versions
    from pipelines.models.decisions import champion_of
    from pipelines.models.kinds import AGENT, FIT, kind_of, name_of
    from pipelines.models.registering import database_of, latency_ratio, saved_answers

    settings = load_settings(workspace)
    paths = settings.paths
    crowned = champion_of(paths, name_of(model))
    every = versions(model, database=database_of(paths))
    wanted = (v for v in every if v.version == number or (not number and CHALLENGER in v.aliases))
    challenger = next(wanted, None)
    if challenger is None:
        there = ", ".join(str(v.version) for v in every) or "none"
        makers = {FIT: "fit train", AGENT: "evaluate"}
        how = makers.get(model, f"model register {model}")
        raise PipelineError(
            f"model {model}: there is no {f'version {number}' if number else 'challenger'}; "
            f"versions: {there}; `parley {how}` makes one."
        )
    if model == AGENT:
        from pipelines.evaluation.registering import judged as held_against

        return challenger, held_against(challenger, crowned, now=datetime.now(UTC))
    if model == FIT:
        from pipelines.fit.registering import judged
        from pipelines.lake import Lake

        tables = Lake(paths).canonical()
        return challenger, judged(challenger, crowned, tables, tenant_id=settings.tenant_id)
    if crowned is None or crowned.version == challenger.version:
        return challenger, None
    _progress("timing both …")
    kind = kind_of(model)
    ratio = latency_ratio(kind, crowned, challenger, _frozen(frozen))
    before, after = saved_answers(crowned), saved_answers(challenger)
    return challenger, judge(before, after, latency_ratio=ratio, rule=load_rule())


def _frozen(folder: Path) -> Any:
    from agent_runtime.models.training import read_training

    return read_training(folder)


def _row(version: "ModelVersion") -> dict[str, Any]:
    return asdict(version) | {
        "folder": str(version.folder),
        "made_at": version.made_at.isoformat(),
    }


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")
