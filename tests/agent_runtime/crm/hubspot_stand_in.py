"""A stateful server that answers as the documented HubSpot CRM API v3 and v4 do."""

import json
import os
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Lock, Thread
from urllib.parse import parse_qsl, unquote, urlsplit

AT = "2026-01-13T10:00:00.000Z"
UNIQUE = {"tickets": {"parley_ticket_id"}, "notes": {"parley_activity_id"}, "contacts": {"email"}}
OURS = {
    "contacts": "parley_blocker parley_last_objection parley_preferred_channel parley_urgency "
    "parley_use_case hs_language email",
    "companies": "parley_blocker parley_use_case domain",
    "0-3": "parley_blocker hs_next_step dealname",
    "tickets": "parley_blocker parley_ticket_id subject content hs_ticket_priority hs_pipeline "
    "hs_pipeline_stage",
    "notes": "parley_activity_id hs_note_body hs_timestamp",
}


class HubSpot:
    """One account. `faults` are met one a request, `log` holds every request that came."""

    def __init__(self):
        self.lock = Lock()
        self.ids = count(101)
        self.token = "good"
        self.objects = {path: {} for path in OURS}
        self.links = {}
        self.properties = {
            path: {name: self._property(path, name) for name in names.split()}
            for path, names in OURS.items()
        }
        self.faults = deque()
        self.log = []
        self.knows_null = True
        """The real one says null for what is empty; its description knows strings only."""
        self.witness = lambda request, status, answer: None

    def add(self, path, **properties):
        number = str(next(self.ids))
        self.objects[path][number] = properties
        return number

    def link(self, path, number, to, other, type_id):
        self.links.setdefault((path, number, to), []).append((other, type_id))

    def writes(self):
        return [entry[:2] for entry in self.log if entry[0] in ("POST", "PATCH")]

    def answer(self, method, target, headers, body):
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        self.log.append((method, url.path, query, body))
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, problem("INVALID_AUTHENTICATION", "Authentication credentials not found.")
        return self._route(method, [unquote(part) for part in url.path.split("/")[2:]], query, body)

    def _route(self, method, parts, query, body):  # noqa: PLR0911
        match method, parts:
            case "GET", ["v3", "properties", path]:
                return 200, {"results": [*self.properties[path].values()]}
            case "POST", ["v3", "properties", path, "batch", "create"]:
                return self._define(path, body["inputs"])
            case "GET", ["v4", "objects", path, number, "associations", to]:
                found = self.links.get((path, number, to), [])
                return 200, {"results": [association(*link) for link in found]}
            case "GET", ["v3", "objects", path, key]:
                return self._read(path, key, query)
            case "PATCH", ["v3", "objects", path, number]:
                return self._update(path, number, body["properties"])
            case "POST", ["v3", "objects", path]:
                return self._create(path, body)
        return 404, problem("OBJECT_NOT_FOUND", "no such path")

    def _read(self, path, key, query):
        by = query.get("idProperty")
        if by and by not in UNIQUE.get(path, ()):
            return 400, problem("VALIDATION_ERROR", f"{by} is not a unique property")
        number = next((n for n, p in self.objects[path].items() if by and p.get(by) == key), key)
        if number not in self.objects[path]:
            return 404, problem("OBJECT_NOT_FOUND", "resource not found")
        shown = self._shown(path, number, query.get("properties", "").split(","))
        for to in filter(None, query.get("associations", "").split(",")):
            links = self.links.get((path, number, to), [])
            results = [{"id": other, "type": f"{path}_to_{to}"} for other, _ in links]
            shown.setdefault("associations", {})[to] = {"results": results}
        return 200, shown

    def _update(self, path, number, properties):
        if unknown := [name for name in properties if name not in self.properties[path]]:
            return 400, problem("VALIDATION_ERROR", f'Property "{unknown[0]}" does not exist')
        self.objects[path][number] |= {k: v.strip() for k, v in properties.items()}
        return 200, self._shown(path, number, properties)

    def _create(self, path, body):
        given = body["properties"]
        for name in UNIQUE.get(path, ()):
            if any(held.get(name) == given[name] for held in self.objects[path].values()):
                return 400, problem("VALIDATION_ERROR", f"an object with that {name} exists")
        if unknown := [name for name in given if name not in self.properties[path]]:
            return 400, problem("VALIDATION_ERROR", f'Property "{unknown[0]}" does not exist')
        number = self.add(path, **given)
        for link in body["associations"]:
            type_id = link["types"][0]["associationTypeId"]
            self.link(path, number, "contacts", link["to"]["id"], type_id)
        return 201, self._shown(path, number, given)

    def _define(self, path, inputs):
        made = [self._property(path, new["name"], new) for new in inputs]
        self.properties[path] |= {new["name"]: new for new in made}
        return 201, {"status": "COMPLETE", "results": made, "startedAt": AT, "completedAt": AT}

    def _shown(self, path, number, names):
        held = self.objects[path][number]
        shown = {name: held.get(name) or None for name in names if name in self.properties[path]}
        kept = shown if self.knows_null else {k: v for k, v in shown.items() if v is not None}
        times = {"createdAt": AT, "updatedAt": AT}
        return {"id": number, "properties": kept, "archived": False, **times}

    def _property(self, path, name, given=()):
        made = {
            "name": name,
            "label": name,
            "type": "string",
            "fieldType": "text",
            "description": "",
            "groupName": f"{path}information",
            "options": [],
            "hasUniqueValue": name in UNIQUE.get(path, ()),
        }
        return made | dict(given)


def problem(category, message):
    return {
        "category": category,
        "message": message,
        "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
    }


def association(other, type_id):
    kind = {"category": "HUBSPOT_DEFINED", "typeId": type_id}
    return {"toObjectId": other, "associationTypes": [kind]}


@contextmanager
def running(hubspot):
    """Serves it; a fault is (status, headers), "drop" after the deed, or "hang" before it.

    Where HUBSPOT_PROXY is the address of a proxy to port HUBSPOT_PORT, clients are sent there.
    """
    freed = Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: two cost 40 ms

        def _serve(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = hubspot.faults.popleft() if hubspot.faults else None
            if fault == "hang":
                freed.wait(5)
                self.close_connection = True
                return
            if isinstance(fault, tuple):
                hubspot.log.append((self.command, urlsplit(self.path).path, {}, None, fault[0]))
                self._say(fault[0], problem("FAULT", "try later"), fault[1])
                return
            with hubspot.lock:
                body = json.loads(raw or "null")
                status, value = hubspot.answer(self.command, self.path, self.headers, body)
            hubspot.witness((self.command, self.path, raw), status, json.dumps(value).encode())
            if fault == "drop":
                self.close_connection = True
                return
            self._say(status, value, {})

        def _say(self, status, value, headers):
            said = json.dumps(value).encode()
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PATCH = _serve

        def log_message(self, *_):
            pass

    port = int(os.environ.get("HUBSPOT_PORT", "0"))
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield os.environ.get("HUBSPOT_PROXY") or f"http://127.0.0.1:{server.server_port}"
    finally:
        freed.set()
        server.shutdown()
        server.server_close()
