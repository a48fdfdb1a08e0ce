"""Proposed changes of texts, playbooks, scenarios and rules: read as a diff, tried, decided."""

from datetime import date
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.coaching.changes import (
    Change,
    accept,
    all_changes,
    change_of,
    library_with,
    measured,
    patch_of,
    reject,
)
from agent_runtime.coaching.errors import CoachingError
from agent_runtime.coaching.samples import sample_of
from agent_runtime.coaching.scoring import agreed_on, given_to, may_be_told
from agent_runtime.console.coaching.who import DECIDERS, HOME, called, names_of
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, SignedIn, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.steering.changing import installed_versions
from agent_runtime.console.steering.who import STEERS, may_steer
from agent_runtime.lone_text import NOBODY
from agent_runtime.placeholders import redact
from agent_runtime.replaying.versions import Versions
from agent_runtime.steering import changes as steering
from agent_runtime.steering.effect import effect_between
from agent_runtime.steering.subjects import value_in
from agent_runtime.store.reading import turns_of
from agent_runtime.store.sql import SqlTx

BANNED = "rule:claims.banned"
"""The dial of steering that a rule can become a part of."""
STATES = {"PROPOSED": "To decide", "ACCEPTED": "Accepted", "REJECTED": "Rejected"}
TURNS = 200
"""Past turns that a change is tried on: the latest."""
CHANGES = f"{HOME}/changes"

pages = Pages("/coaching", area="coaching")


@pages.get("/changes", roles=DECIDERS)
def _changes(request: Request, office: TheOffice, who: Who, state: str = "PROPOSED") -> Response:
    known = state if state in STATES else "PROPOSED"
    today = office.clock().date()
    with office.store.begin() as tx:
        found = [one for one in all_changes(tx) if _may_see(tx, one, who, today)]
        names = names_of(tx)
    return render(
        request,
        "coaching/changes.html",
        changes=[one for one in found if one.state == known],
        counts={one: sum(c.state == one for c in found) for one in STATES},
        states=STATES,
        state=known,
        called=lambda scorer: called(names, scorer),
    )


@pages.get("/changes.patch", roles=DECIDERS, audited=True, rate="30/minute")
def _patch(request: Request, office: TheOffice) -> Response:
    with office.store.begin() as tx:
        text = patch_of(all_changes(tx, state="ACCEPTED"))
    note(request, record="changes:accepted")
    headers = {"content-disposition": 'attachment; filename="accepted.patch"'}
    return Response(text, media_type="text/x-patch; charset=utf-8", headers=headers)


@pages.get("/changes/{change_id}", roles=DECIDERS)
def _change(request: Request, office: TheOffice, who: Who, change_id: str) -> Response:
    with office.store.begin() as tx:
        change = _seen(tx, change_id, who, office)
        names = names_of(tx)
        steered = [one for one in steering.all_changes(tx) if _mark(change) in one.reason]
    return render(
        request,
        "coaching/change.html",
        change=change,
        lines=_lines(change),
        is_own=change.author == who.name,
        can_try=change.kind in ("content", "playbook"),
        turns=TURNS,
        state=STATES[change.state],
        steered=steered,
        may_steer=may_steer(who),
        called=lambda scorer: called(names, scorer),
    )


@pages.post("/changes/{change_id}/steer", roles=STEERS)
def _steer(
    request: Request,
    office: TheOffice,
    who: Who,
    change_id: str,
    phrase: Annotated[str, Form()] = "",
) -> Response:
    """An accepted rule becomes a proposed ban of a claim, which is tried and put in force there."""
    with office.store.begin() as tx:
        change = _seen(tx, change_id, who, office)
        if change.kind != "rule" or change.state != "ACCEPTED":
            raise CoachingError("only an accepted rule is proposed as a banned claim.")
        if not phrase.strip():
            raise CoachingError("phrase: is empty; write the words that are not to be said.")
        if _names_somebody(tx, change, phrase):
            raise CoachingError("phrase: names somebody; write the words without names or numbers.")
        made = steering.propose(
            tx,
            office.library,
            BANNED,
            [*value_in(tx.flags(), BANNED), phrase],
            by=who.name,
            why=f"A rule that coaching accepted {_mark(change)}",
            at=office.wall_clock(),
        )
    note(request, record=f"change:{made.change_id}", detail=f"{BANNED} version {made.version}")
    said = "Proposed; nothing has changed yet. Try it on past turns next."
    return back(request, f"/console/steering/changes/{made.change_id}", said=said)


