"""How Twilio, Telnyx and Plivo speak, from their references; nothing of ours is used here.

Twilio: /docs/voice/api/call-resource, /docs/usage/webhooks/webhooks-security,
/docs/voice/media-streams/websocket-messages. Telnyx: /api-reference/texml-rest-commands,
/api-reference/callbacks/texml-call-answered, /api-reference/websockets. Plivo:
/docs/voice/api/call, /docs/voice/xml/audiostream, and `signature_v3` of its SDK.
"""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from email.utils import format_datetime
from html import unescape
from itertools import count
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.responses import JSONResponse, Response

FORM = {"content-type": "application/x-www-form-urlencoded"}


def _basic(request, account, secret):
    wanted = "Basic " + b64encode(f"{account}:{secret}".encode()).decode()
    return request.headers.get("authorization") == wanted


def _resource(call):
    return {
        "sid": call.sid,
        "status": call.status,
        "to": call.to,
        "from": call.frm,
        "direction": call.direction,
        "date_created": format_datetime(call.created),
        "start_time": call.started and format_datetime(call.started),
        "duration": None,
    }


def _moves(call, url):
    call.next_url = url
    call.moved.set()


def _asks_in(xml):
    """What a <Gather> says, and where it posts the key."""
    found = re.search(r'<Gather [^>]*action="([^"]+)"><Say>([^<]+)</Say></Gather>', xml)
    return (unescape(found[2]), unescape(found[1])) if found else None


def _room_in(xml):
    found = re.search(r"<Dial><Conference [^>]*>([^<]+)</Conference></Dial>", xml)
    return found[1] if found else ""


class TwilioSim:
    name, account, secret = "twilio", "AC" + "0" * 32, "auth-token-of-twilio"

    def new_id(self):
        return "CA" + uuid4().hex

    def tells(self, status):
        return True

    async def handle(self, network, region, request):
        if not _basic(request, self.account, self.secret):
            return self._error(401, 20003)
        path = request.url.path.removeprefix(f"/2010-04-01/Accounts/{self.account}/Calls")
        form = dict(await request.form()) if request.method == "POST" else {}
        if path == ".json" and request.method == "POST":
            assert {"To", "From", "Url"} <= form.keys()
            call, fault = network.place(
                region, form["To"], form["From"], form["Url"], form.get("StatusCallback", "")
            )
            return self._error(*_FAULTS[fault]) if fault in _FAULTS else self._shown(call, 201)
        if path == ".json":
            asked = request.query_params
            found = [
                c for c in network.seen_by(region) if (c.to, c.frm) == (asked["To"], asked["From"])
            ]
            return JSONResponse({"calls": [_resource(c) for c in found], "page_size": 50})
        call = next((c for c in network.seen_by(region) if path == f"/{c.sid}.json"), None)
        if call is None:
            return self._error(404, 20404)
        if form.get("Status") == "canceled" and call.status in ("queued", "ringing"):
            call.over.set()
            call.status = "canceled"
        elif form.get("Status") == "completed":
            call.over.set()
        elif "Url" in form:
            _moves(call, form["Url"])
        return self._shown(call, 200)

    def webhook(self, call, url, status, now, **more):
        fields = {
            "CallSid": call.sid,
            "AccountSid": self.account,
            "From": call.frm,
            "To": call.to,
            "CallStatus": status,
            "ApiVersion": "2010-04-01",
            "Direction": call.direction,
        }
        if status == "completed":
            fields["CallDuration"] = "12"
        fields |= more
        said = url + "".join(name + fields[name] for name in sorted(fields))
        digest = hmac.new(self.secret.encode(), said.encode(), hashlib.sha1).digest()
        return urlencode(fields), FORM | {"x-twilio-signature": b64encode(digest).decode()}

    def stream_of(self, xml):
        found = re.search(r'<Connect><Stream url="([^"]+)"', xml)
        return unescape(found[1]) if found else ""

    def asks_in(self, xml):
        return _asks_in(xml)

    def room_in(self, xml):
        return _room_in(xml)

    def wire(self, call):
        return TwilioWire(call, self.account)

    def _shown(self, call, status):
        return JSONResponse(_resource(call), status_code=status)

    def _error(self, status, code):
        return JSONResponse({"code": code, "message": "no", "status": status}, status_code=status)


_FAULTS = {
    "error": (503, 20503),
    "error_placed": (500, 20500),
    "too_many": (429, 20429),
    "unauthorised": (401, 20003),
    "bad_number": (400, 21211),
}


