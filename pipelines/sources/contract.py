"""What was agreed about landed tables: their columns and types, and what has drifted since.

The first pull of a table settles its contract. Later pulls may not change it: what differs is a
`Drift`, which stays until a person accepts it or until a full pull no longer shows it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError

DriftKind = Literal["new_column", "changed_type", "vanished_column", "vanished_rows"]

ALL_ROWS = "_rows"
"""Stands for the rows as a whole, where a drift is not about one column."""

SENTENCES: dict[DriftKind, str] = {
    "new_column": "{column} ({became}) is new; its values are left out until it is accepted",
    "changed_type": "{column} was {was} and came as {became} in {rows:,} rows; a value that cannot "
    "be read as {was} is left out, and the last known one stays",
    "vanished_column": "{column} ({was}) came in none of {rows:,} rows; last known values stay",
    "vanished_rows": "{rows:,} of {was} rows were not in a full pull, which is more than half; "
    "they are kept until this is accepted",
}
"""What each kind of drift means for the table, in words."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One way in which a source no longer is what its contract says."""

    source: str
    table: str
    column: str
    kind: DriftKind
    was: str
    """Type of the contract; of vanished rows, how many there were."""
    became: str
    """Type that came, or empty."""
    rows: int
    """Rows of the last pull that show it."""
    first_seen: datetime
    last_seen: datetime

    @property
    def blocks(self) -> bool:
        """Whether the table lacks values that were agreed, so that nothing may be built on it."""
        return self.kind != "new_column"

    @property
    def name(self) -> str:
        """What a person calls it by: source, table, column."""
        return f"{self.source}.{self.table}.{self.column}"

    def __str__(self) -> str:
        """Says it in a sentence."""
        words = SENTENCES[self.kind].format(**asdict(self))
        return f"{self.source}.{self.table}: {words}."


@dataclass(slots=True)
class TableContract:
    """Columns of one landed table; a type of None means that no value has come yet."""

    key: tuple[str, ...]
    columns: dict[str, str | None] = field(default_factory=dict)
    is_due: bool = False
    """The next pull takes the table as a whole, since its contract has changed."""
    may_shrink: bool = False
    """The next full pull may take more than half of the rows away."""


@dataclass(slots=True)
class Contract:
    """The contract of one source."""

    source: str
    tables: dict[str, TableContract] = field(default_factory=dict)
    drifts: list[Drift] = field(default_factory=list)

    def note(self, seen: Iterable[Drift], full: Iterable[str]) -> None:
        """Puts what a pull showed beside what is open; a full pull of a table starts anew."""
        whole = set(full)
        before = {(d.table, d.column, d.kind): d for d in self.drifts}
        now_open = {at: d for at, d in before.items() if d.table not in whole}
        for one in seen:
            at = (one.table, one.column, one.kind)
            first = before[at].first_seen if at in before else one.first_seen
            now_open[at] = replace(one, first_seen=first)
        self.drifts = sorted(now_open.values(), key=lambda d: (d.table, d.column, d.kind))

    def accept(self, table: str, column: str) -> tuple[Drift, ...]:
        """Takes the drift of a column into the contract; the next pull takes the whole table.

        Raises:
            PipelineError: nothing has drifted there.
        """
        taken = tuple(d for d in self.drifts if d.table == table and d.column == column)
        if not taken:
            known = [f"{d.table} {d.column}" for d in self.drifts]
            raise PipelineError(
                f"{self.source}: nothing has drifted in {table} {column}"
                f"{did_you_mean(f'{table} {column}', known)}; open: {', '.join(known) or 'none'}."
            )
        agreed = self.tables[table]
        for drift in taken:
            if drift.kind == "vanished_column":
                agreed.columns.pop(column, None)
            elif drift.kind == "vanished_rows":
                agreed.may_shrink = True
            else:
                agreed.columns[column] = drift.became or None
        agreed.is_due = True
        self.drifts = [d for d in self.drifts if d not in taken]
        return taken


def read_contract(path: Path, source: str) -> Contract:
    """Returns the contract in a file; an empty one where there is none yet."""
    if not path.is_file():
        return Contract(source)
    said = json.loads(path.read_text(encoding="utf-8"))
    return Contract(
        source,
        {
            name: TableContract(**{**table, "key": tuple(table["key"])})
            for name, table in said["tables"].items()
        },
        [_drift(one) for one in said["drifts"]],
    )


def write_contract(contract: Contract, path: Path) -> None:
    """Puts a contract in place."""
    from pipelines.lake import write_json

    write_json(asdict(contract), path)


def _drift(said: dict[str, Any]) -> Drift:
    instants = {n: datetime.fromisoformat(said[n]) for n in ("first_seen", "last_seen")}
    return Drift(**{**said, **instants})
