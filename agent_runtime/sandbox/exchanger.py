"""The sandbox's mail exchanger: real SMTP, real Maildirs, and a log that proves what was taken.

A mail is spooled, logged and fsynced, put into Maildirs, and only then acknowledged. After a kill
at any moment a restart delivers what was logged and forgets what was not.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from agent_runtime.sandbox.bounces import bounce_for, refuses_late
from agent_runtime.sandbox.journal import Journal, read_journal
from agent_runtime.sandbox.postboxes import Postboxes

_HOST = "127.0.0.1"
_IDLE_S = 3600
_MAILBOX = re.compile(
    r"[a-z0-9!#$%&'*+=?^_`{|}~-][a-z0-9.!#$%&'*+=?^_`{|}~-]*@[a-z0-9.-]+\.example"
)
_HEADERS = BytesHeaderParser(policy=default)


class Exchanger:
    """An SMTP server on loopback, in a thread of its own, for addresses that end in `.example`."""

    def __init__(
        self,
        mail_dir: Path,
        log_path: Path,
        known: Callable[[str], bool],
        clock: Callable[[], datetime],
        *,
        port: int = 0,
        hold_250_s: float = 0.0,
    ) -> None:
        """Prepares a server; it listens from `start` on.

        Args:
            mail_dir: Maildirs lie here, one per address.
            log_path: the log of what was accepted; an existing one is continued.
            known: whether a mailbox exists; called from the server's thread.
            clock: the simulated now, for the log.
            port: 0 takes a free one.
            hold_250_s: for fault tests: how long an accepted mail waits for its acknowledgement.
        """
        self._socket = socket.create_server((_HOST, port))
        self._desk = _Desk(Postboxes(mail_dir), log_path, clock)
        self._handler = _Handler(self._desk, known, hold_250_s)
        self._controller = _Controller(self._handler, self._socket)

    @property
    def host(self) -> str:
        """The address that the server listens on."""
        return _HOST

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return self._controller.port

    def start(self) -> Exchanger:
        """Delivers what an earlier run left unfinished, and listens."""
        self._desk.recover()
        self._controller.start()
        return self

    def close(self) -> None:
        """Stops listening; mail that waits for its acknowledgement is accepted all the same."""
        self._controller.stop()
        self._socket.close()
        self._desk.close()

    def late_bounces(self) -> int:
        """Returns how many delivery reports wait for `send_late_bounces`."""
        return self._desk.late_bounces()

    def send_late_bounces(self) -> int:
        """Delivers the reports of mails that were taken for missing mailboxes, and counts them."""
        sending = asyncio.run_coroutine_threadsafe(
            self._desk.send_late_bounces(), self._controller.loop
        )
        return sending.result()

    def __enter__(self) -> Exchanger:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Desk:
    """Takes mails in: spool, log, Maildirs."""

    def __init__(self, postboxes: Postboxes, log_path: Path, clock: Callable[[], datetime]) -> None:
        self._postboxes = postboxes
        self._log_path = log_path
        self._clock = clock
        self._journal = Journal(log_path)
        self._taken = 0

    def recover(self) -> None:
        spooled = set(self._postboxes.spooled())
        for entry in read_journal(self._log_path):
            self._taken = entry["seq"]
            if entry["file"] in spooled:
                spooled.remove(entry["file"])
                self._finish(entry, self._postboxes.deliver_again)
        for name in spooled:
            self._postboxes.drop(name)

    async def take(
        self, raw: bytes, *, mail_from: str, rcpt_to: Iterable[str], missing: Iterable[str] = ()
    ) -> None:
        self._taken += 1
        name = f"{self._taken:010d}.parley"
        head = _HEADERS.parsebytes(raw)
        entry = {
            "seq": self._taken,
            "at": self._clock().isoformat(),
            "message_id": _header(head, "Message-ID"),
            "mail_from": mail_from,
            "rcpt_to": list(rcpt_to),
            "missing": list(missing),
            "subject": _header(head, "Subject"),
            "task": _header(head, "X-Parley-Task"),
            "touch": _header(head, "X-Parley-Touch"),
            "size": len(raw),
            "file": name,
        }
        self._postboxes.spool(name, raw)
        await self._journal.append(entry)
        self._finish(entry, self._postboxes.deliver)

    def late_bounces(self) -> int:
        return len(self._postboxes.bounces())

    async def send_late_bounces(self) -> int:
        waiting = self._postboxes.bounces()
        for path in waiting:
            report = path.read_bytes()
            to = parseaddr(_header(_HEADERS.parsebytes(report), "To"))[1]
            await self.take(report, mail_from="", rcpt_to=[to])
            path.unlink()
        return len(waiting)

    def close(self) -> None:
        self._journal.close()

    def _finish(self, entry: dict[str, Any], deliver: Callable[..., None]) -> None:
        name, sender = entry["file"], entry["mail_from"]
        present = [address for address in entry["rcpt_to"] if address not in entry["missing"]]
        deliver(name, present, sender=sender)
        for number, address in enumerate(entry["missing"]):
            report = bounce_for(self._postboxes.read(name), address, sender=sender)
            self._postboxes.keep_bounce(f"{name}.{number}", report)
        self._postboxes.drop(name)


@dataclass(frozen=True, slots=True)
class _Handler:
    """Speaks SMTP; method names are those that aiosmtpd calls."""

    desk: _Desk
    known: Callable[[str], bool]
    hold_250_s: float

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        mailbox = address.lower()
        if mailbox and not _MAILBOX.fullmatch(mailbox):
            return f"550 5.1.8 <{address}> is no address of the sandbox"
        envelope.mail_from = mailbox
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        mailbox = address.lower()
        if not _MAILBOX.fullmatch(mailbox):
            return f"550 5.7.1 <{address}> mail never leaves the sandbox"
        if not self.known(mailbox) and not refuses_late(mailbox):
            return f"550 5.1.1 <{address}> no such mailbox"
        envelope.rcpt_tos.append(mailbox)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        del server, session
        recipients = list(dict.fromkeys(envelope.rcpt_tos))
        await self.desk.take(
            envelope.original_content or b"",
            mail_from=envelope.mail_from or "",
            rcpt_to=recipients,
            missing=[mailbox for mailbox in recipients if not self.known(mailbox)],
        )
        if self.hold_250_s:
            await asyncio.sleep(self.hold_250_s)
        return "250 2.0.0 OK"


class _Controller(Controller):
    """Listens on a socket that is bound already, so that port 0 can be used."""

    def __init__(self, handler: _Handler, bound: socket.socket) -> None:
        host, port = bound.getsockname()[:2]
        super().__init__(handler, hostname=host, port=port, timeout=_IDLE_S)
        self._bound = bound

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._bound)


def _header(head: Message, name: str) -> str:
    return " ".join(str(head.get(name, "")).split())
