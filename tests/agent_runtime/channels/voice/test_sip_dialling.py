"""Calls that we dial, through real sipp: how each ends, and when a second trunk is tried."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sip_trunks import Mute, Registrar, at_port, of_answers, sipp, trunk
from sip_world import OURS, THEIRS, free_port, sip_world, until

from agent_runtime.channels.voice.sip.agent_config import AgentConfig
from agent_runtime.channels.voice.sip.bridge import SipBridge
from agent_runtime.channels.voice.sip.orders import DialOrder

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def _has_sipp(need_program):
    need_program("sipp")


def order(**more):
    about = {"call_id": "call-1", "attempt": 1, "number": THEIRS, "own_number": OURS}
    return DialOrder(**(about | {"language": "en", "ring_s": 15.0} | more))


def dial(folder, first, second=None, *, wanted=None, first_answer_s=10.0):
    """Dials with the first trunk answering so; returns receipt, news, led calls, and the second's.

    Args:
        folder: For files.
        first: Its answers; none at all: it is mute.
        second: The same of the second; None: it only counts.
    """

    async def go():
        ports = free_port(), free_port()
        async with AsyncExitStack() as stack:
            for port, answers in zip(ports, (first, second), strict=True):
                if answers:
                    await stack.enter_async_context(sipp(folder, of_answers(*answers), port))
                else:
                    mute = await stack.enter_async_context(at_port(port, Mute))
            trunks = trunk("east", ports[0]), trunk("west", ports[1])
            world = await stack.enter_async_context(
                sip_world(*trunks, first_answer_s=first_answer_s)
            )
            receipt = await world.bridge.place(wanted or order())
            await until(lambda: world.news or world.led or receipt.status != "placed")
            if world.led:
                await asyncio.wait_for(world.led[0].joined.wait(), 20)
                await world.led[0].hang_up()
                await asyncio.wait_for(world.led[0].over.wait(), 20)
            return receipt, world.news, world.led, 0 if second else mute.calls

    return asyncio.run(go())


def test_whoever_answers_is_led_and_the_desk_hears_the_rest_from_the_call(tmp_path):
    receipt, news, led, others = dial(tmp_path, (100, 180, 200))
    assert receipt.status == "placed"
    assert receipt.provider_id == "sip:call-1.1"
    assert news == []
    assert others == 0
    call = led[0].call
    assert (call.call_id, call.direction, call.number) == ("call-1", "outbound", THEIRS)
    assert call.meta["message_id"] == "call-1"
    assert call.meta["attempt"] == "1"
    assert led[0].events[0] == "joined"


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ((100, 180, 486), "busy", "sip 486"),
        ((180, 603), "failed", "sip 603 declined"),
        ((183, 503), "failed", "sip 503"),
    ],
)
def test_what_a_telephone_that_rang_says_is_the_end_and_no_second_one_rings(
    tmp_path, answers, status, code
):
    receipt, news, led, others = dial(tmp_path, answers)
    assert receipt.status == "placed"
    assert [(n.status, n.code, n.attempt) for n in news] == [(status, code, 1)]
    assert led == []
    assert others == 0


def test_a_telephone_that_nobody_takes_is_let_go(tmp_path):
    receipt, news, _, others = dial(tmp_path, (100, 180), wanted=order(ring_s=0.5))
    assert receipt.status == "placed"
    assert [n.status for n in news] == ["no_answer"]
    assert others == 0


def test_a_trunk_that_refuses_at_once_says_so_in_the_receipt(tmp_path):
    receipt, news, _, others = dial(tmp_path, (486,))
    assert receipt.status == "busy"
    assert (news, others) == ([], 0)


def test_a_trunk_that_is_overloaded_or_mute_hands_the_call_to_the_next(tmp_path):
    """R270."""
    for first, wait_s in (((503,), 10.0), ((100, 503), 10.0), ((), 0.7)):
        folder = tmp_path / f"{len(first)}"
        folder.mkdir()
        receipt, news, led, _ = dial(folder, first, (180, 200), first_answer_s=wait_s)
        assert receipt.status == "placed"
        assert news == []
        assert led[0].call.meta["trunk"] == "west"


def test_where_no_trunk_works_nothing_rang(tmp_path):
    receipt, news, led, others = dial(tmp_path, (503,), first_answer_s=0.7)
    assert (receipt.status, receipt.code) == ("retry", "no_reply")
    assert (news, led, others) == ([], [], 1)


def test_only_numbers_are_dialled_and_only_ours_are_shown():
    wanted = (
        ({"number": "911"}, "no_number"),
        ({"number": "+12125550123@evil.example"}, "no_number"),
        ({"own_number": "+12125550199"}, "not_ours"),
    )

    async def go():
        bridge = SipBridge(
            config=AgentConfig("127.0.0.1"),
            trunks=(trunk("east", 9),),
            lead=None,
            report=None,
            own_numbers=frozenset({OURS}),
        )
        return [await bridge.place(order(**more)) for more, _ in wanted]

    receipts = asyncio.run(go())
    assert [(r.status, r.code) for r in receipts] == [("rejected", code) for _, code in wanted]


def test_a_trunk_with_an_account_is_told_where_we_are_and_a_wrong_password_is_said(
    tmp_path, caplog
):
    caplog.set_level("INFO")

    async def register(password, tries):
        port = free_port()
        account = {"user": "parley", "password": password, "registers": True}
        async with (
            at_port(port, lambda: Registrar("parley", "s3cret")) as registrar,
            sip_world(trunk("east", port, **account)),
        ):
            await until(lambda: registrar.tries and "REGISTER with" in caplog.text)
            assert registrar.tries[0] is tries

    asyncio.run(register("s3cret", True))
    assert "REGISTER with 200" in caplog.text
    caplog.clear()
    asyncio.run(register("guess", False))
    assert "REGISTER with 200" not in caplog.text
    assert "guess" not in caplog.text
