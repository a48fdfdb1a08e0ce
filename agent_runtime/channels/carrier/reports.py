"""What a carrier reports of a message after it took it: arrived, read, or not."""

from dataclasses import dataclass
from datetime import datetime

from agent_runtime import log
from agent_runtime.channels.carrier.twilio import meaning
from agent_runtime.channels.email.deliver import Outbox, people_of
from agent_runtime.ports import Receipt

_ARRIVED = frozenset({"delivered", "read"})
_LOST = frozenset({"undelivered", "failed"})
_UNREACHABLE = frozenset({"30005", "30006"})
"""Unknown destination; landline or unreachable carrier. https://www.twilio.com/docs/api/errors"""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One report, as its webhook carried it."""

    message_id: str
    """Ours: it travelled in the address that the carrier reports to, and is signed with it."""
    attempt: int
    provider_id: str
    status: str
    code: str = ""


def take_report(outbox: Outbox, report: StatusReport, *, now: datetime) -> bool:
    """Writes what a report proves; False where it speaks of no message that we await news of.

    Any report proves that the carrier has the message, so that an UNKNOWN one has left.
    """
    with outbox.store.begin() as tx:
        message = tx.message(report.message_id)
        if message is None or message.attempt != report.attempt:
            return False
        if message.state == "UNKNOWN":
            outbox.resolve(tx, message, left=True, source=message.channel, now=now)
            tx.settle(message.message_id, "SENT", rfc_message_id=report.provider_id)
            message = tx.message(report.message_id) or message
        if message.state != "SENT" or report.status not in _ARRIVED | _LOST:
            return False
        session = people_of(tx, message)[1]
        journal = log.Journal(tx, session, now=now, versions=outbox.versions)
        key = (message.message_id, message.attempt, report.status)
        if report.status in _LOST:
            says = "unreachable" if report.code in _UNREACHABLE else meaning(report.code)
            lost = Receipt("rejected", report.code, report.status, report.provider_id, says=says)
            outbox.refused(tx, journal, message, lost, *key, now=now)
        else:
            news = log.delivery(message, status=report.status, code="", source=message.channel)
            journal.write("delivery", *key, payload=news)
        return True
