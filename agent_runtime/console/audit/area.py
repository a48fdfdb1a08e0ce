"""The page of the audit log."""

from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.frame.audit import PAGE, latest
from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import TheOffice
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import roles
from agent_runtime.console.table_file import MOST, table_file

ADMINS = roles("admin")
COLUMNS = ("at", "actor", "role", "action", "record", "result", "detail", "address", "request_id")
pages = Pages("/audit", area="audit")


@pages.get("", roles=ADMINS)
def _log(
    request: Request,
    office: TheOffice,
    actor: str = "",
    action: str = "",
    record: str = "",
    before: int = 0,
) -> Response:
    actor, action, record = actor.strip(), action.strip(), record.strip()
    asked = {"actor": actor, "action": action, "record": record}
    found = latest(office.store, actor=actor, action=action, record=record, before=before)
    wanted = {name: value for name, value in asked.items() if value}
    further = ""
    if len(found) == PAGE:
        further = "/console/audit?" + urlencode({**wanted, "before": found[-1].position})
    file = "/console/audit/table.csv" + (f"?{urlencode(wanted)}" if wanted else "")
    return render(request, "audit/log.html", found=found, asked=asked, further=further, file=file)


@pages.get("/table.csv", roles=ADMINS, audited=True, rate="30/minute")
def _table(
    request: Request, office: TheOffice, actor: str = "", action: str = "", record: str = ""
) -> Response:
    actor, action, record = actor.strip(), action.strip(), record.strip()
    found = latest(office.store, actor=actor, action=action, record=record, limit=MOST)
    note(request, record="audit:log", detail=f"{len(found)} entries")
    rows = [tuple(getattr(one.act, name) for name in COLUMNS) for one in found]
    return table_file("parley-audit", COLUMNS, rows)


AREA = Area(
    "audit",
    (pages,),
    order=91,
    title="Administration",
    entries=(Entry("Audit log", "/console/audit", "scroll-text", ADMINS, key="l"),),
)
