"""The tables of steering as files: campaigns, changes and incidents."""

from dataclasses import astuple, fields

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import TheOffice
from agent_runtime.console.frame.roles import EVERYBODY
from agent_runtime.console.steering import changing, incidents
from agent_runtime.console.steering.forms import text_of
from agent_runtime.console.steering.overview import NONE
from agent_runtime.console.steering.who import campaign_names
from agent_runtime.console.table_file import MOST, table_file
from agent_runtime.steering.changes import all_changes
from agent_runtime.steering.incidents import notes_of
from agent_runtime.steering.pausing import pauses_up
from agent_runtime.store.campaign_counts import CampaignCounts, counts_by_campaign
from agent_runtime.store.trace_index import latest_of_kind

CAMPAIGNS = ("campaign", *(one.name for one in fields(CampaignCounts)), "is_paused", "why_paused")
CHANGES = (
    "change_id",
    "subject",
    "version",
    "before",
    "after",
    "state",
    "loosens",
    "author",
    "reason",
    "made_at",
    "decided_by",
    "decided_at",
)
INCIDENTS = ("incident_id", "what", "severity", "at", "notes", "is_closed")

pages = Pages("/steering", area="steering")


@pages.get("/campaigns.csv", roles=EVERYBODY, audited=True, rate="30/minute")
def _campaigns_table(request: Request, office: TheOffice) -> Response:
    names = campaign_names(office)
    with office.store.begin() as tx:
        counts = counts_by_campaign(tx.connection, office.store.tenant_id)
        paused = {one.campaign: one.why for one in pauses_up(tx)}
    rows = [
        (name, *astuple(counts.get(name, NONE)), name in paused or "" in paused, why)
        for name in sorted({*names, *counts})
        for why in (paused.get(name, paused.get("", "")),)
    ]
    note(request, record="steering:campaigns")
    return table_file("parley-campaigns", CAMPAIGNS, rows)


@pages.get("/changes.csv", roles=changing.READS, audited=True, rate="30/minute")
def _changes_table(request: Request, office: TheOffice) -> Response:
    with office.store.begin() as tx:
        found = all_changes(tx)
    rows = [
        (
            one.change_id,
            one.subject,
            one.version,
            text_of(one.subject, one.before),
            text_of(one.subject, one.after),
            one.state,
            one.loosens,
            one.author,
            one.reason,
            one.made_at,
            one.decided_by,
            one.decided_at,
        )
        for one in found
    ]
    note(request, record="steering:changes")
    return table_file("parley-changes", CHANGES, rows)


@pages.get("/incidents.csv", roles=incidents.READS, audited=True, rate="30/minute")
def _incidents_table(request: Request, office: TheOffice) -> Response:
    with office.store.begin() as tx:
        found = latest_of_kind(tx.connection, office.store.tenant_id, "incident", limit=MOST)
        notes = {one.event_id: notes_of(tx, one.event_id) for one in found}
    rows = [
        (
            one.event_id,
            str(one.payload.get("what", "")),
            str(one.payload.get("severity", "")),
            one.occurred_at,
            len(notes[one.event_id]),
            any(said.closes for said in notes[one.event_id]),
        )
        for one in found
    ]
    note(request, record="steering:incidents")
    return table_file("parley-incidents", INCIDENTS, rows)
