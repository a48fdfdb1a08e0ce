"""The sandbox's reps at their desks: they take tasks from the human queue and work them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush

from agent_runtime.app import Runtime
from agent_runtime.domain import Proposal, Sentence
from agent_runtime.human_queue import HumanAnswer
from agent_runtime.placeholders import fill
from agent_runtime.ports import Tx
from agent_runtime.sandbox.reps import (
    PlannedRepWork,
    RepLetter,
    RepTask,
    booking_letter,
    offer_letter,
    work,
)
from agent_runtime.store.rows import HumanTask

LAG = timedelta(minutes=10)
"""Reps write a little after the grid: after the buyers, never at the same instant."""


class RepRoom:
    """Works the human queue of one runtime."""

    def __init__(
        self, runtime: Runtime, zones: Mapping[str, str], *, seed: int, grid_minutes: int
    ) -> None:
        self._runtime = runtime
        self._zones = zones
        self._seed = seed
        self._grid_minutes = grid_minutes
        self._seen: set[str] = set()
        self._plans: list[tuple[datetime, str, PlannedRepWork]] = []

    def look(self, now: datetime) -> None:
        """Plans the work on tasks that are new in the queue."""
        with self._runtime.store.begin() as tx:
            for task in tx.open_human_tasks():
                if task.waits_for_answer and task.task_id not in self._seen:
                    self._seen.add(task.task_id)
                    rep_task = self._as_seen(tx, task)
                    plan = work(rep_task, seed=self._seed, now=now, grid_minutes=self._grid_minutes)
                    heappush(self._plans, (plan.due_at + LAG, task.task_id, plan))

    def finish_meetings(self, *, now: datetime) -> None:
        """Finishes what people had put on hold when the sandbox died."""
        with self._runtime.store.begin() as tx:
            held = [meeting for meeting in tx.meetings_on_hold() if meeting.actor == "human"]
        for meeting in held:
            self._runtime.booker.finish(meeting, now=now)

    def next_due(self) -> datetime | None:
        """Returns when the next task will be worked."""
        return self._plans[0][0] if self._plans else None

    def work_due(self, now: datetime) -> int:
        """Works the tasks whose time has come and returns how many."""
        count = 0
        while self._plans and self._plans[0][0] <= now:
            _, task_id, plan = heappop(self._plans)
            self._work(task_id, plan, now=now)
            count += 1
        return count

    def _work(self, task_id: str, plan: PlannedRepWork, *, now: datetime) -> None:
        with self._runtime.store.begin() as tx:
            task = tx.human_task(task_id)
            if task is None or task.state == "DONE":
                return
            seen = self._as_seen(tx, task)
        answer = HumanAnswer(text="", minutes=plan.minutes)
        letter: RepLetter | None = None
        if plan.kind == "reply_with_times":
            key = f"{seen.person_id}:{task_id}"
            slots = self._runtime.desk.calendar.free_slots(seen.owner_id, now=now, key=key)
            letter = offer_letter(seen, slots, seed=self._seed)
            answer = HumanAnswer(letter.text, plan.minutes, letter.subject, offers=slots)
        elif plan.kind == "book" and plan.slot is not None:
            letter = booking_letter(seen, plan.slot, seed=self._seed)
            answer = HumanAnswer("", plan.minutes, letter.subject, books=plan.slot)
        meeting = self._runtime.people.answer(task_id, answer, now=now)
        if meeting is not None and letter is not None:
            said = _said(letter, seen.language)
            self._runtime.booker.finish(meeting, now=now, said=said)

    def _as_seen(self, tx: Tx, task: HumanTask) -> RepTask:
        """The task with personal data filled in: a rep may see it."""
        contact, session = tx.contact_of(task.person_id), tx.session_of(task.person_id)
        if contact is None or session is None:
            raise LookupError(f"task {task.task_id} has no contact or thread in the store")
        originals = tx.recall(task.thread_id)
        return RepTask(
            task_id=task.task_id,
            thread_id=task.thread_id,
            person_id=task.person_id,
            contact_email=contact.email,
            language=contact.language,
            kind="inbound_request" if task.kind == "inbound_request" else "handoff",
            text=fill(task.text, contact, originals),
            received_at=task.received_at,
            owner_id=contact.owner_id,
            owner_email=contact.owner_email,
            subject=fill(session.subject, contact, originals),
            rfc_references=session.rfc_references,
            owner_name=contact.owner_name,
            time_zone=self._zones.get(contact.owner_id, "UTC"),
            first_name=contact.first_name,
            offered=session.offered,
        )


def _said(letter: RepLetter, language: str) -> Proposal:
    return Proposal(
        action="book",
        touch_class="transactional",
        channel="email",
        purpose="meeting",
        subject=letter.subject,
        sentences=(Sentence(letter.text, ()),),
        language=language,
        confidence=1.0,
    )
