"""A stateful server that answers as the documented REST API of Salesforce does, where we use it."""

import json
import re
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "Parley_Id__c"
STRING = re.compile(r"'((?:[^'\\]|\\.)*)'")
FIELDS = {
    "Task": "Subject Description ActivityDate Status Priority TaskSubtype WhoId",
    "Event": "Subject Description StartDateTime EndDateTime Parley_Outcome__c WhoId",
    "Contact": "Email HasOptedOutOfEmail Parley_Blocker__c Parley_Use_Case__c Parley_Urgency__c "
    "Parley_Preferred_Channel__c Parley_Language__c Parley_Last_Objection__c",
}
FIELDS["Lead"] = FIELDS["Contact"] + " IsConverted"


class Salesforce:
    """One org; a fault is a status before the deed, or "drop" after it."""

    def __init__(self):
        self.ids = count(1)
        self.objects = {kind: {} for kind in FIELDS}
        self.faults, self.log, self.locked = deque(), [], set()
        self.broken, self.doubled = set(), set()
        """Our ids of activities that break a rule there, and of those that stand there twice."""
        self.token, self.secret, self.signed_in = "good", "sesame", 0
        self.lacks, self.described = set(), {}
        self.lasts = None
        """Requests for which a session lasts; None for good."""

    def add(self, kind, **fields):
        number = f"{kind[:3]}{next(self.ids):012d}"
        self.objects[kind][number] = fields
        return number

    def answer(self, method, target, headers, body):
        url = urlsplit(target)
        self.log.append((method, url.path, body))
        if headers.get("Authorization") != f"Bearer {self.token}" or self._is_over():
            return 401, error("INVALID_SESSION_ID", "Session expired or invalid")
        match method, [unquote(part) for part in url.path.split("/")[4:]]:
            case "GET", ["query"]:
                return self._query(parse_qs(url.query)["q"][0])
            case "GET", ["sobjects", kind, "describe"]:
                return 200, {"fields": self._fields(kind)}
            case "POST", ["composite"]:
                parts = [self._part(one) for one in body["compositeRequest"]]
                return 200, {"compositeResponse": parts}
            case "PATCH", ["sobjects", kind, number]:
                return self._update(kind, number, body)
        return 404, error("NOT_FOUND", "The requested resource does not exist")

    def sign_in(self, form):
        """The OAuth 2.0 client credentials flow of a connected app."""
        given = form["grant_type"], form["client_id"], form["client_secret"]
        if given != ("client_credentials", "3MVG9app", self.secret):
            return 400, {"error": "invalid_client", "error_description": "invalid client"}
        self.signed_in += 1
        self.token = f"good-{self.signed_in}"
        self.asked = 0
        return 200, {"access_token": self.token, "token_type": "Bearer"}

    def _fields(self, kind):
        names = [*FIELDS[kind].split(), *([KEY] if kind in ("Task", "Event") else [])]
        return [
            {
                "name": name,
                "createable": True,
                "updateable": name != "TaskSubtype",
                "externalId": name == KEY,
                **self.described.get((kind, name), {}),
            }
            for name in names
            if (kind, name) not in self.lacks
        ]

    def _is_over(self):
        self.asked = getattr(self, "asked", 0) + 1
        return self.lasts is not None and self.asked > self.lasts

    def _part(self, one):
        kind, key, value = one["url"].split("/")[5:8]
        assert key == KEY
        status, body = self._upsert(kind, value, one["body"])
        return {"body": body, "httpStatusCode": status, "httpHeaders": {}, **reference(one)}

    def _upsert(self, kind, value, body):
        if value in self.locked:
            return 400, error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access")
        if value in self.broken:
            return 400, error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Subject: too vague")
        if value in self.doubled:
            return 300, [f"/services/data/v61.0/sobjects/{kind}/{n}" for n in ("00T1", "00T2")]
        if unknown := set(body) - {*FIELDS[kind].split()}:
            return 400, error("INVALID_FIELD", f"No such column '{unknown.pop()}'")
        found = [n for n, held in self.objects[kind].items() if held.get(KEY) == value]
        number = found[0] if found else self.add(kind, **{KEY: value})
        self.objects[kind][number] |= body
        return (200 if found else 201), {"id": number, "success": True, "created": not found}

    def _update(self, kind, number, body):
        if number not in self.objects[kind]:
            return 404, error("ENTITY_IS_DELETED", "entity is deleted")
        if unknown := set(body) - {*FIELDS[kind].split()}:
            return 400, error("INVALID_FIELD", f"No such column '{unknown.pop()}'")
        self.objects[kind][number] |= body
        return 204, None

    def _query(self, soql):
        names, kind, where = re.fullmatch(r"SELECT (.+) FROM (\w+) WHERE (.+)", soql).groups()
        wanted = {re.sub(r"\\(.)", r"\1", one) for one in STRING.findall(where)}
        field = where.split()[0]
        rows = [
            {"Id": n, **{name: held.get(name) for name in names.split(", ") if name != "Id"}}
            for n, held in self.objects[kind].items()
            if held.get(field) in wanted and not held.get("IsConverted")
        ]
        return 200, {"totalSize": len(rows), "done": True, "records": rows}


def error(code, message):
    return [{"errorCode": code, "message": message}]


def reference(one):
    return {"referenceId": one["referenceId"]}


@contextmanager
def serving(org):
    """Serves it on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def _serve(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = org.faults.popleft() if org.faults else None
            if isinstance(fault, tuple):
                return self._say(*fault)
            if self.path == "/services/oauth2/token":
                form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
                return self._say(*org.sign_in(form))
            said = org.answer(self.command, self.path, self.headers, json.loads(raw or "null"))
            if fault == "drop":
                self.close_connection = True
                return None
            return self._say(*said)

        def _say(self, status, value):
            said = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PATCH = _serve

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
