"""Micro-lessons and checklists of every playbook, and for who teaches how far everybody is."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.coaching.errors import CoachingError
from agent_runtime.coaching.lessons import checklist_of, lessons_of, steps_of
from agent_runtime.coaching.progress import done_by, mark, people_by_step
from agent_runtime.coaching.samples import Sample
from agent_runtime.coaching.scoring import Given
from agent_runtime.coaching.told import told_scores
from agent_runtime.console.coaching.who import COACHES
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import EVERYBODY
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.people.users import all_users
from agent_runtime.library.playbook import Playbook
from agent_runtime.store.sql import SqlTx

HOME = "/console/lessons"
EXAMPLES = 3
SHOWN = timedelta(days=30)
"""Out of so many days the examples are."""

pages = Pages("/lessons", area="lessons")


@pages.get("", roles=EVERYBODY)
def _lessons(request: Request, office: TheOffice, who: Who) -> Response:
    with office.store.begin() as tx:
        done = done_by(tx, who.user.user_id)
        people = _people(tx)
        by_step = {name: people_by_step(tx, name) for name in office.library.playbooks}
    rows = []
    for playbook in office.library.playbooks.values():
        steps = steps_of(playbook)
        lessons = {one for one in steps if one.startswith("lesson.")}
        whole = lessons and set.intersection(
            *(set(by_step[playbook.id].get(one, ())) & people for one in lessons)
        )
        rows.append(
            {
                "playbook": playbook,
                "lessons": len(lessons),
                "read": len(lessons & done),
                "checks": len(steps - lessons),
                "ticked": len((steps - lessons) & done),
                "team": len(whole or ()),
            }
        )
    return render(
        request,
        "coaching/lessons.html",
        rows=rows,
        people=len(people),
        teaches=who.user.role in COACHES,
    )


@pages.get("/{playbook_id}", roles=EVERYBODY)
def _playbook(request: Request, office: TheOffice, who: Who, playbook_id: str) -> Response:
    playbook = _found(office, playbook_id)
    with office.store.begin() as tx:
        done = done_by(tx, who.user.user_id)
        people = _people(tx)
        by_step = people_by_step(tx, playbook.id)
        good, poor = (
            _examples(tx, playbook.id, office.clock().date())
            if who.user.role in COACHES
            else ((), ())
        )
    return render(
        request,
        "coaching/lesson.html",
        playbook=playbook,
        lessons=lessons_of(office.library, playbook),
        checklist=checklist_of(playbook),
        done=done,
        team={step: len(who_did & people) for step, who_did in by_step.items()},
        people=len(people),
        teaches=who.user.role in COACHES,
        good=good,
        poor=poor,
    )


@pages.post("/{playbook_id}/steps/{step_id}", roles=EVERYBODY)
def _step(
    request: Request,
    office: TheOffice,
    who: Who,
    playbook_id: str,
    step_id: str,
    done: Annotated[bool, Form()] = False,
) -> Response:
    playbook = _found(office, playbook_id)
    if step_id not in steps_of(playbook):
        raise CoachingError("this line was changed meanwhile; load the page again.")
    with office.store.begin() as tx:
        mark(
            tx,
            who.user.user_id,
            step_id,
            playbook=playbook.id,
            is_done=done,
            at=office.wall_clock(),
        )
    note(request, record=f"step:{step_id}", detail="done" if done else "not done")
    return back(request, f"{HOME}/{playbook.id}#{step_id}")


def _found(office: Office, playbook_id: str) -> Playbook:
    playbook = office.library.playbooks.get(playbook_id)
    if playbook is None:
        raise Missing(f"playbook = {playbook_id[:40]!r}: there is none; choose one of the list.")
    return playbook


def _people(tx: SqlTx) -> set[str]:
    return {user.user_id for user in all_users(tx) if not user.is_disabled}


def _examples(
    tx: SqlTx, playbook: str, today: date
) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Samples that two reviewers found without a fault, and such with a mark of 2 or less."""
    scores = told_scores(tx, today=today, playbook=playbook, since=today - SHOWN)
    by_sample: dict[str, list[Given]] = defaultdict(list)
    for one in scores.given:
        by_sample[one.sample_id].append(one)
    good, poor = [], []
    for sample in scores.samples:
        given, agreed = by_sample[sample.sample_id], scores.settled.get(sample.sample_id)
        found = [agreed.score] if agreed else [one.score for one in given]
        marks = [int(m or 0) for one in found for m in (one.accuracy, one.tone, one.adherence)]
        objections = {one.objection for one in found}
        if min(marks) == 5 and "missed" not in objections:
            good.append(sample)
        elif min(marks) <= 2 or "missed" in objections:
            poor.append(sample)
    return tuple(good[:EXAMPLES]), tuple(poor[:EXAMPLES])
