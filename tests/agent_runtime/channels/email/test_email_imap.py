"""R193: mail is read from a real Dovecot, each mail once, whatever breaks."""

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from dovecot import PASSWORD, running_dovecot
from pydantic import SecretStr

from agent_runtime.channels.email.imap import ImapFolder
from agent_runtime.channels.email.parse import parse
from agent_runtime.settings import ImapAccount
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import MailCursor
from agent_runtime.store.sql import SqlStore

pytestmark = pytest.mark.real
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def server(need_program):
    with running_dovecot(need_program("dovecot")) as running:
        yield running


@pytest.fixture(params=["memory", "sql"])
def store(request, tmp_path):
    if request.param == "memory":
        return MemoryStore("t")
    return SqlStore(open_engine(f"sqlite:///{tmp_path / 'store.db'}"), "t")


@pytest.fixture
def user(request):
    return f"u{abs(hash(request.node.name)) % 10**9}"


def folder_of(server, user, store, name="INBOX", poll_s=0.1):
    account = ImapAccount(
        address="relay@mail.northbeam.example",
        host="127.0.0.1",
        port=server.port,
        user=user,
        password=SecretStr(PASSWORD),
        tls="none",
        poll_s=poll_s,
    )
    return ImapFolder(account, name, store, clock=lambda: NOW, first_pause_s=0.1)


def append(folder, *numbers, flags=()):
    with folder.connected() as client:
        if not client.folder_exists(folder.folder):
            client.create_folder(folder.folder)
        for number in numbers:
            raw = f"From: ana@x.example\r\nMessage-ID: <{number}@x>\r\n\r\nHello {number}\r\n"
            client.append(folder.folder, raw.encode(), flags)


class Kept:
    """Keeps what arrives, once per key, as the inbox does."""

    def __init__(self, breaks_at=None):
        self.calls, self.keys, self._breaks_at = [], {}, breaks_at

    def __call__(self, raw, address):
        mail = parse(raw, mailbox=address)
        if mail.rfc_message_id == self._breaks_at:
            self._breaks_at = None
            raise RuntimeError("the process dies here")
        self.calls.append(mail.rfc_message_id)
        self.keys[mail.key] = mail.rfc_message_id

    @property
    def stored(self):
        return sorted(self.keys.values())


def take(folder, kept):
    with folder.connected() as client:
        return folder.take(client, kept)


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def test_new_mail_is_read_once_and_marked_as_seen(server, user, store):
    folder, kept = folder_of(server, user, store), Kept()
    append(folder, 1, 2)
    assert [take(folder, kept), take(folder, kept)] == [2, 0]
    append(folder, 3)
    assert take(folder, kept) == 1
    assert kept.calls == ["<1@x>", "<2@x>", "<3@x>"]
    with folder.connected() as client:
        client.select_folder("INBOX")
        assert client.search(["UNSEEN"]) == []


def test_mail_that_was_read_before_we_came_is_not_ours_to_answer(server, user, store):
    folder, kept = folder_of(server, user, store), Kept()
    append(folder, 1, flags=[b"\\Seen"])
    append(folder, 2)
    take(folder, kept)
    assert kept.calls == ["<2@x>"]


def test_mail_that_somebody_else_opened_first_is_read_all_the_same(server, user, store):
    folder, kept = folder_of(server, user, store), Kept()
    take(folder, kept)
    append(folder, 1, flags=[b"\\Seen"])
    take(folder, kept)
    assert kept.calls == ["<1@x>"]


@pytest.mark.parametrize("known", [False, True])
def test_a_crash_in_the_middle_loses_nothing_and_doubles_nothing(server, user, store, known):
    folder, kept = folder_of(server, user, store), Kept(breaks_at="<2@x>")
    if known:
        take(folder, kept)
    append(folder, 1, 2, 3)
    with pytest.raises(RuntimeError):
        take(folder, kept)
    take(folder, kept)
    assert kept.stored == ["<1@x>", "<2@x>", "<3@x>"]


