"""Whole conversations of the candidates, from a file that any vendor can write."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from experiments.errors import BakeOffError


def _in_utc(moment: Any) -> Any:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    raise ValueError("it must be a time such as 2026-03-09T08:00:00Z")


class Turn(BaseModel):
    """One message of a thread."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    at: Annotated[datetime, BeforeValidator(_in_utc)]
    by: Literal["agent", "buyer", "human"] = Field(alias="from")
    """agent: the candidate; buyer; human: a person of ours."""
    subject: str = ""
    text: str


class Thread(BaseModel):
    """One conversation with one contact."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    thread_id: str = Field(min_length=1)
    unit_id: str = Field(min_length=1)
    candidate: str | None = None
    """Who held it, if the file says so; the draw decides."""
    language: str = ""
    turns: tuple[Turn, ...] = Field(min_length=1)

    def until(self, day: date) -> tuple[Turn, ...]:
        """Returns the turns up to the end of a day (UTC), oldest first."""
        return tuple(
            turn for turn in sorted(self.turns, key=lambda t: t.at) if turn.at.date() <= day
        )


def read_threads(path: Path) -> list[Thread]:
    """Returns the threads of a JSON-lines or Parquet file; raises `BakeOffError` naming the row.

    A row holds `thread_id`, `unit_id` and `turns`, each turn `at`, `from` and `text`.
    """
    if path.suffix == ".parquet":
        try:
            rows: Iterable[Any] = pl.read_parquet(path).iter_rows(named=True)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise BakeOffError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
        return _threads(enumerate(rows, start=1), f"{path}, row")
    if path.suffix not in (".jsonl", ".ndjson"):
        raise BakeOffError(f"{path}: threads come as .jsonl (one a line) or .parquet")
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise BakeOffError(f"{path}: the file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BakeOffError(f"{path}: the file is not UTF-8; save it as UTF-8") from None
    return _threads(
        ((n, line) for n, line in enumerate(lines, start=1) if line.strip()), f"{path}, line"
    )


def with_candidates(
    threads: Iterable[Thread], arms: Mapping[str, str], candidates: Iterable[str], *, source: str
) -> dict[str, list[Thread]]:
    """Returns the threads of each candidate, as drawn; those of the holdout are no candidate's.

    Raises:
        BakeOffError: A thread with a contact whom nobody drew, or who was drawn for another.
    """
    found: dict[str, list[Thread]] = {name: [] for name in candidates}
    for thread in threads:
        arm = arms.get(thread.unit_id)
        if arm is None:
            raise BakeOffError(
                f"{source}: the thread {thread.thread_id!r} is with {thread.unit_id!r}, whom the "
                "bake-off did not draw; leave it out"
            )
        if thread.candidate is not None and thread.candidate != arm:
            raise BakeOffError(
                f"{source}: {thread.candidate!r} held the thread {thread.thread_id!r} with "
                f"{thread.unit_id!r}, who was drawn for {arm!r}; find out who wrote, since the "
                "arms are blurred"
            )
        if arm in found:
            found[arm].append(thread)
    return found


def _threads(rows: Iterable[tuple[int, Any]], source: str) -> list[Thread]:
    found: dict[str, Thread] = {}
    for number, row in rows:
        where = f"{source} {number}"
        try:
            content = json.loads(row) if isinstance(row, str) else row
            thread = Thread.model_validate(content)
        except json.JSONDecodeError as error:
            raise BakeOffError(f"{where}: this is no JSON ({error.msg})") from None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(map(str, first["loc"])) or "the row"
            rule = first["msg"].removeprefix("Value error, ")
            raise BakeOffError(f"{where}: {field!r} cannot be used: {rule}") from None
        if thread.thread_id in found:
            raise BakeOffError(f"{where}: the thread {thread.thread_id!r} stands there twice")
        found[thread.thread_id] = thread
    return list(found.values())
