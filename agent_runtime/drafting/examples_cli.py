"""`parley playbook examples`: what a language model is shown of the voice, and its next version."""

import json
from getpass import getuser
from typing import Annotated, Any

import typer

from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.drafting.choosing import all_chosen
from agent_runtime.drafting.publishing import Change, change, judged, publish, published
from agent_runtime.library.catalog import company_library
from agent_runtime.library.voice_examples import Example
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="Examples of the house voice.",
)

By = Annotated[str, typer.Option(help="Who answers for it [default: who is logged in].")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")]


@app.command()
def show(
    playbook: Annotated[str, typer.Argument(help="Id of a playbook; empty: all.")] = "",
    language: Annotated[str, typer.Option(help="Only in this language.")] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the examples that were published last, with why each is one.

    Example: [bold]parley playbook examples show inbound_response --language de[/bold]
    """
    library = company_library(load_settings(workspace).paths.library)
    if playbook:
        library.playbook(playbook)
    last = library.examples
    found = [
        one
        for one in last.examples
        if playbook in ("", one.playbook) and language in ("", one.language)
    ]
    if as_json:
        told = {**last.model_dump(mode="json"), "examples": [_as_dict(one) for one in found]}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    if not last.version:
        typer.echo(
            "no example is published yet; the model is shown approved texts, and `parley playbook "
            "examples publish` makes a first version"
        )
        return
    typer.echo(f"version {last.version}, {last.published_at:%Y-%m-%d} by {last.published_by}")
    for one in found:
        typer.echo(_line(one))


@app.command("publish")
def publish_examples(
    by: By = "",
    dry_run: DryRun = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish what reviewers let go unedited or scored well as the next version.

    Approved texts fill what is left. Nothing in it is about a buyer. A worker shows the new version
    to the model from its next start on.

    Example: [bold]parley playbook examples publish --dry-run[/bold]
    """
    settings = load_settings(workspace)
    library = company_library(settings.paths.library)
    store = open_store(settings)
    now = read_now(store.engine)
    examples = all_chosen(judged(store), library, now=now)
    found = change(library.examples, examples)
    path = None
    if not (dry_run or found.is_none):
        path = publish(settings.paths.library, library, examples, by=by or getuser(), now=now)
    _tell(found, library.examples.version, str(path or ""), as_json=as_json)


@app.command()
def restore(
    version: Annotated[int, typer.Argument(help="Which version to go back to.")],
    by: By = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an earlier version once more, as the next one.

    Example: [bold]parley playbook examples restore 2[/bold]
    """
    settings = load_settings(workspace)
    library = company_library(settings.paths.library)
    earlier = published(settings.paths.library, version).examples
    found = change(library.examples, earlier)
    path = None
    if not found.is_none:
        now = read_now(open_store(settings).engine)
        path = publish(settings.paths.library, library, earlier, by=by or getuser(), now=now)
    _tell(found, library.examples.version, str(path or ""), as_json=as_json)


def _tell(found: Change, version: int, path: str, *, as_json: bool) -> None:
    if as_json:
        told = {
            "version": version + bool(path),
            "file": path,
            "added": [_as_dict(one) for one in found.added],
            "removed": [_as_dict(one) for one in found.removed],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for mark, examples in (("+", found.added), ("-", found.removed)):
        for one in examples:
            typer.echo(f"{mark} {_line(one)}")
    if found.is_none:
        typer.echo(f"nothing has changed; version {version} stays")
        return
    counts = f"{len(found.added)} come, {len(found.removed)} go"
    typer.echo(
        f"{counts}; wrote version {version + 1}: {path}; workers show it from their next start on"
        if path
        else f"{counts}; nothing is written"
    )


def _as_dict(one: Example) -> dict[str, Any]:
    return one.model_dump(mode="json")


def _line(one: Example) -> str:
    said = " ".join(spoken.text for spoken in one.sentences)
    who = f", {one.reviews} reviews" if one.reviews else ""
    return f"{one.playbook} {one.language} {one.heard} ({one.why}{who}): {said}"
