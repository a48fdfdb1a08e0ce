"""`parley evaluate`: how good a version of the agent is, and whether it may become champion."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.settings import Settings, load_settings
from pipelines.errors import PipelineError
from pipelines.evaluation.setup import EMBEDDED, Chosen, open_setup
from pipelines.evaluation.suite import DRAFTS, TEXTS, Sources, units_of

if TYPE_CHECKING:
    from experiments.champion import Judgement
    from experiments.evaluation.cases import Case
    from experiments.evaluation.figures import Figure
    from experiments.model_registry import ModelVersion
    from pipelines.evaluation.page import Against
    from pipelines.evaluation.setup import Setup
    from pipelines.evaluation.suite import Unit

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def evaluate(
    *,
    prompt: Annotated[Path | None, typer.Option(help="A prompt file; default the shipped.")] = None,
    model: Annotated[
        str, typer.Option(help=f"{EMBEDDED}, a served name, or URL[#name]; default the settings'.")
    ] = "",
    policy: Annotated[
        list[str] | None,
        typer.Option(help="A profile, a file of rules, or rule.parameter=value; again for more."),
    ] = None,
    playbook: Annotated[
        Path | None,
        typer.Option(help="A playbook, or a folder of them, in place of those in force."),
    ] = None,
    against: Annotated[
        str, typer.Option(help="champion, or the number of a version to compare with.")
    ] = "champion",
    texts: Annotated[Path, typer.Option(help="Folder of labelled messages.")] = TEXTS,
    drafts: Annotated[Path, typer.Option(help="Folder of labelled drafts.")] = DRAFTS,
    replays: Annotated[
        int, typer.Option(help="So many old turns of the workspace as well, the latest.", min=0)
    ] = 0,
    sample: Annotated[
        int, typer.Option(help="Only so many of each kind of case; 0: all.", min=0)
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; ask and write nothing.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Measure again what was measured already.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the page there as well.")] = None,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="Where MLflow keeps its file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure a version of the agent on scenarios, labelled texts, drafts and old turns.

    Nothing is sent. The run is logged in MLflow, and the version registered as `agent`: `parley
    model promote agent` makes it champion where the rule allows it. A run that was interrupted goes
    on where it ended. What `--against` names is compared; the first version has nothing beside it.

    Example: [bold]parley evaluate[/bold]

    Example: [bold]parley evaluate --prompt answer.md --model http://gpu-1:8000/v1[/bold]

    Example: [bold]parley evaluate --policy regulated --sample 50 --dry-run[/bold]
    """
    settings = load_settings(workspace)
    sources = Sources(_folder(texts, "--texts"), _folder(drafts, "--drafts"), replays, sample)
    units = units_of(sources, settings)
    setup = open_setup(Chosen(prompt, model, tuple(policy or ()), playbook), settings)
    try:
        if dry_run:
            _say_plan(setup, units, settings, as_json=as_json)
            return
        done = _evaluated(setup, units, settings, against, fresh=fresh)
    finally:
        setup.close()
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(_page(done), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(_as_json(done)))
    else:
        _print(done, html)


@dataclass(frozen=True, slots=True)
class _Done:
    """An evaluation and what it is compared with."""

    setup: "Setup"
    version: "ModelVersion"
    is_new: bool
    figures: "Sequence[Figure]"
    cases: "Sequence[Case]"
    against: "Against | None"
    other: "ModelVersion | None"


def _evaluated(
    setup: "Setup", units: "Sequence[Unit]", settings: Settings, against: str, *, fresh: bool
) -> _Done:
    from experiments.evaluation.figures import figures_of
    from experiments.model_registry import known
    from pipelines.evaluation import registering
    from pipelines.evaluation.costing import usd_by
    from pipelines.evaluation.progress import progress
    from pipelines.evaluation.running import partial_file, run
    from pipelines.models.kinds import AGENT
    from pipelines.models.registering import database_of

    other = _other(against, settings)
    folder, now = settings.workspace / "evaluations", datetime.now(UTC)
    partial = partial_file(folder, setup, units)
    identity = registering.identity_of(setup, units)
    made = known(AGENT, identity, database=database_of(settings.paths))
    is_new = fresh or made is None
    if fresh:
        partial.unlink(missing_ok=True)
        identity = f"{identity}|{now.isoformat()}"
    if made is None or fresh:
        with progress("Evaluating", len(units)) as advance:
            cases = run(setup, units, folder=folder, advance=advance)
        made = registering.register(setup, identity, cases, settings.paths, now=now)
    cases = registering.cases_of(made)
    compared = None
    if other is not None and other.version != made.version:
        compared = registering.against(other, cases, now=now)
    partial.unlink(missing_ok=True)
    figures = figures_of(cases, usd=usd_by(now.date()))
    return _Done(setup, made, is_new, figures, cases, compared, other)


