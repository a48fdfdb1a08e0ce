"""The SIP user agent: a process with pjsua2 in it that does what the bridge tells it.

It is a process because a fault in a C library that reads what strangers send must cost the calls of
one moment and not the runtime, and because its 20 ms clock needs an interpreter that hears nothing.
"""

import gc
import json
import os
import socket
import sys
from collections import deque
from collections.abc import Mapping
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any

from pjsua2 import pjsua2 as pj

from agent_runtime.channels.voice.sip import wire
from agent_runtime.channels.voice.sip.agent_call import AgentCall
from agent_runtime.channels.voice.sip.agent_config import AgentConfig, TrunkConfig
from agent_runtime.channels.voice.sip.playing import Playing

_EVENTS_MS = 10
_LOOKS_EVERY_S = 0.5
_COLLECTS_EVERY_S = 30.0
_WAITING_MESSAGES = 1000
"""A bridge that does not read loses sound rather than making the clock wait."""
_CODECS = ("opus/48000", "G722/16000", "PCMU/8000", "PCMA/8000")
_GOODBYE_S = 2.0
_FIRST_INBOUND = 1 << 31
"""Numbers of calls that come in begin here; those of the bridge below."""


class _Account(pj.Account):
    def __init__(self, agent: "Agent", trunk: str) -> None:
        super().__init__()
        self._agent, self._trunk = agent, trunk

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        self._agent.rings(self, prm)

    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        about = {"on": "registered", "trunk": self._trunk, "code": prm.code}
        self._agent.tell(0, about | {"expires_s": prm.expiration, "reason": prm.reason})


