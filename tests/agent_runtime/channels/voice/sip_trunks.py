"""Trunks on loopback: real sipp that answers as it is told, and one that is mute."""

import asyncio
import hashlib
import re
import shutil
from contextlib import asynccontextmanager, suppress

import psutil

from agent_runtime.channels.voice.sip.setup import SipTrunk

REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    486: "Busy Here",
    487: "Request Terminated",
    503: "Service Unavailable",
    603: "Decline",
}
_HEAD = """[last_Via:]
[last_From:]
[last_To:];tag=[pid]SIPpTag01[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>"""
_SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=trunk 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000"""


def answer(code):
    body = _SDP if code in (183, 200) else "Content-Length: 0"
    text = f"SIP/2.0 {code} {REASONS[code]}\n{_HEAD}\n{body}\n"
    return f'<send retrans="500"><![CDATA[\n{text}\n]]></send>' if code >= 200 else send(text)


def send(text):
    return f"<send><![CDATA[\n{text}\n]]></send>"


def scenario(*steps):
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="trunk">\n'
        + "\n".join(steps)
        + "\n</scenario>\n"
    )


def of_answers(*codes):
    """Takes an INVITE and gives these answers; the last one may be a ringing that never ends."""
    steps = ['<recv request="INVITE"/>', *map(answer, codes)]
    if codes[-1] >= 200:
        steps.append('<recv request="ACK"/>')
    if codes[-1] == 200:
        steps += ['<recv request="BYE" timeout="20000"/>', send(f"SIP/2.0 200 OK\n{_HEAD_OF_BYE}")]
    if codes[-1] < 200:
        steps += [
            '<recv request="CANCEL"/>',
            send(f"SIP/2.0 200 OK\n{_HEAD_OF_BYE}"),
            send(f"SIP/2.0 487 Request Terminated\n{_HEAD.replace('[last_CSeq:]', 'CSeq: 1')}"),
        ]
    return scenario(*steps)


_HEAD_OF_BYE = """[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
"""


@asynccontextmanager
async def sipp(folder, xml, port, *more):
    """A sipp that plays a scenario."""
    file = folder / f"sipp-{port}.xml"
    file.write_text(xml)
    command = [shutil.which("sipp"), "-sf", str(file), "-i", "127.0.0.1", "-p", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command,
        *("-nostdin", "-m", "1", "-mi", "127.0.0.1", "-timeout", "40", *more),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await listening(port, process)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def listening(port, process):
    """Waits until a process has a port of UDP; a look that binds it could take it away."""
    with suppress(psutil.NoSuchProcess):
        sipp = psutil.Process(process.pid)
        while process.returncode is None:
            if any(one.laddr.port == port for one in sipp.net_connections("udp")):
                return
            await asyncio.sleep(0.02)
    raise AssertionError(f"sipp ended with {process.returncode} before it had port {port}")


class Mute(asyncio.DatagramProtocol):
    """A trunk that takes everything and says nothing; `asked` are the INVITEs of each call."""

    def __init__(self):
        self.messages = []

    @property
    def calls(self):
        ids = [m.split("Call-ID:")[1].split()[0] for m in self.messages if m.startswith("INVITE")]
        return len(set(ids))

    def datagram_received(self, data, addr):
        self.messages.append(data.decode(errors="replace"))


class Registrar(asyncio.DatagramProtocol):
    """Asks who registers for a password (RFC 2617), and keeps whether it was right."""

    def __init__(self, user, password):
        self.tries = []
        self._account = md5_of(f"{user}:east:{password}")

    def connection_made(self, transport):
        self._wire = transport

    def datagram_received(self, data, addr):
        text = data.decode()
        given = dict(re.findall(r'(\w+)="([^"]*)"', text.partition("Authorization:")[2]))
        if given:
            asked = md5_of(f"REGISTER:{given['uri']}")
            self.tries.append(given["response"] == md5_of(f"{self._account}:n0nce:{asked}"))
        is_right = bool(self.tries) and self.tries[-1]
        first = "200 OK" if is_right else "401 Unauthorized"
        kept = [
            line for line in text.split("\r\n") if line.startswith(("Via", "From", "Call", "CS"))
        ]
        to = next(line for line in text.split("\r\n") if line.startswith("To"))
        more = (
            "Expires: 300" if is_right else 'WWW-Authenticate: Digest realm="east", nonce="n0nce"'
        )
        lines = [f"SIP/2.0 {first}", *kept, f"{to};tag=x", more, "Content-Length: 0", "", ""]
        self._wire.sendto("\r\n".join(lines).encode(), addr)


def md5_of(text):
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@asynccontextmanager
async def at_port(port, made):
    """Has a protocol of UDP listen on a port, once no test beside this one has it."""
    loop = asyncio.get_running_loop()
    for _ in range(50):
        with suppress(OSError):
            wire, protocol = await loop.create_datagram_endpoint(
                made, local_addr=("127.0.0.1", port)
            )
            break
        await asyncio.sleep(0.1)
    else:
        raise OSError(f"port {port} stays taken")
    try:
        yield protocol
    finally:
        wire.close()


def trunk(name, port, **more):
    return SipTrunk(name=name, host=f"127.0.0.1:{port}", **more)


_INVITE = """INVITE sip:+12125550100@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+12125550123@[local_ip]>;tag=[pid]SIPpTag00[call_number]
To: <sip:+12125550100@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
"""
_ACK = """ACK sip:+12125550100@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
From: <sip:+12125550123@[local_ip]>;tag=[pid]SIPpTag00[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0
"""


def refused_with(code):
    """Calls, and is content only if it is refused so."""
    return scenario(
        send(_INVITE + _SDP),
        '<recv response="100" optional="true"/>',
        '<recv response="180" optional="true"/>',
        f'<recv response="{code}"/>',
        send(_ACK),
    )


def gives_up():
    """Calls, and hangs up before anybody answers."""
    cancel = _INVITE.replace("INVITE", "CANCEL").replace("branch=[branch]", "branch=[branch-3]")
    return scenario(
        send(_INVITE + _SDP),
        '<recv response="100" optional="true"/>',
        '<recv response="180"/>',
        send(cancel + "Content-Length: 0\n"),
        '<recv response="200"/>',
        '<recv response="487"/>',
        send(_ACK),
    )


def vandal():
    """Sends what no telephone sends."""
    sip = _INVITE + _SDP
    return scenario(
        send(sip.replace("Content-Length: [len]", "Content-Length: 99999")),
        send(sip.replace("Content-Length: [len]", "Content-Length: -1")),
        send(sip.replace("CSeq: 1 INVITE", "CSeq: 99999999999999999999 INVITE")),
        send(sip.replace("Via: SIP/2.0/[transport]", "Via: SIP/9.9/")),
        send(sip.replace("From: <sip:", "From: <<<sip:%00")),
        send(sip.replace("c=IN", "c=IN IP4 999.999.999.999\nc=IN")),
        send(sip.replace("m=audio [media_port] RTP/AVP 0", "m=audio 70000 RTP/AVP 999 -5")),
        send(sip.replace("a=rtpmap:0 PCMU/8000", "a=rtpmap:0 " + "A" * 20000)),
        send(sip.replace("Call-ID: [call_id]\n", "")),
        send("INVITE sip:a@[remote_ip] SIP/2.0\n\n"),
        send("SIP/2.0 200 OK\nCSeq: 1 INVITE\nContent-Length: 0\n"),
        send(_INVITE.replace("INVITE", "BYE") + "Content-Length: 0\n"),
        send(_INVITE.replace("INVITE", "INFO") + "Content-Length: 0\n"),
        send(_INVITE.replace("INVITE", "REFER") + "Refer-To: <sip:x@y>\nContent-Length: 0\n"),
        '<pause milliseconds="300"/>',
    )
