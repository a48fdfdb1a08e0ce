"""The home page."""

from fastapi import Request
from starlette.responses import Response

from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.office import TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import EVERYBODY

pages = Pages(area="home")


@pages.get("/", roles=EVERYBODY)
def _home(request: Request, office: TheOffice, who: Who) -> Response:
    return render(request, "home/home.html")


AREA = Area(
    "home", (pages,), order=0, entries=(Entry("Home", "/console/", "house", EVERYBODY, key="h"),)
)
