"""One sample: the thread as it was, the rubric, and once two have scored, what they gave."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.coaching import rubric
from agent_runtime.coaching.errors import CoachingError
from agent_runtime.coaching.samples import Sample, sample_of
from agent_runtime.coaching.scoring import (
    WANTED,
    agree,
    agreed_on,
    are_apart,
    give,
    given_to,
    is_open,
    may_be_told,
    seen_by,
    worked_on,
)
from agent_runtime.coaching.telling import tell
from agent_runtime.console.coaching.desk import read_lines
from agent_runtime.console.coaching.who import COACHES, HOME, called, names_of
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.threads.view import marked, read
from agent_runtime.feedback.events import Score
from agent_runtime.store.thread_rows import ThreadRecord, Traced, without_clear_checks
from agent_runtime.threads.entries import Entry
from agent_runtime.threads.exporting import shown_entry
from agent_runtime.threads.showing import Showing
from agent_runtime.threads.timeline import line_of

pages = Pages("/coaching/samples", area="coaching")
Mark = Annotated[int, Form(ge=1, le=5)]
Words = Annotated[str, Form()]


def as_sampled(office: Office, sample: Sample) -> tuple[ThreadRecord, tuple[Entry, ...]]:
    """Returns a thread at the end of its day, without names and without what reviewers said."""
    record = read(
        office.store, sample.thread_id, until=sample.until_position, keep=without_clear_checks
    )
    # An event of a later day may have been written before one of this day.
    events = tuple(one for one in record.events if one.at.date() <= sample.day)
    record = replace(record, events=events)
    showing = Showing.of(record, is_redacted=True)
    entries = (one for one in line_of(record).entries if one.kind != "review")
    return record, tuple(shown_entry(one, showing) for one in entries)


@pages.get("/{sample_id}", roles=COACHES)
def _sample(request: Request, office: TheOffice, who: Who, sample_id: str) -> Response:
    with office.store.begin() as tx:
        sample = sample_of(tx, sample_id)
        given = given_to(tx, sample_id)
        settled = agreed_on(tx, sample_id)
        names = names_of(tx)
    record, entries = as_sampled(office, sample)
    today = office.clock().date()
    seen = seen_by(sample, given, settled, who.name, today=today)
    own = next((one for one in given if one.scorer == who.name), None)
    is_all_seen = len(seen) == len(given) and len(given) >= WANTED
    return render(
        request,
        "coaching/sample.html",
        sample=sample,
        entries=entries,
        here=f"/console/threads/{sample.thread_id}",
        marked=marked,
        alias=Showing.of(record, is_redacted=True).name,
        playbook=office.library.playbooks.get(sample.playbook),
        questions=rubric.QUESTIONS,
        own=own,
        seen=seen if is_all_seen else (),
        settled=settled,
        apart=are_apart(given) if is_all_seen else (),
        may_score=is_open(sample, given, settled, today) and (own is None or len(given) < WANTED),
        is_own_work=own is None and worked_on(_later(office, sample), who.name),
        same={
            name: next(iter(marks)) if len(marks) == 1 else None
            for name in rubric.DIMENSIONS
            for marks in ({getattr(one.score, name) for one in seen},)
        },
        may_settle=is_all_seen and own is not None and settled is None,
        called=lambda scorer: called(names, scorer),
    )


@pages.post("/{sample_id}/score", roles=COACHES)
def _score(
    request: Request,
    office: TheOffice,
    who: Who,
    sample_id: str,
    accuracy: Mark,
    tone: Mark,
    adherence: Mark,
    objection: Words,
    words: Words = "",
) -> Response:
    score = _score_of(accuracy, tone, adherence, objection)
    with office.store.begin() as tx:
        sample = sample_of(tx, sample_id)
    if worked_on(_later(office, sample), who.name):
        raise CoachingError("you decided on a draft in this thread; a colleague scores it.")
    today = office.clock().date()
    with office.store.begin() as tx:
        made = give(tx, sample, score, by=who.name, note=words, at=office.wall_clock(), today=today)
        given = given_to(tx, sample_id)
        if may_be_told(sample, given, None, today):
            tell(tx, sample, given, versions=office.versions, now=office.clock())
    note(request, record=f"sample:{sample_id}", detail=f"score {made.slot}")
    if len(given) >= WANTED:
        return back(request, f"{HOME}/samples/{sample_id}", said="Scored; here are both scores.")
    following = next((one for one in read_lines(office, who) if one.stage == "score"), None)
    to = f"{HOME}/samples/{following.sample_id}" if following else HOME
    return back(request, to, said="Scored. A colleague scores it as well, without seeing yours.")


@pages.post("/{sample_id}/settle", roles=COACHES)
def _settle(
    request: Request,
    office: TheOffice,
    who: Who,
    sample_id: str,
    accuracy: Mark,
    tone: Mark,
    adherence: Mark,
    objection: Words,
    words: Words = "",
) -> Response:
    score = _score_of(accuracy, tone, adherence, objection)
    with office.store.begin() as tx:
        sample = sample_of(tx, sample_id)
        agree(tx, sample, score, by=who.name, note=words, at=office.wall_clock())
        if sample.is_for_all:
            given = given_to(tx, sample_id)
            tell(tx, sample, given, versions=office.versions, now=office.clock())
    note(request, record=f"sample:{sample_id}", detail="settled")
    return back(request, f"{HOME}/samples/{sample_id}", said="Settled.")


def _later(office: Office, sample: Sample) -> Sequence[Traced]:
    """All that was traced of a thread until now."""
    return read(office.store, sample.thread_id, keep=without_clear_checks).events


def _score_of(accuracy: int, tone: int, adherence: int, objection: str) -> Score:
    names: dict[str, rubric.Objection] = {one: one for one in rubric.OBJECTIONS}
    known = names.get(objection)
    if known is None:
        raise CoachingError(f"objection {objection[:20]!r}: choose handled, missed or none.")
    return Score(accuracy, tone, adherence, known)
