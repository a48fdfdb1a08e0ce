"""What leaves: headers, signature, return path and what the server answered."""

import ssl
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import dkim
import pytest
from cryptography_certificate import self_signed
from hypothesis import given
from hypothesis import strategies as st
from sent_mail import KEYS, MAIL, NOW, Sink, running, send

from agent_runtime.channels.email.compose import compose
from agent_runtime.channels.email.deliver import without_addresses
from agent_runtime.channels.email.dkim_signature import DkimSigner, make_key
from agent_runtime.channels.email.html import html_of
from agent_runtime.channels.email.smtp import Login, SmtpChannel, Stamps
from agent_runtime.channels.email.unsubscribe_link import UnsubscribeLink, unsubscriber_of
from agent_runtime.channels.email.verp import ReturnPaths

LINK = UnsubscribeLink("https://stop.northbeam.example", KEYS, "t")
PATHS = ReturnPaths("bounce.northbeam.example", KEYS)


def channel_to(server, **options):
    return SmtpChannel(
        "127.0.0.1",
        server.port,
        clock=lambda: NOW,
        unsubscribe="hello@northbeam.example",
        **options,
    )


def written(mail, url=""):
    raw = compose(mail, at=NOW, unsubscribe="hello@northbeam.example", unsubscribe_url=url)
    return raw, message_from_bytes(raw, policy=default)


def test_a_mail_that_we_began_can_be_stopped_with_one_click():
    """R225: address and link stand in the header as they are, and the link names no address."""
    raw, message = written(MAIL, LINK(MAIL))
    url = LINK(MAIL)
    assert f"\r\n <{url}>\r\n".encode() in raw
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "ana@" not in url
    who = unsubscriber_of(url.rsplit("/", 1)[1], KEYS)
    assert who is not None
    assert (who.tenant_id, who.person_id, who.message_id) == ("t", "p-ana", "0123abcd")


def test_without_a_public_address_only_the_mail_address_is_written():
    _, message = written(MAIL)
    assert message["List-Unsubscribe"] == "<mailto:hello@northbeam.example?subject=unsubscribe>"
    assert message["List-Unsubscribe-Post"] is None


def test_an_answer_has_no_one_click_link():
    assert LINK(replace(MAIL, is_proactive=False)) == ""


def test_long_ids_of_strangers_are_referred_to_as_they_are():
    long_id = f"<{'x' * 90}@mail.example>"
    raw, _ = written(replace(MAIL, in_reply_to=long_id, references=(long_id, "<b@x>")))
    assert raw.count(long_id.encode()) == 2


def test_a_header_with_a_line_break_is_refused():
    with pytest.raises(ValueError, match="linefeed"):
        written(replace(MAIL, in_reply_to="<a@x>\r\nBcc: eve@x.example"))


def test_the_html_says_the_same_words_and_loads_nothing():
    _, message = written(MAIL)
    part = message.get_body(preferencelist=("html",))
    assert part is not None
    html = part.get_content()
    assert "Hello Ana &amp; co &lt;team&gt;." in html
    assert not any(part in html for part in ("<img", "src=", "url(", "<script", "<link"))
    plain = message.get_body(preferencelist=("plain",))
    assert plain is not None
    assert plain.get_content().split() == MAIL.body.split()


@given(st.text())
def test_no_words_can_become_markup(text):
    inside = html_of(text).split("<body", 1)[1].split(">", 1)[1]
    for ours in ("<p>", "</p>", "<br>", "</body></html>", "</a>"):
        inside = inside.replace(ours, "")
    assert inside.count("<") == inside.count('<a href="https://')


@pytest.fixture(scope="module")
def dkim_key():
    return make_key()