@pages.post("/changes/{change_id}/try", roles=DECIDERS, rate="10/minute")
def _try(request: Request, office: TheOffice, who: Who, change_id: str) -> Response:
    with office.store.begin() as tx:
        change = _seen(tx, change_id, who, office)
    if change.kind not in ("content", "playbook"):
        raise CoachingError("only a text or a playbook can be tried on past turns.")
    before = installed_versions(request, office)
    new = Versions(library_with(office.settings.paths.library, change), before.model)
    events = [
        event
        for event in turns_of(office.store.engine, office.store.tenant_id, limit=5 * TURNS)
        if event.payload.get("playbook") == change.playbook
    ][-TURNS:]
    effect = effect_between(before, new, events, at=office.wall_clock())
    with office.store.begin() as tx:
        measured(tx, change_id, effect)
    note(request, record=f"change:{change_id}")
    return back(request, f"{CHANGES}/{change_id}")


@pages.post("/changes/{change_id}/accept", roles=DECIDERS)
def _accept(
    request: Request, office: TheOffice, who: Who, change_id: str, why: Annotated[str, Form()] = ""
) -> Response:
    with office.store.begin() as tx:
        _seen(tx, change_id, who, office)
        folder, at = office.settings.paths.library, office.wall_clock()
        done = accept(tx, change_id, folder, by=who.name, why=why, at=at)
    note(request, record=f"change:{change_id}", detail=f"{done.kind} {done.path}")
    return back(request, CHANGES, said="Accepted: it is part of the patch.")


@pages.post("/changes/{change_id}/reject", roles=DECIDERS)
def _reject(
    request: Request, office: TheOffice, who: Who, change_id: str, why: Annotated[str, Form()] = ""
) -> Response:
    with office.store.begin() as tx:
        _seen(tx, change_id, who, office)
        done = reject(tx, change_id, by=who.name, why=why, at=office.wall_clock())
    note(request, record=f"change:{change_id}", detail=f"{done.kind} {done.path}")
    return back(request, CHANGES, said="Rejected; nothing has changed.")


def _names_somebody(tx: SqlTx, change: Change, phrase: str) -> bool:
    """Whether a phrase holds what erasing the person of the change would have to find."""
    message = tx.message(change.message_id)
    contact = tx.contact_of(message.person_id) if message else None
    return any(redact(phrase, one).text != phrase for one in (NOBODY, *filter(None, [contact])))


def _mark(change: Change) -> str:
    """By which a change of steering says out of which proposed rule it came."""
    return f"(coaching {change.change_id})"


def _seen(tx: SqlTx, change_id: str, who: SignedIn, office: Office) -> Change:
    change = change_of(tx, change_id)
    if not _may_see(tx, change, who, office.clock().date()):
        raise CoachingError("score the thread of this change first; its tags would sway you.")
    return change


def _may_see(tx: SqlTx, change: Change, who: SignedIn, today: date) -> bool:
    """A tag tells what its author thought of a thread, and so it is as blind as their marks."""
    if not change.sample_id or change.author == who.name:
        return True
    sample = sample_of(tx, change.sample_id)
    given, settled = given_to(tx, change.sample_id), agreed_on(tx, change.sample_id)
    is_own = any(one.scorer == who.name for one in given)
    return may_be_told(sample, given, settled, today) or (is_own and len(given) > 1)


def _lines(change: Change) -> list[tuple[str, str]]:
    """The diff line by line, each with its sign."""
    lines = change.diff.splitlines()[2:]
    return [(line[:1], line[1:]) if line[:1] in "+- " else ("@", line) for line in lines if line]
