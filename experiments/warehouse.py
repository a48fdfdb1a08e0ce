"""Opens the DuckDB file that dbt built, to read from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from experiments.errors import ExperimentError


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yields a connection that cannot write.

    Raises:
        ExperimentError: There is no such file, somebody is writing it, or it lacks a table.
    """
    if not path.exists():
        raise ExperimentError(
            f"{path}: there is no such file; the asset group `warehouse` builds it."
        )
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            yield connection
    except duckdb.IOException:
        raise ExperimentError(
            f"{path}: another process is writing it; ask again when it has ended."
        ) from None
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise ExperimentError(
            f"{path}: it lacks a table or a column ({str(error).splitlines()[0]}); build it again."
        ) from None
