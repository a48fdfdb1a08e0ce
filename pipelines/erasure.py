"""Takes one person out of landing, lake and files of ours; what names them is known by hash."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from agent_runtime.erasures import NOTE, ErasedKind, add_erasures, hash_of
from agent_runtime.retention import has_words, without_words
from pipelines.identity import decisions
from pipelines.lake import Lake, write
from pipelines.sources.contract import read_contract
from pipelines.sources.erased import Cleared, Erased, IdColumns, ids_of, name_of, row_key
from pipelines.sources.hubspot.run import hubspot_folder
from pipelines.sources.landing import STATE, alone, recover
from pipelines.sources.mapping import Mapping

_BY_ID = frozenset({"contact_id", "left_id", "right_id"})
_KEPT = frozenset({"identity_decisions", "traces", "landing", "raw", "kept"})
"""Folders of the lake that are not tables made anew by each batch."""


@dataclass(frozen=True, slots=True)
class Person:
    """Under what sources know somebody."""

    tenant_id: str
    emails: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()

    def hashed_keys(self) -> Iterator[tuple[ErasedKind, str]]:
        """Yields what is kept of them, to be hashed."""
        for email in self.emails:
            yield "email", email
        for contact in self.contacts:
            yield "contact_id", contact


def person_in(lake: Lake, person: Person) -> Person:
    """Returns a person with all addresses and contacts by which the lake knows them."""
    contacts = lake.paths.canonical / "contacts.parquet"
    if not (contacts.is_file() and lake.persons.is_file()):
        return person
    table = pl.read_parquet(contacts).select("contact_id", "email", "person_id")
    named = (
        pl.col("email").is_in(list(person.emails))
        | pl.col("contact_id").is_in(list(person.contacts))
        | pl.col("person_id").is_in(list(person.persons))
    )
    people = set(table.filter(named).get_column("person_id").drop_nulls())
    rows = table.filter(named | pl.col("person_id").is_in(list(people)))
    return Person(
        person.tenant_id,
        _sorted(person.emails, rows.get_column("email")),
        _sorted(person.contacts, rows.get_column("contact_id")),
        _sorted(person.persons, people),
    )


def erase_from_lake(
    lake: Lake, mapping: Mapping | None, person: Person, *, now: datetime, dry_run: bool = False
) -> dict[str, int]:
    """Takes a person out of all files of ours, and returns how many rows were touched, by place.

    The hashes are written before anything is taken out, so that a run that was cut off can be
    repeated, and nothing that a source brings again is read.

    Args:
        lake: Of the workspace.
        mapping: Names the columns with ids of contacts; None guesses them by their names.
        person: Whom.
        now: When it happens.
        dry_run: Only counts.

    Raises:
        PipelineError: a source is being pulled right now; nothing of it was touched.
    """
    run = _Erasure(lake, mapping, person, now, dry_run)
    run.remember(person.hashed_keys())
    run.landing()
    run.tables()
    run.decisions()
    run.traces()
    return {name: count for name, count in run.counts.items() if count}


class _Erasure:
    def __init__(
        self, lake: Lake, mapping: Mapping | None, person: Person, now: datetime, dry_run: bool
    ) -> None:
        self.lake, self.mapping, self.person = lake, mapping, person
        self.now, self.dry_run = now, dry_run
        self.counts: Counter[str] = Counter()
        self.erased = _only(person)

    def remember(self, keys: Iterable[tuple[ErasedKind, str]]) -> None:
        """Writes hashes, in the file that every pull and batch reads."""
        if not self.dry_run:
            add_erasures(self.lake.erasures, self.person.tenant_id, keys, now=self.now)

    def landing(self) -> None:
        """Landed tables; the keys of rows that go are kept as hashes, and no other row changes."""
        for home in sorted(path for path in self.lake.landing.glob("*") if path.is_dir()):
            with alone(home):
                recover(home)
                contract = read_contract(home / STATE / "contract.json", home.name)
                for path in sorted(home.glob("*.parquet")):
                    agreed = contract.tables.get(path.stem)
                    self._landed(path, agreed.key if agreed else ())

    def _landed(self, path: Path, key: tuple[str, ...]) -> None:
        place = f"{path.parent.name}.{path.stem}"
        cleared = self._clear(path, path.stem, ids=self._ids(path), key=key)
        if key and cleared.dropped.height and not self.dry_run:
            gone = cleared.dropped.select(row_key(place, key)).to_series()
            self.remember(("landed", one) for one in gone)
        self._put(cleared, path, f"landing/{path.parent.name}")

    def tables(self) -> None:
        """Raw files, tables of the lake, and files that are made of landed tables."""
        root = self.lake.paths.lake
        files = {f.name: f for f in self.mapping.files} if self.mapping else {}
        for path in sorted(self.lake.raw.glob("*.parquet")):
            file = files.get(path.stem)
            ids = ids_of(file) if file else None
            self._put(self._clear(path, name_of(file) if file else path.stem, ids=ids), path, "raw")
        for path in sorted(hubspot_folder(self.lake.paths).glob("*.parquet")):
            self._put(self._clear(path, path.stem), path, "exports/hubspot")
        for path in sorted(root.rglob("*.parquet")):
            if path.relative_to(root).parts[0] not in _KEPT:
                self._table(path)
        if not self.dry_run:
            (root / "kept" / "known_rows.json").unlink(missing_ok=True)
            for path in (root / "kept").rglob("*.parquet"):
                path.unlink()

    def _table(self, path: Path) -> None:
        names = pl.read_parquet_schema(path)
        ids = {name: "" for name in names if name in _BY_ID}
        # The history of identity is what persons add up to: rows stay, and their contact goes.
        kind = "accounts" if path == self.lake.person_events else path.stem
        self._put(self._clear(path, kind, ids=ids), path, "tables of the lake")

    def traces(self) -> None:
        """Traces of their threads stay as figures, and lose their words."""
        persons = list(self.person.persons)
        about = pl.col("person_id").is_in(persons) | pl.col("thread_id").is_in(
            [f"thread-{one}" for one in persons]
        )
        for path in sorted(self.lake.paths.traces.glob("day=*/*.parquet")) if persons else ():
            frame = pl.read_parquet(path, hive_partitioning=False)
            ours = frame.select(about.fill_null(value=False).alias("ours")).to_series()
            new = [
                self._bare(kind, payload) if is_ours else payload
                for kind, payload, is_ours in zip(
                    frame.get_column("kind"), frame.get_column("payload"), ours, strict=True
                )
            ]
            bare = frame.with_columns(pl.Series("payload", new, pl.String))
            count = sum(a != b for a, b in zip(new, frame.get_column("payload"), strict=True))
            self.counts["traces in the lake"] += count
            if count and not self.dry_run:
                write(bare, path)

    def _bare(self, kind: str, payload: str) -> str:
        said = json.loads(payload)
        if not has_words(kind, said):
            return payload
        bare = without_words(kind, said, note=f"{self.now:%Y-%m-%d} {NOTE}")
        return json.dumps(bare, separators=(",", ":"), sort_keys=True)

    def decisions(self) -> None:
        """Decisions stay, since persons are what they add up to; whom they compared goes."""
        for path in decisions.files(self.lake.identity_decisions):
            frame = pl.read_parquet(path)
            about = pl.any_horizontal(
                pl.col(name).is_in(list(self.person.contacts)) for name in ("left_id", "right_id")
            )
            count = frame.select(about.sum()).item()
            if not count:
                continue
            self.counts["identity decisions"] += count
            note = f"[removed {self.now:%Y-%m-%d} {NOTE}]"
            new = {"left_id": "", "right_id": "", "reasons": note}
            bare = frame.with_columns(
                pl.when(about).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
                for name, value in new.items()
            )
            if not self.dry_run:
                write(bare, path)

    def _ids(self, path: Path) -> IdColumns | None:
        files = self.mapping.files if self.mapping else ()
        return next(
            (ids_of(f) for f in files if f.landed == path.parent.name and f.path == path.name), None
        )

    def _clear(
        self, path: Path, name: str, *, ids: IdColumns | None = None, key: tuple[str, ...] = ()
    ) -> Cleared:
        return self.erased.clear(pl.read_parquet(path), name, ids=ids, key=key)

    def _put(self, cleared: Cleared, path: Path, place: str) -> None:
        self.counts[place] += cleared.dropped.height + cleared.emptied
        if cleared.is_touched and not self.dry_run:
            write(cleared.frame, path)


def _sorted(*values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({one for group in values for one in group if one}))


def _only(person: Person) -> Erased:
    hashes: dict[str, set[str]] = {}
    for kind, value in person.hashed_keys():
        hashes.setdefault(kind, set()).add(hash_of(person.tenant_id, kind, value))
    return Erased({person.tenant_id: {k: frozenset(v) for k, v in hashes.items()}})