def test_new_uids_make_no_new_events_and_lose_no_mail(server, user, store):
    folder, kept = folder_of(server, user, store), Kept()
    append(folder, 1, 2)
    take(folder, kept)
    with store.begin() as tx:
        before = tx.mail_cursor(folder.source)
    server.forget_uids(user)
    append(folder, 3)
    take(folder, kept)
    with store.begin() as tx:
        after = tx.mail_cursor(folder.source)
    assert before.uid_validity != after.uid_validity
    assert kept.stored == ["<1@x>", "<2@x>", "<3@x>"]
    assert take(folder, kept) == 0


def test_each_folder_has_its_own_place(server, user, store):
    inbox, other = (folder_of(server, user, store, name) for name in ("INBOX", "Answers"))
    kept = Kept()
    append(inbox, 1)
    append(other, 2)
    take(inbox, kept)
    take(other, kept)
    assert kept.stored == ["<1@x>", "<2@x>"]


def test_a_cursor_comes_back_as_it_was_saved(store):
    cursor = MailCursor("a/INBOX", 7, 9, NOW)
    with store.begin() as tx:
        assert tx.mail_cursor("a/INBOX") is None
        tx.save_mail_cursor(MailCursor("a/INBOX", 7, 8, NOW))
        tx.save_mail_cursor(cursor)
        assert tx.mail_cursor("a/INBOX") == cursor


@pytest.mark.parametrize("capability", ["", "IMAP4rev1 LITERAL+"])
def test_mail_arrives_while_we_wait_and_after_the_server_was_gone(need_program, capability):
    """IDLE, or a poll where the server has none; a lost line is taken up again."""
    kept, stop = Kept(), Event()
    with running_dovecot(need_program("dovecot"), capability=capability) as server:
        folder = folder_of(server, "ana", MemoryStore("t"))
        with folder.connected() as client:
            assert client.has_capability("IDLE") == (capability == "")
        reader = Thread(target=folder.run, args=(stop, kept))
        reader.start()
        try:
            append(folder, 1)
            until(lambda: kept.stored == ["<1@x>"])
            server.stop()
            server.start()
            append(folder, 2)
            until(lambda: kept.stored == ["<1@x>", "<2@x>"])
        finally:
            stop.set()
            reader.join(timeout=10)
    assert not reader.is_alive()


def test_mail_that_comes_while_another_is_read_is_not_left_lying(server, user, store):
    """The server tells of it in an answer about the other mail, and is silent afterwards."""
    folder, kept, stop = folder_of(server, user, store), Kept(), Event()

    def receive(raw, address):
        kept(raw, address)
        if len(kept.calls) == 1:
            append(folder, 2)

    append(folder, 1)
    reader = Thread(target=folder.run, args=(stop, receive))
    reader.start()
    try:
        until(lambda: kept.stored == ["<1@x>", "<2@x>"])
    finally:
        stop.set()
        reader.join(timeout=10)


class OneBreath:
    """A line to the server that keeps its consent to IDLE until there is news, once."""

    def __init__(self, server):
        self._server, self.holds, self._held = server.port, Event(), False
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._door.close()

    def _serve(self):
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._server))
            Thread(target=self._pass_on, args=(near, far), daemon=True).start()
            Thread(target=self._pass_on, args=(far, near), daemon=True).start()

    def _pass_on(self, source, sink):
        try:
            while said := source.recv(65536):
                if b"+ idling" in said and not self._held:
                    self._held = True
                    self.holds.set()
                    said += source.recv(65536)
                sink.sendall(said)
        except OSError:
            pass
        finally:
            sink.close()


def test_mail_that_is_told_in_one_breath_with_the_consent_to_wait_is_read(server, user, store):
    line, kept, stop = OneBreath(server), Kept(), Event()
    direct = folder_of(server, user, store)
    append(direct)
    account = direct.account.model_copy(update={"port": line.port})
    folder = replace(direct, account=account, round_s=0.5)
    reader = Thread(target=folder.run, args=(stop, kept))
    reader.start()
    try:
        assert line.holds.wait(20)
        append(direct, 1)
        until(lambda: kept.stored == ["<1@x>"], seconds=8)
    finally:
        stop.set()
        reader.join(timeout=10)
        line.close()
    assert not reader.is_alive()
