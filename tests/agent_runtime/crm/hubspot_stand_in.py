"""A stateful server that answers as the documented HubSpot CRM API v3 and v4 do."""

import json
import os
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Lock, Thread
from urllib.parse import parse_qsl, unquote, urlsplit

from hubspot_list_stand_in import Lists

AT = "2026-01-13T10:00:00.000Z"
LOGGED = ("emails", "communications", "calls", "notes", "tasks", "meetings")
UNIQUE = {
    "tickets": {"parley_ticket_id"},
    "contacts": {"email"},
    **{path: {"parley_activity_id"} for path in LOGGED},
}
OURS = {
    "contacts": "parley_blocker parley_last_objection parley_preferred_channel parley_urgency "
    "parley_use_case hs_language email parley_opted_out hubspot_owner_id hs_additional_emails "
    "hs_email_optout hs_merged_object_ids",
    "companies": "parley_blocker parley_use_case domain hubspot_owner_id",
    "0-3": "parley_blocker hs_next_step dealname dealstage hubspot_owner_id",
    "tickets": "parley_blocker parley_ticket_id subject content hs_ticket_priority hs_pipeline "
    "hs_pipeline_stage",
    "emails": "parley_activity_id hs_timestamp hs_email_subject hs_email_text hs_email_direction "
    "hs_email_status",
    "communications": "parley_activity_id hs_timestamp hs_communication_body "
    "hs_communication_channel_type hs_communication_logged_from",
    "calls": "parley_activity_id hs_timestamp hs_call_title hs_call_body hs_call_direction "
    "hs_call_status",
    "notes": "parley_activity_id hs_note_body hs_timestamp",
    "tasks": "parley_activity_id hs_timestamp hs_task_subject hs_task_body hs_task_status "
    "hs_task_priority hs_task_type",
    "meetings": "parley_activity_id hs_timestamp hs_meeting_title hs_meeting_body "
    "hs_meeting_start_time hs_meeting_end_time hs_meeting_outcome",
}
DEFAULT_LINK = {
    "emails": 198,
    "communications": 81,
    "calls": 194,
    "notes": 202,
    "tasks": 204,
    "meetings": 200,
}
"""Association types to a contact."""


