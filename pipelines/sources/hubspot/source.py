"""The dlt source: records by change, what was archived or merged, subscriptions, and the lists.

Each run reads from the cursor of its table on. A run that the account cuts off keeps what it has:
the cursor then stands where it stopped.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import dlt

from pipelines.errors import PipelineError
from pipelines.sources.hubspot.changed import ChangedPages, instant_of, search_for_changes
from pipelines.sources.hubspot.lists import (
    definitions,
    list_members,
    owners,
    stages,
    subscription_types,
)
from pipelines.sources.hubspot.objects import MERGED, ObjectKind, object_kinds
from pipelines.sources.hubspot.progress import Progress, Wanted, since
from pipelines.sources.hubspot.reader import HubSpotReader, HubSpotRefusal, HubSpotStop
from pipelines.sources.hubspot.records import (
    GONE,
    Links,
    Row,
    columns_of,
    gone_row,
    merged_away,
    read_by_id,
    row_of,
)
from pipelines.sources.hubspot.subscriptions import subscriptions


@dlt.source(name="hubspot", max_table_nesting=0)
def hubspot(reader: HubSpotReader, progress: Progress, wanted: Wanted | None = None) -> Any:
    """Returns the resources of an account, one per table.

    Args:
        reader: Asks the account.
        progress: Filled while the resources run.
        wanted: What to bring.
    """
    wanted = wanted or Wanted()
    known = definitions(reader, progress)
    tables: dict[str, Any] = {}
    for name, kind in object_kinds().items():
        asked = _asked(name, kind, wanted, known, progress)
        tables[name] = dlt.resource(
            _changes,
            name=name,
            primary_key="id",
            write_disposition="merge",
            columns=columns_of(kind, asked),
        )(reader, progress, wanted, name, asked)
    yield from tables.values()
    yield subscriptions(reader, progress, tables["contacts"])
    yield owners(reader, progress)
    yield stages(reader, progress)
    yield subscription_types(reader, progress)
    members = list_members(reader, progress, wanted.lists)
    if members is not None:
        yield members
    yield dlt.resource(
        [row for rows in known.values() for row in rows],
        name="properties",
        primary_key=("kind", "name"),
        write_disposition="merge",
    )


def _asked(
    name: str,
    kind: ObjectKind,
    wanted: Wanted,
    known: dict[str, list[Row]],
    progress: Progress,
) -> tuple[str, ...]:
    """The properties to ask for: only those that the account has, where it says so."""
    asked = kind.asked(tuple(wanted.properties.get(name, ())))
    if name not in known:
        return asked
    there = {row["name"] for row in known[name]}
    lacking = [one for one in asked if one not in there]
    if lacking:
        progress.lacking[name] = lacking
    return tuple(one for one in asked if one in there)


def _changes(
    reader: HubSpotReader, progress: Progress, wanted: Wanted, name: str, asked: Sequence[str]
) -> Iterator[list[Row]]:
    kind = object_kinds()[name]
    links = Links(reader, kind, {n: k.path for n, k in object_kinds().items()})
    state = dlt.current.resource_state()
    progress.behind.discard(name)
    try:
        yield from _named(reader, kind, wanted.ids.get(name, ()), asked, links)
        for page in _pages(reader, kind, asked, state, wanted, name, progress):
            yield from _whole(page, kind, asked, links)
        if name not in progress.behind:
            yield from _archived(reader, kind, asked, links, state)
    except HubSpotRefusal as refusal:
        _give_up_unless_kept(wanted, name, refusal)
        progress.refused[name] = str(refusal)
    except HubSpotStop as stop:
        _give_up_unless_kept(wanted, name, stop)
        progress.stopped = str(stop)
        progress.behind.add(name)


def _give_up_unless_kept(wanted: Wanted, name: str, why: PipelineError) -> None:
    """A table that is read as a whole must not lose what was not reached."""
    if name in wanted.whole:
        raise PipelineError(f"{name}: {why}") from why


def _pages(
    reader: HubSpotReader,
    kind: ObjectKind,
    asked: Sequence[str],
    state: dict[str, Any],
    wanted: Wanted,
    name: str,
    progress: Progress,
) -> Iterator[list[dict[str, Any]]]:
    if progress.stopped:
        raise HubSpotStop(progress.stopped)
    begin = since(state, wanted.overlap)
    window = ChangedPages(kind.modified)
    body = search_for_changes(kind.modified, tuple(asked), begin)
    path = f"/crm/v3/objects/{kind.path}/search"
    for number, page in enumerate(reader.search(path, body, window), start=1):
        yield page
        if not page or window.is_within_an_instant:
            continue
        last = datetime.fromtimestamp(instant_of(page[-1], kind.modified) / 1000, UTC)
        before = state.get("cursor")
        state["cursor"] = max(last, datetime.fromisoformat(before) if before else last).isoformat()
        state["is_behind"] = window.has_next_page
        if number >= wanted.chunk and window.has_next_page and name not in wanted.whole:
            progress.behind.add(name)
            return


def _whole(
    page: list[dict[str, Any]], kind: ObjectKind, asked: Sequence[str], links: Links
) -> Iterator[list[Row]]:
    rows = links.add_to([row_of(found, asked) for found in page])
    if rows:
        yield rows
    merged = [one for row in rows for one in merged_away(row)]
    if merged:
        yield [gone_row(one, kind, asked) for one in merged]


def _named(
    reader: HubSpotReader, kind: ObjectKind, ids: Sequence[str], asked: Sequence[str], links: Links
) -> Iterator[list[Row]]:
    """Records that were named, as they are now."""
    rows = read_by_id(reader, kind, list(dict.fromkeys(ids)), asked) if ids else []
    there = links.add_to([row for row in rows if not row[GONE]])
    gone = [row for row in rows if row[GONE]]
    merged = [gone_row(one, kind, asked) for row in there for one in merged_away(row)]
    if rows:
        yield [*there, *gone, *merged]


def _archived(
    reader: HubSpotReader,
    kind: ObjectKind,
    asked: Sequence[str],
    links: Links,
    state: dict[str, Any],
) -> Iterator[list[Row]]:
    """What went to the bin since the last look, and what came back out of it.

    A record that others were merged into and that is thrown away before it was seen takes them with
    it: the search shows it to nobody any more.
    """
    binned: dict[str, str] = state.get("binned", {})
    there: dict[str, str] = {}
    query = {"archived": "true", "limit": "100"}
    if kind.is_merged:
        query["properties"] = MERGED
    new: list[str] = []
    for page in reader.pages(f"/crm/v3/objects/{kind.path}", query):
        there |= {str(found["id"]): str(found.get("archivedAt") or "") for found in page}
        rows = [row_of(found, (MERGED,)) for found in page]
        fresh = [row for row in rows if binned.get(row["id"]) != there[row["id"]]]
        new += [one for row in fresh for one in (row["id"], *merged_away(row))]
    if new:
        yield [gone_row(one, kind, asked) for one in new]
    back = [one for one in binned if one not in there]
    yield from _named(reader, kind, back, asked, links)
    state["binned"] = there
