"""Threads as files, for people by their role, and as JSON for programs, always redacted."""

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.faults import Missing, Refused
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import TheOffice, Who
from agent_runtime.console.frame.roles import EVERYBODY
from agent_runtime.console.threads.view import is_whole, list_threads, read
from agent_runtime.store.thread_rows import Asked
from agent_runtime.threads.exporting import FORMS, TYPES, Form, as_dict, export
from agent_runtime.threads.showing import Showing

files = Pages("/threads", area="threads")
api = Pages("/api/threads", area="threads")


@files.get("/{thread_id}/export/{form}", roles=EVERYBODY, audited=True, rate="60/minute")
def _export(
    request: Request, office: TheOffice, who: Who, thread_id: str, form: str, whole: bool = False
) -> Response:
    known: dict[str, Form] = {one: one for one in FORMS}
    wanted = known.get(form)
    if wanted is None:
        raise Missing(f"form = {form[:20]!r}: is none of {', '.join(FORMS)}.")
    if whole and not is_whole(who):
        raise Refused(f"Your role, {who.user.role}, takes threads out redacted only.")
    record = read(office.store, thread_id)
    showing = Showing.of(record, is_redacted=not whole)
    note(
        request, record=f"thread:{thread_id}", detail=f"{form}, {'whole' if whole else 'redacted'}"
    )
    name = f"thread-{showing.alias}{'' if whole else '-redacted'}.{form}"
    return Response(
        export(record, showing, office.library, wanted),
        media_type=TYPES[wanted],
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@api.get("", roles=EVERYBODY, scope="threads:read")
def _threads(
    office: TheOffice,
    words: str = "",
    playbook: str = "",
    state: str = "",
    channel: str = "",
    speaker: str = "",
    page: int = 1,
) -> dict[str, object]:
    asked = Asked(
        words=words.strip()[:120],
        playbook=playbook[:120],
        state=state[:120],
        channel=channel[:20],
        speaker=speaker[:20],
        page=min(max(page, 1), 100_000),
    )
    found = list_threads(office.store, asked, is_redacted=True)
    items = [
        {
            "thread_id": row.thread_id,
            "playbook": row.playbook,
            "state": row.state,
            "channel": row.channel,
            "speaker": row.speaker,
            "turns": row.turns,
            "active_at": row.active_at.isoformat() if row.active_at else None,
        }
        for row in found.rows
    ]
    return {"found": found.found, "all": found.all, "items": items}


@api.get("/{thread_id}", roles=EVERYBODY, scope="threads:read", audited=True, rate="60/minute")
def _one(office: TheOffice, thread_id: str) -> dict[str, object]:
    record = read(office.store, thread_id)
    return as_dict(record, Showing.of(record, is_redacted=True), office.library)
