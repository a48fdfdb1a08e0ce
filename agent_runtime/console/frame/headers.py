"""Headers of every answer, foreign host names, and the end of each audited act."""

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_runtime.console.frame.audit import Result, write_alone
from agent_runtime.console.frame.office import Office

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Content Security Policy: nothing inline, nothing from elsewhere."""

FIXED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}
HSTS = "max-age=31536000; includeSubDomains"


class Headers:
    """Puts the headers on every answer of the console, and refuses foreign host names."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self.app, self._office = app, office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in FIXED.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", POLICY)
                headers.setdefault("cache-control", "no-store")
                if request.url.scheme == "https":
                    headers["strict-transport-security"] = HSTS
                await self._end_act(scope, message["status"])
            await send(message)

        if (request.url.hostname or "") not in self._office.hosts:
            host = request.url.hostname or ""
            said = f"host = {host!r}: is not ours; set PARLEY_PUBLIC_URL to the address of this.\n"
            await PlainTextResponse(said, status_code=421)(scope, receive, send_with)
            return
        await self.app(scope, receive, send_with)

    async def _end_act(self, scope: Scope, status: int) -> None:
        """Writes how an audited act ended, before whoever did it reads the answer."""
        state = scope.get("state", {})
        act = state.get("act")
        if act is None or not (state.get("is_audited") or status == 403):
            return
        how: Result = "done" if status < 400 else "failed" if status >= 500 else "refused"
        ended = replace(
            act, result=how, at=self._office.wall_clock(), detail=act.detail or f"HTTP {status}"
        )
        await run_in_threadpool(write_alone, self._office.store, ended)
