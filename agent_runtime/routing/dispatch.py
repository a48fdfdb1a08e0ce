"""Assigns new work to people, and passes on what nobody took within its service level."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent_runtime import log
from agent_runtime.channels.email.deliver import without_addresses
from agent_runtime.channels.email.outgoing import login_of
from agent_runtime.endpoints import Endpoints
from agent_runtime.ports import Store, Tx
from agent_runtime.routing.assign import Assignee, assign, role_of
from agent_runtime.routing.notify import (
    Answer,
    MailNotifier,
    Notice,
    Notifier,
    WebhookNotifier,
    notice_of,
)
from agent_runtime.routing.table import RoutingError, RoutingTable, Way, routing_of
from agent_runtime.settings import Settings
from agent_runtime.store.rows import HumanTask

AT_A_TIME = 200
TRY_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Works the open tasks whose time has come; running it again changes nothing."""

    store: Store
    table: RoutingTable
    notifiers: Mapping[Way, Notifier]
    versions: log.Versions

    def work(self, *, now: datetime) -> int:
        """Returns how many tasks got a person or went on to the next."""
        with self.store.begin() as tx:
            waiting = tx.tasks_to_route(now, limit=AT_A_TIME)
        for task in waiting:
            with self.store.begin() as tx:
                current = tx.human_task(task.task_id)
                if current is None or current.state != "OPEN" or current.next_at != task.next_at:
                    continue
                to = self._route(tx, current, now=now)
            if to is not None:
                self._tell(current, to, now=now)
        return len(waiting)

    def _route(self, tx: Tx, task: HumanTask, *, now: datetime) -> Assignee | None:
        """The decision is written before anybody is told."""
        if not task.person_id:
            return self._route_to_colleague(tx, task, now=now)
        contact, session = tx.contact_of(task.person_id), tx.session_of(task.person_id)
        if contact is None or session is None:
            tx.save_human_task(replace(task, next_at=None))
            return None
        language = session.language or contact.language[:2].lower()
        if task.role:
            role = self.table.routes[task.role].then if task.role in self.table.routes else "owner"
        else:
            role = role_of(task.route_to or "owner", task.reason, self.table, language)
        to = assign(role, contact, self.table, language=language, now=now)
        is_news = task.kind in ("notice", "brief")
        routed = replace(
            task,
            role=to.role,
            assignee=to.email,
            assigned_at=now,
            next_at=None if is_news else to.answer_by,
            acknowledged_by="",
        )
        tx.save_human_task(routed)
        journal = log.Journal(tx, session, now=now, versions=self.versions)
        journal.write("crm_write", task.task_id, "routed", to.role, payload=log.routed(routed))
        return to

    def _route_to_colleague(self, tx: Tx, task: HumanTask, *, now: datetime) -> Assignee:
        """News about no buyer, as of a campaign that stopped, has its reader from the start."""
        tx.save_human_task(replace(task, role=task.route_to, assigned_at=now, next_at=None))
        known = self.table.colleague(task.assignee)
        by = self.table.routes[task.route_to].by if task.route_to in self.table.routes else ()
        return Assignee(task.route_to, known.name if known else "", task.assignee, by, None)

    def _tell(self, task: HumanTask, to: Assignee, *, now: datetime) -> None:
        notice = notice_of(task.task_id, task.kind, task.reason, to)
        ways: list[Way] = [way for way in to.by if way != "task"]
        answers: dict[Way, Answer] = {way: self._tell_by(way, notice) for way in ways}
        self._note(task, answers, now=now)
        if answers and not any(answer.is_taken for answer in answers.values()):
            with self.store.begin() as tx:
                current = tx.human_task(task.task_id)
                if current is not None and current.state == "OPEN":
                    again = min(filter(None, (current.next_at, now + TRY_AGAIN)))
                    tx.save_human_task(replace(current, next_at=again))

    def _note(self, task: HumanTask, answers: Mapping[Way, Answer], *, now: datetime) -> None:
        with self.store.begin() as tx:
            session = tx.session_of(task.person_id)
            if session is None:
                return
            journal = log.Journal(tx, session, now=now, versions=self.versions)
            for way, answer in answers.items():
                news = log.told(
                    task,
                    way=way,
                    is_taken=answer.is_taken,
                    code=answer.code,
                    why=without_addresses(answer.why),
                )
                journal.write("crm_write", task.task_id, "told", way, payload=news)

    def _tell_by(self, way: Way, notice: Notice) -> Answer:
        notifier = self.notifiers.get(way)
        return notifier.tell(notice) if notifier else Answer(False, why=f"{way}: not set up")


def open_dispatch(
    settings: Settings, store: Store, endpoints: Endpoints, *, sender: str, versions: log.Versions
) -> Dispatch:
    """Returns the dispatch of a workspace, with the ways that its settings allow.

    Raises:
        RoutingError: the company's table cannot be used, or a webhook has no key.
    """
    table = routing_of(settings.workspace)
    if table.webhook and not settings.webhook_key:
        raise RoutingError(
            "PARLEY_WEBHOOK_KEY is empty, but routes go by webhook; set the key that signs them."
        )
    notifiers: dict[Way, Notifier] = {
        "mail": MailNotifier(endpoints.smtp_host, endpoints.smtp_port, sender, login_of(settings))
    }
    if table.webhook:
        notifiers["webhook"] = WebhookNotifier(table.webhook, settings.webhook_key)
    return Dispatch(store, table, notifiers, versions)


def acknowledge(tx: Tx, task: HumanTask, table: RoutingTable, *, by: str, now: datetime) -> None:
    """Somebody takes a task: its service level counts anew from here."""
    route = table.routes.get(task.role)
    again = now + timedelta(minutes=route.answer_within_minutes) if route and route.then else None
    tx.save_human_task(replace(task, acknowledged_by=by, next_at=again))
