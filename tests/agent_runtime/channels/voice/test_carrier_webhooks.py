"""Nothing that the carrier did not sign counts, and nothing that it says twice counts twice."""

from base64 import b64decode, b64encode
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from call_people import NUMBER, OWN
from carrier_calls import account_for
from conversation_world import NOW
from dialling_world import World
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from phone_network import SimCall
from phone_vendors import SIMS, PlivoSim
from starlette.websockets import WebSocketDisconnect

from agent_runtime.calling.dialler import CallReceipt
from agent_runtime.channels.voice.carrier.hooks import CarrierHooks, carrier_voice_router
from agent_runtime.channels.voice.carrier.paths import Paths
from agent_runtime.channels.voice.carrier.signatures import sign_plivo
from agent_runtime.channels.voice.carrier.tokens import CallName, read_token
from agent_runtime.store.memory import MemoryStore

VENDORS = pytest.mark.parametrize("vendor", list(SIMS))
PUBLIC = "https://calls.example.com"


class Line:
    """Our webhooks for one call that the carrier has, and the carrier's way of calling them."""

    def __init__(self, vendor, client, hooks, world, sim):
        self.vendor, self.client, self.hooks, self.world, self.sim = (
            vendor,
            client,
            hooks,
            world,
            sim,
        )
        self.paths, self.now = Paths(hooks.account), NOW
        call = world.call()
        self.name = CallName("outbound", call.call_id, "1", "0")
        self.call = SimCall("sid-1", 0, NUMBER, OWN.number, "", "")
        self.led = []

    def signed(self, url, status, call=None):
        body, headers = self.sim.webhook(call or self.call, url, status, self.now)
        return url, body, headers

    def post(self, url, body, headers):
        path = url.removeprefix(PUBLIC)
        return self.client.post(path, content=body, headers=headers)

    def tell(self, status, **more):
        url = self.paths.status(self.name, now=NOW)
        return self.post(*self.signed(url, status, **more)).status_code

    def row(self):
        return self.world.call()


@contextmanager
def line(vendor, provider_id="sid-1", **policy):
    sim = SIMS[vendor]()
    world = World(MemoryStore("t"), CallReceipt("placed", provider_id), **policy)
    world.work()
    held = []

    async def lead(websocket, name):
        await websocket.accept()
        found.led.append(name)
        held.append(await websocket.receive())

    account = account_for(sim, ["http://127.0.0.1:9"], PUBLIC)
    hooks = CarrierHooks(account, world.runtime.calls, lambda: found.now, lead, settles_s=0.2)
    app = FastAPI()
    app.include_router(carrier_voice_router(hooks))
    with TestClient(app) as client:
        found = Line(vendor, client, hooks, world, sim)
        yield found


@VENDORS
def test_a_call_that_comes_in_is_put_through_to_a_socket_that_names_it(vendor):
    with line(vendor) as ours:
        url = f"{PUBLIC}/carrier/voice/{vendor}/inbound"
        caller = SimCall("sid-9", 0, OWN.number, NUMBER, url, "", "inbound", "ringing")
        answer = ours.post(*ours.signed(url, "ringing", caller))
        stream = ours.sim.stream_of(answer.text)
        assert stream.startswith("wss://calls.example.com/")
        assert "?" not in stream
        keys = ours.hooks.account.keyring
        name = read_token(keys, stream.rsplit("/", 1)[1], "stream", now=NOW)
        assert name == CallName(
            "inbound", f"call-{vendor}-sid-9", "1", "0", "sid-9", NUMBER, OWN.number
        )


@VENDORS
def test_every_altered_byte_of_a_webhook_is_refused(vendor):
    with line(vendor) as ours:
        url, body, headers = ours.signed(ours.paths.status(ours.name, now=NOW), "busy")
        fields = parse_qsl(body)
        for at, (name, value) in enumerate(fields):
            changed = [*fields[:at], (name, f"{value}x"), *fields[at + 1 :]]
            assert ours.post(url, urlencode(changed), headers).status_code == 403
        assert ours.post(url, body + "&More=1", headers).status_code == 403
        assert ours.post(url, body, {}).status_code == 403
        for header in headers.keys() - {"content-type"}:
            wrong = headers | {header: headers[header][:-3] + "AA="}
            assert ours.post(url, body, wrong).status_code == 403
        assert ours.row().state == "DIALLING"
        assert ours.post(url, body, headers).status_code == 200
        assert ours.row().state != "DIALLING"


@pytest.mark.parametrize("vendor", ["twilio", "plivo"])
def test_a_signature_of_another_address_is_refused(vendor):
    """Telnyx signs no address: there the token in it does."""
    with line(vendor) as ours:
        other = CallName("outbound", "another-call", "1", "0")
        _, body, headers = ours.signed(ours.paths.status(other, now=NOW), "busy")
        url = ours.paths.status(ours.name, now=NOW)
        assert ours.post(url, body, headers).status_code == 403


@VENDORS
def test_an_address_that_was_altered_or_has_grown_old_is_refused(vendor):
    with line(vendor) as ours:
        url = ours.paths.status(ours.name, now=NOW)
        stream = ours.paths.media(ours.name, now=NOW).replace("wss:", "https:", 1)
        for wrong in (url[:-2] + "xx", url.replace("status/", "status/x"), stream):
            there = wrong.replace("/media/", "/status/")
            assert ours.post(*ours.signed(there, "busy")).status_code == 403
        ours.now = NOW + timedelta(hours=5)
        assert ours.tell("busy") == 403
        assert ours.row().state == "DIALLING"


