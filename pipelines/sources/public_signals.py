"""Reads what companies made public from a file beside the export; only allow-listed kinds pass."""

import json
from collections.abc import Collection
from csv import DictReader
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from agent_runtime.domain import PublicSignal
from agent_runtime.signals import why_not
from pipelines.errors import PipelineError
from pipelines.schemas import TEXT

FILES = ("public_signals.csv", "public_signals.json")
FIELDS = ("account_id", "kind", "source", "headline", "url", "published_on")
SIGNALS = pl.Schema({**dict.fromkeys(FIELDS[:-1], TEXT), "published_on": pl.Date()})
REFUSED = pl.Schema(
    {"file": TEXT, "row": pl.Int64(), "reason": TEXT, **dict.fromkeys(FIELDS, TEXT)}
)


@dataclass(frozen=True, slots=True)
class PublicSignals:
    """What was read: each row is in one of the two, a repeat counts once."""

    rows: pl.DataFrame
    refused: pl.DataFrame


def read_public_signals(folder: Path, accounts: Collection[str], *, now: datetime) -> PublicSignals:
    """Returns the signals of the files in a folder; none where there is no such file.

    Args:
        folder: Where the export lies.
        accounts: Ids of the accounts that are known.
        now: Ages count from here.

    Raises:
        PipelineError: a file is no CSV or JSON list with the six fields.
    """
    known = frozenset(accounts)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    refused: list[dict[str, Any]] = []
    for path in (folder / name for name in FILES):
        for number, raw in enumerate(_rows(path) if path.is_file() else (), start=1):
            said = {name: str(raw.get(name) or "").strip() for name in FIELDS}
            signal, reason = _signal(said, known, now)
            if signal is None:
                refused.append({"file": path.name, "row": number, "reason": reason, **said})
            else:
                rows[said["account_id"], said["url"]] = said | {"published_on": signal.published_on}
    return PublicSignals(
        pl.DataFrame(list(rows.values()), schema=SIGNALS),
        pl.DataFrame(refused, schema=REFUSED),
    )


def _signal(
    said: dict[str, str], known: frozenset[str], now: datetime
) -> tuple[PublicSignal | None, str]:
    missing = next((name for name in FIELDS if not said[name]), "")
    if missing:
        return None, f"{missing}_missing"
    if said["account_id"] not in known:
        return None, "account_unknown"
    try:
        day = date.fromisoformat(said["published_on"])
    except ValueError:
        return None, "published_on_malformed"
    plain = {name: said[name] for name in ("kind", "source", "headline", "url")}
    signal = PublicSignal(**plain, published_on=day)
    reason = why_not(signal, now=now)
    return (None, reason) if reason else (signal, "")


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PipelineError(f"{path}: not UTF-8; save it as UTF-8.") from None
    if path.suffix == ".csv":
        reader = DictReader(text.splitlines())
        found, columns = list(reader), set(reader.fieldnames or ())
    else:
        try:
            found = json.loads(text)
        except ValueError as error:
            raise PipelineError(f"{path}: not JSON ({error}); write a list of objects.") from None
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise PipelineError(f"{path}: the value is no list of objects; write one.")
        columns = set(FIELDS)
    missing = [name for name in FIELDS if name not in columns]
    if missing:
        raise PipelineError(f"{path}: the column {missing[0]!r} is missing; it needs {FIELDS}.")
    return found
