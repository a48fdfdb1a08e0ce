"""`parley pages`: addresses of the pages that people outside see, to look at them yourself."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from agent_runtime.channels.email.page_links import PageLinks
from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.console.keeping import chat_key
from agent_runtime.console.prospects.seeing import PATHS, keyring_of
from agent_runtime.domain import Contact
from agent_runtime.errors import ParleyError
from agent_runtime.library.content import LOCALES
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.sql import SqlTx

BY_COMMAND = "made-by-command"
"""Stands for the mail in links that no mail brought."""

pages = typer.Typer(add_completion=False, rich_markup_mode="rich")


@pages.callback(invoke_without_command=True)
def _pages(
    who: Annotated[str, typer.Option(help="Id of a person, or their address.")] = "",
    base: Annotated[
        str, typer.Option(help="Where `parley serve` answers.")
    ] = "http://127.0.0.1:8080",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the addresses of the pages that people outside see: of one, or of one per language.

    Whoever opens such an address can do what the person could do there.

    Example: [bold]parley pages --workspace out/demo[/bold]

    Example: [bold]parley pages --who ada@alder.example --json[/bold]
    """
    settings = load_settings(workspace)
    store = open_store(settings)
    now = read_now(store.engine)
    keyring = keyring_of(settings, chat_key(settings))
    link = PageLinks(base, keyring, settings.tenant_id)
    with store.begin() as tx:
        found = dict(_named(tx, who) if who else _samples(tx))
    if not found:
        raise ParleyError("nobody is in the store yet; run `parley demo`, or a batch, first.")
    told = {
        why: {tab: link(contact.person_id, BY_COMMAND, now) + path for tab, path in PATHS.items()}
        for why, contact in found.items()
    }
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    for why, addresses in told.items():
        typer.echo(f"{why}\n  {addresses['choices']}")
    typer.echo("the other pages stand below each; `parley serve` must be running")


def _named(tx: SqlTx, who: str) -> Iterator[tuple[str, Contact]]:
    contact = tx.contact_by_email(who) or tx.contact_of(who)
    if contact is None:
        raise ParleyError(f"--who {who!r}: nobody of that id or address is in the store.")
    yield contact.person_id, contact


def _samples(tx: SqlTx) -> Iterator[tuple[str, Contact]]:
    """Somebody per language, with a meeting or a conversation where there is one."""
    met = {meeting.person_id for meeting in tx.meetings_standing()}
    best: dict[str, tuple[int, Contact]] = {}
    for contact in tx.contacts():
        session = tx.session_of(contact.person_id)
        spoken = (session.language if session else "") or contact.language[:2].lower()
        talked = session.buyer_turns + session.agent_turns if session else 0
        merit = 1000 * (contact.person_id in met) + talked
        if spoken in LOCALES and merit > best.get(spoken, (-1, contact))[0]:
            best[spoken] = (merit, contact)
    for language in LOCALES:
        if language in best:
            contact = best[language][1]
            yield f"{language}: {contact.first_name} {contact.last_name}", contact
