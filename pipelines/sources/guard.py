"""Stands between a source and dlt: lets through what the contract knows, and counts the rest."""

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipelines.sources.contract import TableContract

if TYPE_CHECKING:
    import pyarrow as pa

SEQUENCE = "_seq"
"""Order in which rows came; of two rows with one key in one pull the later counts."""

HARMLESS = frozenset(
    {("double", "bigint"), ("decimal", "bigint"), ("decimal", "double"), ("timestamp", "date")}
)
"""Pairs of a type and another whose values it holds without loss."""


def settle(types: Counter[str]) -> str | None:
    """Returns the one type that holds values of all these types; text holds everything."""
    if len(types) < 2:
        return next(iter(types), None)
    for wide in ("double", "decimal", "timestamp"):
        if wide in types and all(t == wide or (wide, t) in HARMLESS for t in types):
            return wide
    return "text"


class Guard:
    """Sees each row of one table on its way; knows no rows, only counts.

    Args:
        contract: What was agreed; None on the first pull, when everything passes.
        key: Columns that name a row; a row without one of them is refused.
        normalise: How the columns of a source are named in the table.
        deleted: Column that marks deleted rows; it is read and does not land.
    """

    def __init__(
        self,
        contract: TableContract | None,
        key: tuple[str, ...],
        normalise: Callable[[str], str],
        deleted: str = "",
    ) -> None:
        self.rows = self.keyless = 0
        self.columns: dict[str, str] = {}
        """Column of the source by column of the table, of every column that came."""
        self.types: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Rows by type, per column that the contract knows or that it is to know."""
        self.new: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Rows by type, per column that the contract does not know."""
        self.unread: Counter[str] = Counter()
        """Rows whose value could not be read as the agreed type."""
        self._known = None if contract is None else contract.columns
        self._key = key
        self._deleted = deleted
        self._normalise = normalise
        self._names: dict[str, str] = {}

    def __call__(self, item: Any) -> Any:
        """Returns the row or Arrow table as the contract allows it; None where nothing is left."""
        return self._row(item) if isinstance(item, dict) else self._table(item)

    def _row(self, row: dict[str, Any]) -> dict[str, Any] | None:
        from dlt.common.data_types import py_type_to_sc_type

        out: dict[str, Any] = {}
        for name, value in row.items():
            column = self._name(name)
            came = None if value is None else py_type_to_sc_type(type(value))
            if self._passes(column, came, 1):
                out[name] = self._as_agreed(column, came, value)
        if any(out.get(self.columns.get(column, "")) is None for column in self._key):
            self.keyless += 1
            return None
        out[SEQUENCE] = self.rows
        self.rows += 1
        return out

    def _as_agreed(self, column: str, came: str | None, value: Any) -> Any:
        from dlt.common.data_types import coerce_value

        agreed = self._known.get(column) if self._known else None
        if came is None or agreed is None or came == agreed:
            return value
        try:
            return coerce_value(agreed, came, value)  # pyright: ignore[reportArgumentType]
        except (ValueError, SyntaxError, ArithmeticError):
            self.unread[column] += 1
            return None

    def _table(self, item: Any) -> "pa.Table":
        import pyarrow as pa

        table = item if isinstance(item, pa.Table) else pa.Table.from_batches([item])
        arrays: dict[str, Any] = {}
        for name in table.column_names:
            column, values = self._name(name), table.column(name)
            came = _type_of(values.type)
            if self._passes(column, came, table.num_rows - values.null_count):
                arrays[name] = self._column_as_agreed(column, came, values)
        whole = pa.table(arrays)
        for column in self._key if table.num_rows else ():
            whole = whole.filter(whole.column(self.columns[column]).is_valid())
        self.keyless += table.num_rows - whole.num_rows
        numbers = pa.array(range(self.rows, self.rows + whole.num_rows), pa.int64())
        self.rows += whole.num_rows
        return whole.append_column(SEQUENCE, numbers)

    def _column_as_agreed(self, column: str, came: str | None, values: Any) -> Any:
        agreed = self._known.get(column) if self._known else None
        if came is None or agreed is None or came == agreed:
            return values
        import polars as pl

        from pipelines.sources.merging import as_type

        series = pl.Series(pl.from_arrow(values))
        read = series.to_frame("v").select(as_type(pl.col("v"), series.dtype, agreed))["v"]
        self.unread[column] += read.null_count() - series.null_count()
        return read.to_arrow()

    def _passes(self, column: str, came: str | None, rows: int) -> bool:
        if column == self._deleted:
            return True
        if self._known is not None and column not in self._known:
            self.new[column].update({came: rows} if came else {})
            return False
        if came:
            self.types[column][came] += rows
        return True

    def _name(self, name: str) -> str:
        column = self._names.get(name)
        if column is None:
            column = self._names[name] = self._normalise(name)
            self.columns[column] = name
        return column


def _type_of(arrow: "pa.DataType") -> str | None:
    import pyarrow as pa
    from dlt.common.libs.pyarrow import get_column_type_from_py_arrow

    if pa.types.is_null(arrow):
        return None
    if pa.types.is_dictionary(arrow):
        arrow = arrow.value_type
    return get_column_type_from_py_arrow(arrow).get("data_type")
