"""Gathers what an export says of each of its people, from their file and those it leads to."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent_runtime.sandbox.adopted.adoption import Lookup, PeopleSource, PersonField
from agent_runtime.sandbox.adopted.rows import export_rows


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One row with a person, or one that gets people."""

    key: str
    known: Mapping[PersonField, str]
    """Empty where the export has nothing."""

    def get(self, field: PersonField) -> str:
        """Returns what is known, or an empty text."""
        return self.known.get(field, "")


def person_facts(exports: Path, source: PeopleSource) -> Iterator[PersonFacts]:
    """Yields the facts of each row that has a key, in the order of the file."""
    lookups = {
        field: _Found(exports, origin, source)
        for field, origin in source.columns.items()
        if isinstance(origin, Lookup)
    }
    columns = {source.key, *(found.by for found in lookups.values())}
    columns |= {origin for origin in source.columns.values() if isinstance(origin, str)}
    rows = export_rows(
        exports / source.file, columns, delimiter=source.delimiter, encoding=source.encoding
    )
    for row in rows:
        facts: dict[PersonField, str] = {
            field: row[origin] if isinstance(origin, str) else lookups[field].value(row)
            for field, origin in source.columns.items()
        }
        if row[source.key]:
            yield PersonFacts(row[source.key], facts)


class _Found:
    """The values that a lookup finds: the most frequent, the first in the alphabet on a tie."""

    def __init__(self, exports: Path, lookup: Lookup, source: PeopleSource) -> None:
        self.by = lookup.by
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        rows = export_rows(
            exports / lookup.file,
            (lookup.match, lookup.take),
            delimiter=source.delimiter,
            encoding=source.encoding,
        )
        for row in rows:
            if row[lookup.take]:
                counts[row[lookup.match]][row[lookup.take]] += 1
        self._values = {
            value: min(taken, key=lambda text: (-taken[text], text))
            for value, taken in counts.items()
        }

    def value(self, row: Mapping[str, str]) -> str:
        return self._values.get(row[self.by], "")
