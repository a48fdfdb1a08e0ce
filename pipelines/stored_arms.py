"""Every arm that was ever stored, and who turned out to be whom when: lake and store together."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl
from sqlalchemy import select

from agent_runtime.policies.arms import Arms, Controls
from agent_runtime.settings import Workspace
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.registrations import controls_of, read_registrations
from pipelines.lake import Lake, read_or_empty
from pipelines.transforms.assign import ASSIGNMENTS
from pipelines.transforms.identity import EVENTS


@dataclass(frozen=True, slots=True)
class StoredArms:
    """What binds whom at an instant; where lake and store tell different arms, both do."""

    assignments: pl.DataFrame
    """As in the lake, with the rows that only the runtime's store has."""
    controls: Controls
    merges: tuple[tuple[str, str, datetime], ...]
    splits: tuple[tuple[str, str, datetime], ...] = ()
    """Merges that were taken back, and when; before that they held."""
    _arms: dict[str, list[tuple[str, str, datetime]]] = field(init=False)
    _same: dict[str, list[tuple[str, datetime, datetime | None]]] = field(init=False)

    def __post_init__(self) -> None:
        """Indexes arms and merges by person."""
        arms: dict[str, list[tuple[str, str, datetime]]] = defaultdict(list)
        columns = ("person_id", "experiment_id", "arm", "assigned_at")
        for person, experiment, arm, at in self.assignments.select(columns).iter_rows():
            arms[person].append((experiment, arm, at))
        same: dict[str, list[tuple[str, datetime, datetime | None]]] = defaultdict(list)
        taken_back: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for one, other, at in self.splits:
            taken_back[one, other].append(at)
        for one, other, at in self.merges:
            end = min((when for when in taken_back[one, other] if when >= at), default=None)
            same[one].append((other, at, end))
            same[other].append((one, at, end))
        object.__setattr__(self, "_arms", dict(arms))
        object.__setattr__(self, "_same", dict(same))

    def persons_of(self, person_id: str, *, until: datetime | None = None) -> tuple[str, ...]:
        """Returns a person and everybody with whom they had been merged by then."""
        found, waiting = {person_id: None}, [person_id]
        while waiting:
            for other, at, end in self._same.get(waiting.pop(), ()):
                held = end is None if until is None else at <= until and not (end and end <= until)
                if other not in found and held:
                    found[other] = None
                    waiting.append(other)
        return tuple(found)

    def arms_of(self, person_id: str, *, until: datetime | None = None) -> Arms:
        """Returns the (experiment, arm) pairs that bound a person by then; None means now."""
        return tuple(
            (experiment, arm)
            for one in self.persons_of(person_id, until=until)
            for experiment, arm, at in self._arms.get(one, ())
            if until is None or at <= until
        )


def read_arms(workspace: Workspace, *, store_url: str = "") -> StoredArms:
    """Returns the arms and merges of a workspace.

    Args:
        workspace: The run.
        store_url: SQLAlchemy URL of the store; empty means the workspace's SQLite file, if it is
            there.
    """
    lake = Lake(workspace)
    stored = read_or_empty(lake.assignments, ASSIGNMENTS).select(list(ASSIGNMENTS))
    events = read_or_empty(lake.person_events, EVENTS)
    merges, splits = (_told(events, kind) for kind in ("merged", "split"))
    if store_url or workspace.store.exists():
        rows, known = _of_store(store_url or f"sqlite:///{workspace.store}")
        key = ("experiment_id", "unit_id", "person_id", "arm")
        stored = pl.concat([stored, rows]).unique(key, keep="first", maintain_order=True)
        merges |= known
    controls = controls_of(read_registrations(workspace.registry))
    return StoredArms(stored, controls, tuple(sorted(merges)), tuple(sorted(splits)))


def _told(events: pl.DataFrame, kind: str) -> set[tuple[str, str, datetime]]:
    told = events.filter(pl.col("kind") == kind)
    return set(told.select("person_id", "into_person_id", "occurred_at").iter_rows())


def _of_store(url: str) -> tuple[pl.DataFrame, set[tuple[str, str, datetime]]]:
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            docs = [row.doc for row in connection.execute(select(t.assignments.c.doc))]
            pairs = connection.execute(select(t.merged_persons)).all()
    finally:
        engine.dispose()
    merges = {(row.person_id, row.same_as, row.merged_at) for row in pairs}
    return pl.DataFrame(list(_rows(docs)), schema=ASSIGNMENTS, orient="row"), merges


def _rows(docs: list[str]) -> Iterator[tuple[object, ...]]:
    from agent_runtime.contracts import Assignment

    for doc in docs:
        value = Assignment.model_validate_json(doc).model_dump()
        value["assigned_at"] = value["assigned_at"].astimezone(UTC)
        yield tuple(value[name] for name in ASSIGNMENTS)
