"""A mail to send, and a real mail server on loopback that keeps what it takes."""

from contextlib import contextmanager
from datetime import UTC, datetime

from aiosmtpd.controller import Controller

from agent_runtime.channels.email.signing import Keyring
from agent_runtime.domain import Consent, Contact, Proposal, Sentence, Session
from agent_runtime.policies.facts import Facts, Sent
from agent_runtime.policies.permit import authorise
from agent_runtime.ports import Mail

NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
KEYS = Keyring((("2", "second-secret-" * 2), ("1", "first-secret-" * 2)))
MAIL = Mail(
    sender="relay@mail.northbeam.example",
    sender_name="Lena Vögt",
    recipient="ana@alder.example",
    subject="A question",
    body="Hello Ana & co <team>.\n\nNorthbeam, 12 Harbour Street",
    rfc_message_id="<0123abcd.1@mail.northbeam.example>",
    message_id="0123abcd",
    person_id="p-ana",
    language="en",
    is_proactive=True,
)
ANA = Contact(
    tenant_id="t",
    contact_id="c-ana",
    person_id="p-ana",
    account_id="a-1",
    email="ana@alder.example",
    first_name="Ana",
    last_name="Ruiz",
    title="Head of RevOps",
    company="Alder",
    country="DE",
    language="en",
    time_zone="Europe/Berlin",
    owner_id="o-1",
    owner_name="Lena Vogt",
    mailbox="relay@mail.northbeam.example",
)


class _Anything:
    def is_approved(self, fact, *, text, language, now):
        return True

    def texts_of(self, fact, *, language, now):
        return ()

    def discloses(self, fact):
        return True


def permit_for(mail):
    """Returns a real permit for the words of a mail."""
    facts = Facts(
        now=NOW,
        actor="agent",
        session=Session("t", "thread-p-ana", "p-ana", "c-ana", "icp_prospecting", "start"),
        approvals=_Anything(),
        recipient=mail.recipient,
        mailbox=mail.sender,
        country="DE",
        time_zone="Europe/Berlin",
        owner_id="o-1",
        arms=(("e", "agent"),),
        controls={"e": ("holdout",)},
        consents=(Consent("email", "prospecting", "consent", "form", NOW),),
        autonomy="autonomous",
        sent=Sent(),
    )
    proposal = Proposal(
        action="send_touch",
        touch_class="proactive",
        channel="email",
        purpose="prospecting",
        subject=mail.subject,
        sentences=tuple(Sentence(part, ("a@1",)) for part in mail.body.split("\n\n")),
        language="en",
        confidence=1.0,
    )
    permit = authorise(proposal, facts).permit
    assert permit is not None
    return permit


def send(channel, mail=MAIL):
    return channel.send(mail, permit_for(mail), permitted_words=(mail.subject, mail.body))


class Sink:
    """Takes mail in and answers as it is told."""

    def __init__(self, *, rcpt="250 2.1.5 OK", data="250 2.0.0 queued as 7"):
        self.rcpt, self.data, self.taken, self.from_, self.peers = rcpt, data, [], [], set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(envelope.original_content)
        self.from_.append(envelope.mail_from)
        self.peers.add(session.peer)
        return self.data


@contextmanager
def running(sink, **options):
    controller = Controller(sink, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


def _free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
