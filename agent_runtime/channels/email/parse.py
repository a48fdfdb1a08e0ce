"""Reads one mail as it stands on the wire: who, what is new in it, machine or person."""

import hashlib
from dataclasses import dataclass

from agent_runtime.channels.email.reading.fields import addresses_in
from agent_runtime.channels.email.reading.kind import MailKind, Reading, kind_of
from agent_runtime.channels.email.reading.mime import OpenedMail, open_mail
from agent_runtime.channels.email.reading.naming import named_mails
from agent_runtime.channels.email.trimming import new_text
from agent_runtime.channels.email.trimming.strays import strays_of
from agent_runtime.hearing.bounded import bounded
from agent_runtime.tools.itip import Itip, itip_in


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """What the runtime needs of a mail. `text` is the new part only, without quotes."""

    key: str
    """Identity of the mail: a repeat, at whatever time and path, has the same key."""
    sender: str
    recipient: str
    subject: str
    text: str
    rfc_message_id: str
    in_reply_to: str
    auto_submitted: bool
    """A machine wrote it: an automatic answer, a report, a newsletter. It is never answered."""
    bounce_of: str = ""
    """Message-ID of the mail that a delivery report speaks of."""
    bounce_status: str = ""
    """RFC 3463 status of the report, `5.1.1`."""
    kind: MailKind = "reply"
    permanent: bool | None = None
    """Whether a bounce is for good; None for other mail."""
    reported: tuple[str, ...] = ()
    """The addresses that a bounce or complaint speaks of."""
    named: tuple[str, ...] = ()
    """Message-IDs that a bounce or complaint may mean; the likeliest first."""
    delivered_to: tuple[str, ...] = ()
    """Every address that it came to; a return path of ours says which mail it is about."""
    itip: Itip | None = None
    """What the mail's calendar part answers to an invitation."""

    @staticmethod
    def key_of(rfc_message_id: str) -> str:
        """Returns the key of a mail that has a Message-ID."""
        return hashlib.sha256(rfc_message_id.encode()).hexdigest()[:32]

    @property
    def is_report(self) -> bool:
        """Whether it speaks of another mail: a bounce or a complaint."""
        return self.kind in ("bounce", "complaint") or bool(self.bounce_of)

    def may_concern(self, address: str) -> bool:
        """Whether a report names nobody, or this address among others."""
        return not self.reported or address.lower() in self.reported


def parse(raw: bytes, *, mailbox: str) -> ReceivedMail:
    """Returns what is to be known of a mail; never fails on what a stranger sent."""
    mail = open_mail(raw)
    whole = bounded(mail.text)
    text = _trimmed(whole)
    reading = _kind_of(mail, text)
    if reading.kind == "reply" and (stops := _stops_below(whole)):
        text = "\n\n".join((text, *(stop for stop in stops if stop not in text)))
        reading = Reading("opt_out")
    is_report = reading.kind in ("bounce", "complaint")
    named = named_mails(mail) if is_report else ()
    rfc_id = mail.field("Message-ID")
    senders = addresses_in(mail.field("From"))
    return ReceivedMail(
        key=ReceivedMail.key_of(rfc_id or hashlib.sha256(raw).hexdigest()),
        sender=senders[0] if senders else "",
        recipient=mailbox,
        subject=mail.field("Subject"),
        text=text,
        rfc_message_id=rfc_id,
        in_reply_to=mail.field("In-Reply-To"),
        auto_submitted=reading.is_automatic,
        bounce_of=named[0] if named and reading.kind == "bounce" else "",
        bounce_status=reading.status,
        kind=reading.kind,
        permanent=reading.permanent,
        reported=reading.recipients,
        named=named,
        delivered_to=tuple(
            address
            for name in ("Delivered-To", "X-Original-To", "To")
            for address in addresses_in(mail.field(name))
        ),
        itip=itip_in(mail.calendars),
    )


def _kind_of(mail: OpenedMail, text: str) -> Reading:
    """Returns the kind of a mail; one that breaks a parser is for the rules and a person."""
    try:
        return kind_of(mail, text)
    except Exception:
        return Reading("other")


def _stops_below(text: str) -> list[str]:
    """Returns what asks us to stop below or between quotes: that is heard wherever it stands."""
    from agent_runtime.hearing.opt_out import is_opt_out
    from agent_runtime.hearing.verdict import asks_to_stop

    try:
        return [s for s in strays_of(text) if is_opt_out(s) and asks_to_stop(s)]
    except Exception:
        return []


def _trimmed(text: str) -> str:
    """Returns the new text; all of it where the trimmer fails on what a stranger wrote."""
    try:
        return new_text(text)
    except Exception:
        return text
