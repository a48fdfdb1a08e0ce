"""`parley replay`: what other versions would decide in the turns of old."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from agent_runtime.contracts import TraceEvent
    from experiments.off_policy import PolicyReading

_PAIR = re.compile(r"(playbook|prompt|model|policy)=.+")


class _Spelt(TyperGroup):
    """Takes several versions after one `--with`: `--with playbook=… policy=…`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Writes `--with` before each pair that follows one."""
        return super().parse_args(ctx, spelt(args))


def spelt(args: list[str]) -> list[str]:
    """Returns the words of a command line with `--with` before every version."""
    found: list[str] = []
    for word in args:
        follows = len(found) >= 2 and found[-2] == "--with"
        found += ["--with", word] if follows and _PAIR.fullmatch(word) else [word]
    return found


app = typer.Typer(
    cls=_Spelt, add_completion=False, rich_markup_mode="rich", invoke_without_command=True
)

With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="KIND=VALUE",
        help="A version to try: playbook=FILE, FOLDER or ID@VERSION; prompt=FILE; model=FOLDER, "
        "intent@VERSION or NAME of a language model; policy=FILE, PROFILE or RULE.PARAMETER=VALUE. "
        "May be given again.",
    ),
]


@app.callback()
def replay(
    ctx: typer.Context,
    thread: Annotated[str, typer.Option(help="Only this thread.")] = "",
    since: Annotated[datetime | None, typer.Option(help="From then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before then, UTC.")] = None,
    campaign: Annotated[
        list[str] | None, typer.Option(help="Only this campaign; may be given again.")
    ] = None,
    playbook: Annotated[
        list[str] | None, typer.Option(help="Only this playbook; may be given again.")
    ] = None,
    with_: With = None,
    ask: Annotated[
        bool,
        typer.Option(
            "--ask", help="Ask the language model what nothing stored answers; keeps its answers."
        ),
    ] = False,
    limit: Annotated[int, typer.Option(help="At most so many turns, the latest.", min=1)] = 10_000,
    show: Annotated[int, typer.Option(help="How many threads to print in full.", min=0)] = 3,
    html: Annotated[
        Path | None, typer.Option(help="Write all threads side by side into this page.")
    ] = None,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate", help="Say what the new versions would have brought, where that is known."
        ),
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run recorded turns through new versions and say which are decided otherwise.

    Nothing is sent, and nothing that is installed changes: a turn's trace holds all that it stood
    on. Without [bold]--with[/bold] it is today's library, model and rules, so use it after a change
    too. Every turn stands on the thread as it was. Exit code 1 when a turn differs, or cannot be
    told without a language model.

    Example: [bold]parley replay --since 2026-01-19 --with policy=caps.per_person=2[/bold]

    Example: [bold]parley replay --with playbook=drafts/nurture.yaml --html replay.html[/bold]

    Example: [bold]parley replay --with prompt=answer.md --with model=qwen --ask[/bold]

    Example: [bold]parley replay --campaign prospecting --with playbook=new.yaml --estimate[/bold]
    """
    if ctx.invoked_subcommand is not None:
        return
    from agent_runtime.replaying.named import named_in
    from pipelines.replays.running import Wanted, replay_turns
    from pipelines.replays.told import as_dict, print_comparison

    _check(since, until)
    named = named_in(with_ or ())
    wanted = Wanted(
        thread=thread,
        since=_utc(since),
        until=_utc(until),
        campaigns=tuple(campaign or ()),
        playbooks=tuple(playbook or ()),
        limit=limit,
    )
    settings = load_settings(workspace)
    compared = replay_turns(settings, named, wanted, ask=ask, track=_track, say=_say)
    readings: list[PolicyReading] = []
    if estimate:
        from pipelines.off_policy.estimating import Question, estimate_replay

        readings = [estimate_replay(settings, compared.turns, str(named), Question())]
    if html is not None:
        from pipelines.replays.page import write_page

        write_page(compared, named, html)
        _say(f"wrote {html}")
    if as_json:
        plain = as_dict(compared, named)
        if readings:
            plain["off_policy"] = [reading.as_dict() for reading in readings]
        typer.echo(json.dumps(plain, indent=2, default=str))
    else:
        from rich.console import Console

        console = Console(soft_wrap=False)
        print_comparison(compared, named, console, shown=show)
        if readings:
            from pipelines.off_policy.told import print_readings

            print_readings(readings, console)
    raise typer.Exit(1 if compared.differing or compared.needing_the_model else 0)


