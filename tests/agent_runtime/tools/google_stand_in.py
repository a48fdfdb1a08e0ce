"""A stateful server that answers as the documented Google Calendar API v3 does."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 2


class Google:
    """The events of all calendars; a deleted event keeps its id, as the real one does."""

    def __init__(self):
        self.events = {}
        self.lock = Lock()
        self.etags = count(1)
        self.token = "good"
        self.too_often = 0
        self.pages = 0

    def answer(self, method, target, headers, body):  # noqa: PLR0911
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {}, {}
        if self.too_often:
            self.too_often -= 1
            return 429, {}, {"Retry-After": "7"}
        url = urlsplit(target)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        _, _, calendar, _, *rest = url.path.split("/")
        events = self.events.setdefault(unquote(calendar), {})
        assert method == "GET" or query["sendUpdates"] == "none"
        if method == "GET" and not rest:
            return self._list(events, query)
        if method == "POST":
            if body["id"] in events:
                return 409, {}, {}
            return self._save(events, body["id"], body)
        event = events.get(rest[0])
        if event is None:
            return 404, {}, {}
        if method == "GET":
            return 200, event, {}
        if headers.get("If-Match") not in (None, event["etag"]):
            return 412, {}, {}
        if method == "PUT":
            return self._save(events, rest[0], body)
        if event["status"] == "cancelled":
            return 410, {}, {}
        self._save(events, rest[0], event | {"status": "cancelled"})
        return 204, {}, {}

    def _save(self, events, event_id, body):
        etag = f'"{next(self.etags)}"'
        events[event_id] = {"iCalUID": f"{event_id}@google.com"} | body
        events[event_id] |= {"id": event_id, "etag": etag}
        return 200, events[event_id], {}

    def _list(self, events, query):
        self.pages += 1
        low, high = (datetime.fromisoformat(query[name]) for name in ("timeMin", "timeMax"))
        shown = [
            e
            for e in events.values()
            if e["status"] != "cancelled" and at(e["start"]) < high and low < at(e["end"])
        ]
        first = int(query.get("pageToken", 0))
        page = {"items": shown[first : first + PAGE]}
        if first + PAGE < len(shown):
            page["nextPageToken"] = str(first + PAGE)
        return 200, page, {}


def at(value):
    if "date" in value:
        return datetime.combine(datetime.fromisoformat(value["date"]), time(0), UTC)
    return datetime.fromisoformat(value["dateTime"])


@contextmanager
def running(google):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with google.lock:
                status, value, headers = google.answer(
                    self.command, self.path, self.headers, json.loads(body or "{}")
                )
            raw = b"" if status == 204 else json.dumps(value).encode()
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