def test_a_receiver_verifies_the_signature_and_sees_what_was_changed(dkim_key):
    """R21: signed on the wire, headers oversigned."""
    pem, record = dkim_key
    signer = DkimSigner("mail.northbeam.example", "s1", pem)

    def dns(name, timeout=5):
        return record.encode() if name == b"s1._domainkey.mail.northbeam.example." else None

    sink = Sink()
    with running(sink) as server:
        channel = channel_to(server, stamps=Stamps(unsubscribe_url=LINK, sign=signer.sign))
        assert send(channel).status == "sent"
        channel.close()
    raw = sink.taken[0]
    assert dkim.verify(raw, dnsfunc=dns)
    for changed in (
        raw.replace(b"A question", b"A gift"),
        raw.replace(b"Harbour", b"Other"),
        raw.replace(b"stop.northbeam", b"evil.northbeam"),
        raw.replace(b"\r\nSubject:", b"\r\nSubject: Another\r\nSubject:", 1),
        raw.replace(b"\r\nTo:", b"\r\nCc: eve@x.example\r\nTo:", 1),
    ):
        assert changed != raw
        assert not dkim.verify(changed, dnsfunc=dns)


def test_a_bounce_comes_back_to_an_address_that_names_its_message():
    sink = Sink()
    with running(sink) as server:
        channel = channel_to(
            server, stamps=Stamps(return_path=lambda m: PATHS.verp_address(m.message_id))
        )
        send(channel)
        channel.close()
    assert PATHS.message_of_verp(sink.from_[0].upper()) == "0123abcd"


@given(st.text(), st.text(alphabet="0123456789abcdef", min_size=1, max_size=32))
def test_only_our_own_return_paths_are_believed(forged, message_id):
    address = PATHS.verp_address(message_id)
    assert PATHS.message_of_verp(address) == message_id
    assert PATHS.message_of_verp(f"bounces+2-{message_id}-{forged}@{PATHS.domain}") is None
    assert PATHS.message_of_verp(forged) is None
    assert len(address.split("@")[0]) <= 64


def test_an_id_that_does_not_fit_has_no_return_path():
    assert PATHS.verp_address("x" * 60) == ""
    assert PATHS.verp_address("a b") == ""


@pytest.mark.parametrize(
    ("options", "status", "code", "enhanced"),
    [
        ({}, "sent", "250", "2.0.0"),
        ({"rcpt": "550 5.1.1 <ana@alder.example> unknown"}, "rejected", "550", "5.1.1"),
        ({"rcpt": "450 4.2.1 busy"}, "retry", "450", "4.2.1"),
        ({"data": "554 5.7.1 spam"}, "rejected", "554", "5.7.1"),
        ({"data": "451 try later"}, "retry", "451", ""),
    ],
)
def test_the_servers_answer_is_kept_with_its_enhanced_status(options, status, code, enhanced):
    with running(Sink(**options)) as server:
        channel = channel_to(server)
        receipt = send(channel)
        channel.close()
    assert (receipt.status, receipt.code, receipt.enhanced) == (status, code, enhanced)


def test_one_connection_serves_many_mails_and_a_dropped_one_is_opened_again():
    sink = Sink()
    with running(sink) as server:
        channel = channel_to(server)
        assert [send(channel).status for _ in range(3)] == ["sent"] * 3
        assert len(sink.peers) == 1
        channel._line._connection.sock.close()
        assert send(channel).status == "sent"
        channel.close()
    assert len(sink.taken) == 4


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_the_login_travels_over_tls_only(tmp_path, password):
    from aiosmtpd.smtp import AuthResult

    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == b"right")

    sink = Sink()
    options = {"tls_context": context, "require_starttls": True, "authenticator": check}
    with running(sink, **options, auth_required=True) as server:
        trusted = ssl.create_default_context(cafile=str(certificate))
        login = Login("relay", password, "starttls", trusted)
        channel = channel_to(server, login=login, timeout_s=4)
        receipt = send(channel)
        channel.close()
    assert receipt.status == ("sent" if password == "right" else "retry")
    assert len(sink.taken) == (password == "right")
    assert password not in repr(login)


def test_a_servers_words_are_kept_without_addresses():
    assert without_addresses("550 <ana@alder.example>:\r\n no") == "550 <[address]>: no"
