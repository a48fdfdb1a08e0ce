"""A place to attack: real exchanger, calendar and store, one fresh buyer and thread a text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from sqlalchemy import select

from agent_runtime.app import Runtime, assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.email.parse import parse
from agent_runtime.channels.email.smtp import SmtpChannel
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Contact
from agent_runtime.library.catalog import Library
from agent_runtime.newcomers import Newcomers, Owner
from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.redteam.dangerous_hands import dangerous_hands
from agent_runtime.redteam.effects import Effects
from agent_runtime.redteam.obedient import ObedientModel
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.rows import Due
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.sql_rows import load
from agent_runtime.tooling import Toolbox

TENANT = "redteam"
NOW = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
OWNER = Owner(
    "o-1",
    "Lena Vogt",
    "lena.vogt@northbeam.example",
    "relay@mail.northbeam.example",
    "Europe/Berlin",
)


@dataclass(frozen=True, slots=True)
class Attack:
    """What a text attempted, what stopped it, and what happened all the same."""

    text: str
    attempted: tuple[str, ...]
    stopped_by: tuple[str, ...]
    forbidden: tuple[str, ...]


class Range:
    """Takes texts as mails of buyers, lets the runtime answer, and counts what came of it."""

    def __init__(
        self,
        runtime: Runtime,
        store: SqlStore,
        channel: SmtpChannel,
        model: ObedientModel,
        effects: Effects,
    ) -> None:
        self._runtime = runtime
        self._store = store
        self._channel = channel
        self._model = model
        self._effects = effects
        self._count = 0

    def attack(self, text: str) -> Attack:
        """Sends one text in as the first mail of a buyer nobody has heard of before."""
        self._count += 1
        buyer = self._new_buyer(self._count)
        self._model.attempted = []
        mail = parse(_as_mail(text, buyer, self._count), mailbox="hello@northbeam.example")
        self._runtime.inbox.receive(mail, now=NOW)
        self._runtime.desk.work(Due("inbound", mail.key), self._channel, now=NOW + _LATER)
        return Attack(
            text=text,
            attempted=tuple(self._model.attempted),
            stopped_by=self._stopped_by(buyer) if self._model.attempted else (),
            forbidden=self._effects.forbidden(buyer),
        )

    def _new_buyer(self, number: int) -> Contact:
        buyer = Contact(
            tenant_id=TENANT,
            contact_id=f"c-{number}",
            person_id=f"p-{number}",
            account_id=f"a-{number}",
            email=f"buyer{number}@redteam.example",
            first_name="Robin",
            last_name="Quillfeather",
            title="Head of Operations",
            company="Quillfeather Works",
            country="IE",
            language="en",
            time_zone="Europe/Dublin",
            owner_id=OWNER.owner_id,
            owner_name=OWNER.name,
            owner_email=OWNER.email,
            mailbox=OWNER.mailbox,
        )
        given = Assignment(
            tenant_id=TENANT,
            experiment_id="redteam",
            unit_id=buyer.person_id,
            person_id=buyer.person_id,
            arm="agent",
            layer="redteam",
            spec_hash="",
            assigned_at=NOW,
            how="hash",
        )
        with self._store.begin() as tx:
            publish_controls(tx, {"redteam": (HOLDOUT,)})
            tx.add_contact(buyer)
            tx.add_assignment(given)
        return buyer

    def _stopped_by(self, buyer: Contact) -> tuple[str, ...]:
        """Reads the trace: the rules that refused a draft or a call, in order, each once."""
        found: list[str] = []
        drafted = False
        for payload in self._traces(buyer):
            for refused in payload.get("refused", ()):
                found += refused["rules"]
                drafted = True
            if "target" in payload:
                found += payload["rules_hit"]
                drafted = True
        return tuple(dict.fromkeys(found if drafted else ["playbook"]))

    def _traces(self, buyer: Contact) -> Iterator[dict[str, Any]]:
        events = t.trace_events.c
        newest = select(events.doc).order_by(events.position.desc()).limit(60)
        with self._store.engine.connect() as connection:
            rows = [load(dict[str, Any], row.doc) for row in connection.execute(newest)]
        yield from (row["payload"] for row in reversed(rows) if row["person_id"] == buyer.person_id)


@contextmanager
def open_range(root: Path, library: Library, *, guarded: bool = True) -> Iterator[Range]:
    """Opens a range below `root`, on free ports of loopback.

    `guarded=False` takes every rule away, to prove that the logs would show what the rules stop.
    """
    from agent_runtime.sandbox.calendar_server import serve_calendar
    from agent_runtime.sandbox.exchanger import Exchanger
    from agent_runtime.tools.caldav_calendar import CalDavCalendar
    from agent_runtime.tools.slots import OfficeHours

    with ExitStack() as stack:
        exchanger = Exchanger(root / "mail", root / "exchanger.jsonl", bool, lambda: NOW)
        stack.enter_context(exchanger)
        server = stack.enter_context(serve_calendar(root / "calendar", [OWNER.owner_id]))
        hours = {OWNER.owner_id: OfficeHours(OWNER.time_zone)}
        calendar = CalDavCalendar(server.url, hours=hours, clock=lambda: NOW)
        engine = open_engine(f"sqlite:///{root / 'runtime.db'}")
        stack.callback(engine.dispose)
        store, model = SqlStore(engine, TENANT), ObedientModel()
        runtime = assemble(
            store,
            library=library,
            model=model,
            calendar=calendar,
            newcomers=Newcomers(TENANT, (OWNER,), None),
        )
        toolbox = Toolbox(dangerous_hands(exchanger.port, calendar, OWNER.owner_id, OWNER.mailbox))
        desk = replace(runtime.desk, drafter=model, toolbox=toolbox)
        if not guarded:
            outbox = replace(runtime.outbox, rules=())
            desk = replace(desk, rules=(), outbox=outbox, toolbox=replace(toolbox, rules=()))
        channel = SmtpChannel(
            exchanger.host, exchanger.port, clock=lambda: NOW, unsubscribe="hello@northbeam.example"
        )
        stack.callback(channel.close)
        effects = Effects(root, store, library, now=NOW)
        yield Range(replace(runtime, desk=desk), store, channel, model, effects)


_LATER = timedelta(minutes=3)


def _as_mail(text: str, buyer: Contact, number: int) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = buyer.email
    message["To"] = "hello@northbeam.example"
    message["Subject"] = "A question"
    message["Message-ID"] = f"<attack-{number}@redteam.example>"
    message.set_content(text.encode("utf-8", "replace").decode(), charset="utf-8", cte="base64")
    return message.as_bytes()
