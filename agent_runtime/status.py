"""What runs, waits and failed, read from the store."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Table, func, select

from agent_runtime.asking.model_state import STATE, ModelState
from agent_runtime.band.keeping import STATE as BAND
from agent_runtime.band.keeping import closed_bands
from agent_runtime.batch_journal import read_journal
from agent_runtime.campaign_stage import kept_back
from agent_runtime.clock import read_now
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

if TYPE_CHECKING:
    from agent_runtime.channels.email.deliver import Outbox


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of rows by state, and the flags that are up."""

    now: datetime
    next_due: datetime | None
    flags: dict[str, str]
    touches: dict[str, int]
    messages: dict[str, int]
    inbound: dict[str, int]
    meetings: dict[str, int]
    human_tasks: dict[str, int]
    calls: dict[str, int]
    suppressed: int
    held: tuple[str, ...] = ()
    """What of each campaign may not reach real addresses, and which command releases it."""
    narrowed: tuple[str, ...] = ()
    """Which safe bands have closed by themselves, since when and why."""
    language_model: ModelState | None = None
    """How the language model on a server was when last asked; None where none has been."""
    batch: str = ""
    """What the last batch run did; empty where none has run."""
    stale: dict[str, float] = field(default_factory=dict)
    """Hours since each table was made that a batch should have made since."""

    def as_dict(self) -> dict[str, Any]:
        """Returns the status as JSON can hold it."""
        plain = asdict(self)
        return plain | {k: v.isoformat() for k, v in plain.items() if isinstance(v, datetime)}

    def as_text(self) -> str:
        """Returns the status as a person reads it."""
        lines = [f"clock       {self.now:%Y-%m-%d %H:%M} UTC"]
        lines += [f"next due    {self.next_due:%Y-%m-%d %H:%M} UTC"] if self.next_due else []
        lines += [
            f"{'PAUSED' if name.startswith('pause') else 'flag':<11} {name}: {why}"
            for name, why in self.flags.items()
        ]
        lines += [f"HELD        {why}" for why in self.held]
        lines += [f"NARROWED    {what}" for what in self.narrowed]
        for name in ("touches", "messages", "calls", "inbound", "meetings", "human_tasks"):
            counts = getattr(self, name)
            said = ", ".join(f"{n:,} {state.lower()}" for state, n in sorted(counts.items()))
            lines.append(f"{name.replace('_', ' '):<11} {said or 'none'}")
        lines.append(f"suppressed  {self.suppressed:,} people")
        model = self.language_model
        lines += [f"model       {model.said}"] if model else []
        lines += [f"entailment  {model.second}"] if model and model.second else []
        lines += [f"last batch  {self.batch}"] if self.batch else []
        lines += [
            f"STALE       {name}: made {hours:.0f} h ago" for name, hours in self.stale.items()
        ]
        return "\n".join(lines)


def open_store(settings: Settings) -> SqlStore:
    """Returns the store of a workspace.

    Raises:
        ParleyError: there is no run in this workspace.
    """
    path = settings.paths.store
    if not settings.store_url and not path.exists():
        raise ParleyError(f"no run in {settings.workspace}: {path} is missing; try `make demo`.")
    engine = open_engine(settings.store_url or f"sqlite:///{path}")
    return SqlStore(engine, settings.tenant_id)


def read_status(settings: Settings, *, real_now: datetime | None = None) -> Status:
    """Returns the status of a workspace.

    Args:
        settings: Which workspace.
        real_now: Real time, by which tables are late; None leaves that out.
    """
    from agent_runtime.pump import next_due

    journal = read_journal(settings.paths)

    store = open_store(settings)
    with store.begin() as tx:
        flags, held = tx.flags(), kept_back(tx)
        model_state = tx.published(STATE)
        narrowed = closed_bands(tx, _published(store.engine, settings.tenant_id, BAND))
    engine = store.engine
    return Status(
        now=read_now(engine),
        next_due=next_due(engine),
        flags=flags,
        held=held,
        narrowed=narrowed,
        touches=_by_state(engine, t.tasks),
        messages=_by_state(engine, t.messages),
        inbound=_by_state(engine, t.inbound),
        meetings=_by_state(engine, t.meetings),
        human_tasks=_by_state(engine, t.human_tasks),
        calls=_by_state(engine, t.calls),
        suppressed=_people_stopped(engine),
        language_model=ModelState(**json.loads(model_state)) if model_state else None,
        batch=journal.last.said() if journal.last else "",
        stale={
            name: round(age.total_seconds() / 3600, 1)
            for name, age in (journal.stale(real_now) if real_now else {}).items()
        },
    )


def list_unknown(settings: Settings) -> list[dict[str, str]]:
    """Returns the mails of unknown fate."""
    with open_store(settings).begin() as tx:
        return [
            {
                "message_id": m.message_id,
                "rfc_message_id": m.rfc_message_id,
                "subject": m.subject,
                "at": m.sent_at.isoformat() if m.sent_at else "",
            }
            for m in tx.unknown()
        ]


def open_outbox(settings: Settings) -> tuple[Outbox, Engine]:
    """Returns what settles messages on a person's word, and the engine that has the clock."""
    from agent_runtime.channels.email.deliver import Outbox
    from agent_runtime.library.catalog import company_library

    store = open_store(settings)
    library = company_library(settings.paths.library)
    return Outbox(store, library, {}, "", settings.executor_id), store.engine


def settle_unknown(settings: Settings, message_id: str, *, left: bool) -> None:
    """Settles one mail of unknown fate on a person's word.

    Raises:
        ParleyError: no such message is UNKNOWN.
    """
    outbox, engine = open_outbox(settings)
    with outbox.store.begin() as tx:
        message = tx.message(message_id)
        if message is None or message.state != "UNKNOWN":
            state = message.state if message else "not in the store"
            raise ParleyError(
                f"message {message_id!r} is {state}, only UNKNOWN can be settled; "
                "see `parley unknown`."
            )
        outbox.resolve(tx, message, left=left, source="person", now=read_now(engine))


def _published(engine: Engine, tenant_id: str, prefix: str) -> tuple[str, ...]:
    """Returns the names below a prefix under which something is published, without it."""
    column = t.published.c
    query = select(column.name).where(
        column.tenant_id == tenant_id, column.name.startswith(prefix, autoescape=True)
    )
    with engine.connect() as connection:
        names = connection.execute(query.order_by(column.name)).scalars()
        return tuple(name.removeprefix(prefix) for name in names)


def _by_state(engine: Engine, table: Table) -> dict[str, int]:
    query = select(table.c.state, func.count()).group_by(table.c.state)
    with engine.connect() as connection:
        return {state: count for state, count in connection.execute(query)}


def _people_stopped(engine: Engine) -> int:
    people = func.count(func.distinct(t.suppressions.c.person_id))
    with engine.connect() as connection:
        return connection.execute(select(people)).scalar_one()
