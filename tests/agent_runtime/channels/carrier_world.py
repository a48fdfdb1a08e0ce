"""One buyer with a telephone, a carrier on loopback, and our webhooks on loopback."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from time import sleep

import uvicorn
from conversation_world import ANA, NOW, Wire, assign, new_world, work_all
from fastapi import FastAPI

from agent_runtime.channels.carrier.twilio import CarrierAccount, TwilioChannel
from agent_runtime.channels.router import Router
from agent_runtime.console.carrier_hooks import CarrierHooks, carrier_router
from agent_runtime.sandbox.carrier import Carrier

__all__ = ["ANA", "NOW", "NUMBER", "OURS", "assign"]

NUMBER = "+493012345678"
OURS = "+15550001"


@dataclass
class Texting:
    store: object
    runtime: object
    carrier: Carrier
    wire: Router
    mails: Wire
    now: object = NOW
    sids: int = field(default=0)

    def say(self, body, *, sender=NUMBER, sid="", **more):
        """A buyer writes a text; returns the HTTP status of our webhook."""
        self.sids += 1
        return self.carrier.text(sender, body, to=OURS, sid=sid or f"SM{self.sids:032d}", **more)

    def work(self, now=None):
        self.now = now or self.now
        work_all(self.store, self.runtime, self.wire, self.now)

    def texts(self, number=NUMBER):
        return [entry["Body"] for entry in self.carrier.taken() if entry["To"] == number]

    def sent(self, channel="sms"):
        return [m for m in self.store.messages.values() if m.channel == channel]

    def traced(self, kind):
        return [e.payload for e in self.store.events if e.kind == kind]


@contextmanager
def texting_world(folder):
    store, runtime = new_world()
    store.add_address("sms", NUMBER, ANA.person_id, now=NOW)
    store.add_address("whatsapp", NUMBER, ANA.person_id, now=NOW)
    carrier = Carrier(folder / "carrier.jsonl", patience_s=0.6)
    app = FastAPI()
    with carrier, serving(app) as hooks_url:
        account = CarrierAccount(
            url=carrier.url,
            account=carrier.account,
            token=carrier.token,
            numbers={"sms": OURS, "whatsapp": OURS},
            public_url=hooks_url,
        )
        channel = TwilioChannel(account, timeout_s=0.3)
        mails = Wire()
        wire = Router({"sms": channel, "whatsapp": channel, "email": mails})
        world = Texting(store, runtime, carrier, wire, mails)
        hooks = CarrierHooks(
            runtime.intake, runtime.outbox, carrier.token, hooks_url, clock=lambda: world.now
        )
        app.include_router(carrier_router(hooks))
        carrier.hooks_url = hooks_url
        yield world
        channel.close()


@contextmanager
def serving(app):
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="none")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
