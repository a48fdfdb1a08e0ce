"""What needs no telephone: when a second trunk may ring, what waits where, who is who."""

import asyncio
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sip_world import OURS, THEIRS

from agent_runtime.calling.dialler import CallReceipt
from agent_runtime.channels.voice.sip import wire
from agent_runtime.channels.voice.sip.answers import meaning_of
from agent_runtime.channels.voice.sip.caller import number_in
from agent_runtime.channels.voice.sip.dialling import Attempt
from agent_runtime.channels.voice.sip.line import AHEAD_BYTES, SipLine
from agent_runtime.channels.voice.sip.orders import DialOrder, ask, socket_of, take_orders
from agent_runtime.channels.voice.sip.playing import Playing
from agent_runtime.settings import load_settings

ORDER = DialOrder("call-1", 1, THEIRS, OURS, "en", 20.0)
PROVISIONAL = st.sampled_from([100, 180, 181, 183, 199])
FINAL = st.sampled_from([None, 0, 200, 302, 403, 404, 408, 480, 486, 487, 500, 503, 600, 603])
"""None: it says nothing more; 0: our own user agent dies."""
TRUNKS = st.lists(st.tuples(st.lists(PROVISIONAL, max_size=3), FINAL), min_size=1, max_size=3)


@given(TRUNKS)
@example([([180], 503), ([180], 200)])
@example([([], None), ([], 200)])
@example([([100], 0), ([], 200)])
@settings(max_examples=60)
def test_never_do_two_telephones_ring_and_doubt_is_never_dialled_again(trunks):
    """R270."""
    begun = []

    def dial(name):
        provisionals, final = trunks[int(name)]
        begun.append(int(name))
        line = SipLine(1, lambda _: None)
        for code in provisionals:
            line.hear({"on": "provisional", "code": code})
        if final == 200:
            line.hear({"on": "answered"})
        elif final is not None:
            reason = "" if final else "user_agent_died"
            line.hear({"on": "ended", "code": final, "reason": reason, "was_answered": False})
        return line

    async def go():
        names = tuple(str(i) for i in range(len(trunks)))
        attempt = Attempt(dial, names, ring_s=0.002, first_answer_s=0.002, gone_s=0.002)
        done = await attempt.run()
        assert attempt.taken.is_set()
        return done

    dialled = asyncio.run(go())
    rang = [i for i in begun if any(180 <= code < 199 for code in trunks[i][0])]
    assert len(rang) <= 1
    assert begun == list(range(len(begun)))
    if rang:
        assert begun[-1] == rang[0]
        assert dialled.fate != "never_rang"
    last = trunks[begun[-1]]
    if last[1] == 0:
        assert dialled.fate == "unknown"
    if last[1] == 200:
        assert dialled.fate == "answered"


@pytest.mark.parametrize(
    ("code", "has_rung", "ending"),
    [
        (486, False, "busy"),
        (600, True, "busy"),
        (480, True, "no_answer"),
        (503, False, "next"),
        (503, True, "failed"),
        (403, False, "next"),
        (404, False, "failed"),
        (302, False, "failed"),
        (603, True, "failed"),
    ],
)
def test_every_answer_has_a_meaning(code, has_rung, ending):
    assert meaning_of(code, has_rung=has_rung, was_heard=True).ending == ending


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ('"Ana" <sip:+12125550123@carrier.example;user=phone>', "+12125550123"),
        ("<sip:0301234567@pbx.example>", "+49301234567"),
        ("<tel:+49-30-1234567>", "+49301234567"),
        ("<sip:anonymous@anonymous.invalid>", ""),
        ("<sip:ana@alder.example>", ""),
        ("sip:+1212555012399999999999@x", ""),
        ("", ""),
    ],
)
def test_a_caller_is_a_number_or_nobody(address, number):
    assert number_in(address, "DE") == number


