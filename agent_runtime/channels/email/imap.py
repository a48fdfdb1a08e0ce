"""Reads new mail of a folder on an IMAP server, each mail once, and never loses one."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import Any

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from agent_runtime.ports import Store
from agent_runtime.settings import ImapAccount
from agent_runtime.store.rows import MailCursor

Receive = Callable[[bytes, str], None]
"""Stores a mail that came to an address; a repeat must change nothing."""

TIMEOUT_S = 30.0
IDLE_S = 9 * 60.0
"""RFC 2177 asks for less than 29 minutes; many firewalls forget a silent line after ten."""
LOOK_S = 1.0
LONGEST_PAUSE_S = 60.0


@contextmanager
def logged_in(account: ImapAccount) -> Iterator[IMAPClient]:
    """Yields a connection to an account's server that has logged in."""
    client = IMAPClient(account.host, account.port, ssl=account.tls == "tls", timeout=TIMEOUT_S)
    try:
        if account.tls == "starttls":
            client.starttls()
        client.login(account.user, account.password.get_secret_value())
        yield client
    finally:
        client.shutdown()


@dataclass(frozen=True, slots=True)
class ImapFolder:
    """One folder of one account."""

    account: ImapAccount
    folder: str
    store: Store
    clock: Callable[[], datetime]
    first_pause_s: float = 1.0
    """How long to wait after the line broke; doubles up to a minute."""
    round_s: float = 3.0
    """What a server says in one breath with its consent to IDLE lies unseen in the client's buffer
    until IDLE ends, so that IDLE is as short as this and begun again: a stop counts within five."""

    @property
    def source(self) -> str:
        """Names the folder in the store."""
        return f"{self.account.user}@{self.account.host}/{self.folder}"

    def run(self, stop: Event, receive: Receive) -> None:
        """Reads until `stop` is set; whatever breaks, it begins again after a pause."""
        pause = self.first_pause_s
        while not stop.is_set():
            try:
                with self.connected() as client:
                    may_idle = client.has_capability("IDLE")
                    while not stop.is_set():
                        before = self._uid_next(client)
                        self.take(client, receive)
                        pause = self.first_pause_s
                        if self._uid_next(client) == before:
                            may_idle = self._wait(client, stop, may_idle=may_idle)
            except Exception as error:
                logging.getLogger(__name__).warning("%s: %s", self.source, error)
                stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    @contextmanager
    def connected(self) -> Iterator[IMAPClient]:
        """Yields a connection that has logged in."""
        with logged_in(self.account) as client:
            yield client

    def take(self, client: IMAPClient, receive: Receive) -> int:
        """Stores what is new and returns how many mails that was.

        A mail is stored first, then marked as seen, and only then the cursor moves: a crash in
        between stores it again, which changes nothing.
        """
        box = client.select_folder(self.folder)
        validity = int(box[b"UIDVALIDITY"])
        with self.store.begin() as tx:
            known = tx.mail_cursor(self.source)
        is_same = known is not None and known.uid_validity == validity
        uids = _new_uids(client, known, is_same=is_same)
        first_read_at = known.first_read_at if known else self.clock()
        for uid in uids:
            raw = client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
            if isinstance(raw, bytes):
                receive(raw, self.account.address)
                client.add_flags([uid], [SEEN], silent=True)
            if is_same:
                self._save(MailCursor(self.source, validity, uid, first_read_at))
        if not is_same:
            below = int(box.get(b"UIDNEXT", max(uids, default=0) + 1))
            self._save(MailCursor(self.source, validity, below - 1, first_read_at))
        return len(uids)

    def _uid_next(self, client: IMAPClient) -> int | None:
        """Returns what the next mail will be called.

        A server announces new mail once, in the answer to any command, so IDLE is silent about
        what came while we read. Only a folder that is selected anew and unchanged may be idled.
        """
        return client.select_folder(self.folder).get(b"UIDNEXT")

    def _save(self, cursor: MailCursor) -> None:
        with self.store.begin() as tx:
            tx.save_mail_cursor(cursor)

    def _wait(self, client: IMAPClient, stop: Event, *, may_idle: bool) -> bool:
        """Waits for news; returns whether the server will be asked to tell of them again."""
        if not may_idle:
            stop.wait(self.account.poll_s)
            return False
        until = monotonic() + IDLE_S
        while not stop.is_set() and monotonic() < until:
            try:
                client.idle()
            except IMAPClientError as error:
                if isinstance(error, IMAPClientAbortError):
                    raise
                return False
            round_ends = monotonic() + self.round_s
            heard = []
            while not (heard or stop.is_set()) and monotonic() < round_ends:
                heard = client.idle_check(timeout=min(LOOK_S, self.round_s))
            _, at_last = client.idle_done()
            if heard or at_last:
                break
        return True


def _new_uids(client: IMAPClient, known: MailCursor | None, *, is_same: bool) -> list[int]:
    """The first time only unseen mail; after new UIDs all since then; else what came later."""
    if known is None:
        return _search(client, ["UNSEEN"])
    if not is_same:
        since = (known.first_read_at - timedelta(days=1)).date()
        return _search(client, ["OR", "UNSEEN", "SINCE", since])
    found = _search(client, ["UID", f"{known.last_uid + 1}:*"])
    return [uid for uid in found if uid > known.last_uid]


def _search(client: IMAPClient, criteria: Any) -> list[int]:
    return sorted(client.search(criteria))
