"""How calls of browsers begin and end, over real WebRTC on loopback, without a browser."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from browser_line import browser_line
from call_wire import Ear, Voice
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent_runtime.channels.voice.pipeline import Speech

pytestmark = pytest.mark.real
PATIENCE_S = 30


def mute_speech(language, settings):
    stop = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)
    return Speech(ears={"en": Ear()}, voices={"en": Voice()}, turn_stop=(stop,))


class Page:
    """What the script of the page does, without the page."""

    def __init__(self, url):
        self.url, self.peer, self.call = url, RTCPeerConnection(), ""

    async def offer(self, *, connects=True, origin=None):
        self.peer.addTrack(AudioStreamTrack())
        await self.peer.setLocalDescription(await self.peer.createOffer())
        local = self.peer.localDescription
        answer = await post(self.url, {"type": local.type, "sdp": local.sdp}, origin=origin)
        if answer.status_code == 200:
            said = answer.json()
            self.call = said["call"]
            if connects:
                told = RTCSessionDescription(said["sdp"], said["type"])
                await self.peer.setRemoteDescription(told)
        return answer

    def socket(self, *, origin=None):
        url = self.url.replace("http", "ws")
        return connect(f"{url}calls/{self.call}", origin=origin or self.url.rstrip("/"))

    async def until(self, socket, kind, **said):
        async with asyncio.timeout(PATIENCE_S):
            async for text in socket:
                message = json.loads(text)
                if message["type"] == kind and said.items() <= message.items():
                    return message
        raise AssertionError(f"{kind} did not come")


async def post(url, body, *, origin=None):
    async with httpx.AsyncClient(timeout=60) as client:
        headers = {"origin": url.rstrip("/") if origin is None else origin}
        return await client.post(f"{url}offer", json=body, headers=headers)


@asynccontextmanager
async def page(line):
    made = Page(line.url)
    try:
        yield made
    finally:
        await made.peer.close()


async def free(line):
    async with asyncio.timeout(PATIENCE_S):
        while line.lines.open:
            await asyncio.sleep(0.02)


def run(steps, **more):
    with browser_line(speech=mute_speech, **more) as line:
        asyncio.run(steps(line))
    assert line.left == []
    return line


def test_a_page_is_told_state_words_and_what_came_of_it_and_may_read_them_again():
    """R253: over WebRTC; a page that comes late has everything."""

    async def steps(line):
        async with page(line) as caller:
            await caller.offer()
            async with caller.socket() as socket:
                await caller.until(socket, "state", state="speaking")
                said = await caller.until(socket, "line", who="agent", is_done=True)
                assert "AI assistant" in said["text"]
                await socket.send(json.dumps({"type": "hang_up"}))
                end = await caller.until(socket, "ended")
            assert (end["reason"], end["meetings"]) == ("hung_up", [])
            async with caller.socket() as again:
                assert await caller.until(again, "ended") == end

    run(steps)


def test_a_page_that_is_gone_ends_its_call():
    """R253: a tab that was closed, or a browser that died, leaves no call open."""

    async def steps(line):
        async with page(line) as caller:
            await caller.offer()
            async with caller.socket() as socket:
                await caller.until(socket, "state", state="speaking")
            await free(line)

    line = run(steps, unwatched_s=0.3)
    assert [end["reason"] for end in line.traced("ended")] == ["hung_up"]


def test_a_call_that_nobody_looks_at_or_that_never_connects_ends():
    async def steps(line):
        async with page(line) as caller:
            await caller.offer(connects=False)
            async with caller.socket() as socket:
                await caller.until(socket, "ended")
        async with page(line) as caller:
            await caller.offer()
            await free(line)

    run(steps, unwatched_s=2.0, connects_within_s=0.5)


def test_no_more_calls_at_once_than_there_may_be():
    async def steps(line):
        async with page(line) as first, page(line) as second:
            await first.offer()
            async with first.socket():
                refused = await second.offer()
                assert refused.status_code == 503
                assert "lines are taken" in refused.json()["error"]
            await free(line)
        async with page(line) as third:
            assert (await third.offer()).status_code == 200

    run(steps, at_once=1, unwatched_s=0.3)


def test_a_server_that_stops_ends_its_calls():
    async def steps(line):
        async with page(line) as caller:
            await caller.offer()
            async with caller.socket() as socket:
                await caller.until(socket, "state", state="speaking")

    line = run(steps, unwatched_s=60)
    assert len(line.traced("ended")) == 1


def test_a_foreign_page_begins_no_call_and_hears_of_none():
    """Another page in the same browser can neither call nor listen."""

    async def steps(line):
        async with page(line) as caller:
            refused = await caller.offer(origin="https://evil.example")
            assert refused.status_code == 403
        async with page(line) as caller:
            await caller.offer()
            for origin, call in (("https://evil.example", caller.call), (None, "call-webrtc-1")):
                other = Page(line.url)
                other.call = call
                with pytest.raises((InvalidStatus, ConnectionClosed)):
                    async with other.socket(origin=origin) as socket:
                        await socket.recv()
        for body in ({}, {"type": "answer", "sdp": "v=0"}, {"type": "offer", "sdp": "v=0"}):
            assert (await post(line.url, body)).status_code == 422
        huge = await post(line.url, {"type": "offer", "sdp": "a" * 70_000})
        assert huge.status_code == 413

    run(steps, unwatched_s=0.3)


def test_the_page_runs_nothing_but_its_own_and_answers_under_its_own_name():
    async def steps(line):
        async with httpx.AsyncClient(timeout=60) as client:
            shown = await client.get(line.url)
            policy = shown.headers["content-security-policy"]
            assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
            assert "unsafe" not in policy
            assert "<script>" not in shown.text
            assert " style=" not in shown.text
            other = await client.get(line.url, headers={"host": "evil.example"})
            assert other.status_code == 400
            assert (await client.get(f"{line.url}feed.py")).status_code == 404
            script = await client.get(f"{line.url}call.js")
            assert script.status_code == 200
            for markup in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"):
                assert markup not in script.text

    run(steps)
