"""Who agreed to which mail and who refused it: the status of each changed contact's address."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import dlt

from pipelines.sources.hubspot.progress import Progress
from pipelines.sources.hubspot.reader import (
    HubSpotReader,
    HubSpotRefusal,
    HubSpotStop,
    batches,
)
from pipelines.sources.hubspot.records import GONE, column_hints

Row = dict[str, Any]

ALL = "all"
"""Stands for every kind of mail, where somebody has refused all of them."""

EVERYBODY = "*"
"""In the place of an address where none may be read."""

UNREAD = "unread"
"""Stands in the place of a kind of mail where the last pull learnt nothing of an address."""

_PATH = "/communication-preferences/v4/statuses"
_CHANNEL = {"channel": "EMAIL"}
_COLUMNS = (
    "email",
    "subscription_id",
    "subscription",
    "status",
    "source",
    "recorded_at",
    "legal_basis",
    "explanation",
)


def subscriptions(reader: HubSpotReader, progress: Progress, contacts: Any) -> Any:
    """Returns the table of statuses, one row per address and kind of mail."""
    asker = _Asker(reader)

    @dlt.transformer(
        data_from=contacts,
        name="subscriptions",
        primary_key=("email", "subscription_id"),
        write_disposition="merge",
        columns=column_hints(_COLUMNS),
    )
    def statuses(rows: list[Row]) -> Iterator[list[Row]]:
        # What could not be asked is remembered, since its contacts will not come again.
        state = dlt.current.resource_state()
        before = set(state.get("unread", ()))
        again = before - asker.tried
        asker.tried |= before
        for batch in batches(sorted(again.union(_addresses(rows)))):
            if "subscriptions" in progress.refused:
                break
            found, missing = _try(asker, batch, progress)
            read = before.intersection(batch).difference(missing)
            before = (before - read).union(missing)
            gone = [_marker(one, is_gone=True) for one in sorted(read)]
            yield [*found, *gone, *(_marker(one, is_gone=False) for one in missing)]
        if "subscriptions" in progress.refused:
            yield [_marker(EVERYBODY, is_gone=False)]
        state["unread"] = sorted(before)
        progress.unread = len(before)

    return statuses


def _try(
    asker: "_Asker", batch: Sequence[str], progress: Progress
) -> tuple[list[Row], Sequence[str]]:
    """The statuses of a batch, and the addresses of which nothing was learnt."""
    if progress.stopped:
        return [], batch
    try:
        return asker.statuses(batch)
    except HubSpotRefusal as refusal:
        progress.refused["subscriptions"] = (
            f"{refusal}; nobody's consent counts until it has it and `--full` has read them all"
        )
        return [], []
    except HubSpotStop as stop:
        progress.stopped = str(stop)
        return [], batch


def _addresses(rows: Sequence[Row]) -> list[str]:
    """Every address of the contacts, those that a merger brought too."""
    found: list[str] = []
    for row in rows:
        found.append(row.get("email") or "")
        found += str(row.get("hs_additional_emails") or "").split(";")
    return [one.strip().lower() for one in found if one.strip()]


class _Asker:
    """Asks for statuses a hundred at a time, or one by one where the token may not."""

    def __init__(self, reader: HubSpotReader) -> None:
        self.tried: set[str] = set()
        """Addresses that an earlier pull did not learn of, and that this one has asked for."""
        self._reader = reader
        self._is_batched = True

    def statuses(self, addresses: Sequence[str]) -> tuple[list[Row], list[str]]:
        """Returns the statuses of addresses, and the addresses that were not answered.

        Raises:
            HubSpotRefusal: the token may not read them.
            HubSpotStop: the account cannot be read now.
        """
        if self._is_batched:
            try:
                return self._batch(addresses)
            except HubSpotRefusal as refusal:
                # One address that HubSpot does not take for one spoils a batch, and no more.
                self._is_batched = not refusal.is_about_scopes
        found: list[Row] = []
        missing: list[str] = []
        for address in addresses:
            try:
                found += self._single(address)
            except HubSpotRefusal as refusal:
                if refusal.is_about_scopes:
                    raise
                missing.append(address)
        return found, missing

    def _batch(self, addresses: Sequence[str]) -> tuple[list[Row], list[str]]:
        found: list[Row] = []
        missing: set[str] = set()
        body = {"inputs": list(addresses)}
        for path in (f"{_PATH}/batch/read", f"{_PATH}/batch/unsubscribe-all/read"):
            said = self._reader.ask(path, query=_CHANNEL, body=body)["results"]
            missing |= set(addresses) - {one["subscriberIdString"].lower() for one in said}
            found += [row for one in said for row in _rows(one)]
        return found, sorted(missing)

    def _single(self, address: str) -> Iterator[Row]:
        path = f"{_PATH}/{quote(address, safe='@')}"
        for one in self._reader.ask(path, query=_CHANNEL)["results"]:
            yield _status(one)
        wide = self._reader.ask(f"{path}/unsubscribe-all", query=_CHANNEL)
        for one in wide["results"]:
            yield _wide(one)


def _rows(said: Row) -> Iterator[Row]:
    yield from map(_status, said.get("statuses", ()))
    yield from map(_wide, said.get("wideStatuses", ()))


def _status(said: Row) -> Row:
    return {
        "email": said["subscriberIdString"].lower(),
        "subscription_id": str(said["subscriptionId"]),
        "subscription": said.get("subscriptionName"),
        "status": said["status"],
        "source": said.get("source"),
        "recorded_at": said["timestamp"],
        "legal_basis": said.get("legalBasis"),
        "explanation": said.get("legalBasisExplanation"),
    }


def _wide(said: Row) -> Row:
    return {
        "email": said["subscriberIdString"].lower(),
        "subscription_id": ALL,
        "subscription": ALL,
        "status": said["status"],
        "source": None,
        "recorded_at": said["timestamp"],
        "legal_basis": None,
        "explanation": None,
    }


def _marker(address: str, *, is_gone: bool) -> Row:
    nothing = dict.fromkeys(_COLUMNS)
    return {**nothing, "email": address, "subscription_id": UNREAD, GONE: is_gone}
