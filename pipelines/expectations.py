"""Great Expectations over the canonical tables, by the suites of `pipelines.suites`."""

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

import polars as pl

from pipelines.suites import SUITES, Suite


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a suite says of a table."""

    passed: bool
    rows: int
    failures: tuple[str, ...]
    """`column: rule, rows` of each expectation that does not hold."""


NOTHING = Verdict(passed=True, rows=0, failures=())
"""Of no rows there is nothing to say."""


def validate(
    tables: Mapping[str, pl.DataFrame], *, now: datetime
) -> Iterator[tuple[Suite, Verdict]]:
    """Yields each suite with its verdict; an empty table passes, there is nothing to check.

    Args:
        tables: Canonical tables.
        now: Instant after which nothing can have been recorded.
    """
    yield from ask(lambda suite: tables[suite.table], now=now)


def ask(
    frames: Callable[[Suite], pl.DataFrame], *, now: datetime, suites: Sequence[Suite] = SUITES
) -> Iterator[tuple[Suite, Verdict]]:
    """Yields each suite with its verdict on the rows that it is asked of.

    Args:
        frames: Returns the rows of which a suite is asked.
        now: Instant after which nothing can have been recorded.
        suites: Those that are asked.
    """
    pending = [(suite, frames(suite)) for suite in suites]
    if all(frame.is_empty() for _, frame in pending):
        yield from ((suite, NOTHING) for suite, _ in pending)
        return
    with warnings.catch_warnings(), _quiet_logs():
        # It takes seconds to import, and imports modules that Python 3.11 deprecates.
        warnings.simplefilter("ignore")
        gx = import_module("great_expectations")
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(enable=False)
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("lake")
        for suite, frame in pending:
            if frame.is_empty():
                yield suite, NOTHING
                continue
            expected = [getattr(gx.expectations, name)(**kwargs) for name, kwargs in suite.expects]
            if suite.name == "statuses":
                expected.append(
                    gx.expectations.ExpectColumnValuesToBeBetween(
                        column="recorded_at", max_value=now
                    )
                )
            asset = source.add_dataframe_asset(f"{suite.table}_{suite.name}")
            batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
                {"dataframe": _asked(suite, frame).to_pandas(use_pyarrow_extension_array=True)}
            )
            found = batch.validate(gx.ExpectationSuite(suite.name, expectations=expected))
            failures = tuple(_say(one) for one in found.results if not one.success)
            yield suite, Verdict(passed=not failures, rows=frame.height, failures=failures)


def asked_of(suite: Suite, columns: Iterable[str]) -> list[str]:
    """Returns the columns that a suite names."""
    named = {"recorded_at"} if suite.name == "statuses" else set[str]()
    for _, arguments in suite.expects:
        named |= {arguments.get("column", ""), *arguments.get("column_list", ())}
    return [name for name in columns if name in named]


def _asked(suite: Suite, frame: pl.DataFrame) -> pl.DataFrame:
    """Only columns that the suite names, since every row is hashed whole for each expectation."""
    return frame.select(asked_of(suite, frame.columns))


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """Holds its notices on temporary folders back, which it logs at a level of its own."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


def _say(result: Any) -> str:
    config = result.expectation_config
    column = config.kwargs.get("column") or ", ".join(config.kwargs.get("column_list", ()))
    rows = result.result.get("unexpected_count", "all")
    return f"{column}: {config.type.removeprefix('expect_').replace('_', ' ')}, {rows} rows"
