"""One person with a number, a campaign whose first touch is a call, and a scripted network."""

from datetime import timedelta

from call_people import TELEPHONY, calling_library, let_call
from conversation_world import ANA, NOW, OWNER, Wire, assign, task
from runtime_people import CONSENT

from agent_runtime import pump
from agent_runtime.app import assemble
from agent_runtime.arms import publish_controls
from agent_runtime.calling.dialler import CallNews, ScriptedDialler
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers, OnlineExperiment
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Due
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

ONLINE = OnlineExperiment("e", "l", "salt", "h", {"agent": 1.0})


class World:
    def __init__(
        self, store, *receipts, consented=True, dialler=None, model=None, calendar=None, **policy
    ):
        self.store, self.dialler, self.now = store, dialler or ScriptedDialler(*receipts), NOW
        self.runtime = assemble(
            store,
            library=calling_library(**policy),
            model=model or ScriptedModel({}),
            calendar=calendar or MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
            newcomers=Newcomers(
                "t", (OWNER,), OnlineExperiment("e", "l", "s", "h", {"agent": 1.0})
            ),
            telephony=TELEPHONY,
            dialler=self.dialler,
        )
        with store.begin() as tx:
            publish_controls(tx, {"e": ("holdout",)})
            tx.add_contact(ANA)
            tx.add_consents(ANA.person_id, (CONSENT,))
            assign(tx, ANA.person_id, "agent")
            if consented:
                let_call(tx)
            tx.add_task(task(1, autonomy="autonomous"))

    def work(self, now=None):
        """Works everything that is due, as the worker does."""
        self.now = now or self.now
        for _ in range(20):
            due = self.due()
            if not due:
                return
            for row in due:
                self.runtime.desk.work(row, Wire(), now=self.now)
        raise AssertionError("work never ends")

    def due(self):
        if isinstance(self.store, MemoryStore):
            return [row for _, row in self.store.take_due(self.now)]
        found = []
        pump.release(self.store.engine, lambda c, w, lane, rows: found.extend(rows), now=self.now)
        with self.store.engine.begin() as connection:
            connection.exec_driver_sql("delete from lanes")
        return [Due(kind, row_id) for kind, row_id in found]

    def later(self, **ahead):
        self.work(self.now + timedelta(**ahead))

    def report(self, status, **more):
        (call,) = self.calls()
        news = CallNews(call.call_id, more.pop("attempt", call.attempt), status, **more)
        return self.runtime.calls.report(news, now=self.now)

    def speak(self):
        """Says the opener on the line, as whoever leads the call does."""
        line = Wire()
        self.runtime.outbox.deliver(line, self.call().call_id, now=self.now)
        return [said.body for said in line.mails]

    def calls(self):
        with self.store.begin() as tx:
            return tx.calls()

    def call(self):
        (call,) = self.calls()
        return call

    def opener(self):
        with self.store.begin() as tx:
            return tx.message(self.call().call_id).state

    def touches(self):
        with self.store.begin() as tx:
            return tx.session_of(ANA.person_id).touches_sent
