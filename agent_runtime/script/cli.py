"""`parley script`: import a script for review, approve or discard what came of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.models.language import LanguageModel
from agent_runtime.script.importing import Imported, Step, import_script
from agent_runtime.script.parts import ScriptError
from agent_runtime.script.shelf import PAGE, Approval, Shelf, approved_files
from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from agent_runtime.script.recorded import HeardCall

app = typer.Typer(
    name="script",
    help="Bring your own script: propose a playbook from it, review, approve.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", help="Folder of approved scripts [default: WORKSPACE/library]"),
]
NameArgument = Annotated[str, typer.Argument(help="Name of the proposal.")]


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="PDF, Word (.docx), Markdown, text, a transcript, or a recording."),
    ],
    *,
    name: Annotated[str, typer.Option(help="Of the playbook [default: the file's name]")] = "",
    language: Annotated[str, typer.Option(help="en es de fr pt it [default: found out]")] = "",
    agent: Annotated[str, typer.Option(help="Which speaker of a transcript is ours.")] = "",
    transcript: Annotated[
        Path | None, typer.Option(help="Of a recording: also write what was heard, with times.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, write nothing.")] = False,
    workspace: WorkspaceOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose a playbook, texts and scenarios from a script; nothing of it is live.

    Openings, questions, objections with answers, hand-off rules and the closing are found by
    headings, lists, tables and labels; in a transcript by who speaks and what the buyer means.
    Names, addresses and numbers of people become placeholders before anything is written.

    A recording (WAV, FLAC, MP3, OGG) is written down first: two channels are two speakers. Nothing
    tells the speakers of one channel apart, so its lines are only written to --transcript, for you
    to say who they are.

    Example: [bold]parley script import cold-call.pdf --name cold_call[/bold]

    Example: [bold]parley script import call.wav --agent "Speaker 1" --dry-run[/bold]
    """
    shelf = _shelf(workspace, library)
    with _progress(as_json) as step:
        heard = _heard(file, language, transcript, step)
        if heard is not None and heard.channels == 1 and transcript is not None:
            _say_written(file, transcript, heard, as_json=as_json)
            return
        imported = import_script(
            file,
            shelf,
            _model(workspace),
            now=datetime.now(UTC),
            name=name,
            language=language,
            agent=agent,
            heard=heard,
            step=step,
        )
        wanted = imported.proposal.name
        folder = shelf.proposals / wanted
        if not dry_run:
            step("writing the proposal")
            folder = shelf.put(wanted, imported.files)
    if as_json:
        typer.echo(json.dumps(_summary(imported, folder, is_written=not dry_run)))
        return
    if dry_run:
        typer.echo(imported.files[PAGE])
    verb = "would be written" if dry_run else "written"
    typer.echo(f"{len(imported.files)} files {verb} to {folder}; nothing of it is live.")
    typer.echo(f"{len(imported.problems)} things to do before approval; read {folder / PAGE}.")


def _heard(file: Path, language: str, transcript: Path | None, step: Step) -> "HeardCall | None":
    """Writes a recording down, and into a file where that is wanted."""
    from agent_runtime.script.recorded import hear_call, is_recording

    if not is_recording(file):
        if transcript is not None:
            raise ScriptError(f"--transcript {transcript}: {file} is no recording; leave it out.")
        return None
    heard = hear_call(file, language=language or "en", step=step)
    if transcript is not None:
        try:
            transcript.write_text(heard.text, encoding="utf-8")
        except OSError as error:
            raise ScriptError(f"--transcript {transcript}: {error.strerror}.") from None
    return heard


def _say_written(file: Path, transcript: Path, heard: "HeardCall", *, as_json: bool) -> None:
    if as_json:
        said = {"kind": "recording", "transcript": str(transcript), "lines": len(heard.lines)}
        typer.echo(json.dumps({**said, "channels": 1, "written": False}))
        return
    typer.echo(
        f"{len(heard.lines)} lines written to {transcript}. {file} has one channel, so nothing "
        f"tells who speaks: put `Agent:` or a name in the place of `Speaker:`, and import "
        f"{transcript}."
    )


