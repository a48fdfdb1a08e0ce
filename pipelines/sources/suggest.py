"""A first mapping of an export that nobody has seen: guesses, each with its reason, and gaps."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from pipelines.errors import PipelineError
from pipelines.schemas import TABLES, Column
from pipelines.sources.likeness import Likeness, kind_of, likely, plain, table_of
from pipelines.sources.mapping import Mapping as ExportMapping
from pipelines.sources.missing import guess_file, missing, profiles_in
from pipelines.sources.profile import Profile, vocabulary

SURE = 1.4
"""Likeness from which a guess is not marked as doubtful."""

_TWICE = {"name", "first_name", "last_name"}
"""Fields that may share a column with another one, as a name that is the id as well does."""


@dataclass(slots=True)
class Guess:
    """One line of a route: the canonical field, its source, and why."""

    field: str
    source: dict[str, object] | str
    because: str
    is_doubtful: bool = False


@dataclass(slots=True)
class FileGuess:
    """One file of the export: how it is read, and the routes that it may feed."""

    path: str
    head: dict[str, object]
    routes: dict[str, list[Guess]] = field(default_factory=dict)


def suggest(folder: Path, name: str) -> str:
    """Returns the YAML of a first mapping of an export.

    Each line that is a guess says why; what must be there and is not stands at the end as a
    sentence. The file reads as a mapping as it is; a person has to look at every guess.

    Raises:
        PipelineError: the folder has no file that looks like a table.
    """
    profiles = profiles_in(folder)
    files = sorted({p.file for p in profiles})
    if not files:
        raise PipelineError(f"{folder}: it has no CSV or Parquet file with a header.")
    guesses = [
        guess
        for file in files
        if (guess := _guess_file(folder / file, [p for p in profiles if p.file == file], profiles))
    ]
    if not guesses:
        raise PipelineError(f"{folder}: none of {', '.join(files)} looks like a table of a CRM.")
    order = list(TABLES)
    guesses.sort(key=lambda g: min(order.index(table) for table in g.routes))
    text = "\n".join(_document(name, guesses))
    gaps = missing(ExportMapping.model_validate(yaml.safe_load(text)), profiles)
    notes = [f"# {one.need.level.upper()}: {one}" for one in gaps]
    unread = [file for file in files if file not in {g.path for g in guesses}]
    notes += [f"# {file} looks like no table of a CRM and is not read." for file in unread]
    return "\n".join([text, *(["", "# What is missing:"] if notes else []), *notes, ""])


def _guess_file(
    path: Path, own: Sequence[Profile], everything: Sequence[Profile]
) -> FileGuess | None:
    read, table = guess_file(path), table_of(path.name, own)
    if read is None or table is None:
        return None
    shown = {"format", "encoding", "delimiter"}
    head: dict[str, object] = read.model_dump(include=shown, exclude_defaults=True)
    nulls = sorted({word for p in own for word in p.nulls})
    if nulls:
        head["nulls"] = ["", *nulls]
    guess = FileGuess(path.name, head, {table: _route(table, own, everything)})
    if not _has_key(guess.routes[table], table):
        return None
    if table == "contacts" and (consents := _consents(own, guess.routes[table])):
        guess.routes["consents"] = consents
    return guess


def _has_key(route: Sequence[Guess], table: str) -> bool:
    required = {c.name for c in TABLES[table].columns if c.required}
    return required <= {one.field for one in route}


def _route(table: str, own: Sequence[Profile], everything: Sequence[Profile]) -> list[Guess]:
    """The likeliest column of each field; a column is taken once, by the field it fits best."""
    wanted: list[tuple[float, Column, Likeness]] = [
        (one.score, column, one)
        for column in TABLES[table].columns
        for one in likely(table, column.name, own)
    ]
    wanted.sort(key=lambda w: (-w[0], not w[1].required))
    chosen: dict[str, Likeness] = {}
    used: set[str] = set()
    for _, column, one in wanted:
        is_free = one.seen.column not in used or column.name in _TWICE
        if column.name not in chosen and is_free:
            chosen[column.name] = one
            used.add(one.seen.column)
    _give_key(table, chosen, own)
    made = [
        _guess(table, column, chosen[column.name], everything)
        for column in TABLES[table].columns
        if column.name in chosen
    ]
    return [*made, *_ended(table, chosen)]


def _ended(table: str, chosen: Mapping[str, Likeness]) -> list[Guess]:
    """Whether a deal was won, where only its stage says so."""
    stage = chosen.get("stage")
    if table != "opportunities" or "is_won" in chosen or stage is None:
        return []
    words = vocabulary()["words"]
    said = {value.lower() for value in stage.seen.values}
    choices = {word: word in words["won"] for word in said if word in words["won"] + words["lost"]}
    source: dict[str, object] = {
        "column": stage.seen.column,
        "choices": dict(sorted(choices.items())),
    }
    if not choices:
        return []
    return [Guess("is_won", {**source, "otherwise": "null"}, "its stages say how a deal ended")]


def _give_key(table: str, chosen: dict[str, Likeness], own: Sequence[Profile]) -> None:
    """Where no column is called like the key, the first that is unique is taken for it."""
    for key in TABLES[table].key:
        if key in chosen:
            continue
        unique = [p for p in own if p.unique == 1.0 and p.filled == 1.0]
        taken = {one.seen.column for name, one in chosen.items() if name not in {"name", "email"}}
        if first := next((p for p in unique if p.column not in taken), None):
            chosen[key] = Likeness(first, 0.5, "every row has another value")


def _guess(table: str, column: Column, one: Likeness, everything: Sequence[Profile]) -> Guess:
    seen, source = one.seen, {"column": one.seen.column}
    made: dict[str, object] = dict(source)
    because = one.because
    if column.parse == "bool":
        made["choices"] = dict(seen.choices)
    elif column.parse in {"timestamp", "date"}:
        if seen.formats and seen.formats[0] not in {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%.f"}:
            made["formats"] = list(seen.formats)
    elif column.parse in {"float", "int"} and seen.decimal == ",":
        made["decimal"] = ","
    elif column.parse in {"country", "language"} and not _are_codes(seen):
        made["parse"] = kind_of(column)
    if column.name in {"first_name", "last_name"} and _has_commas(seen):
        made["parse"] = "after_comma" if column.name == "first_name" else "before_comma"
    if lookup := _lookup(table, column, seen, everything):
        made["lookup"] = lookup
        because += f"; its values are those of {lookup}"
    whole = made if len(made) > 1 else seen.column
    return Guess(column.name, whole, because, is_doubtful=one.score < SURE)


def _lookup(table: str, column: Column, seen: Profile, everything: Sequence[Profile]) -> str:
    """`accounts.name` where a reference holds names and not ids."""
    other, _, _ = column.refers_to.partition(".")
    if not other or other == table or TABLES[other].column("name") is None:
        return ""
    is_earlier = list(TABLES).index(other) < list(TABLES).index(table)
    homes = [p for p in everything if _table_of(p.file, everything) == other]
    if not is_earlier or not homes or not seen.values:
        return ""
    keys = likely(other, TABLES[other].key[0], homes)
    names = likely(other, "name", homes)
    by_key = max((len(seen.values & k.seen.values) for k in keys[:1]), default=0)
    by_name = max((len(seen.values & n.seen.values) for n in names[:1]), default=0)
    return f"{other}.name" if by_name > by_key else ""


def _table_of(file: str, everything: Sequence[Profile]) -> str | None:
    return table_of(file, [p for p in everything if p.file == file])


def _are_codes(seen: Profile) -> bool:
    return all(len(value.strip()) == 2 for value in seen.values)


def _has_commas(seen: Profile) -> bool:
    with_comma = sum("," in value for value in seen.values)
    return bool(seen.values) and with_comma > len(seen.values) / 2


def _consents(own: Sequence[Profile], contacts: Sequence[Guess]) -> list[Guess]:
    """A yes or no that stands in a list of people, as a consent of each of them."""
    status = [one for one in likely("consents", "status", own) if one.seen.choices]
    key = next((one for one in contacts if one.field == "contact_id"), None)
    column = key.source if key and isinstance(key.source, str) else None
    if not status or column is None:
        return []
    seen = status[0].seen
    words = {w: "granted" if yes else "denied" for w, yes in seen.choices.items()}
    made = [
        Guess("consent_id", {"template": f"list:{{{column}}}"}, "one per row"),
        Guess("contact_id", column, "as above"),
        Guess("channel", {"const": "email"}, "say for which channel it was given", True),
        Guess("purpose", {"const": "prospecting"}, "say for which purpose it was given", True),
        Guess("status", {"column": seen.column, "choices": words}, status[0].because),
    ]
    for name in ("basis", "source_text", "recorded_at"):
        if found := likely("consents", name, own):
            column_of = TABLES["consents"].column(name)
            if column_of:
                made.append(_guess("consents", column_of, found[0], own))
    return made


def _document(name: str, guesses: Sequence[FileGuess]) -> Iterator[str]:
    yield "# A first mapping, made of guesses: look at every line, first at those marked unsure."
    yield f"mapping: {plain(name).replace(' ', '_') or 'export'}"
    yield "version: 1"
    yield f"source: {plain(name).replace(' ', '_') or 'export'}"
    yield "files:"
    for one in guesses:
        yield f"  - path: {_scalar(one.path)}"
        for key, value in one.head.items():
            yield f"    {key}: {_scalar(value)}"
        yield "    routes:"
        for table, route in one.routes.items():
            yield f"      - table: {table}"
            yield "        fields:"
            for guess in route:
                mark = "GUESS, unsure" if guess.is_doubtful else "guess"
                yield f"          {guess.field}: {_scalar(guess.source)}  # {mark}: {guess.because}"


def _scalar(value: object) -> str:
    """A value in one line of YAML, which JSON is."""
    return json.dumps(value, ensure_ascii=False)
