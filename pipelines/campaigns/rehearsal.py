"""First messages before anything is scheduled: the runtime's own desk on a store in memory."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from agent_runtime.app import assemble
from agent_runtime.campaign_stage import UNBOUND, as_text
from agent_runtime.contracts import OutreachTask
from agent_runtime.desk import Desk
from agent_runtime.library.catalog import company_library
from agent_runtime.newcomers import read_newcomers
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt
from agent_runtime.settings import Workspace
from agent_runtime.store.importing import load_into
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Due
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.office_hours import office_hours
from experiments.hash_chain import head_of
from experiments.registry import register
from pipelines.campaign import write_limits
from pipelines.campaigns.planning import Planned, World
from pipelines.lake import Lake, write
from pipelines.transforms.queue_table import from_tasks
from pipelines.transforms.told_facts import told_facts

_WHOLE = ("owners", "accounts")
_PATIENCE = 10
"""So often a touch is taken up again."""


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """What a person would read first, or why the permit would keep it back."""

    person_id: str
    due_at: datetime
    to: str
    sender: str
    subject: str = ""
    body: str = ""
    template: str = ""
    """The body with names for what is personal, as traces hold it."""
    texts: tuple[str, ...] = ()
    """Ids of the approved texts."""
    held: str = ""
    """Until when, and why, the permit would hold it before it goes."""
    why_not: str = ""
    """Why it would not go at all."""


class _Unused:
    """A touch is written without reading anything, so no model may be asked."""

    version = "none"

    def __getattr__(self, name: str) -> None:
        raise AssertionError(f"a first touch asked the model for {name}")


class _Paper:
    """A channel that keeps what it is given and hands it to nobody."""

    def __init__(self) -> None:
        self.mails: dict[str, Mail] = {}

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Keeps the mail, with personal data filled in."""
        self.mails[mail.recipient] = mail
        return Receipt("sent", code="250")


def rehearse(
    world: World, planned: Planned, people: Collection[str], *, flags: dict[str, str] | None = None
) -> tuple[FirstMessage, ...]:
    """Returns the first message of people of a plan, in the order in which they fall due.

    The touch is worked by the same desk, rules and texts as the real one, at the instant at which
    it is due, in a store that lives in memory alone. A pause is not looked at, and neither is
    the state of the campaign's life: they are no properties of the plan.

    Args:
        world: What the plan stands on.
        planned: The plan.
        people: Ids of those whose message is wanted.
        flags: Flags of the runtime, such as profile and autonomy.
    """
    first = [t for t in planned.new if t.touch == 1 and t.person_id in people]
    with _stage(world, planned, first) as (paths, store):
        load_into(store, paths, world.tenant_id, planned.now)
        for name, value in (flags or {}).items():
            if not name.startswith("pause"):
                store.set_flag(name, value)
        newcomers = read_newcomers(store, world.tenant_id)
        runtime = assemble(
            store,
            library=company_library(world.lake.paths.library),
            model=_Unused(),  # type: ignore[arg-type]
            calendar=MemoryCalendar(office_hours(newcomers.owners)),
            newcomers=newcomers,
        )
        found = []
        for task in sorted(first, key=lambda t: (t.not_before, t.task_id)):
            paper = _Paper()
            held = _work(runtime.desk, store, task, paper)
            found.append(replace(_message(store, task, paper), held=held))
    return tuple(found)


def _work(desk: Desk, store: MemoryStore, task: OutreachTask, paper: _Paper) -> str:
    """Works a touch as the pump would, later again where the permit defers it; returns why."""
    due, now, held = Due("task", task.task_id), task.not_before, ""
    for _ in range(_PATIENCE):
        desk.work(due, paper, now=now)
        left = next((m for m in store.messages.values() if m.task_id == task.task_id), None)
        waiting = store.task(task.task_id) if left is None else left
        if waiting is None or waiting.state not in ("WAITING", "READY"):
            break
        if not now < waiting.due_at < task.expires_at:
            break
        held = f"until {waiting.due_at:%Y-%m-%d %H:%M} UTC: {_why_not(store, task.person_id)}"
        due = due if left is None else Due("message", left.message_id)
        now = waiting.due_at
    return held


@contextmanager
def _stage(
    world: World, planned: Planned, first: list[OutreachTask]
) -> Iterator[tuple[Workspace, MemoryStore]]:
    """A workspace with nobody but those people, as the import of the real run would find it."""
    with TemporaryDirectory() as folder:
        paths, mine = Workspace(Path(folder)), pl.col("person_id").is_in(_ids(first))
        lake, real = Lake(paths), world.lake.paths
        contacts = world.tables["contacts"].filter(mine)
        named = pl.col("contact_id").is_in(contacts["contact_id"].implode()) | pl.col(
            "email"
        ).is_in(contacts["email"].drop_nulls().implode())
        write(contacts, paths.canonical / "contacts.parquet")
        write(world.tables["consents"].filter(named), paths.canonical / "consents.parquet")
        for name in _WHOLE:
            write(world.tables[name], paths.canonical / f"{name}.parquet")
        write(planned.audience.filter(mine), lake.eligibility)
        write(planned.assignments.filter(mine), lake.assignments)
        write(pl.read_parquet(world.lake.suppressions).filter(mine), lake.suppressions)
        write(from_tasks(first), lake.tasks)
        write(world.identity.filter(mine), lake.person_events)
        told = dict(world.tables) | {"contacts": contacts}
        write(told_facts(told, now=planned.now), lake.told_facts)
        if world.lake.public_signals.is_file():
            shutil.copy(world.lake.public_signals, lake.public_signals)
        write_limits(planned.campaign, lake.campaign_limits)
        lake.campaign_stages.write_text(as_text({planned.campaign.id: UNBOUND}), "utf-8")
        for path in (real.registry, head_of(real.registry)):
            if path.is_file():
                shutil.copy(path, paths.root / path.name)
        register(paths.registry, planned.spec, approver="dry run", code_version="", now=planned.now)
        yield paths, MemoryStore(world.tenant_id)


def _ids(tasks: list[OutreachTask]) -> list[str]:
    return [task.person_id for task in tasks]


def _message(store: MemoryStore, task: OutreachTask, paper: _Paper) -> FirstMessage:
    contact = store.contact_of(task.person_id)
    to = contact.email if contact else ""
    left = next((m for m in store.messages.values() if m.task_id == task.task_id), None)
    if left is None or left.state != "SENT":
        why = _why_not(store, task.person_id)
        return FirstMessage(task.person_id, task.not_before, to, task.mailbox, why_not=why)
    mail = paper.mails[to]
    return FirstMessage(
        person_id=task.person_id,
        due_at=task.not_before,
        to=to,
        sender=task.mailbox,
        subject=mail.subject,
        body=mail.body,
        template=left.body,
        texts=left.content_ids,
    )


def _why_not(store: MemoryStore, person_id: str) -> str:
    """What the last turn about a person said: the rules that speak against it, or its reason."""
    told = [e.payload for e in store.events if e.person_id == person_id]
    for payload in reversed(told):
        hits = [v for v in payload.get("verdicts", ()) if v["decision"] != "allow"]
        if hits:
            return "; ".join(f"{v['rule']}: {v['reason']}" for v in hits)
        if "chosen" in payload:
            return str(payload["chosen"]["reason"])
    return "the runtime knows no such contact"
