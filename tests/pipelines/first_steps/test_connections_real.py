"""`parley doctor --connections` on real servers: one mail, to oneself, and a sentence each."""

import json
import socket
import sys
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from imapclient import IMAPClient
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[2] / "agent_runtime/channels/email"))

from dovecot import PASSWORD, running_dovecot

from agent_runtime.errors import ParleyError
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.settings import ImapAccount, Settings
from pipelines.doctor import app
from pipelines.first_steps.connections import connections

pytestmark = pytest.mark.real
ME = "ada@mail.alder.example"


class Delivering:
    """Takes mail by SMTP and puts it into a mailbox by IMAP, as a mail host does."""

    def __init__(self, dovecot):
        self.dovecot, self.to = dovecot, []

    async def handle_DATA(self, server, session, envelope):
        self.to += envelope.rcpt_tos
        with IMAPClient("127.0.0.1", self.dovecot.port, ssl=False) as client:
            client.login("ada", PASSWORD)
            client.append("INBOX", envelope.content)
        return "250 taken"


@pytest.fixture(scope="module")
def dovecot(need_program):
    with running_dovecot(need_program("dovecot")) as running:
        yield running


@pytest.fixture
def host(dovecot):
    handler = Delivering(dovecot)
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def settings(host, dovecot, tmp_path):
    account = ImapAccount(
        address=ME, host="127.0.0.1", port=dovecot.port, user="ada", password=PASSWORD, tls="none"
    )
    return Settings(
        workspace=tmp_path, smtp_port=host.port, imap=(account,), caldav_url="", hubspot_token=""
    )


def told(settings, **more):
    return {name: (state, says) for name, state, says in connections(settings, **more)}


def test_a_mail_to_oneself_goes_out_and_comes_back(settings, host, tmp_path):
    with serve_calendar(tmp_path / "calendar", ["o-1"]) as calendar:
        found = told(settings.model_copy(update={"caldav_url": calendar.url}), send_to=ME)

    assert host.to == [ME]
    assert found["test mail"] == ("ok", f"went to {ME} and came back by IMAP")
    assert {n: s for n, (s, _) in found.items() if n != "crm"} == dict.fromkeys(
        ["smtp", "imap", "test mail", "calendar"], "ok"
    )


@pytest.mark.parametrize("address", ["buyer@firm.com", "ada@alder.example", ""])
def test_no_other_address_is_ever_written_to(settings, host, address):
    if address:
        with pytest.raises(ParleyError, match="must be an address of your own"):
            told(settings, send_to=address)
    else:
        told(settings)
    assert host.to == []


def test_what_does_not_answer_is_a_sentence_with_what_to_do(settings):
    (account,) = settings.imap
    wrong = account.model_copy(update={"port": 1})
    found = told(
        settings.model_copy(
            update={"smtp_port": 1, "imap": (wrong,), "caldav_url": "http://127.0.0.1:1/"}
        )
    )
    assert {n: s for n, (s, _) in found.items()} == {
        "smtp": "failed",
        "imap": "failed",
        "calendar": "failed",
        "crm": "warning",
    }
    assert "PARLEY_SMTP_HOST" in found["smtp"][1]
    assert "PARLEY_IMAP" in found["imap"][1]


def test_the_command_asks_before_it_sends(settings, host, monkeypatch):
    (account,) = settings.imap
    row = account.model_dump(mode="json") | {"password": PASSWORD}
    monkeypatch.setenv("PARLEY_SMTP_PORT", str(host.port))
    monkeypatch.setenv("PARLEY_IMAP", json.dumps([row]))
    words = ["--connections", "--send-to", ME]

    assert CliRunner().invoke(app, words, input="n\n").exit_code == 1
    assert host.to == []
    done = CliRunner().invoke(app, [*words, "--yes"])
    assert "came back by IMAP" in done.stdout
    assert host.to == [ME]
