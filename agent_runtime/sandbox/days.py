"""Plays the days: people write when their time comes; the clock moves only when all is still."""

import os
import smtplib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from time import monotonic, sleep

from sqlalchemy import Engine

from agent_runtime import pump
from agent_runtime.channels.email.receive import mark_read
from agent_runtime.clock import read_now, write_now
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.sandbox.journal import read_journal
from agent_runtime.sandbox.journal_tail import JournalTail
from agent_runtime.sandbox.mail_view import from_bytes
from agent_runtime.sandbox.morning import LASTS, morning_of
from agent_runtime.sandbox.owners import INBOUND_ADDRESS
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.planned import PlannedMail, to_bytes
from agent_runtime.sandbox.rep_room import RepRoom
from agent_runtime.sandbox.simulation import END, Simulation
from agent_runtime.sandbox.town import Town
from agent_runtime.settings import Workspace
from agent_runtime.store.sql import SqlStore

POLL_S = 0.01
TICK_S = 1.0
"""How often the clock moves once it goes as fast as the wall's."""


@dataclass
class Days:
    """The life of the sandbox around a worker, in simulated time.

    What buyers have read and written is a fold over the exchanger's log. After a kill the log is
    read from its beginning, and everybody remembers what they knew.
    """

    engine: Engine
    store: SqlStore
    exchanger: Exchanger
    town: Town
    reps: RepRoom
    simulation: Simulation
    paths: Workspace
    ours: tuple[str, ...]
    _tail: JournalTail = field(init=False)
    _is_late: bool = False
    """Whether those who write on the morning after have made up their minds."""

    def play(self, stop: Event) -> None:
        """Plays until the last day is over, or until told to stop."""
        self._wake()
        if self._play_until(self.simulation.ends_at, stop):
            with self.store.begin() as tx:
                tx.set_flag(END, self.simulation.ends_at.isoformat())

    def play_morning(self, stop: Event) -> None:
        """Plays the morning after the last day; reps leave it to those who read drafts."""
        self._wake()
        self._read_mail()
        self._write_late()
        self._play_until(morning_of(self.simulation.ends_at) + LASTS, stop, reps_look=False)

    def live(self, stop: Event) -> None:
        """Goes on as fast as the wall's clock, until told to stop."""
        ticked = monotonic()
        while not stop.wait(TICK_S):
            later = monotonic()
            now = read_now(self.engine) + timedelta(seconds=later - ticked)
            ticked = later
            write_now(self.engine, now)
            self._act(now)

    def _wake(self) -> None:
        sent = {entry["message_id"] for entry in read_journal(self.paths.exchanger_log)}
        self.town.wake(self.simulation.day0, INBOUND_ADDRESS, sent=sent)
        self._tail = JournalTail(self.paths.exchanger_log)

    def _play_until(self, end: datetime, stop: Event, *, reps_look: bool = True) -> bool:
        """Says whether the end was reached."""
        while not stop.is_set():
            now = read_now(self.engine)
            if self._act(now):
                continue
            if not self._is_still(now):
                stop.wait(POLL_S)
            elif not self._advance(now, end, reps_look=reps_look):
                return True
        return False

    def _write_late(self) -> None:
        if not self._is_late:
            self._is_late = True
            self.town.wake_late(morning_of(self.simulation.ends_at))

    def _act(self, now: datetime) -> bool:
        """Lets buyers and reps do what is due; says whether anything happened."""
        has_read = self._read_mail()
        due = self.town.take_due(now)
        self._post(due)
        worked = self.reps.work_due(now)
        bounced = self.exchanger.send_late_bounces() if self.exchanger.late_bounces() else 0
        return bool(has_read or due or worked or bounced)

    def _read_mail(self) -> bool:
        entries = self._tail.read()
        for entry in entries:
            # What came later does not change who has been silent until the last day.
            if datetime.fromisoformat(entry["at"]) >= self.simulation.ends_at:
                self._write_late()
            for address in entry["rcpt_to"]:
                if address not in entry["missing"] and self.town.knows(address):
                    self._read_one(address, entry["file"])
        return bool(entries)

    def _read_one(self, address: str, name: str) -> None:
        """Reads one mail; the exchanger logs it before it lies in the Maildir."""
        folder = self.paths.mail / address
        path = folder / "new" / name
        while True:
            if path.exists():
                self.town.read(address, from_bytes(path.read_bytes()))
                mark_read(path)
                return
            if read := next((folder / "cur").glob(f"{name}*"), None):
                self.town.read(address, from_bytes(read.read_bytes()))
                return
            sleep(POLL_S)

    def _post(self, mails: Iterable[tuple[Person, PlannedMail]]) -> None:
        mails = list(mails)
        if not mails:
            return
        with smtplib.SMTP(self.exchanger.host, self.exchanger.port) as connection:
            for person, mail in mails:
                name = f"{person.first_name} {person.last_name}"
                raw = to_bytes(mail, sender=person.email, sender_name=name)
                connection.sendmail(person.email, [mail.to], raw)

    def _is_still(self, now: datetime) -> bool:
        """Whether nothing is unread, due, in hand, being sent or on hold."""
        unread = any(
            any(os.scandir(folder))
            for address in self.ours
            if (folder := self.paths.mail / address / "new").is_dir()
        )
        return not unread and pump.is_idle(self.engine, now) and not self._tail.has_more()

    def _advance(self, now: datetime, end: datetime, *, reps_look: bool) -> bool:
        """Jumps to the next instant at which anything is due; False where that is the end."""
        if reps_look:
            self.reps.look(now)
        instants = (pump.next_due(self.engine), self.town.next_due(), self.reps.next_due())
        following = min((instant for instant in instants if instant), default=None)
        if following is None or following >= end:
            write_now(self.engine, max(now, end))
            return False
        if following > now:
            write_now(self.engine, following)
        return True