class Agent:
    """One user agent.

    Args:
        config: What it listens on and whom it knows.
        pipe: The other end is the bridge's.
    """

    def __init__(self, config: AgentConfig, pipe: socket.socket) -> None:
        self._config, self._pipe = config, pipe
        self._orders: deque[wire.Message] = deque()
        self._out: SimpleQueue[bytes | None] = SimpleQueue()
        self._gone = Event()
        self._calls: dict[int, AgentCall] = {}
        self._playing: dict[int, Playing] = {}
        """For the thread that reads: what is freed there must be no object of pjsua."""
        self._next_inbound = _FIRST_INBOUND
        self._accounts: dict[str, _Account] = {}
        self._endpoint = pj.Endpoint()

    def run(self) -> None:
        """Works until the bridge is gone; then every call is ended."""
        # Objects of pjsua may only be freed on this thread.
        gc.disable()
        port = self._start()
        threads = [Thread(target=self._read, daemon=True), Thread(target=self._write, daemon=True)]
        for thread in threads:
            thread.start()
        self.tell(0, {"on": "ready", "port": port})
        looked_at = collected_at = monotonic()
        while not self._gone.is_set():
            self._endpoint.libHandleEvents(_EVENTS_MS)
            while self._orders:
                self._obey(self._orders.popleft())
            now = monotonic()
            if now - looked_at > _LOOKS_EVERY_S:
                looked_at = now
                self._look(now)
                self._forget(now)
            if now - collected_at > _COLLECTS_EVERY_S:
                collected_at = now
                gc.collect()
        self._stop()

    def tell(self, call: int, what: Mapping[str, Any]) -> None:
        """Sends a note to the bridge."""
        self._out.put(wire.note(call, what))

    def rings(self, account: pj.Account, prm: pj.OnIncomingCallParam) -> None:
        """Somebody calls: whoever is no peer is refused, and so is one call too many."""
        number, self._next_inbound = self._next_inbound, self._next_inbound + 1
        call = AgentCall(account, number, self.tell, self._sound, call_id=prm.callId)
        source = prm.rdata.srcAddress.rsplit(":", 1)[0].strip("[]")
        trunk = next((t for t in self._config.trunks if t.is_peer(source)), None)
        self._keep(call)
        if trunk is None:
            call.end(403)
        elif self._under_way() > self._config.calls_at_once:
            call.end(486)
        else:
            how = pj.CallOpParam()
            how.statusCode = 180
            call.answer(how)
            about = call.getInfo()
            who = {"from": about.remoteUri, "to": about.localUri, "sip_call_id": about.callIdString}
            self.tell(number, {"on": "rings", "trunk": trunk.name, "source": source, **who})

    def _under_way(self) -> int:
        return sum(not call.is_over for call in self._calls.values())

    def _sound(self, message: bytes) -> None:
        if self._out.qsize() < _WAITING_MESSAGES:
            self._out.put(message)

    # What the bridge wants

    def _obey(self, message: wire.Message) -> None:
        if message.kind != wire.NOTE:
            return
        order = message.note
        call = self._calls.get(message.call)
        try:
            if order["do"] == "dial":
                self._dial(message.call, order)
            elif call is not None and not call.is_over:
                self._do(call, order)
        except pj.Error as error:
            about = {"on": "failed", "do": order["do"], "reason": error.reason}
            self.tell(message.call, about)

    def _do(self, call: AgentCall, order: Mapping[str, Any]) -> None:
        match order["do"]:
            case "answer":
                how = pj.CallOpParam(True)
                how.statusCode = 200
                call.answer(how)
            case "end":
                call.end(order.get("code", 0))
            case "press":
                call.press(order["keys"])
            case "join":
                self._join(call, order["to"])

    def _join(self, call: AgentCall, number: int) -> None:
        other = self._calls.get(number)
        if other is None or other.is_over:
            call.end()
        else:
            call.join(other)

    def _dial(self, number: int, order: Mapping[str, Any]) -> None:
        trunk = next(t for t in self._config.trunks if t.name == order["trunk"])
        account = self._accounts[trunk.name]
        call = AgentCall(account, number, self.tell, self._sound)
        self._keep(call)
        how = pj.CallOpParam(True)
        how.txOption.localUri = trunk.own_uri(order["own_number"])
        try:
            call.makeCall(order["uri"] or trunk.uri_of(order["number"]), how)
        except pj.Error as error:
            call.is_over = True
            note = {"on": "ended", "code": 503, "reason": error.reason, "was_answered": False}
            self.tell(number, note)

    def _look(self, now: float) -> None:
        for call in list(self._calls.values()):
            try:
                if call.partner is not None and call.partner.is_over:
                    call.end()
                if call.is_silent(self._config.silent_s, now):
                    self.tell(call.number, {"on": "silent"})
                    call.end()
            except pj.Error:
                continue

    def _keep(self, call: AgentCall) -> None:
        self._calls[call.number] = call
        self._playing[call.number] = call.playing

    def _forget(self, now: float) -> None:
        """Frees calls once the clock thread is surely done with their ports."""
        for number in [n for n, c in self._calls.items() if c.is_over and now > c.over_at + 1.0]:
            del self._calls[number], self._playing[number]

    # The pipe

    def _read(self) -> None:
        reader = wire.Reader()
        while data := self._received():
            for message in reader.feed(data):
                playing = self._playing.get(message.call)
                if message.kind == wire.NOTE and message.note["do"] != "clear":
                    self._orders.append(message)
                elif message.kind == wire.NOTE and playing is not None:
                    playing.clear()
                elif message.kind == wire.SOUND and playing is not None:
                    playing.say(message.body)
        self._gone.set()

    def _received(self) -> bytes:
        try:
            return self._pipe.recv(65536)
        except OSError:
            return b""

    def _write(self) -> None:
        while (message := self._out.get()) is not None:
            try:
                self._pipe.sendall(message)
            except OSError:
                self._gone.set()
                return

    # pjsua

    def _start(self) -> int:
        config = pj.EpConfig()
        config.logConfig.level = config.logConfig.consoleLevel = self._config.log_level
        config.uaConfig.userAgent = "Parley"
        config.uaConfig.mainThreadOnly, config.uaConfig.threadCnt = True, 0
        config.uaConfig.maxCalls = min(self._config.calls_at_once + 8, 64)
        config.medConfig.clockRate = config.medConfig.sndClockRate = wire.SAMPLE_RATE
        config.medConfig.audioFramePtime = int(wire.TICK_S * 1000)
        config.medConfig.channelCount = 1
        config.medConfig.noVad, config.medConfig.ecTailLen = True, 0
        config.medConfig.sndAutoCloseTime = -1
        config.medConfig.threadCnt, config.medConfig.hasIoqueue = 1, True
        self._endpoint.libCreate()
        self._endpoint.libInit(config)
        port = self._listen()
        self._endpoint.libStart()
        self._endpoint.audDevManager().setNullDev()
        self._rank_codecs()
        for trunk in self._config.trunks:
            self._accounts[trunk.name] = self._open(trunk)
        self._accounts[""] = self._open(None)
        return port

    def _listen(self) -> int:
        where = pj.TransportConfig()
        where.port, where.boundAddress = self._config.port, self._config.host
        where.publicAddress = self._config.public_host
        udp = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, where)
        port = int(self._endpoint.transportGetInfo(udp).localName.rsplit(":", 1)[1])
        where.port = port
        self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, where)
        return port

    def _rank_codecs(self) -> None:
        for codec in self._endpoint.codecEnum2():
            known = [i for i, name in enumerate(_CODECS) if codec.codecId.startswith(name)]
            priority = 250 - known[0] if known else 0
            self._endpoint.codecSetPriority(codec.codecId, priority)

    def _open(self, trunk: TrunkConfig | None) -> _Account:
        config = pj.AccountConfig()
        host = self._config.public_host or self._config.host
        config.idUri = trunk.own_uri("") if trunk else f"sip:parley@{host}"
        if trunk is not None and trunk.registers:
            config.regConfig.registrarUri = trunk.registrar
        if trunk is not None and trunk.user:
            who = pj.AuthCredInfo("digest", "*", trunk.user, 0, trunk.password)
            config.sipConfig.authCreds.append(who)
        media = config.mediaConfig.transportConfig
        media.port, media.portRange = self._config.rtp_port, self._config.rtp_ports
        media.boundAddress, media.publicAddress = self._config.host, self._config.public_host
        account = _Account(self, trunk.name if trunk else "")
        account.create(config, trunk is None)
        return account

    def _stop(self) -> None:
        self._endpoint.hangupAllCalls()
        until = monotonic() + _GOODBYE_S
        while self._under_way() and monotonic() < until:
            self._endpoint.libHandleEvents(_EVENTS_MS)
        self._calls.clear()
        for account in self._accounts.values():
            account.shutdown()
        self._accounts.clear()
        self._endpoint.libDestroy()
        self._out.put(None)


def main() -> None:
    """Runs the user agent on the socket whose number is the only argument.

    The first line on it is the configuration: passwords are in no list of processes.
    """
    pipe = socket.socket(fileno=int(sys.argv[1]))
    line = bytearray()
    while not line.endswith(b"\n"):
        line += pipe.recv(1) or b"\n"
    if line.strip():
        agent = Agent(AgentConfig.from_json(json.loads(line)), pipe)
        agent.run()
    # What Python still holds of pjsua would be freed after the library is gone, which aborts.
    os._exit(0)


if __name__ == "__main__":
    main()
