"""What campaigns ask of the runtime store, and the flags that they raise in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent_runtime.settings import Settings, Workspace

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from agent_runtime.domain import Choices
    from agent_runtime.store.sql import SqlStore

PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Runtime:
    """The store of a workspace, or none before the first import."""

    store: "SqlStore | None"

    @property
    def engine(self) -> "Engine | None":
        """The database of the store."""
        return self.store.engine if self.store else None

    def now(self, wall: datetime | None = None) -> datetime:
        """Returns the clock of the store: the sandbox's where it has one, else the wall's."""
        from agent_runtime.clock import read_now

        return read_now(self.store.engine) if self.store else wall or datetime.now(UTC)

    def flags(self) -> dict[str, str]:
        """Returns the flags that are up."""
        if self.store is None:
            return {}
        with self.store.begin() as tx:
            return dict(tx.flags())

    def why_paused(self, campaign_id: str) -> str:
        """Returns why the agent is silent in a campaign; empty where it is not."""
        flags = self.flags()
        return flags.get(f"{PAUSE}:{campaign_id}") or flags.get(PAUSE) or ""

    def stopped(self) -> dict[str, str]:
        """Returns why each person is not written to any more, by person."""
        from sqlalchemy import select

        from agent_runtime.store.tables import suppressions as t

        if self.store is None:
            return {}
        query = select(t.c.person_id, t.c.reason).where(t.c.tenant_id == self.store.tenant_id)
        with self.store.engine.connect() as connection:
            return {person: reason for person, reason in connection.execute(query)}

    def choices(self) -> "dict[str, Choices]":
        """Returns what people have turned off by themselves, by person."""
        from sqlalchemy import select

        from agent_runtime.domain import Choices
        from agent_runtime.store.sql_rows import load
        from agent_runtime.store.tables import choices as t

        if self.store is None:
            return {}
        query = select(t.c.person_id, t.c.doc).where(t.c.tenant_id == self.store.tenant_id)
        with self.store.engine.connect() as connection:
            return {person: load(Choices, doc) for person, doc in connection.execute(query)}


@contextmanager
def open_runtime(
    workspace: Workspace, tenant_id: str, *, is_made: bool = False
) -> Iterator[Runtime]:
    """Yields the runtime of a workspace.

    Args:
        workspace: Whose runtime.
        tenant_id: Whose rows.
        is_made: Whether a store that is not there yet is made, so that a flag can be raised
            before anything was imported.
    """
    from agent_runtime.store.engine import open_engine
    from agent_runtime.store.sql import SqlStore

    settings = Settings(workspace=workspace.root, tenant_id=tenant_id)
    if not (settings.store_url or workspace.store.exists() or is_made):
        yield Runtime(None)
        return
    workspace.root.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.store_url or f"sqlite:///{workspace.store}")
    try:
        yield Runtime(SqlStore(engine, tenant_id))
    finally:
        engine.dispose()
