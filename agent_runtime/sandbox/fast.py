"""The fast path: the same buyers, turns, permits and outcomes, without SMTP, database or clock."""

from collections import defaultdict
from datetime import datetime

from agent_runtime.app import Runtime, assemble
from agent_runtime.channels.email.parse import ReceivedMail, parse
from agent_runtime.library.catalog import Library
from agent_runtime.models.language import LanguageModel
from agent_runtime.models.oracle import Oracle
from agent_runtime.newcomers import read_newcomers
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt
from agent_runtime.sandbox.bounces import refuses_late
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.planned import PlannedMail, to_bytes
from agent_runtime.sandbox.rep_room import RepRoom
from agent_runtime.sandbox.simulation import Simulation, read_people
from agent_runtime.sandbox.town import Town
from agent_runtime.settings import Workspace
from agent_runtime.store.importing import load_into
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Due
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.office_hours import office_hours


def play(
    paths: Workspace,
    simulation: Simulation,
    *,
    tenant_id: str,
    library: Library,
    model: LanguageModel,
    oracle: Oracle | None = None,
) -> MemoryStore:
    """Plays a campaign whose batch part lies in the workspace; returns the store at its end.

    Args:
        paths: The run.
        simulation: Its people, truth and days.
        tenant_id: The customer.
        library: Playbooks and texts.
        model: The model that ships.
        oracle: A language model beside it, asked as the worker asks: a batch of a lane at once.
    """
    store = MemoryStore(tenant_id)
    load_into(store, paths, tenant_id, simulation.day0)
    newcomers = read_newcomers(store, tenant_id)
    zones = {owner.owner_id: owner.time_zone for owner in newcomers.owners}
    calendar = MemoryCalendar(office_hours(newcomers.owners))
    runtime = assemble(
        store,
        library=library,
        model=model,
        calendar=calendar,
        newcomers=newcomers,
        oracle=oracle,
    )
    town = Town(read_people(paths), simulation.params)
    town.wake(simulation.day0, runtime.desk.inbound_address)
    params = simulation.params
    reps = RepRoom(runtime, zones, seed=params.seed, grid_minutes=params.grid_minutes)
    _Player(store, runtime, town, reps, simulation).play()
    return store


class _Player:
    def __init__(
        self,
        store: MemoryStore,
        runtime: Runtime,
        town: Town,
        reps: RepRoom,
        simulation: Simulation,
    ) -> None:
        self._store = store
        self._runtime = runtime
        self._town = town
        self._reps = reps
        self._simulation = simulation

    def play(self) -> None:
        """Jumps from one due instant to the next, as the sandbox's clock does."""
        while (now := self._next()) is not None and now < self._simulation.ends_at:
            for person, mail in self._town.take_due(now):
                self._runtime.inbox.receive(_received(person, mail), now=now)
            self._reps.work_due(now)
            while due := self._store.take_due(now):
                self._work(due, now)
            self._reps.look(now)

    def _next(self) -> datetime | None:
        instants = (self._store.next_due(), self._town.next_due(), self._reps.next_due())
        return min((instant for instant in instants if instant), default=None)

    def _work(self, due: list[tuple[str, Due]], now: datetime) -> None:
        lanes: dict[str, list[Due]] = defaultdict(list)
        for lane, row in due:
            lanes[lane].append(row)
        channel = _Direct(self._town, self._runtime, now)
        for rows in lanes.values():
            for row in self._runtime.desk.ask_ahead(rows, now=now):
                self._runtime.desk.work(row, channel, now=now)


class _Direct:
    """Hands a mail straight to its reader, as the exchanger and the Maildirs would."""

    def __init__(self, town: Town, runtime: Runtime, now: datetime) -> None:
        self._town = town
        self._runtime = runtime
        self._now = now

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Delivers what the permit covers, or answers as the mailbox's system would."""
        subject, body = permitted_words
        if not permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        ):
            raise PermissionError(f"no permit covers {mail.rfc_message_id}")
        person = self._town.knows(mail.recipient)
        if person is None or not person.inbox_ok:
            if not refuses_late(mail.recipient):
                return Receipt("rejected", code="550", detail="5.1.1 no such mailbox")
            self._runtime.inbox.receive(_report(mail), now=self._now)
            return Receipt("sent", code="250")
        self._town.read(mail.recipient, _view(mail, self._now))
        return Receipt("sent", code="250")


def _view(mail: Mail, now: datetime) -> MailView:
    return MailView(
        message_id=mail.rfc_message_id,
        from_addr=mail.sender,
        to_addr=mail.recipient,
        subject=mail.subject,
        text=mail.body if mail.body.endswith("\n") else f"{mail.body}\n",
        has_invite=bool(mail.invite),
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        sent_at=now,
    )


def _received(person: Person, mail: PlannedMail) -> ReceivedMail:
    """The bytes of the wire, read as the runtime reads them: what a mail is hangs on them."""
    name = f"{person.first_name} {person.last_name}"
    return parse(to_bytes(mail, sender=person.email, sender_name=name), mailbox=mail.to)


def _report(mail: Mail) -> ReceivedMail:
    rfc_id = f"<bounce.{mail.rfc_message_id.strip('<>')}>"
    return ReceivedMail(
        key=ReceivedMail.key_of(rfc_id),
        sender="mailer-daemon@mail.sandbox.example",
        recipient=mail.sender,
        subject="Undelivered Mail Returned to Sender",
        text="",
        rfc_message_id=rfc_id,
        in_reply_to=mail.rfc_message_id,
        auto_submitted=True,
        bounce_of=mail.rfc_message_id,
        bounce_status="5.1.1",
    )
