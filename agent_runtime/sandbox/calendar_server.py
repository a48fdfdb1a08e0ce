"""The sandbox's calendar server: Radicale in this process, one calendar per owner."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from types import TracebackType
from urllib.parse import quote
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import radicale.config
from radicale.app import Application
from radicale.log import logger

USERNAME = "sandbox"
"""Owns every calendar; the server listens on loopback only and asks for no password."""

_HOST = "127.0.0.1"
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class CalendarServer:
    """A running calendar server; calendars lie at `<url>/<owner_id>/`."""

    url: str
    _server: WSGIServer
    _thread: Thread

    def close(self) -> None:
        """Stops the server; what was booked stays in its folder."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> CalendarServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve_calendar(folder: Path, owner_ids: Iterable[str] = (), *, port: int = 0) -> CalendarServer:
    """Returns a server over `folder` with a calendar for each owner; port 0 takes a free one."""
    server = make_server(
        _HOST, port, _radicale(folder), server_class=_Server, handler_class=_QuietHandler
    )
    thread = Thread(target=server.serve_forever, args=(_POLL_S,), name="calendar", daemon=True)
    thread.start()
    for owner_id in owner_ids:
        _make_calendar(server.server_port, owner_id)
    return CalendarServer(f"http://{_HOST}:{server.server_port}/{USERNAME}", server, thread)


def _radicale(folder: Path) -> Application:
    settings = radicale.config.load()
    settings.update(
        {
            "auth": {"type": "none"},
            "rights": {"type": "owner_only"},
            "storage": {"filesystem_folder": str(folder), "_filesystem_fsync": "False"},
        },
        "sandbox",
        privileged=True,
    )
    # Radicale warns of every refused conditional PUT, which is how a slot is contended for.
    logger.setLevel(logging.CRITICAL)
    return Application(settings)


def _make_calendar(port: int, owner_id: str) -> None:
    """Creates the owner's calendar unless it stands from an earlier start."""
    token = b64encode(f"{USERNAME}:".encode()).decode()
    connection = HTTPConnection(_HOST, port)
    for method, path, allowed in (
        ("PROPFIND", f"/{USERNAME}/", (207,)),
        ("MKCALENDAR", f"/{USERNAME}/{quote(owner_id, safe='')}/", (201, 405, 409)),
    ):
        connection.request(method, path, headers={"Authorization": f"Basic {token}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status not in allowed:
            raise RuntimeError(f"{method} {path} of the calendar server answered {answer.status}")
    connection.close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128
    """Many clients at once; with the default of 5 the system refuses the sixth."""


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        del format, args
