"""What goes wrong on a page, said in one sentence with what to do; never a stack trace."""

import logging
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from agent_runtime.console.frame.render import render
from agent_runtime.errors import ParleyError

SIGN_IN = "/console/sign-in"
API = "/console/api/"
_log = logging.getLogger(__name__)


def add_faults(app: FastAPI) -> None:
    """Has an application answer faults with pages, fragments or JSON, as was asked for."""

    async def known(request: Request, error: Exception) -> Response:
        status = getattr(error, "status", 409)
        if status == 401 and not _is_api(request):
            return _to_sign_in(request)
        return answer(request, status, str(error))

    async def http(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        said = "" if status in (404, 405) else str(getattr(error, "detail", ""))
        return answer(request, status, said)

    async def invalid(request: Request, error: Exception) -> Response:
        first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
        field = ".".join(str(part) for part in first.get("loc", ())[1:])
        said = f"{field}: {first.get('msg', 'cannot be read')}; mend it and send it again."
        return answer(request, 422, said)

    async def broken(request: Request, error: Exception) -> Response:
        _log.exception("page failed: %s", request.url.path, exc_info=error)
        return answer(request, 500, "")

    app.add_exception_handler(ParleyError, known)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, broken)


def answer(request: Request, status: int, said: str) -> Response:
    """Returns a fault as JSON for programs, as a message for a part of a page, else as a page."""
    if own := getattr(request.app.state, "fault", None):
        return own(request, status)
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    if _is_api(request):
        body = {"error": said or HTTPStatus(status).phrase, "status": status}
        return JSONResponse(body, status_code=status, headers=headers)
    if request.headers.get("hx-request"):
        told = {"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"}
        found = render(request, "frame/fault_toast.html", status=status, said=said)
        found.headers.update(told)
    else:
        found = render(request, "frame/fault.html", status=status, said=said)
    return found


def _is_api(request: Request) -> bool:
    return request.url.path.startswith(API)


def _to_sign_in(request: Request) -> Response:
    """After signing in they are where they wanted to go, unless that was an act."""
    wanted = request.url.path if request.method == "GET" else ""
    if request.url.query and wanted:
        wanted += f"?{request.url.query}"
    if request.headers.get("hx-request"):
        page = request.headers.get("hx-current-url", "")
        wanted = page[page.find("/console") :] if "/console" in page else ""
    target = f"{SIGN_IN}?next={quote(wanted)}" if wanted else SIGN_IN
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
