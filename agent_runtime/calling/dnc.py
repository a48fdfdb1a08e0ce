"""Do-not-call lists out of files: every row is a number in E.164, or is named."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from agent_runtime.calling.numbers import as_e164
from agent_runtime.calling.rows import OWN_LIST, CallRows, DncList
from agent_runtime.errors import ParleyError
from agent_runtime.policies.ruleset import RuleSet

_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")
_PREFIX = "national-"
_HEADS = frozenset({"number", "phone", "telephone", "phone_number", "msisdn", "tel"})
_CELL = re.compile(r"[;,\t]")


class DncError(ParleyError):
    """A list or a number that cannot be read."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no number."""

    line: int
    said: str

    def __str__(self) -> str:
        """Says which row it is; of what stands there only the beginning."""
        return f"line {self.line}: {self.said[:40]!r} is no telephone number"


@dataclass(frozen=True, slots=True)
class DncFile:
    """What a file holds."""

    numbers: frozenset[str]
    bad: tuple[BadRow, ...]
    rows: int


def country_of_list(name: str) -> str:
    """Returns the country of a national list, `US` for `national-us`; empty for any other.

    Raises:
        DncError: this is no name of a list.
    """
    if not _NAME.fullmatch(name):
        raise DncError(
            f"--list {name!r}: use a name such as national-us, national-gb or {OWN_LIST}."
        )
    return name.removeprefix(_PREFIX).upper() if name.startswith(_PREFIX) else ""


def read_list(path: Path, *, country: str) -> DncFile:
    """Reads a file with a number in each row: alone, in a column of that name, or `201,5550123`.

    Args:
        path: UTF-8 text; commas, semicolons or tabs part columns.
        country: ISO 3166 code for numbers without a plus.

    Raises:
        DncError: the file is not there, is not UTF-8, or holds no row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DncError(f"{path}: there is no such file; name the list's file.") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise DncError(f"{path}: not a UTF-8 text file; save it as text, UTF-8.") from None
    numbers: set[str] = set()
    bad: list[BadRow] = []
    rows = 0
    for line, said in _rows(text):
        rows += 1
        number = as_e164(said, country)
        if number:
            numbers.add(number)
        else:
            bad.append(BadRow(line, said))
    if not rows:
        raise DncError(f"{path}: it holds no number; an empty list would let everybody be called.")
    return DncFile(frozenset(numbers), tuple(bad), rows)


def import_list(
    tx: CallRows,
    tenant_id: str,
    name: str,
    found: DncFile,
    *,
    as_of: date,
    source: str,
    now: datetime,
) -> int:
    """Puts a file in place of what the list held and returns how many numbers it has.

    Raises:
        DncError: the list is newer than today, or older than what stands here.
    """
    if as_of > now.date():
        raise DncError(f"--as-of {as_of}: that day is still to come; give the day of the data.")
    standing = next((one for one in tx.dnc_lists() if one.name == name), None)
    if standing is not None and as_of < standing.as_of:
        raise DncError(
            f"--as-of {as_of}: {name} stands here as of {standing.as_of}; import a newer file."
        )
    made = DncList(tenant_id, name, as_of, now, source, len(found.numbers))
    return tx.replace_dnc(made, sorted(found.numbers))


def why_stale(one: DncList, rules: RuleSet, today: date) -> str:
    """Returns why a list does not count any more, or empty."""
    demanded = rules.parameter("do_not_call", "national").values()
    most = next((d["max_age_days"] for d in demanded if d["list"] == one.name), None)
    age = (today - one.as_of).days
    if most is None or age <= most:
        return ""
    return f"{age} days old and may be {most}: nobody is called where it is asked for"


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """Yields line and number of each row; a heading says which column that is."""
    column: int | None = None
    for line, row in enumerate(text.splitlines(), start=1):
        cells = [cell.strip().strip('"') for cell in _CELL.split(row)]
        if not any(cells) or cells[0].startswith("#"):
            continue
        heads = [cell.lower() for cell in cells]
        if column is None and _HEADS.intersection(heads):
            column = next(n for n, head in enumerate(heads) if head in _HEADS)
            continue
        if column is not None:
            yield line, cells[column] if column < len(cells) else ""
        elif len(cells) > 1 and len(cells[0]) == 3 and cells[0].isdecimal():
            # The national registry of the US parts the area code from the rest.
            yield line, f"{cells[0]}{cells[1]}"
        else:
            yield line, cells[0]
