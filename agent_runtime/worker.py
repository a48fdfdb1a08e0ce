"""The worker process: takes mail in, releases what is due, works the lanes. The only launcher."""

import logging
import signal
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import cast

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from agent_runtime import pump
from agent_runtime.app import Runtime, assemble
from agent_runtime.asking.second_opinion import SecondOpinion
from agent_runtime.batch import work_batch
from agent_runtime.calling.telephony import telephony_of
from agent_runtime.channels.chat_window import ChatWindow
from agent_runtime.channels.email.chat_links import open_chat_links
from agent_runtime.channels.email.imap import ImapFolder
from agent_runtime.channels.email.outgoing import login_of, open_return_paths, smtp_opener
from agent_runtime.channels.email.page_links import open_page_links
from agent_runtime.channels.email.parse import parse
from agent_runtime.channels.email.receive import mark_read, unread
from agent_runtime.channels.email.sent_folder import resolve_unknown
from agent_runtime.channels.email.smtp import SmtpLine
from agent_runtime.channels.linkedin import LinkedInDesk
from agent_runtime.channels.router import Router
from agent_runtime.clock import read_now
from agent_runtime.coaching.samples import draw_yesterday
from agent_runtime.crash import crash_point
from agent_runtime.crm_push import CrmPush
from agent_runtime.digest.schedule import WeeklyDigest
from agent_runtime.endpoints import Endpoints, wait_for_endpoints
from agent_runtime.lifeline import end_with_parent, only_one
from agent_runtime.mind import open_mind, open_oracle, open_second_opinion
from agent_runtime.models.oracle import Oracle
from agent_runtime.neighbours import open_calendar, open_crm, open_dialler, text_channels
from agent_runtime.newcomers import read_newcomers
from agent_runtime.ports import MailChannel
from agent_runtime.routing.dispatch import Dispatch, open_dispatch
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.pruning import prune_daily
from agent_runtime.store.rows import Due, DueKind
from agent_runtime.store.sql import SqlStore
from agent_runtime.warm_up import warm_up
from agent_runtime.workflows import Workflows

