"""A person with a touch that waits, on either store, and the application before it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent_runtime.channels.email.signing import Keyring
from agent_runtime.channels.email.unsubscribe_link import UnsubscribeLink
from agent_runtime.console import unsubscribe
from agent_runtime.console.app import build_app
from agent_runtime.domain import Contact
from agent_runtime.ports import Mail
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.rows import Task
from agent_runtime.store.sql import SqlStore

NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
KEYS = Keyring((("2", "second-secret-" * 2), ("1", "first-secret-" * 2)))
LINK = UnsubscribeLink("https://stop.northbeam.example", KEYS, "t")
MAIL = Mail(
    sender="relay@mail.northbeam.example",
    sender_name="Lena",
    recipient="ana@alder.example",
    subject="A question",
    body="Hello",
    rfc_message_id="<0123abcd.1@mail.northbeam.example>",
    message_id="0123abcd",
    person_id="p-ana",
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
TASK = Task(
    tenant_id="t",
    task_id="task-1",
    person_id="p-ana",
    contact_id="c-ana",
    account_id="a-1",
    campaign_id="c",
    campaign_version=1,
    touch=1,
    playbook="icp_prospecting",
    experiment_id="e",
    arm="agent",
    mailbox=ANA.mailbox,
    expires_at=NOW + timedelta(days=5),
    due_at=NOW,
)


def world(kind, folder, *, language="en"):
    if kind == "memory":
        store = MemoryStore("t")
    else:
        store = SqlStore(open_engine(f"sqlite:///{folder / 'store.db'}"), "t")
    with store.begin() as tx:
        tx.add_contact(replace(ANA, language=language))
        tx.add_task(TASK)
    return store


def app_on(store):
    return build_app(unsubscribe.routes(store, KEYS, {}, clock=lambda: NOW))