class TwilioWire:
    def __init__(self, call, account):
        self.call, self.account = call, account
        self.stream, self.numbers, self.chunk = "MZ" + uuid4().hex, count(1), 0

    def hello(self):
        yield {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        yield self._said(
            "start",
            start={
                "accountSid": self.account,
                "streamSid": self.stream,
                "callSid": self.call.sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {},
            },
        )

    def media(self, sound):
        self.chunk += 1
        return self._said(
            "media",
            media={
                "track": "inbound",
                "chunk": str(self.chunk),
                "timestamp": str(self.chunk * 20),
                "payload": b64encode(sound).decode(),
            },
        )

    def key(self, digit):
        return self._said("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    def marked(self, name):
        return self._said("mark", mark={"name": name})

    def stop(self):
        return self._said("stop", stop={"accountSid": self.account, "callSid": self.call.sid})

    def heard(self, said):
        assert said["streamSid"] == self.stream
        match said["event"]:
            case "media":
                return "media", b64decode(said["media"]["payload"])
            case "mark":
                return "mark", said["mark"]["name"]
            case "clear":
                return "clear", None
        raise AssertionError(f"Twilio knows no event {said['event']}")

    def _said(self, event, **more):
        number = str(next(self.numbers))
        return {"event": event, "sequenceNumber": number, "streamSid": self.stream, **more}


class TelnyxSim:
    name, account, secret = "telnyx", "61bf923e-5e4d-4595-a110-56190ea18a1b", "KEY-of-telnyx"
    application = "1494404757140276705"

    def __init__(self):
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"telnyx").digest())
        self.public_key = b64encode(self._key.public_key().public_bytes_raw()).decode()

    def new_id(self):
        return "v3:" + b64encode(uuid4().bytes + uuid4().bytes, b"-_").decode().rstrip("=")

    def tells(self, status):
        return True

    async def handle(self, network, region, request):
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            return self._error(401, "10009")
        path = request.url.path
        if found := re.fullmatch(r"/v2/calls/([^/]+)/actions/(hangup|send_dtmf)", path):
            return await self._command(network, region, request, *found.groups())
        path = path.removeprefix(f"/v2/texml/Accounts/{self.account}/Calls")
        if not path and request.method == "POST":
            said = await request.json()
            assert said["ApplicationSid"] == self.application
            call, fault = network.place(
                region, said["To"], said["From"], said["Url"], said["StatusCallback"]
            )
            if fault in _FAULTS:
                return self._error(_FAULTS[fault][0], "10000")
            return JSONResponse({"from": call.frm, "to": call.to, "status": "queued"})
        form = dict(await request.form()) if request.method == "POST" else {}
        return self._asked(network, region, request, path, form)

    def _asked(self, network, region, request, path, form):
        seen, asked = network.seen_by(region), request.query_params
        if not path:
            found = [c for c in seen if (c.to, c.frm) == (asked["To"], asked["From"])]
            return JSONResponse({"calls": [_resource(c) for c in found], "page": 0})
        call = next((c for c in seen if path == f"/{c.sid}"), None)
        if call is None:
            return self._error(404, "10005")
        if "Url" in form:
            _moves(call, form["Url"])
        elif request.method == "POST":
            call.over.set()
        return JSONResponse(_resource(call))

    async def _command(self, network, region, request, sid, command):
        call = next((c for c in network.seen_by(region) if c.sid == sid), None)
        if call is None or call.status == "completed":
            return self._error(422, "90018")
        if command == "hangup":
            call.over.set()
        else:
            call.pressed.append((await request.json())["digits"])
        return JSONResponse({"data": {"result": "ok"}})

    def webhook(self, call, url, status, now, **more):
        fields = {
            "AccountSid": self.account,
            "CallSid": call.sid,
            "CallSidLegacy": call.sid,
            "CallStatus": status,
            "CallbackSource": "call-progress-events",
            "ConnectionId": self.application,
            "From": call.frm,
            "To": call.to,
            "SequenceNumber": "2",
            "Timestamp": now.isoformat(),
        }
        if status == "completed":
            fields["CallDuration"] = "12"
        fields |= more
        body, at = urlencode(fields), str(int(now.timestamp()))
        signed = b64encode(self._key.sign(f"{at}|{body}".encode())).decode()
        return body, FORM | {"telnyx-timestamp": at, "telnyx-signature-ed25519": signed}

    def stream_of(self, xml):
        found = re.search(r'<Connect><Stream url="([^"]+)"([^>]*)/>', xml)
        if found is None:
            return ""
        assert 'bidirectionalMode="rtp"' in found[2]
        return unescape(found[1])

    def asks_in(self, xml):
        return _asks_in(xml)

    def room_in(self, xml):
        return _room_in(xml)

    def wire(self, call):
        return TelnyxWire(call, self.account)

    def _error(self, status, code):
        error = {"code": code, "title": "no", "detail": "no"}
        return JSONResponse({"errors": [error]}, status_code=status)


