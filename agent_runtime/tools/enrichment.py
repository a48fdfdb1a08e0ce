"""Facts about companies, from sources on a list only; what they say is data, never wording."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Protocol

from pydantic import TypeAdapter

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError
from agent_runtime.policies.tool_facts import Field

_LINK = re.compile(r"//|www\.|[<>{}\[\]@]")
TIMEOUT_S = 10.0


class EnrichmentError(ParleyError):
    """A source that is not on the list, or that cannot be read."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A source on the list, and the fields that may be taken from it."""

    about: str
    kind: Literal["csv", "http"]
    fields: Mapping[str, Field]


class Source(Protocol):
    """Looks companies up."""

    def look_up(self, domain: str) -> Mapping[str, str]:
        """Returns what the source says of a company, by field; empty when it knows nothing."""
        ...


@cache
def allowed_sources() -> Mapping[str, Listed]:
    """Returns the sources that may be asked, by id."""
    listed = load_yaml(Path(__file__).with_name("sources.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Listed]).validate_python(listed["sources"])


def open_source(name: str, folder: Path, url: str) -> tuple[Listed, Source]:
    """Returns a source on the list.

    Args:
        name: Its id.
        folder: Where files of sources lie.
        url: Address of the source that is asked over HTTP.

    Raises:
        EnrichmentError: it is not on the list, or not set up.
    """
    listed = allowed_sources().get(name)
    if listed is None:
        known = ", ".join(sorted(allowed_sources()))
        raise EnrichmentError(f"source {name!r}: not on the list; the sources are {known}.")
    if listed.kind == "csv":
        return listed, CsvSource(folder / f"{name}.csv")
    if not url:
        raise EnrichmentError(f"source {name!r}: PARLEY_ENRICHMENT_URL is empty; set its address.")
    return listed, HttpSource(url)


def usable(found: Mapping[str, str], listed: Listed) -> Iterator[tuple[str, str]]:
    """Yields the fields on the list whose values can stand in a text; links and markup cannot."""
    for name, field in listed.fields.items():
        value = " ".join(str(found.get(name, "")).split())
        if value and not field.why_not(value) and not _LINK.search(value):
            yield name, value


class CsvSource:
    """A file that people exported, with a column `domain`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[str, dict[str, str]] | None = None

    def look_up(self, domain: str) -> Mapping[str, str]:
        """Returns the row of a domain."""
        if self._rows is None:
            self._rows = dict(self._read())
        return self._rows.get(domain.lower(), {})

    def _read(self) -> Iterator[tuple[str, dict[str, str]]]:
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                if "domain" not in (reader.fieldnames or ()):
                    raise EnrichmentError(f"{self._path}: no column domain; add one.")
                for row in reader:
                    yield row["domain"].strip().lower(), row
        except FileNotFoundError:
            raise EnrichmentError(f"{self._path}: no such file; export the source there.") from None
        except UnicodeDecodeError:
            raise EnrichmentError(f"{self._path}: not UTF-8; save the file as UTF-8.") from None


class HttpSource:
    """An API that answers GET ?domain=… with a JSON object."""

    def __init__(self, url: str) -> None:
        self._url = url

    def look_up(self, domain: str) -> Mapping[str, str]:
        """Asks about one domain; 404 means that nothing is known.

        Raises:
            EnrichmentError: it could not be reached, or answered something else.
        """
        import httpx

        try:
            answer = httpx.get(self._url, params={"domain": domain}, timeout=TIMEOUT_S)
            if answer.status_code == 404:
                return {}
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise EnrichmentError(f"{self._url}: {error}; try again, or ask its vendor.") from None
        if not isinstance(found, dict):
            raise EnrichmentError(f"{self._url}: answered {type(found).__name__}, not an object.")
        return {str(k): str(v) for k, v in found.items() if isinstance(v, str | int | float)}
