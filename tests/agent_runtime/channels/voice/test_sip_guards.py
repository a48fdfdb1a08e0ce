"""Who may call, and what strangers, broken telephones and our own faults cost: never the bridge."""

import asyncio
import os
import random
import signal
import socket

import pytest
from sip_phone import Telephone
from sip_trunks import gives_up, refused_with, sipp, trunk, vandal
from sip_world import OURS, PATIENCE_S, free_port, sip_world, until

pytestmark = pytest.mark.real
FRIENDS = trunk("phone", 9, peers=("127.0.0.1",))
STRANGERS = trunk("far", 9, peers=("198.51.100.0/24",))


@pytest.fixture
def phone(need_program, tmp_path):
    need_program("baresip")
    need_program("sipp")
    return lambda name="phone": Telephone(tmp_path / name, (free_port(), free_port()))


async def plays(folder, xml, world, *more):
    """Plays a scenario of sipp against the bridge; whether all went as it says."""
    port = free_port()
    async with sipp(folder, xml, port, world.address, *more) as process:
        return await asyncio.wait_for(process.wait(), PATIENCE_S) == 0


async def talks(telephone, world, count):
    """Whether a call of an honest telephone comes through."""
    await telephone.dial(OURS, world.address)
    call = await world.call(count)
    await asyncio.wait_for(call.joined.wait(), PATIENCE_S)
    return call


def test_whoever_is_no_peer_is_refused_and_nothing_is_led(phone, tmp_path):
    async def go():
        async with sip_world(STRANGERS) as world:
            assert await plays(tmp_path, refused_with(403), world)
            assert world.led == []

    asyncio.run(go())


def test_one_call_too_many_is_told_that_we_are_busy(phone, tmp_path):
    async def go():
        async with sip_world(FRIENDS, calls_at_once=1) as world, phone() as telephone:
            call = await talks(telephone, world, 1)
            assert await plays(tmp_path, refused_with(486), world)
            assert len(world.led) == 1
            await telephone.hang_up()
            await asyncio.wait_for(call.over.wait(), PATIENCE_S)

    asyncio.run(go())


def test_who_hangs_up_before_we_pick_up_is_gone(phone, tmp_path):
    async def go():
        async with sip_world(FRIENDS) as world:
            world.picks_up.clear()
            assert await plays(tmp_path, gives_up(), world)
            world.picks_up.set()
            call = await world.call()
            await asyncio.wait_for(call.over.wait(), PATIENCE_S)
            assert call.events == ["hung_up"]

    asyncio.run(go())


def test_broken_messages_cost_nobody_else_a_call(phone, tmp_path):
    async def go():
        async with sip_world(FRIENDS) as world, phone() as telephone:
            first = await talks(telephone, world, 1)
            goes_on = "-default_behaviors", "none"
            assert await plays(tmp_path, vandal(), world, *goes_on)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wild:
                for size in (1, 40, 1400, 60000):
                    wild.sendto(random.Random(size).randbytes(size), ("127.0.0.1", world.port))
            assert not first.over.is_set()
            assert world.bridge.agent.starts == 1
            await telephone.hang_up()
            await asyncio.wait_for(first.over.wait(), PATIENCE_S)
            known = len(world.led)
            call = await talks(telephone, world, known + 1)
            assert call.events == ["joined"]

    asyncio.run(go())


def test_a_telephone_that_vanishes_is_noticed_by_its_silence(phone):
    async def go():
        async with sip_world(FRIENDS, silent_s=1.0) as world, phone() as telephone:
            call = await talks(telephone, world, 1)
            await until(lambda: len(call.heard()) > 16000)
            telephone.vanish()
            await asyncio.wait_for(call.over.wait(), PATIENCE_S)
            assert call.events == ["joined", "lost"]

    asyncio.run(go())


def test_a_user_agent_that_dies_costs_its_calls_and_no_more(phone):
    async def go():
        async with sip_world(FRIENDS) as world, phone() as telephone:
            call = await talks(telephone, world, 1)
            os.kill(world.bridge.agent.process.pid, signal.SIGKILL)
            await asyncio.wait_for(call.over.wait(), PATIENCE_S)
            assert call.events == ["joined", "lost"]
            await until(lambda: world.bridge.agent.starts == 2)
            await telephone.hang_up()
            assert (await talks(telephone, world, 2)).events == ["joined"]

    asyncio.run(go())