class HubSpot:
    """One account. `faults` are met one a request, `log` holds every request that came."""

    def __init__(self):
        self.lock = Lock()
        self.ids = count(101)
        self.seconds = count()
        self.token = "good"
        self.objects = {path: {} for path in OURS}
        self.archived = {path: {} for path in OURS}
        self.became = {}
        """Where a merged record went: (path, id) to id."""
        self.links = {}
        self.history = {}
        self.unsubscribed = set()
        self.users = {}
        """By owner id: e-mail address and name of the team."""
        self.poison = set()
        """Values of unique properties whose records are refused for what they are."""
        self.is_partial = False
        """Whether the next batch makes every second record and no other."""
        self.headers = {}
        self.properties = {
            path: {name: self._property(path, name) for name in names.split()}
            for path, names in OURS.items()
        }
        self.faults = deque()
        self.log = []
        self.lists = Lists(problem)
        self.knows_null = True
        """The real one says null for what is empty; its description knows strings only."""
        self.witness = lambda request, status, answer: None

    def add(self, path, **properties):
        number = str(next(self.ids))
        self.objects[path][number] = {}
        self._put(path, number, properties, {"sourceType": "CRM_UI"})
        return number

    def edit(self, path, number, *, user=None, **properties):
        """Has a person of the account write fields."""
        source = {"sourceType": "CRM_UI"} | ({"updatedByUserId": user} if user else {})
        self._put(path, number, properties, source)

    def archive(self, path, number):
        self.archived[path][number] = self.objects[path].pop(number), AT

    def restore(self, path, number):
        self.objects[path][number], _ = self.archived[path].pop(number)

    def merge(self, path, primary, other):
        """Two become one with a new id, under which both old ids are found."""
        kept, lost = self.objects[path].pop(primary), self.objects[path].pop(other)
        number = str(next(self.ids))
        further = [*further_of(kept), lost.get("email", ""), *further_of(lost)]
        merged = {**lost, **kept, "hs_merged_object_ids": f"{primary};{other}"}
        if any(further):
            merged["hs_additional_emails"] = ";".join(filter(None, further))
        self.objects[path][number] = merged
        self.became |= {(path, primary): number, (path, other): number}
        for (at, old, to), links in [*self.links.items()]:
            if at == path and old in (primary, other):
                for link in links:
                    self.link(path, number, to, *link)
            if to == path:
                self.links[at, old, to] = [
                    *dict.fromkeys((number if n in (primary, other) else n, t) for n, t in links)
                ]
        return number

    def unsubscribe(self, email):
        self.unsubscribed.add(email)

    def link(self, path, number, to, other, type_id):
        there = self.links.setdefault((path, number, to), [])
        if (other, type_id) not in there:
            there.append((other, type_id))

    def writes(self):
        return [
            entry[:2]
            for entry in self.log
            if entry[0] in ("PATCH", "PUT")
            or (entry[0] == "POST" and not entry[1].endswith("/read"))
        ]

    def sent(self):
        """Yields every property that a request of ours tried to write: type, name."""
        for method, path, _, body, *_ in self.log:
            parts = path.split("/")
            if method in ("POST", "PATCH") and isinstance(body, dict) and "objects" in parts:
                inputs = body.get("inputs", [body])
                for one in inputs:
                    properties = one.get("properties", {})
                    yield from ((parts[4], name) for name in properties if "read" not in parts)

    def answer(self, method, target, headers, body):
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        self.log.append((method, url.path, query, body))
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, problem("INVALID_AUTHENTICATION", "Authentication credentials not found.")
        return self._route(method, [unquote(part) for part in url.path.split("/")[2:]], query, body)

    def _route(self, method, parts, query, body):  # noqa: PLR0911, PLR0912
        match method, parts:
            case _, ["v3", "lists", *rest]:
                return self.lists.answer(method, rest, query, body, self._listed)
            case "GET", ["v3", "properties", path]:
                return 200, {"results": [*self.properties[path].values()]}
            case "POST", ["v3", "properties", path, "batch", "create"]:
                return self._define(path, body["inputs"])
            case "GET", ["v4", "objects", path, number, "associations", to]:
                found = self.links.get((path, self._now(path, number), to), [])
                return 200, {"results": [association(*link) for link in found]}
            case "POST", ["v4", "associations", path, to, "batch", "associate", "default"]:
                return self._associate(path, to, body["inputs"])
            case "POST", ["v3", "objects", path, "batch", "read"]:
                return self._read_many(path, body)
            case "POST", ["v3", "objects", path, "batch", "upsert"]:
                return self._upsert(path, body["inputs"])
            case "GET", ["v3", "owners", number]:
                return self._user(number, query)
            case "GET", ["v4", "statuses", email, "unsubscribe-all"]:
                return 200, done([self._wide(email)])
            case "POST", ["v4", "statuses", email, "unsubscribe-all"]:
                self.unsubscribe(email)
                return 200, done([self._status(email)])
            case "GET", ["v3", "objects", path, key]:
                return self._read(path, key, query)
            case "PATCH", ["v3", "objects", path, number]:
                return self._update(path, self._now(path, number), body["properties"])
            case "POST", ["v3", "objects", path]:
                return self._create(path, body)
        return 404, problem("OBJECT_NOT_FOUND", "no such path")

    def _listed(self, number):
        now = self._now("contacts", number)
        return now if now in self.objects["contacts"] else None

    def _read(self, path, key, query):
        by = query.get("idProperty")
        if by and by not in UNIQUE.get(path, ()):
            return 400, problem("VALIDATION_ERROR", f"{by} is not a unique property")
        if query.get("archived") == "true":
            return self._read_archived(path, key, by)
        number = self._number(path, by, key) if by else self._now(path, key)
        if number not in self.objects[path]:
            return 404, problem("OBJECT_NOT_FOUND", "resource not found")
        shown = self._shown(path, number, query.get("properties", "").split(","))
        if history := query.get("propertiesWithHistory"):
            shown["propertiesWithHistory"] = {
                name: self.history.get((path, number, name), []) for name in history.split(",")
            }
        for to in filter(None, query.get("associations", "").split(",")):
            links = self.links.get((path, number, to), [])
            results = [{"id": other, "type": f"{path}_to_{to}"} for other, _ in links]
            shown.setdefault("associations", {})[to] = {"results": results}
        return 200, shown

    def _read_archived(self, path, key, by):
        for number, (held, at) in self.archived[path].items():
            if key == number or (by and held.get(by) == key):
                times = {"createdAt": AT, "updatedAt": at, "archivedAt": at}
                return 200, {"id": number, "properties": {}, "archived": True, **times}
        return 404, problem("OBJECT_NOT_FOUND", "resource not found")

    def _number(self, path, by, key, *, further=True):
        """Finds by a unique property; a contact by its further addresses too."""
        for number, held in self.objects[path].items():
            if held.get(by) == key or (further and by == "email" and key in further_of(held)):
                return number
        return None

    def _now(self, path, number):
        while (path, number) in self.became:
            number = self.became[path, number]
        return number

    def _read_many(self, path, body):
        by, names, results, lost = body.get("idProperty"), body["properties"], [], []
        for one in body["inputs"]:
            key = one["id"]
            number = self._number(path, by, key, further=False) if by else self._now(path, key)
            if number in self.objects[path]:
                results.append(self._shown(path, number, names))
            else:
                lost.append(key)
        errors = [failure("OBJECT_NOT_FOUND", "not found", lost)] if lost else []
        return (207 if lost else 200), done(results, errors)

    def _upsert(self, path, inputs):
        results, errors, keys = [], [], [one["id"] for one in inputs]
        partial, self.is_partial = self.is_partial, False
        for place, one in enumerate(inputs):
            by, given = one["idProperty"], one["properties"]
            if by not in UNIQUE.get(path, ()) or keys.count(one["id"]) > 1:
                return 400, problem("VALIDATION_ERROR", "idProperty or a repeated id")
            if unknown := [name for name in given if name not in self.properties[path]]:
                return 400, problem("VALIDATION_ERROR", f'Property "{unknown[0]}" does not exist')
            if one["id"] in self.poison or (partial and place % 2):
                errors.append(failure("VALIDATION_ERROR", "this one is not taken", [one["id"]]))
                continue
            number = self._number(path, by, one["id"])
            is_new = number is None
            if is_new:
                number = str(next(self.ids))
                self.objects[path][number] = {}
            self._put(path, number, {**given, by: one["id"]}, {"sourceType": "INTEGRATION"})
            results.append(self._shown(path, number, given) | {"new": is_new})
        return (207 if errors else 200), done(results, errors)

    def _associate(self, path, to, inputs):
        results, errors = [], []
        partial, self.is_partial = self.is_partial, False
        for place, one in enumerate(inputs):
            number, other = one["from"]["id"], self._now(to, one["to"]["id"])
            if number not in self.objects[path] or other not in self.objects[to]:
                errors.append(failure("OBJECT_NOT_FOUND", "one of the two is not there", [number]))
            elif partial and place % 2:
                errors.append(failure("INTERNAL_ERROR", "try again", [number]))
            else:
                self.link(path, number, to, other, DEFAULT_LINK[path])
                spec = {"associationCategory": "HUBSPOT_DEFINED"}
                spec |= {"associationTypeId": DEFAULT_LINK[path]}
                results.append({"associationSpec": spec, "from": one["from"], "to": one["to"]})
        return 200, done(results, errors)

    def _user(self, number, query):
        if query.get("idProperty") == "userId":
            number = next((n for n, u in self.users.items() if str(u.get("user")) == number), "")
        if number not in self.users:
            return 404, problem("OBJECT_NOT_FOUND", "no such owner")
        user = self.users[number]
        teams = [{"id": "7", "name": user["team"], "primary": True}] if user.get("team") else []
        names = {"email": user["email"], "teams": teams, "type": "PERSON"}
        return 200, {"id": number, "archived": False, "createdAt": AT, "updatedAt": AT, **names}

    def _wide(self, email):
        status = "UNSUBSCRIBED" if email in self.unsubscribed else "NOT_SPECIFIED"
        wide = {"wideStatusType": "PORTAL_WIDE", "timestamp": AT, "channel": "EMAIL"}
        return {"subscriberIdString": email, "status": status, **wide}

    def _status(self, email):
        said = {"channel": "EMAIL", "source": "API", "status": "UNSUBSCRIBED", "timestamp": AT}
        return {"subscriberIdString": email, "subscriptionId": 1, **said}

    def _update(self, path, number, properties):
        if number not in self.objects[path]:
            return 404, problem("OBJECT_NOT_FOUND", "resource not found")
        if unknown := [name for name in properties if name not in self.properties[path]]:
            return 400, problem("VALIDATION_ERROR", f'Property "{unknown[0]}" does not exist')
        self._put(path, number, properties, {"sourceType": "INTEGRATION"})
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
        return 201, done(made)

    def _put(self, path, number, properties, source):
        for name, value in properties.items():
            at = datetime(2026, 1, 13, 10, tzinfo=UTC) + timedelta(seconds=next(self.seconds))
            stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            version = {"value": value, "timestamp": stamp, **source}
            self.history.setdefault((path, number, name), []).insert(0, version)
        self.objects[path][number] |= {k: v.strip() for k, v in properties.items()}

    def _shown(self, path, number, names):
        held = dict(self.objects[path][number])
        if path == "contacts" and held.get("email") in self.unsubscribed:
            held["hs_email_optout"] = "true"
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


