"""`parley erase`: takes one person out of store, landing and lake, and keeps them out."""

import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.settings import Settings, load_settings
from pipelines.errors import PipelineError

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

_TEXTS = ("*.csv", "*.tsv", "*.txt", "*.json", "*.jsonl")


@dataclass(frozen=True, slots=True)
class Went:
    """What an erasure took out."""

    known: bool
    """Whether store or lake knew anybody of that name."""
    erased: dict[str, int]
    """Rows by place."""
    left_in: list[str]
    """Files of exports that still name them; they are another system's."""


@app.command()
def erase(
    who: Annotated[
        list[str] | None, typer.Argument(help="An address of theirs, or the person's id.")
    ] = None,
    request: Annotated[
        str, typer.Option(help="Id of the request by which they asked; it is closed after it.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
    mapping: Annotated[
        str, typer.Option(help="Mapping of the export.", show_default="PARLEY_MAPPING")
    ] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase one person: texts, addresses, contacts, recordings, rows that sources landed.

    A hash of each address and id stays, by which no later export or pull brings them back, and
    their stop. Arms and figures stay by an id that names nobody. Running it again does the rest of
    a run that was cut off.

    Example: [bold]parley erase ada@alder.example --dry-run[/bold]

    Example: [bold]parley erase ada@alder.example a.king@alder.example --yes --json[/bold]

    Example: [bold]parley erase --request 3fa9c1[/bold]
    """
    settings = load_settings(workspace)
    who = [*(who or ()), *([_who_asked(settings, request)] if request else ())]
    if not who:
        raise PipelineError("nobody is named; give an address, a person's id, or --request.")
    if not dry_run and not yes:
        if not sys.stdin.isatty():
            raise PipelineError("It cannot be undone; add --yes, or --dry-run to see what goes.")
        typer.confirm(f"Erase {', '.join(who)} for good?", abort=True)
    went = run_erase(settings, who, mapping=mapping, dry_run=dry_run)
    if request and not dry_run:
        _close_request(settings, request)
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, **asdict(went)}, indent=2))
        return
    if not went.known:
        typer.echo("nobody of that name is in the store or the lake; they are kept out from now on")
    for name, count in went.erased.items():
        typer.echo(f"{'would go' if dry_run else 'erased'}: {count:>7} {name}")
    for path in went.left_in:
        typer.echo(f"still named in {path}: the file is yours to mend; it is read without them")
    typer.echo("the next batch builds the warehouse without them; the CRM is not touched")


def _who_asked(settings: Settings, request_id: str) -> str:
    """The person of a request for erasure that was confirmed and is not done."""
    from agent_runtime.data_requests.keeping import find
    from agent_runtime.status import open_store

    with open_store(settings).begin() as tx:
        found = find(tx, request_id)
    if found.kind != "erasure" or found.state != "OPEN":
        raise PipelineError(
            f"--request {request_id!r}: it is a request for {found.kind} and "
            f"{found.state.lower()}; only an open one for erasure is carried out."
        )
    return found.person_id


def _close_request(settings: Settings, request_id: str) -> None:
    from getpass import getuser

    from agent_runtime.clock import read_now
    from agent_runtime.data_requests.keeping import close, find
    from agent_runtime.status import open_store

    store = open_store(settings)
    with store.begin() as tx:
        close(tx, find(tx, request_id), by=getuser(), now=read_now(store.engine))


def run_erase(
    settings: Settings,
    who: list[str],
    *,
    mapping: str = "",
    dry_run: bool = False,
    now: datetime | None = None,
) -> Went:
    """Erases a person from store, landing and lake.

    Args:
        settings: Of the workspace.
        who: Addresses, or ids of persons.
        mapping: Shipped name or path; empty means that of the settings.
        dry_run: Only counts.
        now: When it happens; None means the workspace's clock.
    """
    from agent_runtime.channels.voice.recording.shelf import Shelf
    from agent_runtime.clock import read_now
    from agent_runtime.store.engine import open_engine
    from agent_runtime.store.erasing import Known, known_as
    from agent_runtime.store.erasing import erase as erase_from_store
    from agent_runtime.store.sql import SqlStore
    from pipelines.erasure import Person, erase_from_lake, person_in
    from pipelines.lake import Lake
    from pipelines.sources.mapping import load_mapping

    lake = Lake(settings.paths)
    settings.paths.root.mkdir(parents=True, exist_ok=True)
    url = settings.store_url or f"sqlite:///{settings.paths.store}"
    store = SqlStore(open_engine(url), settings.tenant_id)
    now = now or read_now(store.engine)
    emails = [one.strip().lower() for one in who if "@" in one]
    ids = [one for one in who if "@" not in one]
    asked = person_in(lake, Person(settings.tenant_id, tuple(emails), (), tuple(ids)))
    known = known_as(store, [*asked.emails, *asked.persons])
    person = person_in(
        lake,
        Person(
            settings.tenant_id,
            tuple(dict.fromkeys((*asked.emails, *known.emails))),
            tuple(dict.fromkeys((*asked.contacts, *known.contacts))),
            tuple(dict.fromkeys((*asked.persons, *known.persons))),
        ),
    )
    rules = load_mapping(mapping or settings.mapping)
    counts = erase_from_lake(lake, rules, person, now=now, dry_run=dry_run)
    everything = Known(person.persons, person.contacts, person.emails)
    in_store = erase_from_store(store, everything, now=now, dry_run=dry_run)
    shelf = Shelf(settings.paths.recordings)
    recorded = shelf.erase(settings.tenant_id, everything.persons, dry_run=dry_run)
    in_store |= {"recordings of calls": recorded} if recorded else {}
    store.engine.dispose()
    left = _still_in(Path(settings.exports or settings.paths.exports), person.emails)
    return Went(bool(person.contacts or known.persons), counts | in_store, left)


def _still_in(exports: Path, emails: tuple[str, ...]) -> list[str]:
    """Files of an export that name an address; they are another system's, and only read."""
    files = sorted(path for pattern in _TEXTS for path in exports.glob(pattern))
    return [str(path) for path in files if _names(path, [one.encode() for one in emails])]


def _names(path: Path, emails: list[bytes]) -> bool:
    text = path.read_bytes().lower()
    return any(email in text for email in emails)
