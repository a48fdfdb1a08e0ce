"""The page of the audit log."""

from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.frame.audit import PAGE, latest
from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.office import TheOffice
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import roles

ADMINS = roles("admin")
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
    asked = {"actor": actor.strip(), "action": action.strip(), "record": record.strip()}
    found = latest(office.store, before=before, **asked)
    wanted = {name: value for name, value in asked.items() if value}
    further = ""
    if len(found) == PAGE:
        further = "/console/audit?" + urlencode({**wanted, "before": found[-1].position})
    return render(request, "audit/log.html", found=found, asked=asked, further=further)


AREA = Area(
    "audit",
    (pages,),
    order=91,
    title="Administration",
    entries=(Entry("Audit log", "/console/audit", "scroll-text", ADMINS, key="l"),),
)
