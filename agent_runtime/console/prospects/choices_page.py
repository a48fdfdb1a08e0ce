"""What people still want to hear: everything off in one press, or less by channel and topic."""

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.choosing import choose
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.office import Office, TheOffice
from agent_runtime.console.prospects.seeing import Seen, back_to, by_reader, not_seen, see, show
from agent_runtime.intake import opened_by_buyer, stop
from agent_runtime.policies.choices import CHANNELS, choices_of, is_on, topics

ONE_CLICK = "List-Unsubscribe"
"""What a mail program sends for its reader (RFC 8058); it must not be sent on elsewhere."""

pages = Pages(area="prospects")


@pages.get("/{token}", signed=True)
def _choices(request: Request, office: TheOffice, token: str) -> Response:
    seen = see(request, office, token)
    return _page(request, office, seen) if seen else not_seen(request, office, token)


@pages.post("/{token}", signed=True)
def _one_click(
    request: Request,
    office: TheOffice,
    token: str,
    one_click: Annotated[str, Form(alias=ONE_CLICK)] = "",
) -> Response:
    return _stop_all(request, office, token, is_program=bool(one_click))


@pages.post("/{token}/stop", signed=True)
def _stop(request: Request, office: TheOffice, token: str) -> Response:
    return _stop_all(request, office, token, is_program=False)


@pages.post("/{token}/choices", signed=True)
def _save(
    request: Request,
    office: TheOffice,
    token: str,
    channel: Annotated[list[str] | None, Form()] = None,
    topic: Annotated[list[str] | None, Form()] = None,
) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    wanted = choices_of(set(channel or ()), set(topic or ()))
    with office.store.begin() as tx:
        choose(
            tx,
            seen.contact,
            wanted,
            source=seen.reader.message_id,
            versions=office.versions,
            now=office.clock(),
        )
    off = (*wanted.channels_off, *wanted.topics_off)
    by_reader(request, seen, f"off: {', '.join(off) or 'nothing'}")
    return back_to(seen, "choices", "saved")


def _stop_all(request: Request, office: Office, token: str, *, is_program: bool) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    with office.store.begin() as tx:
        session = tx.session_of(seen.contact.person_id) or opened_by_buyer(seen.contact)
        stop(tx, session, seen.reader.message_id, versions=office.versions, now=office.clock())
    by_reader(request, seen, "stopped everything")
    if is_program:
        return _page(request, office, see(request, office, token) or seen)
    return back_to(seen, "choices", "stopped")


def _page(request: Request, office: Office, seen: Seen) -> Response:
    with office.store.begin() as tx:
        choices = tx.choices(seen.contact.person_id)
    return show(
        request,
        office,
        seen,
        "choices",
        said=request.query_params.get("said", ""),
        channels=[(name, is_on(choices, name)) for name in CHANNELS],
        topics=[(name, name not in choices.topics_off) for name in topics()],
    )
