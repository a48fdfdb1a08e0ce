"""`parley playbook samples`: sample threads for an ICP, in approved words only (R189)."""

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.library.catalog import Library, company_library
from agent_runtime.library.content import LOCALES
from agent_runtime.library.playbook import Playbook
from agent_runtime.samples.icp import Icp, IcpError, read_icp
from agent_runtime.samples.play import Thread
from agent_runtime.settings import load_settings

_TUESDAY = 1


def samples(
    playbook: Annotated[str, typer.Argument(help="Id of the playbook.")],
    icp: Annotated[Path | None, typer.Option(help="YAML file with titles, languages, …")] = None,
    title: Annotated[list[str] | None, typer.Option(help="A job title; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="May be given again.")] = None,
    count: Annotated[int, typer.Option(help="How many threads.", min=1, max=50)] = 10,
    page: Annotated[Path | None, typer.Option(help="Also write them as this HTML page.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print sample threads for readers of an ICP, using only approved content.

    Buyers' lines are authored; the answers are what the agent decides, under every rule of the
    permit. Nothing is sent. Exits 1 if any sentence reads otherwise than an approved text.

    Example: [bold]parley playbook samples icp_prospecting --title CFO --page samples.html[/bold]
    """
    readers = _icp(icp, title, language)
    settings = load_settings(workspace)
    library = company_library(settings.paths.library)
    chosen = library.playbook(playbook)
    threads = _played(readers, chosen, library, count, cache=settings.cache)
    if page is not None:
        from agent_runtime.samples.page import page_of

        _write(page, page_of(threads, readers, chosen, library))
    unapproved = [line for thread in threads for line in thread.lines if not line.is_approved]
    if as_json:
        typer.echo(json.dumps([_as_dict(thread) for thread in threads], indent=2))
    else:
        _print(threads)
        _print_verdict(threads, len(unapproved), page)
    if unapproved:
        raise typer.Exit(1)


def _played(
    icp: Icp, playbook: Playbook, library: Library, count: int, *, cache: Path
) -> list[Thread]:
    from rich.console import Console
    from rich.progress import Progress

    from agent_runtime.models.embedded import load_embedded_model
    from agent_runtime.samples.dialogues import dialogues_for
    from agent_runtime.samples.play import play

    model = load_embedded_model(cache=cache)
    at = _next_tuesday(datetime.now(UTC))
    threads: list[Thread] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Playing", total=count)
        for number, dialogue in enumerate(dialogues_for(icp, playbook, library)):
            thread = play(dialogue, number, playbook=playbook, library=library, model=model, at=at)
            if thread.ours:
                threads.append(thread)
                progress.advance(task)
            if len(threads) == count:
                return threads
    raise IcpError(
        f"--count {count}: {playbook.id} has {len(threads)} dialogues in "
        f"{', '.join(icp.languages)} that differ and in which the agent writes; ask for fewer, or "
        "add a language."
    )


def _icp(file: Path | None, titles: list[str] | None, languages: list[str] | None) -> Icp:
    known = read_icp(file) if file else Icp()
    for one in languages or ():
        if one not in LOCALES:
            raise IcpError(f"--language {one!r}: it is one of {', '.join(LOCALES)}.")
    said = {"titles": tuple(titles or ()), "languages": tuple(languages or ())}
    return known.model_copy(update={name: value for name, value in said.items() if value})


def _next_tuesday(now: datetime) -> datetime:
    """A working hour in which mail may go out anywhere in Europe."""
    day = now.date() + timedelta(days=(_TUESDAY - now.weekday() - 1) % 7 + 1)
    return datetime.combine(day, time(10), UTC)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise IcpError(f"--page {path} cannot be written: {error}.") from None


def _print(threads: list[Thread]) -> None:
    for number, thread in enumerate(threads, 1):
        told = thread.dialogue
        typer.echo(f"\n{number}. {thread.reader}, {told.title}, {told.company} ({told.language})")
        for line in thread.lines:
            typer.echo(f"\n  {line.by} {line.at:%a %H:%M}  {line.subject}".rstrip())
            for row in line.text.splitlines():
                typer.echo(f"    {row}".rstrip())
            if line.facts:
                typer.echo(f"    [{', '.join(line.facts)}]")
        typer.echo(f"\n  -> {thread.outcome}")


def _print_verdict(threads: list[Thread], unapproved: int, page: Path | None) -> None:
    ours = sum(len(thread.ours) for thread in threads)
    words = "all in approved words" if not unapproved else f"{unapproved} NOT in approved words"
    typer.echo(f"\n{len(threads)} threads, {ours} messages of the agent, {words}")
    if page is not None:
        typer.echo(f"wrote {page}")


def _as_dict(thread: Thread) -> dict[str, Any]:
    told = thread.dialogue
    return {
        "about": told.about,
        "reader": thread.reader,
        "title": told.title,
        "company": told.company,
        "language": told.language,
        "lines": [
            {
                "by": line.by,
                "at": line.at.isoformat(),
                "subject": line.subject,
                "text": line.text,
                "facts": list(line.facts),
                "is_approved": line.is_approved,
            }
            for line in thread.lines
        ],
        "outcome": thread.outcome,
    }
