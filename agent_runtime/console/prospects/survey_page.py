"""One question about the conversation, answered once."""

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.office import Office, TheOffice
from agent_runtime.console.prospects.seeing import Seen, back_to, by_reader, not_seen, see, show
from agent_runtime.feedback.events import survey
from agent_runtime.placeholders import redact
from agent_runtime.store.sql import SqlTx
from agent_runtime.store.trace_index import events_of_thread

RATINGS = ("1", "2", "3", "4", "5")
LONGEST = 2000
"""Characters of a comment that are kept."""

pages = Pages(area="prospects")


@pages.get("/{token}/survey", signed=True)
def _survey(request: Request, office: TheOffice, token: str) -> Response:
    """`?rating=` only marks an answer: a mail may link to each of them."""
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    asked = request.query_params.get("rating", "")
    return show(
        request,
        office,
        seen,
        "survey",
        state=_state(office, seen),
        ratings=RATINGS,
        chosen=asked if asked in RATINGS else "",
        said=request.query_params.get("said", ""),
    )


@pages.post("/{token}/survey", signed=True)
def _answer(
    request: Request,
    office: TheOffice,
    token: str,
    rating: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
) -> Response:
    seen = see(request, office, token)
    if seen is None:
        return not_seen(request, office, token)
    if not seen.is_recent or seen.session is None:
        return back_to(seen, "survey", "")
    if rating not in RATINGS:
        return back_to(seen, "survey", "choose")
    now, session = office.clock(), seen.session
    with office.store.begin() as tx:
        tx.lock(f"person:{session.person_id}")
        if not _has_answered(tx, session.thread_id):
            known = tx.recall(session.thread_id)
            said = redact(comment.strip()[:LONGEST], seen.contact, known=known)
            tx.remember(session.thread_id, said.originals)
            given = {"rating": int(rating), "comment": said.text}
            survey(tx, session, **given, versions=office.versions, now=now)
    by_reader(request, seen, f"rating {rating}")
    return back_to(seen, "survey", "thanks")


def _state(office: Office, seen: Seen) -> str:
    """Says whether to `ask`, to say `thanks` once answered, or that there was `no_talk` so far."""
    session = seen.session
    if session is None or not session.agent_turns + session.buyer_turns + session.touches_sent:
        return "no_talk"
    with office.store.begin() as tx:
        return "thanks" if _has_answered(tx, session.thread_id) else "ask"


def _has_answered(tx: SqlTx, thread_id: str) -> bool:
    events = events_of_thread(tx.connection, tx.tenant_id, thread_id)
    return any(event.kind == "survey" for event in events)
