"""What a pull shows against the contract of a table, and what its first pull settles."""

from collections import Counter
from datetime import datetime

from pipelines.sources.contract import ALL_ROWS, Contract, Drift, DriftKind, TableContract
from pipelines.sources.dlt_run import TableHints
from pipelines.sources.guard import HARMLESS, Guard, settle


def drifts_of(
    contract: Contract, table: str, guard: Guard, *, fewest: int, now: datetime
) -> list[Drift]:
    """Returns how the rows of a pull differ from what was agreed; nothing on the first pull.

    Args:
        contract: What was agreed, before this pull.
        table: The table.
        guard: What it saw of the pull.
        fewest: Rows that must lack a column before it has vanished.
        now: Instant of the pull.
    """
    agreed = contract.tables.get(table)
    if agreed is None:
        return []

    def drift(
        column: str, kind: DriftKind, was: str | None, became: str | None, rows: int
    ) -> Drift:
        return Drift(contract.source, table, column, kind, was or "", became or "", rows, now, now)

    found = [
        drift(column, "new_column", "", settle(types), sum(types.values()))
        for column, types in guard.new.items()
    ]
    for column, kind in agreed.columns.items():
        types = guard.types[column]
        if other := _not_held(kind, types):
            became = settle(types)
            became = "text" if became == kind else became
            found.append(drift(column, "changed_type", kind, became, sum(other.values())))
        if guard.rows >= fewest and column not in guard.columns:
            found.append(drift(column, "vanished_column", kind, "", guard.rows))
    return found


def vanished_rows(source: str, table: str, lost: int, there: int, now: datetime) -> Drift:
    """Returns the drift of a full pull that lacked most of a table's rows."""
    return Drift(source, table, ALL_ROWS, "vanished_rows", f"{there:,}", "", lost, now, now)


def agree(contract: Contract, table: str, hints: TableHints, guard: Guard) -> TableContract | None:
    """Returns the contract of a table; None while nothing is known of its columns.

    Its first rows settle it, or what the source declares where there are none. Later a pull
    gives types only to columns that had no values.
    """
    agreed = contract.tables.get(table)
    if agreed is None:
        is_declared = set(hints.key) <= hints.types.keys()
        columns = guard.columns or (hints.types if is_declared else {})
        if not columns:
            return None
        agreed = contract.tables[table] = TableContract(hints.key)
        agreed.columns = dict.fromkeys(c for c in columns if c != hints.deleted)
    for column, kind in agreed.columns.items():
        if kind is None:
            agreed.columns[column] = settle(guard.types[column]) or hints.types.get(column)
    return agreed


def _not_held(kind: str | None, types: Counter[str]) -> Counter[str]:
    """The types, with rows, whose values a column of this type does not hold as they are."""
    if kind is None:
        return Counter()
    return Counter({t: n for t, n in types.items() if t != kind and (kind, t) not in HARMLESS})
