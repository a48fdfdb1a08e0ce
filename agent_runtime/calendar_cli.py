"""`parley calendar` and `parley meeting`: free times, routing, and what became of meetings."""

import json
from typing import Annotated, Literal

import typer
from pydantic import TypeAdapter

from agent_runtime.attendance import AttendanceError, mark
from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.domain import Slot
from agent_runtime.settings import Settings, load_settings
from agent_runtime.status import open_store
from agent_runtime.store.sql import SqlStore
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.versions import versions_at

calendar = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Calendars."
)
meeting = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Meetings."
)


@calendar.command()
def slots(
    owner: Annotated[str, typer.Option(help="Id of the owner; else turns among the pool.")] = "",
    kind: Annotated[str, typer.Option("--meeting", help="Id of the meeting template.")] = "intro",
    territory: Annotated[str, typer.Option(help="Of the buyer.")] = "",
    language: Annotated[str, typer.Option(help="Of the buyer, two letters.")] = "en",
    limit: Annotated[int, typer.Option(min=1, help="How many times to list.")] = 10,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List free times and say who would meet the buyer; nothing is written.

    Example: [bold]parley calendar slots --meeting demo --territory DACH --language de[/bold]
    """
    from agent_runtime.meetings.routing import route
    from agent_runtime.meetings.template import MeetingsError, Member, load_meetings, room_of
    from agent_runtime.newcomers import read_newcomers

    settings = load_settings(workspace)
    store = open_store(settings)
    now = read_now(store.engine)
    templates, pools = load_meetings()
    if kind not in templates:
        known = ", ".join(sorted(templates))
        raise MeetingsError(f"--meeting = {kind!r}: there is no such template; known: {known}.")
    template, pool = templates[kind], pools[templates[kind].pool]
    with store.begin() as tx:
        ids = [one.owner_id for one in read_newcomers(tx, settings.tenant_id).owners]
    known = tuple(member for member in pool.members if member.owner_id in ids)
    members = known or tuple(Member(owner_id=owner_id) for owner_id in ids)
    pool = pool.model_copy(update={"members": members})
    real = _calendar(settings, store)
    chosen = route(
        pool,
        owner_id=owner,
        territory=territory,
        language=language,
        key=f"{territory}:{language}",
        meetings_ahead=lambda owner_id: real.meetings_ahead(owner_id, now=now),
    )
    found: list[Slot] = []
    for owner_id in chosen.owner_ids:
        free = real.free_slots(
            owner_id,
            now=now,
            key="slots",
            limit=limit,
            minutes=template.minutes,
            room=room_of(kind),
        )
        found = list(free)
        if found:
            break
    if as_json:
        listed = TypeAdapter(list[Slot]).dump_python(found, mode="json")
        said = {"reason": chosen.reason, "owners": chosen.owner_ids, "slots": listed}
        typer.echo(json.dumps(said, indent=2))
        return
    typer.echo(f"{template.title}, {template.minutes} minutes, by {chosen.reason}")
    if not found:
        typer.echo("no time is free")
    for slot in found:
        typer.echo(f"{slot.owner_id}  {slot.start:%a %Y-%m-%d %H:%M} to {slot.end:%H:%M} UTC")


@meeting.command("list")
def list_meetings(
    thread: Annotated[str, typer.Argument(help="Id of a thread; else all that is ahead.")] = "",
    owner: Annotated[str, typer.Option(help="Id, name or address of one owner.")] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List meetings and held times that are ahead, in their owner's zone; of a thread, all.

    Examples: [bold]parley meeting list --owner "Lena Vogt"[/bold],
    [bold]parley meeting list thread-p-12 --json[/bold]
    """
    from agent_runtime.meetings.agenda import Item, agenda
    from agent_runtime.newcomers import read_newcomers

    settings = load_settings(workspace)
    store = open_store(settings)
    now = read_now(store.engine)
    with store.begin() as tx:
        owners = read_newcomers(tx, settings.tenant_id).owners
        found = agenda(tx, owners, thread_id=thread, owner=owner, now=now)
    if as_json:
        typer.echo(TypeAdapter(list[Item]).dump_json(list(found), indent=2).decode())
        return
    if not found:
        whose = f"thread {thread} has" if thread else f"{owner} has" if owner else "there is"
        ahead = "" if thread else f" ahead of {now:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{whose} no meeting and no held time{ahead}")
    for item in found:
        typer.echo(item.line)


@meeting.command()
def attended(
    uid: Annotated[str, typer.Argument(help="UID of the meeting.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Record that a meeting was held.

    Example: [bold]parley meeting attended 4f0c91aa@parley[/bold]
    """
    _mark(uid, "held", load_settings(workspace))


@meeting.command("no-show")
def no_show(
    uid: Annotated[str, typer.Argument(help="UID of the meeting.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Record that the buyer did not come.

    Example: [bold]parley meeting no-show 4f0c91aa@parley[/bold]
    """
    _mark(uid, "no_show", load_settings(workspace))


@meeting.command()
def cancel(
    uid: Annotated[str, typer.Argument(help="UID of the meeting.")],
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Cancel a meeting: out of the calendar, with a notice to the buyer by the usual rules.

    Example: [bold]parley meeting cancel 4f0c91aa@parley --dry-run[/bold]
    """
    from agent_runtime.booking import Booker
    from agent_runtime.library.catalog import company_library

    settings = load_settings(workspace)
    store = open_store(settings)
    with store.begin() as tx:
        found = tx.meeting(uid)
    if found is None or found.state != "CONFIRMED":
        raise AttendanceError(f"meeting {uid!r}: none such stands; see `parley meeting list`.")
    if dry_run:
        typer.echo(f"would cancel {uid} at {found.slot.start:%Y-%m-%d %H:%M} UTC")
        return
    library = company_library(settings.paths.library)
    booker = Booker(store, _calendar(settings, store), library, versions_at(settings))
    booker.call_off(uid, now=read_now(store.engine))
    typer.echo(f"cancelled {uid}; the notice to the buyer waits for the worker")


def _mark(uid: str, became: Literal["held", "no_show"], settings: Settings) -> None:
    store = open_store(settings)
    mark(store, uid, became, now=read_now(store.engine), versions=versions_at(settings))
    typer.echo(f"{uid}: {became}")


def _calendar(settings: Settings, store: SqlStore) -> CalDavCalendar:
    from agent_runtime.endpoints import wait_for_endpoints
    from agent_runtime.newcomers import read_newcomers
    from agent_runtime.tools.office_hours import office_hours

    with store.begin() as tx:
        owners = read_newcomers(tx, settings.tenant_id).owners
    return CalDavCalendar(
        wait_for_endpoints(settings).caldav_url,
        hours=office_hours(owners),
        clock=lambda: read_now(store.engine),
    )
