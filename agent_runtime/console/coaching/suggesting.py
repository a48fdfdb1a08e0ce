"""The form by which a tag on a message of a sample becomes proposed changes."""

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.coaching.errors import CoachingError
from agent_runtime.coaching.samples import sample_of
from agent_runtime.coaching.scoring import agreed_on, given_to, may_be_told
from agent_runtime.coaching.suggesting import TAGS, messages_in, moves_for, said_in, suggest
from agent_runtime.console.coaching.who import COACHES, HOME
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.threads.view import marked
from agent_runtime.library.page import done

pages = Pages("/coaching/samples", area="coaching")


@pages.get("/{sample_id}/change", roles=COACHES)
def _form(
    request: Request, office: TheOffice, who: Who, sample_id: str, message: str = ""
) -> Response:
    with office.store.begin() as tx:
        sample = sample_of(tx, sample_id)
        given, settled = given_to(tx, sample_id), agreed_on(tx, sample_id)
        messages = messages_in(tx, sample)
        if not messages:
            raise CoachingError("the words of this thread are no longer kept; take another.")
        chosen = message or messages[-1].message_id
        said = said_in(tx, office.library, sample, chosen)
    is_own = any(one.scorer == who.name for one in given)
    return render(
        request,
        "coaching/suggest.html",
        sample=sample,
        messages=messages,
        said=said,
        may_suggest=is_own or may_be_told(sample, given, settled, office.clock().date()),
        tags=TAGS,
        moves=[(key, done(move)) for key, move in moves_for(office.library, said)],
        marked=marked,
    )


@pages.post("/{sample_id}/change", roles=COACHES, rate="30/minute")
def _suggest(
    request: Request,
    office: TheOffice,
    who: Who,
    sample_id: str,
    message: Annotated[str, Form()],
    tag: Annotated[list[str] | None, Form()] = None,
    why: Annotated[str, Form()] = "",
    content: Annotated[str, Form()] = "",
    instead: Annotated[str, Form()] = "",
    should: Annotated[str, Form()] = "",
) -> Response:
    with office.store.begin() as tx:
        sample = sample_of(tx, sample_id)
        given, settled = given_to(tx, sample_id), agreed_on(tx, sample_id)
        is_own = any(one.scorer == who.name for one in given)
        if not (is_own or may_be_told(sample, given, settled, office.clock().date())):
            raise CoachingError("score this thread first; then propose what is to change.")
        said = said_in(tx, office.library, sample, message)
        moves = dict(moves_for(office.library, said))
        if should and should not in moves:
            raise CoachingError(f"should {should[:40]!r}: is none of what the playbook can do.")
        made = suggest(
            tx,
            office.library,
            office.settings.paths.library,
            sample,
            said,
            tags=tag or (),
            why=why,
            content_id=content,
            instead=instead,
            move=moves.get(should),
            by=who.name,
            at=office.wall_clock(),
            now=office.clock(),
        )
    note(request, record=f"sample:{sample_id}", detail=f"{len(made)} changes proposed")
    said_so = (
        f"{len(made)} {'change' if len(made) == 1 else 'changes'} proposed; a colleague decides."
    )
    return back(request, f"{HOME}/changes/{made[-1].change_id}", said=said_so)
