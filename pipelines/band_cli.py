"""`parley autonomy band`: what goes without a person, what shows it, and what became of it."""

import json
from dataclasses import asdict
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runtime.autonomy_cli import autonomy
from agent_runtime.commands import JsonOption, WorkspaceOption
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from agent_runtime.band.state import BandState, Record, Standing
    from agent_runtime.library.playbook import Playbook
    from agent_runtime.settings import Settings
    from agent_runtime.store.sql import SqlStore

band = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="What may go without a person, as judged messages show it.",
)
autonomy.add_typer(band, name="band")

PlaybookId = Annotated[str, typer.Argument(help="Id of the playbook.")]
By = Annotated[str, typer.Option(help="Who decides [default: who is logged in].")]


@band.command()
def show(
    playbook: PlaybookId,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    picture: Annotated[Path | None, typer.Option(help="Write a page of pictures here.")] = None,
) -> None:
    """Show from which confidence on each category goes, what shows it, and what is closed.

    Example: [bold]parley autonomy band show nurture --picture band.html[/bold]
    """
    from agent_runtime.band.keeping import as_dict, history, state_of_band
    from agent_runtime.band.state import standings

    _, store, found = _open(workspace, playbook)
    with store.begin() as tx:
        state, rows = state_of_band(tx, found.id), tx.band_messages(found.id)
        heard_of = state.overall.heard_of if state else None
        unheard = tx.count_unread(found.id, None, heard_of)
        entries = history(tx, found.id)
    judged = sum(row.state in ("RIGHT", "WRONG") for row in rows)
    stands = standings(state, sent_unheard=unheard) if state else ()
    if as_json:
        told = {"playbook": found.id, "judged": judged, "band": None}
        typer.echo(json.dumps(told | ({"band": as_dict(state)} if state else {}), indent=2))
    elif state is None:
        typer.echo(_uncalibrated(found, judged))
    else:
        _say(state.record, stands)
    if picture is not None:
        if state is None:
            raise PipelineError(f"{found.id} has no band to draw; calibrate it first.")
        from pipelines.band_page import band_page

        page = band_page(found.id, state, rows, entries, sent_unheard=unheard)
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(page, encoding="utf-8")
        typer.echo(f"{picture}: risk by category, and what went by itself", err=True)