def _other(against: str, settings: Settings) -> "ModelVersion | None":
    from experiments.model_registry import version_of
    from pipelines.models.decisions import champion_of
    from pipelines.models.kinds import AGENT
    from pipelines.models.registering import database_of

    if against == "champion":
        return champion_of(settings.paths, AGENT)
    if not against.isdigit():
        raise PipelineError(
            f"option --against, the value {against!r}: give champion or the number of a version; "
            "`parley model list agent` lists them."
        )
    return version_of(AGENT, int(against), database=database_of(settings.paths))


def _page(done: _Done) -> str:
    from pipelines.evaluation.page import render_evaluation

    return render_evaluation(done.setup.label, done.figures, done.cases, against=done.against)


def _say_plan(
    setup: "Setup", units: "Sequence[Unit]", settings: Settings, *, as_json: bool
) -> None:
    from collections import Counter

    from pipelines.evaluation.running import finished_in, partial_file

    kinds = Counter(unit.id.partition(":")[0] for unit in units)
    there = len(finished_in(partial_file(settings.workspace / "evaluations", setup, units)))
    plan: dict[str, Any] = {"parts": setup.parts, "cases": dict(kinds), "finished": there}
    if as_json:
        typer.echo(json.dumps(plan))
        return
    for name, value in setup.parts.items():
        typer.echo(f"{name:<10} {value}")
    shown = ", ".join(f"{count:,} of {name}" for name, count in kinds.items())
    asked = "at least one question for each dialogue and text" if setup.mind.oracle else "none"
    typer.echo(f"cases      {shown}; {there:,} are finished already")
    typer.echo(f"questions  {asked}")
    typer.echo("nothing was asked and nothing written")


def _print(done: _Done, html: Path | None) -> None:
    from experiments.evaluation.measures import MEASURES
    from pipelines.evaluation import words

    titles = {measure.name: measure.title for measure in MEASURES} | {"cost_usd": "Cost a message"}
    was = {one.name: one for one in done.against.figures} if done.against else {}
    stands = "" if done.is_new else ", which stands already"
    typer.echo(f"agent version {done.version.version}{stands}: {done.setup.label}")
    for one in done.figures:
        if one.value is None:
            continue
        before = was.get(one.name)
        after = f"   was {words.value(before.value, before.unit)}" if before else ""
        shown = f"{words.value(one.value, one.unit):>12}  ({words.interval(one)})"
        typer.echo(f"  {titles[one.name]:<31}{shown}{after}")
    if done.against is None:
        typer.echo(
            "no champion to compare with; `parley model promote agent --who … --why …` makes this "
            "the first"
            if done.other is None
            else "it is the version that it is compared with"
        )
    else:
        judgement = done.against.judgement
        may = "may" if judgement.may_be_promoted else "may not"
        typer.echo(f"it {may} become champion by rule {judgement.rule_version}")
        for one in judgement.conditions:
            typer.echo(f"  {'✓' if one.holds else '✗'} {one.name}: {one.figure}")
    typer.echo(f"MLflow run {done.version.run_id}" + (f", page {html}" if html else ""))


def _as_json(done: _Done) -> dict[str, Any]:
    judgement: Judgement | None = done.against.judgement if done.against else None
    return {
        "version": done.version.version,
        "is_new": done.is_new,
        "parts": done.setup.parts,
        "code": done.setup.code,
        "mlflow_run": done.version.run_id,
        "cases": len(done.cases),
        "figures": {one.name: asdict(one) for one in done.figures},
        "against": done.other.version if done.other and judgement else None,
        "judgement": asdict(judgement) | {"may_be_promoted": judgement.may_be_promoted}
        if judgement
        else None,
    }


def _folder(path: Path, option: str) -> Path:
    if not path.is_dir():
        raise PipelineError(f"option {option}: {path} is no folder; name one with labelled files.")
    return path