class TelnyxWire:
    def __init__(self, call, account):
        self.call, self.account = call, account
        self.stream, self.numbers, self.chunk = str(uuid4()).upper(), count(1), 0

    def hello(self):
        yield {"event": "connected", "version": "1.0.0"}
        yield self._said(
            "start",
            start={
                "user_id": self.account,
                "call_control_id": self.call.sid,
                "call_session_id": str(uuid4()),
                "from": self.call.frm,
                "to": self.call.to,
                "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1},
            },
        )

    def media(self, sound):
        self.chunk += 1
        return self._said(
            "media",
            media={
                "track": "inbound",
                "chunk": str(self.chunk),
                "timestamp": str(self.chunk * 20),
                "payload": b64encode(sound).decode(),
            },
        )

    def key(self, digit):
        return self._said("dtmf", occurred_at="2026-01-13T10:00:00Z", dtmf={"digit": digit})

    def marked(self, name):
        return self._said("mark", mark={"name": name})

    def stop(self):
        stop = {"user_id": self.account, "call_control_id": self.call.sid}
        return self._said("stop", stop=stop)

    def heard(self, said):
        match said["event"]:
            case "media":
                return "media", b64decode(said["media"]["payload"])
            case "mark":
                return "mark", said["mark"]["name"]
            case "clear":
                return "clear", None
        raise AssertionError(f"Telnyx knows no event {said['event']}")

    def _said(self, event, **more):
        number = str(next(self.numbers))
        return {"event": event, "sequence_number": number, "stream_id": self.stream, **more}