@app.command("list")
def list_(
    *,
    workspace: WorkspaceOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the proposals that wait, and the scripts that are live.

    Example: [bold]parley script list[/bold]
    """
    shelf = _shelf(workspace, library)
    waiting, live = shelf.names(), shelf.live_names()
    if as_json:
        typer.echo(json.dumps({"waiting": waiting, "live": live}))
        return
    for state, names in (("waiting", waiting), ("live", live)):
        for found in names:
            typer.echo(f"{state:8} {found}")
    if not (waiting or live):
        typer.echo("no script has been imported; `parley script import FILE` makes a proposal")


@app.command()
def show(
    name: NameArgument,
    *,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the review page of a proposal.

    Example: [bold]parley script show cold_call[/bold]
    """
    folder = _shelf(workspace, None).proposal(name)
    page = (folder / PAGE).read_text(encoding="utf-8")
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    typer.echo(json.dumps({"name": name, "files": files, "page": page}) if as_json else page)


@app.command()
def approve(
    name: NameArgument,
    *,
    approver: Annotated[str, typer.Option(help='Who answers for the texts: "Name, team".')],
    expires: Annotated[datetime, typer.Option(help="Day from which the texts are not said.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, change nothing.")] = False,
    workspace: WorkspaceOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a proposal with everything that is live, and make it live; exits 2 on a problem.

    It must pass the checks of `parley playbook lint` together with the library that it joins, no
    claim may wait to be checked, no blank may be open, and every scenario must end as written.

    A script comes in one language, and its playbook says so under [bold]locales[/bold]. In any
    other language no first message of it is sent, and where its own words would be the answer a
    person takes over. To add a language, write every text in it and name it under locales.

    Workers read the library when they start.

    Example: [bold]parley script approve call --approver "A. Kay, Sales" --expires 2027-06-30[/bold]
    """
    from agent_runtime.script.checks import problems_of

    now = datetime.now(UTC)
    shelf = _shelf(workspace, library)
    files = approved_files(shelf.proposal(name), _approval(approver, expires.date(), now.date()))
    with _progress(as_json) as step:
        step("checking against everything that is live")
        problems = problems_of(files, shelf, _model(workspace), now=now)
    if problems:
        if as_json:
            typer.echo(json.dumps({"name": name, "live": False, "problems": problems}))
            raise typer.Exit(2)
        raise ScriptError("\n".join([f"{name} is not approved:", *problems]))
    folder = shelf.library / name if dry_run else shelf.make_live(name, files)
    if as_json:
        said = {"name": name, "live": not dry_run, "problems": [], "folder": str(folder)}
        typer.echo(json.dumps(said))
    elif dry_run:
        typer.echo(f"{name} could be approved; nothing was changed.")
    else:
        typer.echo(f"{name} is live in {folder}; workers read it when they start.")


@app.command()
def discard(
    name: NameArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Remove a proposal for good.

    Example: [bold]parley script discard cold_call[/bold]
    """
    shelf = _shelf(workspace, None)
    folder = shelf.proposal(name)
    if not yes:
        typer.confirm(f"Remove {folder} and all edits in it?", abort=True)
    shelf.discard(name)
    typer.echo(f"{name} is removed")


def _shelf(workspace: Path | None, library: Path | None) -> Shelf:
    paths = load_settings(workspace).paths
    return Shelf(paths.proposals, library or paths.library)


def _model(workspace: Path | None) -> LanguageModel:
    from agent_runtime.models.embedded import load_embedded_model

    return load_embedded_model(cache=load_settings(workspace).cache)


def _approval(approver: str, expires: date, today: date) -> Approval:
    if not approver.strip():
        raise ScriptError("--approver '' names nobody; say who answers for the texts.")
    if expires <= today:
        raise ScriptError(f"--expires {expires} has passed; texts must be live for a day at least.")
    return Approval(approver.strip(), today, expires)


def _summary(imported: Imported, folder: Path, *, is_written: bool) -> dict[str, Any]:
    proposal = imported.proposal
    return {
        "name": proposal.name,
        "kind": imported.kind,
        "language": proposal.language,
        "folder": str(folder),
        "written": is_written,
        "live": False,
        "files": sorted(imported.files),
        "placed": [
            {"asked": one.exchange.asked, "text": one.text.id, **asdict(one.meaning)}
            for one in proposal.placed
        ],
        "unanswered": list(proposal.parts.unanswered),
        "unplaced": list(proposal.parts.unplaced),
        "claims": [
            {"text": text.id, "sentence": claim.sentence, "risks": list(claim.risks)}
            for text in proposal.texts
            for claim in text.claims
        ],
        "problems": list(imported.problems),
    }


@contextmanager
def _progress(is_quiet: bool) -> Iterator[Step]:
    """Says on the terminal what is being done; what is piped stays clean."""
    from rich.console import Console

    console = Console(stderr=True)
    if is_quiet or not console.is_terminal:
        yield lambda doing: None
        return
    with console.status("beginning") as status:
        yield status.update
