"""One mail answered beside everything, so that words and vectors are loaded before work begins.

The first turn loads them for many seconds. Within a transaction it would keep the database from
everybody for as long.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from agent_runtime.app import assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.email.parse import parse
from agent_runtime.contracts import Assignment
from agent_runtime.library.catalog import Library
from agent_runtime.lone_text import NOBODY
from agent_runtime.models.language import LanguageModel
from agent_runtime.newcomers import Newcomers, Owner
from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Due
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.office_hours import office_hours

_TENANT = "warm-up"
_ASKS = "Thanks for your mail. What does it cost, and can we talk on Tuesday at 10?\n\nBest\nRobin"
_OWNER = Owner("o", "Lena Vogt", "lena@warm-up.example", "relay@warm-up.example", "UTC")
_BUYER = replace(
    NOBODY,
    tenant_id=_TENANT,
    contact_id="c",
    person_id="p",
    email="robin@warm-up.example",
    first_name="Robin",
    language="en",
    time_zone="UTC",
    owner_id=_OWNER.owner_id,
    owner_name=_OWNER.name,
    owner_email=_OWNER.email,
    mailbox=_OWNER.mailbox,
)


class _Nowhere:
    """Sends nothing."""

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        return Receipt("retry", detail="a rehearsal")


def warm_up(library: Library, model: LanguageModel, *, now: datetime) -> None:
    """Answers one made-up mail in a store of its own; nothing is sent and nothing is kept."""
    store, owners = MemoryStore(_TENANT), (_OWNER,)
    with store.begin() as tx:
        publish_controls(tx, {_TENANT: (HOLDOUT,)})
        tx.add_contact(_BUYER)
        tx.add_assignment(_treated(now))
    runtime = assemble(
        store,
        library=library,
        model=model,
        calendar=MemoryCalendar(office_hours(owners)),
        newcomers=Newcomers(_TENANT, owners, None),
    )
    mail = parse(_mail(), mailbox="hello@northbeam.example")
    runtime.inbox.receive(mail, now=now)
    runtime.desk.work(Due("inbound", mail.key), _Nowhere(), now=now + timedelta(hours=1))


def _mail() -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = _BUYER.email, "hello@northbeam.example"
    message["Subject"], message["Message-ID"] = "A question", "<1@warm-up.example>"
    message.set_content(_ASKS)
    return message.as_bytes()


def _treated(now: datetime) -> Assignment:
    return Assignment(
        tenant_id=_TENANT,
        experiment_id=_TENANT,
        unit_id="p",
        person_id="p",
        arm="agent",
        layer=_TENANT,
        spec_hash="",
        assigned_at=now,
        how="hash",
    )