def further_of(held):
    return [one for one in (held.get("hs_additional_emails") or "").split(";") if one]


def done(results, errors=()):
    said = {"status": "COMPLETE", "results": results, "startedAt": AT, "completedAt": AT}
    return said | ({"numErrors": len(errors), "errors": [*errors]} if errors else {})


def failure(category, message, ids):
    said = {"status": "error", "category": category, "message": message, "context": {"ids": ids}}
    return said | {"errors": [], "links": {}}


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
    """Serves it.

    A fault is (status, headers) before the deed, ("after", status) after it, "drop" after it and
    without an answer, "cut" before it and without one, "hang" the same after a while, "partial" for
    the batch that comes.

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
            if fault == "cut":
                self.close_connection = True
                return
            if isinstance(fault, tuple) and fault[0] != "after":
                hubspot.log.append((self.command, urlsplit(self.path).path, {}, None, fault[0]))
                self._say(fault[0], problem("RATE_LIMITS", "try later"), fault[1])
                return
            with hubspot.lock:
                hubspot.is_partial = fault == "partial"
                body = json.loads(raw or "null")
                status, value = hubspot.answer(self.command, self.path, self.headers, body)
            hubspot.witness((self.command, self.path, raw), status, json.dumps(value).encode())
            if fault == "drop":
                self.close_connection = True
                return
            if isinstance(fault, tuple):
                self._say(fault[1], problem("INTERNAL_ERROR", "something broke"), {})
                return
            self._say(status, value, hubspot.headers)

        def _say(self, status, value, headers):
            said = json.dumps(value).encode()
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PATCH = do_PUT = _serve

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
