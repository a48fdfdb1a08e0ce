"""Requests about data in the store: read, saved, closed."""

from dataclasses import replace
from datetime import datetime

from agent_runtime.errors import ParleyError
from agent_runtime.store import tables as t
from agent_runtime.store.rows import DataRequest
from agent_runtime.store.sql import SqlTx


class DataRequestError(ParleyError):
    """A request that cannot be taken or is not there."""


def read(tx: SqlTx, request_id: str) -> DataRequest | None:
    """Returns a request by its id."""
    return tx.one(DataRequest, t.data_requests, request_id=request_id)


def find(tx: SqlTx, begins: str) -> DataRequest:
    """Returns the one request whose id is this, or begins so.

    Raises:
        DataRequestError: there is none, or there are several.
    """
    exact = read(tx, begins)
    found = [exact] if exact else [r for r in all_requests(tx) if r.request_id.startswith(begins)]
    if len(found) != 1:
        many = f"{len(found)} begin so; write more of it" if found else "there is none"
        raise DataRequestError(f"request {begins!r}: {many}; see `parley requests list --all`.")
    return found[0]


def requests_of(tx: SqlTx, person_id: str) -> tuple[DataRequest, ...]:
    """Returns what a person and whom they were merged with have asked for, oldest first."""
    found = [
        request
        for one in tx.persons_of(person_id)
        for request in tx.all(DataRequest, t.data_requests, person_id=one)
    ]
    return tuple(sorted(found, key=lambda request: request.asked_at))


def open_requests(tx: SqlTx) -> tuple[DataRequest, ...]:
    """Returns what is confirmed and not done yet, the one that is due first at the front."""
    found = tx.all(DataRequest, t.data_requests, state="OPEN")
    return tuple(sorted(found, key=lambda request: request.due_at or request.asked_at))


def all_requests(tx: SqlTx) -> tuple[DataRequest, ...]:
    """Returns every request, the newest first."""
    found = tx.all(DataRequest, t.data_requests)
    return tuple(sorted(found, key=lambda request: request.asked_at, reverse=True))


def save(tx: SqlTx, request: DataRequest) -> None:
    """Writes a request."""
    columns = {"request_id": request.request_id, "person_id": request.person_id}
    tx.put(t.data_requests, request, **columns, state=request.state, due_at=request.due_at)


def task_id_of(request_id: str) -> str:
    """Returns the id of the task that a confirmed request becomes."""
    return f"data-{request_id}"


def close(tx: SqlTx, request: DataRequest, *, by: str, why: str = "", now: datetime) -> DataRequest:
    """Closes a request, and the task that it became: as done, or as refused where `why` says so."""
    state = "REFUSED" if why else "DONE"
    closed = replace(request, state=state, closed_at=now, closed_by=by, why=why)
    save(tx, closed)
    task = tx.human_task(task_id_of(request.request_id))
    if task is not None and task.state != "DONE":
        tx.save_human_task(replace(task, state="DONE"))
    return closed