class PlivoSim:
    name, account, secret = "plivo", "MA" + "0" * 18, "auth-token-of-plivo"

    def new_id(self):
        return str(uuid4())

    def tells(self, status):
        return status not in ("initiated", "in-progress")

    async def handle(self, network, region, request):
        if not _basic(request, self.account, self.secret):
            return self._error(401)
        path = request.url.path.removeprefix(f"/v1/Account/{self.account}")
        seen = network.seen_by(region)
        if path == "/Call/" and request.method == "POST":
            said = await request.json()
            assert said["to"].isdecimal()
            call, fault = network.place(
                region, f"+{said['to']}", f"+{said['from']}", said["answer_url"], said["hangup_url"]
            )
            if fault in _FAULTS:
                return self._error(_FAULTS[fault][0])
            said = {"api_id": "a", "message": "call fired", "request_uuid": call.sid}
            return JSONResponse(said, status_code=201)
        status = request.query_params.get("status", "")
        if path == "/Call/":
            return self._list(seen, status, request.query_params)
        if found := re.fullmatch(r"/Request/([^/]+)/", path):
            return self._canceled(next((c for c in seen if c.sid == found[1]), None))
        return await self._one(request, seen, path, status)

    def _canceled(self, call):
        if call is None or call.status != "queued":
            return self._error(404)
        call.over.set()
        call.status = "cancel"
        return Response(status_code=204)

    async def _one(self, request, seen, path, status):
        found = re.fullmatch(r"/Call/([^/]+)/(DTMF/)?", path)
        call = next((c for c in seen if found and c.sid == found[1]), None)
        if call is None or (request.method == "GET" and _kind(call) != status):
            return self._error(404)
        if request.method == "DELETE":
            call.over.set()
            return Response(status_code=204)
        said = await request.json() if request.method == "POST" else {}
        if "aleg_url" in said:
            assert said["legs"] == "aleg"
            _moves(call, said["aleg_url"])
            return JSONResponse({"api_id": "a", "message": "call transferred"}, status_code=202)
        if said:
            call.pressed.append(said["digits"])
            return JSONResponse({"api_id": "a", "message": "digits sent"}, status_code=202)
        said = {"call_uuid": call.sid, "to": call.to[1:], "from": call.frm[1:]}
        return JSONResponse(said | {"direction": "outbound", "call_status": call.status})

    def _list(self, seen, status, asked):
        if status:
            ids = [c.sid for c in seen if _kind(c) == status]
            return JSONResponse({"api_id": "a", "calls": ids})
        ends = (f"+{asked['to_number']}", f"+{asked['from_number']}")
        found = [c for c in seen if (c.to, c.frm) == ends and _kind(c) == "" and c.started]
        objects = [{"call_uuid": c.sid, "to_number": c.to[1:]} for c in found]
        return JSONResponse(
            {"api_id": "a", "meta": {"total_count": len(found)}, "objects": objects}
        )

    def webhook(self, call, url, status, now, **more):
        is_out = call.direction != "inbound"
        fields = {
            "CallUUID": call.sid,
            "From": call.frm[1:],
            "To": call.to[1:],
            "CallStatus": status,
            "Direction": "outbound" if is_out else "inbound",
            "Event": {"ringing": "Ring", "in-progress": "StartApp"}.get(status, "Hangup"),
        }
        if is_out:
            fields |= {"RequestUUID": call.sid, "ALegUUID": call.sid}
        if status == "completed":
            fields |= {"Duration": "12", "HangupCauseCode": "4000"}
        fields |= more
        nonce, parts = uuid4().hex, urlsplit(url)
        said = f"{parts.scheme}://{parts.netloc}{parts.path}?"
        said += "".join(name + fields[name] for name in sorted(fields)) + "." + nonce
        digest = hmac.new(self.secret.encode(), said.encode(), hashlib.sha256).digest()
        signed = {
            "x-plivo-signature-v3": b64encode(digest).decode(),
            "x-plivo-signature-v3-nonce": nonce,
        }
        return urlencode(fields), FORM | signed

    def stream_of(self, xml):
        found = re.search(r"<Stream ([^>]*)>([^<]+)</Stream>", xml)
        if found is None:
            return ""
        assert 'bidirectional="true"' in found[1]
        assert 'contentType="audio/x-mulaw;rate=8000"' in found[1]
        return unescape(found[2])

    def asks_in(self, xml):
        said = (
            r'<GetInput action="([^"]+)" inputType="dtmf" [^>]*><Speak>([^<]+)</Speak></GetInput>'
        )
        found = re.search(said, xml)
        return (unescape(found[2]), unescape(found[1])) if found else None

    def room_in(self, xml):
        found = re.search(r"<Response><Conference [^>]*>([^<]+)</Conference>", xml)
        return found[1] if found else ""

    def wire(self, call):
        return PlivoWire(call, self.account)

    def _error(self, status):
        return JSONResponse({"api_id": "a", "error": "no"}, status_code=status)


def _kind(call):
    if call.status == "queued":
        return "queued"
    return "live" if call.status in ("initiated", "ringing", "in-progress") else ""


class PlivoWire:
    def __init__(self, call, account):
        self.call, self.account = call, account
        self.stream, self.numbers, self.chunk = str(uuid4()), count(1), 0

    def hello(self):
        yield self._said(
            "start",
            start={
                "callId": self.call.sid,
                "streamId": self.stream,
                "accountId": self.account,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000},
            },
            extra_headers="",
        )

    def media(self, sound):
        self.chunk += 1
        return self._said(
            "media",
            streamId=self.stream,
            media={
                "track": "inbound",
                "chunk": self.chunk,
                "timestamp": str(self.chunk * 20),
                "payload": b64encode(sound).decode(),
            },
            extra_headers="",
        )

    def key(self, digit):
        return self._said("dtmf", streamId=self.stream, dtmf={"track": "inbound", "digit": digit})

    def marked(self, name):
        return {"event": "playedStream", "streamId": self.stream, "name": name}

    def stop(self):
        return None

    def heard(self, said):
        match said["event"]:
            case "playAudio":
                media = said["media"]
                assert (media["contentType"], media["sampleRate"]) == ("audio/x-mulaw", 8000)
                return "media", b64decode(media["payload"])
            case "checkpoint":
                return "mark", said["name"]
            case "clearAudio":
                return "clear", None
        raise AssertionError(f"Plivo knows no event {said['event']}")

    def _said(self, event, **more):
        return {"event": event, "sequenceNumber": next(self.numbers), **more}


SIMS = {"twilio": TwilioSim, "telnyx": TelnyxSim, "plivo": PlivoSim}