@app.command()
def scenario(
    thread: Annotated[str, typer.Argument(help="Id of the thread that went wrong.")],
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="What should have come of the turn: action, reason, state, route_to, says, "
            "decision, stopped_by, heard ... May be given again.",
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="What the named versions decide is what should have.")
    ] = False,
    turn: Annotated[
        int | None,
        typer.Option(
            help="Which turn, from 1 [default: the first that changes, or the agent's last]"
        ),
    ] = None,
    with_: With = None,
    about: Annotated[str, typer.Option(help="What the scenario shows, in a sentence.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write [default: print it]")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Make a regression scenario of a thread that went wrong: YAML, without personal data.

    It is played at once with what is installed, where it should fail, and with the versions that
    are named, where it should pass. Exit code 1 when they do not.

    Example: [bold]parley replay scenario thread-4f0c --expect action=hand_off --out s.yaml[/bold]

    Example: [bold]parley replay scenario thread-4f0c --with policy=regulated --accept[/bold]
    """
    from agent_runtime.replaying.as_scenario import as_text
    from agent_runtime.replaying.named import named_in
    from pipelines.replays.scenarios import make_scenario

    named = named_in(with_ or ())
    made = make_scenario(
        load_settings(workspace),
        thread,
        named,
        turn=turn,
        expect=expect or (),
        accept=accept,
        about=about,
    )
    text = as_text(made.scenario)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
        _say(f"wrote {out}: {len(made.scenario['turns'])} turns; `parley replay rehearse {out}`")
    for line in made.today:
        _say(f"fails with what is installed, as it should: {line}")
    if not made.today:
        _say("passes with what is installed already")
    for line in made.new or ():
        _say(f"fails with {named}: {line}")
    is_proof = made.new == () and bool(made.today)
    raise typer.Exit(0 if is_proof or (made.new is None and (made.today or accept)) else 1)


@app.command()
def rehearse(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Scenarios, or folders of them [default: WORKSPACE/library]"),
    ] = None,
    with_: With = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play scenarios with what is installed, or with versions to try. Exit code 1: one fails.

    Example: [bold]parley replay rehearse s.yaml --with policy=caps.per_person=2[/bold]

    Example: [bold]parley replay rehearse agent_runtime/scenarios[/bold]
    """
    from agent_runtime.replaying.named import named_in
    from pipelines.replays.running import versions_of
    from pipelines.replays.scenarios import played, scenarios_in

    settings = load_settings(workspace)
    named = named_in(with_ or ())
    found = scenarios_in(tuple(files or ()), settings)
    versions = versions_of(settings, named, None)
    failures = {one.id: lines for one in found if (lines := list(played(one, versions)))}
    if as_json:
        told = {"with": str(named), "scenarios": len(found), "failed": failures}
        typer.echo(json.dumps(told, indent=2))
    else:
        for lines in failures.values():
            typer.echo("\n".join(lines))
        passed = len(found) - len(failures)
        typer.echo(f"{len(found)} scenarios, {passed} pass, {len(failures)} fail ({named})")
    raise typer.Exit(1 if failures else 0)


def _track(events: "Iterable[TraceEvent]", count: int, what: str) -> "Iterator[TraceEvent]":
    from rich.console import Console
    from rich.progress import track

    yield from track(
        events,
        what,
        total=count,
        console=Console(stderr=True),
        transient=True,
        disable=count < 50,
    )


def _check(since: datetime | None, until: datetime | None) -> None:
    if since and until and since >= until:
        raise typer.BadParameter(
            f"--since {since:%Y-%m-%d}: it is not before --until {until:%Y-%m-%d}"
        )


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def _say(text: str) -> None:
    typer.echo(text, err=True)
