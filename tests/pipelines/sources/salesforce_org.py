"""A Salesforce organisation on loopback: OAuth, describe, query, queryAll and Bulk API 2.0.

It keeps state and speaks the wire that Salesforce documents, over TLS with a certificate of its
own, so that the client of simple-salesforce talks to it as it would to the vendor.
"""

import csv
import io
import ipaddress
import json
import re
import ssl
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SOQL = re.compile(
    r"SELECT (?P<fields>.+?) FROM (?P<object>\w+)"
    r"(?: WHERE (?P<field>\w+) >= (?P<since>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ))?"
    r"(?: ORDER BY (?P<order>.+))?$"
)
BOOLEAN, NUMBER = "boolean", "currency"


class Org:
    """Objects by API name; a record is a dict with Id, IsDeleted and SystemModstamp."""

    def __init__(self, folder: Path) -> None:
        self.records: dict[str, dict[str, dict[str, Any]]] = {}
        self.fields: dict[str, dict[str, str]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.calls: Counter[str] = Counter()
        self.page_rows = 3
        self.refusals = 0
        """How many of the next queries are answered with 503."""
        self.secret = "sesame"
        self.token, self.lasts, self.asked = "token", 0, 0
        """A session lasts for so many requests; 0 for good."""
        self.clock = datetime(2026, 1, 1, tzinfo=UTC)
        self.certificate = _certificate(folder)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, folder / "key.pem")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Org":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def object(self, name: str, **types: str) -> None:
        """Defines an object with fields beside the system's."""
        system = {"Id": "id", "IsDeleted": BOOLEAN, "SystemModstamp": "datetime"}
        self.fields[name] = system | types
        self.records[name] = {}

    def put(self, name: str, record_id: str, **values: Any) -> None:
        """Creates or changes a record, a minute after the last change."""
        self.clock += timedelta(minutes=1)
        before = self.records[name].get(record_id, {"Id": record_id, "IsDeleted": False})
        stamp = f"{self.clock:%Y-%m-%dT%H:%M:%S}.000+0000"
        self.records[name][record_id] = before | values | {"SystemModstamp": stamp}

    def select(self, query: str, *, with_deleted: bool) -> tuple[str, list[dict[str, Any]]]:
        """Returns object and rows of a query; KeyError names a field that is not there."""
        said = SOQL.match(query)
        assert said, query
        name = said["object"]
        rows = [r for r in self.records[name].values() if with_deleted or not r["IsDeleted"]]
        if said["since"]:
            rows = [r for r in rows if _instant(r[said["field"]]) >= _instant(said["since"])]
        if said["fields"] == "COUNT()":
            return name, rows
        fields = said["fields"].split(", ")
        for field in fields:
            if field not in self.fields[name]:
                raise KeyError(field)
        if said["order"]:
            rows = sorted(rows, key=lambda r: (r["SystemModstamp"], r["Id"]))
        return name, [{field: row.get(field) for field in fields} for row in rows]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"\+0000$|Z$", "+00:00", text))


def _handler(org: Org) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path == "/services/oauth2/token":
                said = {name: values[0] for name, values in parse_qs(body).items()}
                if said.get("client_secret") != org.secret:
                    refusal = {"error": "invalid_client", "error_description": "bad secret"}
                    return self._answer(refusal, 400)
                org.calls["sign_in"] += 1
                org.token, org.asked = f"token{org.calls['sign_in']}", 0
                return self._answer({"access_token": org.token, "instance_url": org.url})
            if not self._may():
                return None
            job = json.loads(body)
            assert self.path.endswith("/jobs/query")
            assert " ORDER BY " not in job["query"]
            number = f"750{len(org.jobs):012d}AAA"
            org.jobs[number] = {**job, "id": number, "polls": 0}
            org.calls["bulk"] += 1
            return self._answer({**job, "id": number, "state": "UploadComplete"})

        def do_GET(self) -> None:
            if not self._may():
                return None
            split = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(split.query).items()}
            path = split.path.rstrip("/")
            if path.endswith("/describe"):
                return self._describe(path.split("/")[-2])
            if "/jobs/query/" in path:
                return self._job(path.partition("/jobs/query/")[2], asked)
            if re.search(r"/query(All)?$", path):
                return self._query(asked["q"], 0, with_deleted=path.endswith("queryAll"))
            kind, _, rest = path.rpartition("/")
            number, _, offset = rest.partition("-")
            query = bytes.fromhex(number).decode()
            return self._query(query, int(offset), with_deleted=kind.endswith("queryAll"))

        def _may(self) -> bool:
            org.asked += 1
            is_over = org.lasts and org.asked > org.lasts
            if self.headers["Authorization"] == f"Bearer {org.token}" and not is_over:
                return True
            self._answer([{"errorCode": "INVALID_SESSION_ID", "message": "expired"}], 401)
            return False

        def _describe(self, name: str) -> None:
            org.calls["describe"] += 1
            if name not in org.fields:
                return self._answer([{"errorCode": "NOT_FOUND", "message": "no such object"}], 404)
            fields = [{"name": f, "type": kind} for f, kind in org.fields[name].items()]
            return self._answer({"name": name, "fields": fields})

        def _query(self, query: str, offset: int, *, with_deleted: bool) -> None:
            if org.refusals:
                org.refusals -= 1
                return self._answer([{"errorCode": "SERVER_UNAVAILABLE"}], 503)
            try:
                name, rows = org.select(query, with_deleted=with_deleted)
            except KeyError as error:
                said = {"errorCode": "INVALID_FIELD", "message": f"No such column {error}"}
                return self._answer([said], 400)
            if "COUNT()" in query:
                return self._answer({"totalSize": len(rows), "done": True, "records": []})
            org.calls["pages"] += 1
            end = offset + org.page_rows
            answer: dict[str, Any] = {
                "totalSize": len(rows),
                "done": end >= len(rows),
                "records": [{"attributes": {"type": name}, **row} for row in rows[offset:end]],
            }
            if end < len(rows):
                verb = "queryAll" if with_deleted else "query"
                where = f"/services/data/v62.0/{verb}/{query.encode().hex()}-{end}"
                answer["nextRecordsUrl"] = where
            return self._answer(answer)

        def _job(self, rest: str, asked: dict[str, str]) -> None:
            number, _, verb = rest.partition("/")
            job = org.jobs[number]
            if not verb:
                job["polls"] += 1
                state = "JobComplete" if job["polls"] > 1 else "InProgress"
                return self._answer({"id": number, "state": state, "object": "x"})
            _, rows = org.select(job["query"], with_deleted=job["operation"] == "queryAll")
            start = int(asked.get("locator", "0"))
            page, end = rows[start : start + org.page_rows], start + org.page_rows
            text = io.StringIO()
            writer = csv.DictWriter(text, list(rows[0]) if rows else ["Id"], lineterminator="\n")
            writer.writeheader()
            for row in page:
                writer.writerow({k: _cell(v) for k, v in row.items()})
            locator = str(end) if end < len(rows) else "null"
            headers = {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(page))}
            return self._send(text.getvalue().encode(), "text/csv", 200, headers)

        def _answer(self, document: Any, status: int = 200) -> None:
            headers = {"Retry-After": "0"} if status == 503 else {}
            self._send(json.dumps(document).encode(), "application/json", status, headers)

        def _send(self, body: bytes, kind: str, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.now(UTC) - timedelta(days=1)
    host = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    return folder / "certificate.pem"
