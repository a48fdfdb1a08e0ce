"""A queue with a call in it, a dialler, our webhooks, and a telephone network, all on loopback."""

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from time import sleep

import httpx
import uvicorn
from call_people import NUMBER, OWN
from dialling_world import World
from fastapi import FastAPI
from phone_network import PhoneNetwork
from phone_vendors import SIMS

from agent_runtime.channels.voice.carrier.account import CarrierAccount, Region
from agent_runtime.channels.voice.carrier.dialler import CarrierDialler
from agent_runtime.channels.voice.carrier.hooks import CarrierHooks, carrier_voice_router
from agent_runtime.channels.voice.carrier.placing import Patience
from agent_runtime.store.memory import MemoryStore

__all__ = ["NUMBER", "OWN"]

SHORT = Patience(log_s=0.3, dials_s=0.4, poll_s=0.02)
TIMEOUT = httpx.Timeout(0.5)
ENDS = ("ENDED", "NO_ANSWER", "BUSY", "VOICEMAIL", "FAILED", "UNKNOWN", "CANCELLED", "BLOCKED")


@dataclass
class CarrierCalls:
    """One company and one carrier."""

    network: PhoneNetwork
    account: CarrierAccount
    world: World
    hooks: CarrierHooks
    hooks_url: str
    led: list = field(default_factory=list)

    def dial(self):
        """Works what is due; returns the call's row once the network is quiet."""
        self.world.work()
        self.network.settle(60)
        return self.world.call()


def account_for(sim, urls, public_url, *, shares_log=True, transfers=None):
    return CarrierAccount(
        vendor=sim.name,
        account=sim.account,
        regions=tuple(Region(url, sim.secret) for url in urls),
        public_url=public_url,
        application=getattr(sim, "application", ""),
        public_key=getattr(sim, "public_key", ""),
        shares_log=shares_log,
        transfers=transfers or {},
    )


@contextmanager
def carrier_calls(
    vendor, regions=1, *, store=None, policy=None, lead=None, transfers=None, **network
):
    """Yields a company whose call is queued; nobody speaks on its line unless `lead` does."""
    sim, app = SIMS[vendor](), FastAPI()
    with serving(app) as url, PhoneNetwork(sim, regions, **network) as phones:
        account = account_for(
            sim, phones.urls, url, shares_log=phones.shares_log, transfers=transfers
        )
        dialler = CarrierDialler(account, clock=lambda: world.now, timeout=TIMEOUT, patience=SHORT)
        world = World(store or MemoryStore("t"), dialler=dialler, **(policy or {}))
        phones.clock = lambda: world.now
        led = []

        async def listen(websocket, name):
            await websocket.accept()
            led.append(name)
            while (await websocket.receive())["type"] != "websocket.disconnect":
                await asyncio.sleep(0)

        hooks = CarrierHooks(
            account, world.runtime.calls, lambda: world.now, lead or listen, settles_s=2.0
        )
        app.include_router(carrier_voice_router(hooks))
        yield CarrierCalls(phones, account, world, hooks, url, led)
        dialler.close()


@contextmanager
def serving(app):
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
