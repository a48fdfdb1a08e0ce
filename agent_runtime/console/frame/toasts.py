"""What the next page says of an act that has just been done: a signed cookie, shown once."""

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_runtime.console.frame import cookies
from agent_runtime.console.frame.office import Office

_COOKIE = "parley_said"
_VALID_S = 120


def back(request: Request, path: str, *, said: str = "") -> RedirectResponse:
    """Returns the way to a page of the console, which will say what was done.

    Args:
        request: That of the act.
        path: Of a page of ours, `/console/…`; anything else becomes the home page.
        said: One sentence.
    """
    office: Office = request.app.state.office
    response = RedirectResponse(own(path), status_code=303)
    if said:
        told = _serializer(office.key).dumps([said])
        value = told if isinstance(told, str) else told.decode()
        cookies.put(response, request, _COOKIE, value, seconds=_VALID_S)
    return response


def own(path: str) -> str:
    """Returns a path of the console, or its root for anything that leads elsewhere."""
    is_ours = path == cookies.ROOT or path.startswith((f"{cookies.ROOT}/", f"{cookies.ROOT}?"))
    is_plain = not any(c in path for c in "\\\r\n") and "//" not in path.partition("?")[0]
    return path if is_ours and is_plain else cookies.ROOT


def take(request: Request, key: str) -> tuple[tuple[str, ...], bool]:
    """Returns what is to be said on this page, and whether there was a cookie to take back."""
    kept = request.cookies.get(_COOKIE, "")
    if not kept or request.headers.get("hx-request"):
        return (), False
    try:
        said = _serializer(key).loads(kept, max_age=_VALID_S)
    except BadSignature:
        return (), True
    return tuple(str(one) for one in said), True


def clear(response: Response, request: Request) -> None:
    """Takes the cookie back."""
    cookies.drop(response, request, _COOKIE)


def _serializer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="toast")