@band.command()
def calibrate(
    playbook: PlaybookId,
    most_errors: Annotated[
        float | None, typer.Option(help="A stricter bound than the playbook's; 0.02 is 2%.")
    ] = None,
    by: By = "",
    dry_run: Annotated[bool, typer.Option(help="Only say what would be in force.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Calibrate a band from what people judged and put it in force at the next permit.

    It is the only way in which a band widens. From then on a playbook's band is calibrated anew
    every day.

    Example: [bold]parley autonomy band calibrate nurture --dry-run[/bold]
    """
    from agent_runtime.band.keeping import state_of_band
    from agent_runtime.band.state import renewed, standings
    from agent_runtime.clock import read_now
    from pipelines.safe_band import calibration, renew

    _, store, found = _open(workspace, playbook)
    now = read_now(store.engine)
    with store.begin() as tx:
        before: BandState | None = state_of_band(tx, found.id)
        record = calibration(tx, found, now=now, most_errors=most_errors)
    if not dry_run:
        record = renew(store, found, by=by or getuser(), now=now, most_errors=most_errors)
    if as_json:
        typer.echo(json.dumps(asdict(record), indent=2, default=str))
        return
    _say(record, standings(renewed(before, record), sent_unheard=0))
    if dry_run:
        typer.echo("nothing was changed: a dry run")


@band.command("history")
def history_(
    playbook: PlaybookId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """List what was calibrated and what closed, the earliest first.

    Example: [bold]parley autonomy band history nurture[/bold]
    """
    from agent_runtime.band.keeping import history

    _, store, found = _open(workspace, playbook)
    with store.begin() as tx:
        entries = history(tx, found.id)
    if as_json:
        rows: list[dict[str, Any]] = [asdict(entry) for entry in entries]
        typer.echo(json.dumps(rows, indent=2, default=str))
    for entry in () if as_json else entries:
        where = "" if entry.what == "closed" else f" {_from(entry.threshold)}"
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M}  {entry.what:<10} {entry.category}{where}")
        typer.echo(f"    {entry.why}")
    if not entries and not as_json:
        typer.echo(f"the band of {found.id} was never calibrated")


@band.command()
def sample(
    playbook: PlaybookId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """List what an autonomous agent sent and chance drew for a person to read, the oldest first.

    Score each with `parley review score ID --accuracy 5`: right ones count as well as wrong ones.

    Example: [bold]parley autonomy band sample renewal[/bold]
    """
    _, store, found = _open(workspace, playbook)
    with store.begin() as tx:
        drawn = [row for row in tx.band_messages(found.id) if row.state == "SAMPLED"]
        texts = {row.message_id: tx.message(row.message_id) for row in drawn}
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in drawn], indent=2, default=str))
    for row in () if as_json else drawn:
        message = texts[row.message_id]
        typer.echo(f"{row.message_id}  {row.made_at:%Y-%m-%d %H:%M}  {row.category}")
        typer.echo(f"    {message.body[:300] if message else '(no longer kept)'}")
    if not drawn and not as_json:
        typer.echo(f"nothing of {found.id} waits to be read")


@band.command()
def close(
    playbook: PlaybookId,
    why: Annotated[str, typer.Option(help="Why; kept in the history.")],
    by: By = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Close all bands of a playbook by hand, at the next permit.

    What people judge from then on opens them again, with the next calibration; nothing else does.

    Example: [bold]parley autonomy band close nurture --why "new price list"[/bold]
    """
    from agent_runtime.band import keeping
    from agent_runtime.clock import read_now

    if not why.strip():
        raise PipelineError("field why is empty: say why the band is closed.")
    _, store, found = _open(workspace, playbook)
    with store.begin() as tx:
        is_closed = keeping.close(
            tx, found.id, by=by or getuser(), why=why, now=read_now(store.engine)
        )
    if not is_closed:
        raise PipelineError(
            f"{found.id} has no calibrated band; `parley autonomy set {found.id} assistive "
            '--why "..."` has a person read everything.'
        )
    typer.echo(f"{found.id}: a person reads everything until new judgements show it to be safe")


def _open(workspace: Path | None, playbook: str) -> "tuple[Settings, SqlStore, Playbook]":
    from agent_runtime.library.catalog import company_library
    from agent_runtime.settings import load_settings
    from agent_runtime.status import open_store

    settings = load_settings(workspace)
    found = company_library(settings.paths.library).playbook(playbook)
    return settings, open_store(settings), found


def _uncalibrated(playbook: "Playbook", judged: int) -> str:
    from experiments.safe_band import RESERVE, needed

    own = playbook.safe_band
    until = (
        "a person reads everything until then"
        if own.needs_calibration
        else f"until then confidence {own.min_confidence:.2f} of the playbook decides alone"
    )
    least = needed(own.most_errors * RESERVE)
    return (
        f"{playbook.id}: no band is calibrated; {until}.\n{judged:,} messages are judged, and the "
        f"first category opens at {least:,} right ones of the surest, or at more with errors among "
        f"them; see `parley autonomy band calibrate {playbook.id} --dry-run`"
    )


def _say(record: "Record", stands: "tuple[Standing, ...]") -> None:
    terms = record.terms
    typer.echo(
        f"{record.playbook}: at most {terms.most_errors:.1%} wrong, opens at {terms.opens_at:.1%}; "
        f"{record.judged:,} judged, calibrated {record.made_at:%Y-%m-%d %H:%M} UTC, version "
        f"{record.version}"
    )
    typer.echo(
        f"{'category':<42} {'goes':<10} {'read':>5} {'inside':>7} {'wrong':>6} {'at most':>8}"
    )
    for found, now in zip(record.bands, stands, strict=True):
        at_most = "" if found.at_most is None else f"{found.at_most:.1%}"
        typer.echo(
            f"{found.category:<42} {_from(found.threshold):<10} {now.share:>5.0%} "
            f"{found.inside:>7,} {found.wrong:>6,} {at_most:>8}"
        )
        if now.state != "open" and found.threshold is not None:
            typer.echo(f"    {now.state}{': ' + now.why if now.why else ''}")


def _from(threshold: float | None) -> str:
    return "closed" if threshold is None else f"from {threshold:.2f}"