POLL_S = 0.01
SWEEP_EVERY_S = 1.0
LANES = 4
ENDS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker on one store."""

    engine: Engine
    runtime: Runtime
    mail_folder: Path
    addresses: tuple[str, ...]
    channel: Callable[[], MailChannel]
    dispatch: Dispatch
    digest: WeeklyDigest
    crm: CrmPush
    executor_id: str
    keep_days: Callable[[datetime], object] | None = None
    """Removes old words, once a day."""
    oracle: Oracle | None = None
    second: SecondOpinion | None = None
    folders: tuple[ImapFolder, ...] = ()
    """Read instead of the Maildirs, each in a thread of its own, since a server may be slow."""

    def run(self, stop: Event) -> None:
        """Works until `stop` is set. What an earlier life was sending becomes UNKNOWN first."""
        self.runtime.outbox.recover(now=read_now(self.engine))
        self.runtime.calls.recover(now=read_now(self.engine))
        channels: dict[str, MailChannel] = defaultdict(self.channel)
        desk, clock = self.runtime.desk, partial(read_now, self.engine)

        def live(lane: str) -> list[Due]:
            rows = pump.live(self.engine, lane=lane, now=clock())
            return [Due(cast(DueKind, kind), row_id) for kind, row_id in rows]

        def work(lane: str, rows: list[Due]) -> None:
            waits_live = partial(live, lane)
            work_batch(desk, rows, channels[lane], waits_live=waits_live, clock=clock)
            pump.free(self.engine, lane=lane)

        crash_point("before_launch")
        workflows = Workflows(self.engine, work, executor_id=self.executor_id, lanes=LANES)
        self.crm.announce()
        workflows.launch()
        beside = [
            Thread(target=f.run, args=(stop, self.receive), daemon=True) for f in self.folders
        ]
        beside.append(Thread(target=self.crm.run, args=(stop, clock), daemon=True))
        beside.append(Thread(target=self._tell_people, args=(stop,), daemon=True))
        for thread in beside:
            thread.start()
        swept_at = 0.0
        while not stop.is_set():
            try:
                swept_at = self._round(workflows, stop, swept_at=swept_at)
            except DBAPIError:
                logging.getLogger(__name__).exception("the database does not answer; trying again")
                stop.wait(SWEEP_EVERY_S)
        for thread in beside:
            thread.join(timeout=ENDS_WITHIN_S)
        workflows.close()
        if self.oracle is not None:
            self.oracle.close()
        if self.second is not None:
            self.second.close()

    def _round(self, workflows: Workflows, stop: Event, *, swept_at: float) -> float:
        """Takes mail in, releases what is due, sweeps once a second; returns when it last did."""
        taken = self.take_mail()
        now = read_now(self.engine)
        released = pump.release(self.engine, workflows.enqueue, now=now)
        if monotonic() - swept_at > SWEEP_EVERY_S:
            pump.free(self.engine, work_ids=workflows.ended(pump.work_in_hand(self.engine)))
            if self.keep_days is not None:
                self.keep_days(now)
            resolve_unknown(self.runtime.outbox, self.mail_folder, now=now)
            swept_at = monotonic()
        if not (taken or released):
            stop.wait(POLL_S)
        return swept_at

    def _tell_people(self, stop: Event) -> None:
        """Routes work to people, and tells leaders of the week.

        In a thread of its own, since whoever is told may be slow: mail, and a stop in it, never
        waits for a webhook that does not answer.
        """
        while not stop.wait(SWEEP_EVERY_S):
            for told in (self.dispatch, self.digest):
                try:
                    told.work(now=read_now(self.engine))
                except Exception:
                    logging.getLogger(__name__).exception("people were not told; trying again")

    def receive(self, raw: bytes, address: str) -> None:
        """Stores one mail that came to an address of ours."""
        self.runtime.inbox.receive(parse(raw, mailbox=address), now=read_now(self.engine))
        crash_point("stored_inbound")

    def take_mail(self) -> int:
        """Stores the mails that wait in our mailboxes; marked as read only once stored.

        The clock is read after a mail was found: read before, it could be the instant before the
        one at which the mail was written.
        """
        count = 0
        for mail, path in unread(self.mail_folder, self.addresses):
            self.runtime.inbox.receive(mail, now=read_now(self.engine))
            crash_point("stored_inbound")
            mark_read(path)
            count += 1
        return count


def build_worker(settings: Settings) -> Worker:
    """Returns a worker on the workspace of the settings, with its real neighbours."""
    paths = settings.paths
    endpoints: Endpoints = wait_for_endpoints(settings)
    engine = open_engine(settings.store_url or f"sqlite:///{paths.store}")
    store = SqlStore(engine, settings.tenant_id)
    with store.begin() as tx:
        newcomers = read_newcomers(tx, settings.tenant_id)
    library, model = open_mind(settings)
    warm_up(library, model, now=read_now(engine))
    oracle, second = open_oracle(settings), open_second_opinion(settings)
    runtime = assemble(
        store,
        library=library,
        model=model,
        calendar=open_calendar(settings, endpoints, newcomers.owners, lambda: read_now(engine)),
        newcomers=newcomers,
        worker=settings.executor_id,
        return_paths=open_return_paths(settings),
        chat_link=open_chat_links(settings),
        pages_link=open_page_links(settings),
        oracle=oracle,
        second=second,
        telephony=telephony_of(settings),
        dialler=open_dialler(settings, clock=lambda: read_now(engine)),
    )
    open_smtp = smtp_opener(
        settings,
        endpoints,
        clock=lambda: read_now(engine),
        unsubscribe=runtime.desk.inbound_address,
    )
    ours = [a for o in newcomers.owners for a in (o.mailbox, o.email)]
    return Worker(
        engine=engine,
        runtime=runtime,
        mail_folder=paths.mail,
        addresses=() if settings.imap else (runtime.desk.inbound_address, *ours),
        folders=tuple(
            ImapFolder(account, folder, store, clock=lambda: read_now(engine))
            for account in settings.imap
            for folder in account.folders
        ),
        channel=lambda: Router(
            {
                **text_channels(settings),
                "email": open_smtp(),
                "chat": ChatWindow(),
                "linkedin": LinkedInDesk(store, clock=lambda: read_now(engine)),
            }
        ),
        dispatch=open_dispatch(
            settings,
            store,
            endpoints,
            sender=runtime.desk.inbound_address,
            versions=runtime.outbox.versions,
        ),
        digest=WeeklyDigest(
            settings,
            store,
            SmtpLine(endpoints.smtp_host, endpoints.smtp_port, login=login_of(settings)),
            settings.digest_from or runtime.desk.inbound_address,
        ),
        crm=CrmPush(store, open_crm(settings, store), runtime.outbox.versions),
        executor_id=settings.executor_id,
        oracle=oracle,
        second=second,
        keep_days=lambda now: _once_a_day(settings, store, now),
    )


def _once_a_day(settings: Settings, store: SqlStore, now: datetime) -> None:
    """What is old goes, and the threads of yesterday that people will read are drawn."""
    is_new_day = prune_daily(
        store,
        settings.paths,
        now=now,
        landing_days=settings.landing_days,
        recording_days=settings.call_recording_days,
    )
    if is_new_day:
        at = datetime.now(UTC)
        draw_yesterday(store, now=now, at=at, per_playbook=settings.review_sample)


def main(settings: Settings) -> None:
    """Runs a worker until it is told to stop; a second one on the workspace waits for the first."""
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    end_with_parent(stop)
    with only_one(settings.workspace / f"{settings.executor_id}.lock"):
        build_worker(settings).run(stop)
