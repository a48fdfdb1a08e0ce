"""The band through the real runtime: store, turns, permits, approvals and commands of a pilot."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

REPOSITORY = Path(__file__).parents[2]
sys.path.append(str(REPOSITORY / "tests/agent_runtime/runtime"))

from conversation_world import LIBRARY, NOW, OWNER, Wire, mail  # noqa: E402
from runtime_people import ANA, CONSENT  # noqa: E402

from agent_runtime.app import assemble  # noqa: E402
from agent_runtime.approvals import Approvals  # noqa: E402
from agent_runtime.arms import publish_controls  # noqa: E402
from agent_runtime.autonomy import flag_of  # noqa: E402
from agent_runtime.clock import write_now  # noqa: E402
from agent_runtime.contracts import Assignment  # noqa: E402
from agent_runtime.models.language import ScriptedModel  # noqa: E402
from agent_runtime.newcomers import Newcomers, OnlineExperiment  # noqa: E402
from agent_runtime.pump import free, release  # noqa: E402
from agent_runtime.settings import load_settings  # noqa: E402
from agent_runtime.store.engine import open_engine  # noqa: E402
from agent_runtime.store.rows import Due  # noqa: E402
from agent_runtime.store.sql import SqlStore  # noqa: E402
from agent_runtime.tools.memory_calendar import MemoryCalendar  # noqa: E402
from agent_runtime.tools.slots import OfficeHours  # noqa: E402
from pipelines.band_cli import autonomy  # noqa: E402

TENANT = "northbeam"
PLAYBOOK = "inbound_response"
MEANINGS = {"connect": "integration_question", "inform": "send_info", "time": "not_now"}
QUESTIONS = ("Does it connect to SAP?", "Can you inform me?", "It is not the time.")


class Company:
    """A store on disk, a runtime on it, and buyers of whom each writes once."""

    def __init__(self, folder: Path) -> None:
        settings = load_settings(folder)
        self.folder, self.now, self.number, self.wire = folder, NOW, 0, Wire()
        self.store = SqlStore(open_engine(f"sqlite:///{settings.paths.store}"), TENANT)
        experiment = OnlineExperiment("e", "l", "salt", "h", {"agent": 1.0, "holdout": 0.0})
        self.runtime = assemble(
            self.store,
            library=LIBRARY,
            model=ScriptedModel(MEANINGS),
            calendar=MemoryCalendar({"o-1": OfficeHours("Europe/Berlin")}),
            newcomers=Newcomers(TENANT, (OWNER,), experiment),
        )
        with self.store.begin() as tx:
            publish_controls(tx, {"e": ("holdout",)})

    def set_level(self, level: str) -> None:
        """Sets who sends."""
        with self.store.begin() as tx:
            tx.set_flag(flag_of(PLAYBOOK), level)

    def asks(self) -> int:
        """Lets a new buyer write; returns how many mails went to them without a person."""
        self.number += 1
        self.now += timedelta(minutes=20)
        write_now(self.store.engine, self.now)
        person = f"p-{self.number}"
        buyer = replace(
            ANA,
            tenant_id=TENANT,
            contact_id=f"c-{self.number}",
            person_id=person,
            account_id=f"a-{self.number}",
            email=f"buyer{self.number}@firm{self.number}.example",
        )
        with self.store.begin() as tx:
            tx.add_contact(buyer)
            tx.add_consents(person, [CONSENT])
            tx.add_assignment(_arm(person, self.now))
        words = QUESTIONS[self.number % len(QUESTIONS)]
        asked = mail(words, key=f"k{self.number}", sender=buyer.email, to="hello@northbeam.example")
        before = len(self.wire.mails)
        self.runtime.inbox.receive(asked, now=self.now)
        self.now += timedelta(minutes=10)
        write_now(self.store.engine, self.now)
        self.work()
        return len(self.wire.mails) - before

    def work(self) -> None:
        """Works all that is due, as the worker does."""
        while rows := list(self._due()):
            for row in rows:
                self.runtime.desk.work(row, self.wire, now=self.now)

    def _due(self) -> Iterator[Due]:
        taken: list[tuple[str, str]] = []
        work: list[str] = []

        def take(_connection: Any, work_id: str, _lane: str, rows: list[tuple[str, str]]) -> None:
            work.append(work_id)
            taken.extend(rows)

        release(self.store.engine, take, now=self.now)
        free(self.store.engine, work_ids=work)
        for kind, row_id in taken:
            yield Due(kind, row_id)

    def waiting(self) -> int:
        """How many drafts wait for a person."""
        with self.store.begin() as tx:
            return len(tx.open_approvals())

    def decides(self, *, rejects: bool = False) -> int:
        """Has a person decide on all that waits; returns on how many."""
        desk = Approvals(self.store, LIBRARY, {})
        waiting = desk.waiting()
        for one in waiting:
            if rejects:
                desk.reject(one.approval_id, by="rep", now=self.now)
            else:
                desk.approve(one.approval_id, by="rep", now=self.now)
        self.work()
        return len(waiting)

    def command(self, *words: str) -> Any:
        """Runs `parley autonomy …` on this workspace; returns what it says in JSON."""
        done = CliRunner().invoke(autonomy, [*words, "-w", str(self.folder), "--json"])
        if done.exception is not None and done.exit_code:
            raise done.exception
        return json.loads(done.stdout)


def _arm(person: str, now: datetime) -> Assignment:
    return Assignment(
        tenant_id=TENANT,
        experiment_id="e",
        unit_id=person,
        person_id=person,
        arm="agent",
        layer="l",
        spec_hash="h",
        assigned_at=now,
        how="hash",
    )
