"""`parley call`: rehearse a call as text or in sound, and read back calls that were led."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.channels.voice.samples.cli import samples
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings, load_settings

if TYPE_CHECKING:
    from agent_runtime.channels.voice.rehearsal import Rehearsed
    from agent_runtime.library.call_scenario import CallScenario

call = typer.Typer(add_completion=False, rich_markup_mode="rich")
call.command("samples")(samples)


@call.callback(invoke_without_command=True)
def rehearse(
    context: typer.Context,
    scenario: Annotated[
        str, typer.Option(help="Name of a call, a file, or all; without it they are listed.")
    ] = "",
    audio: Annotated[
        bool, typer.Option("--audio", help="In sound and in real time, through the whole pipeline.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="With --audio: writes both tracks and all events here.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=8, help="With --audio: so many calls go on at once.")
    ] = 1,
    browser: Annotated[
        bool, typer.Option("--browser", help="Serve a page on which you talk yourself.")
    ] = False,
    person: Annotated[str, typer.Option(help="With --browser: who talks there.")] = "",
    playbook: Annotated[str, typer.Option(help="With --person: we call them, led by it.")] = "",
    port: Annotated[int, typer.Option(help="Of the page; 0 takes a free one.")] = 8090,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lead a call: a scenario speaks, as text on a clock of its own, or with --audio in sound.

    With --browser you speak yourself, on a page that shows state, transcript and latency: on the
    workspace, or in memory as the person of a scenario.

    Exit code 1: a call went otherwise than its author expects.

    Example: [bold]parley call --scenario books_a_meeting[/bold]

    Example: [bold]parley call --scenario books_a_meeting --audio --save call/[/bold]

    Example: [bold]parley call --scenario all --audio --jobs 2[/bold]

    Example: [bold]parley call --scenario all --json[/bold]

    Example: [bold]parley call --browser --scenario calls_us[/bold]

    Example: [bold]parley call --browser --person ana@alder.example[/bold]
    """
    if context.invoked_subcommand is not None:
        return
    if browser:
        _talk(scenario, person, playbook, port, load_settings(workspace))
        return
    if person or playbook:
        raise ParleyError("--person and --playbook say who talks in the browser: add --browser.")
    from agent_runtime.channels.voice.stage import by_day, play_call
    from agent_runtime.mind import open_mind

    settings = load_settings(workspace)
    chosen = _chosen(scenario, settings.paths.library)
    if not scenario:
        for one in chosen:
            typer.echo(f"{one.id.removeprefix('call.'):<28} {one.about}")
        typer.echo("\nparley call --scenario NAME plays one of them, `all` plays all")
        return
    if save is not None and not audio:
        raise ParleyError("--save keeps the sound of a call; add --audio.")
    library, model = open_mind(settings)
    if audio:
        from agent_runtime.channels.voice.sound.command import play_in_sound

        went_well = play_in_sound(
            chosen,
            library,
            model,
            settings,
            clock=lambda: datetime.now(UTC),
            jobs=jobs,
            folder=save,
            as_json=as_json,
        )
        raise typer.Exit(int(not went_well))
    now = datetime.now(UTC).replace(microsecond=0)
    failed = False
    for one in chosen:
        played = play_call(one, library, model, now=now)
        problems = list(played.problems())
        failed = failed or bool(problems)
        if as_json:
            typer.echo(json.dumps(_as_json(played, problems), default=str, ensure_ascii=False))
        elif len(chosen) == 1:
            _show(played, by_day(one, now))
        if not as_json and len(chosen) > 1:
            mark = "failed" if problems else "as expected"
            typer.echo(f"{one.id:<36} {played.outcome.disposition:<16} {mark}")
        for problem in () if as_json else problems:
            typer.echo(f"  {problem}", err=True)
    raise typer.Exit(int(failed))


