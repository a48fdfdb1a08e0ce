"""Routes of the frame itself: the files that pages load, and the choice of light or dark."""

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import FileResponse, Response

from agent_runtime.console.frame import cookies
from agent_runtime.console.frame.assets import TYPES, served
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.render import THEME, THEMES
from agent_runtime.console.frame.toasts import back

YEAR_S = 365 * 86_400

pages = Pages(area="frame")


@pages.get("/static/{version}/{name}", public=True)
def _static(version: str, name: str) -> Response:
    path = served().get(name)
    if path is None:
        raise Missing(f"{name}: there is no such file.")
    headers = {"cache-control": f"public, max-age={YEAR_S}, immutable"}
    return FileResponse(path, media_type=TYPES[path.suffix], headers=headers)


@pages.post("/theme", public=True)
def _theme(
    request: Request, theme: Annotated[str, Form()], to: Annotated[str, Form()] = ""
) -> Response:
    response = back(request, to)
    if theme in THEMES:
        cookies.put(response, request, THEME, theme, seconds=YEAR_S)
    return response