def test_an_old_time_stamp_is_refused():
    with line("telnyx") as ours:
        url = ours.paths.status(ours.name, now=NOW)
        sent = ours.signed(url, "busy")
        ours.now = NOW + timedelta(minutes=6)
        assert ours.post(*sent).status_code == 403
        assert ours.row().state == "DIALLING"


@VENDORS
def test_what_is_told_twice_counts_once(vendor):
    with line(vendor, max_attempts=1) as ours:
        url = ours.paths.status(ours.name, now=NOW)
        sent = ours.signed(url, "busy")
        assert [ours.post(*sent).status_code for _ in range(3)] == [200, 200, 200]
        assert ours.row().state == "BUSY"
        traced = [e for e in ours.world.store.events if e.payload.get("state") == "BUSY"]
        assert len(traced) <= 1
        assert ours.tell("in-progress") == 200
        assert ours.row().state == "BUSY", "news of a call that is over changes nothing"


@VENDORS
def test_news_of_a_call_that_was_taken_back_does_not_end_the_one_that_followed_it(vendor):
    """R270: the second region's call has its own id at the carrier."""
    with line(vendor, provider_id="second") as ours:
        assert ours.tell("failed") == 200
        assert ours.row().state == "DIALLING"
        second = SimCall("second", 1, NUMBER, OWN.number, "", "")
        assert ours.tell("busy", call=second) == 200
        assert ours.row().state != "DIALLING"


@VENDORS
def test_an_answer_for_another_attempt_is_hung_up_on(vendor):
    with line(vendor) as ours:
        for name in (
            CallName("outbound", ours.name.call_id, "2", "0"),
            CallName("outbound", "no-call", "1", "0"),
        ):
            url = ours.paths.answer(name, now=NOW)
            answer = ours.post(*ours.signed(url, "in-progress"))
            assert answer.status_code == 200
            assert "<Hangup/>" in answer.text
            assert ours.sim.stream_of(answer.text) == ""


@VENDORS
def test_a_socket_without_a_fresh_token_is_closed_before_any_sound(vendor):
    with line(vendor) as ours:
        url = ours.paths.answer(ours.name, now=NOW)
        stream = ours.sim.stream_of(ours.post(*ours.signed(url, "in-progress")).text)
        good = "/" + stream.split("/", 3)[3]
        told = ours.paths.status(ours.name, now=NOW).rsplit("/", 1)[1]
        bad = [good[:-1] + ("A" if good[-1] != "A" else "B"), good.rsplit("/", 1)[0] + "/" + told]
        for path in bad:
            with pytest.raises(WebSocketDisconnect), ours.client.websocket_connect(path):
                pass
        ours.now = NOW + timedelta(minutes=2)
        with pytest.raises(WebSocketDisconnect), ours.client.websocket_connect(good):
            pass
        assert ours.led == []
        ours.now = NOW
        with ours.client.websocket_connect(good) as socket:
            with pytest.raises(WebSocketDisconnect), ours.client.websocket_connect(good):
                pass
            socket.send_text("{}")
        assert [name.provider_id for name in ours.led] == ["sid-1"], "a token opens one socket"


def test_the_carriers_word_on_who_answered_is_taken():
    with line("twilio") as ours:
        url = ours.paths.status(ours.name, now=NOW)
        fields = {"CallSid": "sid-1", "AccountSid": ours.sim.account, "AnsweredBy": "machine_start"}
        ours.sim.webhook, kept = (
            lambda *_: _twilio_form(ours.sim, url, fields),
            ours.sim.webhook,
        )
        assert ours.tell("") == 200
        ours.sim.webhook = kept
        assert (ours.row().state, ours.row().answered_by) == ("ANSWERED", "machine")


def _twilio_form(sim, url, fields):
    import hashlib
    import hmac

    said = url + "".join(name + fields[name] for name in sorted(fields))
    signed = b64encode(hmac.new(sim.secret.encode(), said.encode(), hashlib.sha1).digest())
    form = {"content-type": "application/x-www-form-urlencoded"}
    return urlencode(fields), form | {"x-twilio-signature": signed.decode()}


def test_plivos_signature_is_that_of_its_own_tests():
    """Of `signature_v3` in Plivo's Python SDK: a query is sorted and parted by a point."""
    fields = {"CallUUID": "97ceeb52-58b6-11e1-86da-77300b68f8bb", "Duration": "300"}
    sim = PlivoSim()
    call = SimCall("sid-1", 0, NUMBER, OWN.number, "", "")
    body, headers = sim.webhook(call, "https://a.example/x", "busy", NOW)
    nonce = headers["x-plivo-signature-v3-nonce"]
    ours = sign_plivo("https://a.example/x", parse_qsl(body), nonce, sim.secret)
    assert ours == headers["x-plivo-signature-v3"]
    by_query = sign_plivo("https://a.example/x?b=2&a=1", fields.items(), "n", "t")
    assert len(b64decode(by_query)) == 32
    assert by_query == sign_plivo("https://a.example/x?a=1&b=2", fields.items(), "n", "t")
    assert by_query != sign_plivo("https://a.example/x?a=1&b=3", fields.items(), "n", "t")


@given(token=st.text(max_size=60))
def test_no_made_up_token_names_a_call(token):
    account = account_for(SIMS["twilio"](), ["http://127.0.0.1:9"], PUBLIC)
    assert read_token(account.keyring, token, "stream", now=NOW) is None


def test_a_request_that_is_too_large_is_not_read():
    with line("twilio") as ours:
        url = ours.paths.status(ours.name, now=NOW)
        body, headers = "a" * 70_000, {"content-type": "application/x-www-form-urlencoded"}
        assert ours.post(url, body, headers).status_code == 403
