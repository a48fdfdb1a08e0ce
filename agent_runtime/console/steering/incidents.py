"""Incidents, and beside them what people paused and changed, on one time line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Form, Request
from sqlalchemy import select
from starlette.responses import Response

from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import roles
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.steering.who import may_stop
from agent_runtime.contracts import TraceEvent
from agent_runtime.steering.changes import all_changes
from agent_runtime.steering.incidents import Severity, add_note, notes_of, open_incident
from agent_runtime.steering.pausing import pause_log
from agent_runtime.steering.subjects import title_of
from agent_runtime.store.sql_rows import load
from agent_runtime.store.tables import trace_events
from agent_runtime.store.trace_index import latest_of_kind

READS = roles("rep", "reviewer", "revops", "leader")
WRITES = roles("rep", "reviewer", "revops")
HOME = "/console/steering/incidents"
LATEST = 50

pages = Pages("/steering/incidents", area="steering")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing on a time line."""

    at: datetime
    what: str
    kind: str
    """`danger`, `warn`, `good`, `note`, as badges have it."""
    by: str = ""
    text: str = ""


@pages.get("", roles=READS)
def _incidents(request: Request, office: TheOffice, who: Who) -> Response:
    with office.store.begin() as tx:
        found = latest_of_kind(tx.connection, office.store.tenant_id, "incident", limit=LATEST)
        notes = {one.event_id: notes_of(tx, one.event_id) for one in found}
    return render(
        request,
        "steering/incidents.html",
        found=found,
        notes=notes,
        acts=_acts(office)[:LATEST],
        may_write=may_stop(who),
    )


@pages.post("", roles=WRITES)
def _open(
    request: Request,
    office: TheOffice,
    who: Who,
    what: Annotated[str, Form()],
    severity: Annotated[Severity, Form()] = "medium",
    detail: Annotated[str, Form()] = "",
) -> Response:
    with office.store.begin() as tx:
        made = open_incident(
            tx,
            office.store.tenant_id,
            what=what,
            detail=detail,
            severity=severity,
            by=who.name,
            versions=office.versions,
            now=office.clock(),
        )
    note(request, record=f"incident:{made}")
    return back(request, f"{HOME}/{made}", said="The incident is open.")


@pages.get("/{incident_id}", roles=READS)
def _incident(request: Request, office: TheOffice, who: Who, incident_id: str) -> Response:
    event = _read(office, incident_id)
    with office.store.begin() as tx:
        notes = notes_of(tx, incident_id)
    seen = event.payload
    lines = [Line(event.occurred_at, seen["what"], "danger", seen.get("by", "Parley"))]
    lines += [
        Line(one.at, *(("closed", "good") if one.closes else ("noted", "note")), one.by, one.text)
        for one in notes
    ]
    return render(
        request,
        "steering/incident.html",
        event=event,
        lines=lines,
        is_closed=any(one.closes for one in notes),
        may_write=may_stop(who),
        sees_detail=who.user.role in ("revops", "admin"),
    )


@pages.post("/{incident_id}/notes", roles=WRITES)
def _note(
    request: Request,
    office: TheOffice,
    who: Who,
    incident_id: str,
    text: Annotated[str, Form()] = "",
    closes: Annotated[bool, Form()] = False,
) -> Response:
    _read(office, incident_id)
    with office.store.begin() as tx:
        add_note(tx, incident_id, text, by=who.name, at=office.clock(), closes=closes)
    note(request, record=f"incident:{incident_id}")
    said = "The incident is closed." if closes else "Noted."
    return back(request, f"{HOME}/{incident_id}", said=said)


def _read(office: Office, incident_id: str) -> TraceEvent:
    query = select(trace_events.c.doc).where(trace_events.c.event_id == incident_id)
    query = query.where(trace_events.c.tenant_id == office.store.tenant_id)
    with office.store.engine.connect() as connection:
        doc = connection.execute(query).scalar()
    event = load(TraceEvent, doc) if doc else None
    if event is None or event.kind != "incident":
        raise Missing(f"incident {incident_id[:40]!r}: is unknown; the list has the latest.")
    return event


def _acts(office: Office) -> list[Line]:
    """What people did to the agent, the latest first."""
    with office.store.begin() as tx:
        pauses, changes = pause_log(tx), all_changes(tx)
    lines = [
        Line(
            one.at,
            f"{one.campaign or 'Everything'} {'paused' if one.what == 'pause' else 'resumed'}",
            "danger" if one.what == "pause" else "good",
            one.by,
            one.why,
        )
        for one in pauses
    ]
    lines += [
        Line(
            one.decided_at,
            f"{title_of(one.subject)}: version {one.version} "
            + ("rolled back to it" if one.undoes else "in force"),
            "warn" if one.loosens else "note",
            one.decided_by,
            one.reason,
        )
        for one in changes
        if one.decided_at is not None and one.state in ("LIVE", "REPLACED")
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)