@given(st.lists(st.integers(0, 2000), max_size=12), st.integers(0, 12))
def test_what_was_said_is_played_once_in_order_or_thrown_away(sizes, cut):
    playing, said, heard = Playing(), bytearray(), bytearray()
    for number, size in enumerate(sizes):
        if number == cut:
            playing.clear()
            del said[len(heard) :]
        piece = bytes([number + 1]) * (size * 2)
        playing.say(piece)
        said += piece
        if number % 3 == 0:
            heard += playing.next().rstrip(b"\0")
    while tick := playing.next().rstrip(b"\0"):
        heard += tick
    assert bytes(heard) == bytes(said)
    assert playing.gone_bytes == 2 * sum(sizes)


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 50))
def test_messages_come_out_as_they_went_in_however_they_are_cut(bodies, step):
    stream = b"".join(wire.sound(number, body) for number, body in enumerate(bodies))
    reader = wire.Reader()
    found = [m for i in range(0, len(stream), step) for m in reader.feed(stream[i : i + step])]
    assert [(m.call, m.body) for m in found] == list(enumerate(bodies))


def test_no_more_than_sixty_milliseconds_wait_however_long_a_call_is():
    async def go():
        sent, most = [], 0
        line = SipLine(1, sent.append)

        async def speak():
            for _ in range(500):
                await line.say(bytes(wire.TICK_BYTES))

        speaking = asyncio.create_task(speak())
        for tick in range(1, 501):
            await asyncio.sleep(0)
            most = max(most, line.waiting_bytes)
            line.take(wire.Message(wire.PLAYED, 1, wire.played(1, tick * wire.TICK_BYTES)[9:]))
        await asyncio.wait_for(speaking, 10)
        assert len(sent) == 500
        assert 0 < most <= AHEAD_BYTES

    asyncio.run(go())


def test_a_line_that_ends_lets_nobody_wait():
    async def go():
        line = SipLine(1, lambda _: None)
        for _ in range(3):
            assert await line.say(bytes(wire.TICK_BYTES))
        waiting = asyncio.create_task(line.say(bytes(wire.TICK_BYTES)))
        await asyncio.sleep(0)
        line.hear({"on": "ended", "code": 200})
        assert await asyncio.wait_for(waiting, 5) is False

    asyncio.run(go())


def test_an_order_without_a_bridge_never_rang_and_one_that_is_lost_may_have(tmp_path):
    """R248: also below a folder whose path is longer than a socket's may be."""
    where = socket_of(tmp_path / ("w" * 90))
    where.parent.mkdir()
    assert ask(where, ORDER, within_s=5).status == "retry"
    asked = []

    async def place(order):
        asked.append(order)
        if len(asked) > 1:
            raise RuntimeError("the bridge breaks")
        return CallReceipt("placed", provider_id="sip:call-1.1")

    async def go():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        server = await take_orders(where, place)
        try:
            first = await asyncio.to_thread(ask, where, ORDER, within_s=5)
            second = await asyncio.to_thread(ask, where, ORDER, within_s=5)
        finally:
            server.close()
        return first, second

    first, second = asyncio.run(go())
    assert (first.status, first.provider_id) == ("placed", "sip:call-1.1")
    assert second.status == "unknown"
    assert asked == [ORDER, ORDER]
    assert where.stat().st_mode & 0o777 == 0o600


def test_settings_name_trunks_and_what_is_wrong_with_them(monkeypatch):
    from agent_runtime.errors import ParleyError
    from agent_runtime.neighbours import open_dialler

    monkeypatch.setenv("PARLEY_SIP", '{"trunks": [{"name": "east", "host": "sip.example"}]}')
    loaded = load_settings()
    assert type(open_dialler(loaded, clock=lambda: None)).__name__ == "SipDialler"
    twins = [{"name": "a", "host": "b"}, {"name": "a", "host": "c"}]
    monkeypatch.setenv("PARLEY_SIP", json.dumps({"trunks": twins}))
    with pytest.raises(ParleyError, match="each needs one of its own"):
        load_settings()