@call.command("heard")
def list_heard(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List calls that were led, the latest first: who, how long, and what came of them.

    Example: [bold]parley call heard[/bold]
    """
    from agent_runtime.channels.voice.trace_view import calls_in
    from agent_runtime.status import open_store

    store = open_store(load_settings(workspace))
    found = calls_in(store.engine, store.tenant_id)
    if as_json:
        rows = [{"call_id": c.call_id, **c.end} for c in found]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not found:
        typer.echo("no call has been led; `parley call --scenario NAME` rehearses one")
    for one in found:
        end = one.end
        what = end.get("disposition", "no end was traced")
        length = f"{end['duration_s']:.0f} s" if end else ""
        typer.echo(f"{one.call_id:<30} {end.get('direction', ''):<4} {length:>6}  {what}")


@call.command()
def report(
    call_id: Annotated[str, typer.Argument(help="The call, or how its id begins.")],
    html: Annotated[
        Path | None, typer.Option("--html", help="Write it as this page, on a time axis.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell one call from ring to end: words as heard, decisions, latencies, what came of it.

    A page has both sides as waves where there is a recording, and plays it. Whoever makes one
    has listened: that is written into the trace of the call.

    Example: [bold]parley call report call-7[/bold]

    Example: [bold]parley call report call-7 --html call-7.html[/bold]
    """
    from agent_runtime.channels.voice.trace_view import call_in, told
    from agent_runtime.status import open_store

    settings = load_settings(workspace)
    store = open_store(settings)
    found = call_in(store.engine, store.tenant_id, call_id)
    if found is None:
        raise ParleyError(f"no call has the id {call_id!r}; `parley call heard` lists them.")
    if html is not None:
        from agent_runtime.channels.voice.timeline.reporting import write_report

        said = write_report(found, html, settings, store)
        typer.echo(json.dumps(said) if as_json else f"wrote {html}: {said['sound']}")
        return
    if as_json:
        events = [e.model_dump(mode="json") for e in (*found.events, *found.turns)]
        typer.echo(json.dumps({"call_id": found.call_id, "events": events}, ensure_ascii=False))
        return
    for line in told(found):
        typer.echo(line)
    if end := found.end:
        typer.echo(f"\n{end['summary']}")
        for step in end["next_steps"]:
            typer.echo(f"next: {step}")


def _talk(scenario: str, person: str, playbook: str, port: int, settings: Settings) -> None:
    from agent_runtime.channels.voice.browser.serving import (
        Caller,
        company_switchboard,
        scenario_switchboard,
        serve_browser_calls,
    )

    if scenario and (person or playbook):
        raise ParleyError("--scenario says who talks; leave --person and --playbook out with it.")
    typer.echo("loading ears, voice and models…", err=True)
    if scenario:
        chosen = _chosen(scenario, settings.paths.library)
        if len(chosen) != 1:
            raise ParleyError("--scenario all: in a browser one call is led at a time; name one.")
        switchboard = scenario_switchboard(settings, chosen[0])
    else:
        switchboard = company_switchboard(settings, Caller(person, playbook))
    serve_browser_calls(
        switchboard,
        settings,
        port=port,
        announce=lambda url: typer.echo(f"talk at {url}  (Ctrl-C ends it)"),
    )


def _chosen(name: str, own: Path) -> "tuple[CallScenario, ...]":
    from agent_runtime.library.call_scenario import read_call_scenario, read_call_scenarios
    from agent_runtime.library.catalog import PACKAGE, own_libraries

    if name.endswith((".yaml", ".yml")):
        return (read_call_scenario(Path(name)),)
    found = read_call_scenarios((PACKAGE, *own_libraries(own)))
    if name in ("", "all"):
        return found
    chosen = tuple(one for one in found if one.id in (name, f"call.{name}"))
    if not chosen:
        raise ParleyError(f"--scenario {name!r} is no call; `parley call` lists them.")
    return chosen


def _show(played: "Rehearsed", began: datetime) -> None:
    for line in played.lines:
        at = (line.at - began).total_seconds()
        who = "we" if line.who == "agent" else "they"
        typer.echo(f"{at:6.1f}  {who:<5} {line.text}{' [cut off]' if line.is_cut else ''}")
    typer.echo("")
    for answer in played.hands.answers:
        verdict = f"{answer.decision} {answer.stopped_by}".strip()
        typer.echo(
            f"turn {answer.number}: {answer.intent or '-'} -> {answer.action} "
            f"({answer.reason}), rules: {verdict}"
        )
    outcome = played.outcome
    typer.echo(f"\n{outcome.disposition} ({outcome.reason}) after {played.length_s:.0f} s")
    typer.echo(outcome.summary)
    for step in outcome.next_steps:
        typer.echo(f"next: {step}")


def _as_json(played: "Rehearsed", problems: list[str]) -> dict[str, Any]:
    answers = [{k: v for k, v in asdict(a).items() if k != "says"} for a in played.hands.answers]
    return {
        "scenario": played.scenario.id,
        "outcome": asdict(played.outcome),
        "length_s": played.length_s,
        "lines": [asdict(line) for line in played.lines],
        "turns": answers,
        "problems": problems,
    }
