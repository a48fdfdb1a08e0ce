"""One contact, a store, and writes as a permitted turn makes them."""

import json
import os
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from agent_runtime.crm_push import CrmPush
from agent_runtime.domain import Contact, Session, ToolCall
from agent_runtime.policies.tool_facts import ToolFacts
from agent_runtime.policies.tool_permit import authorise_call
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import trace_events
from agent_runtime.tools.hands import Cause, Hands
from agent_runtime.tools.hubspot import HubSpotCrm
from agent_runtime.tools.hubspot_api import HubSpotApi
from agent_runtime.tools.writable import writable

TIMEOUT_S = float(os.environ.get("HUBSPOT_TIMEOUT_S", "0.5"))
"""Longer where a proxy stands between."""
NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
ANA = Contact(
    tenant_id="t",
    contact_id="c-ana",
    person_id="p-ana",
    account_id="a-1",
    email="ana@alder.example",
    first_name="Ana",
    last_name="Ruiz",
    title="",
    company="Alder",
    country="DE",
    language="en",
    time_zone="Europe/Berlin",
    owner_id="o-1",
    owner_name="Lena Vogt",
    mailbox="relay@mail.northbeam.example",
    facts=(("deal_id", "77"),),
)
opened = []
SESSION = Session("t", "thread-p-ana", "p-ana", "c-ana", "support_triage", "start")


def new_store(folder):
    return with_people(SqlStore(open_engine(f"sqlite:///{folder}/runtime.db"), "t"))


def with_people(store):
    with store.begin() as tx:
        tx.add_contact(ANA)
        tx.save_session(SESSION)
    return store


def use(store, tool, target, at=NOW, arms=("agent",), **values):
    """Has a call judged and carried out as a turn does; returns what it made, empty if refused."""
    call = ToolCall(tool, target, tuple(values.items()), "said_so")
    facts = ToolFacts(
        writable(), ("crm", "tickets"), ("contact:c-ana", "account:a-1", "deal:77"), arms
    )
    permit = authorise_call(call, facts).permit
    if permit is None:
        return ""
    with store.begin() as tx:
        cause = Cause(SESSION, f"key-{at.isoformat()}", at)
        return Hands().do(tx, permit, cause)


def push_with(store, url, *, token="good", timeout_s=TIMEOUT_S, rules=None, pace=None):
    """Returns the delivery to a stand-in; the fixture `store` closes its connections."""
    crm = HubSpotCrm(HubSpotApi(url, token, timeout_s=timeout_s, pace=pace), rules=rules)
    opened.append(crm)
    return CrmPush(store, crm, {})


def work_until(push, *, hours=2, now=NOW):
    """Lets the time go by until nothing waits; returns the time that it is then."""
    end = now + timedelta(hours=hours)
    while now <= end:
        again = push.work(now=now)
        with push.store.begin() as tx:
            due = [p.due_at for p in tx.pushes() if p.state == "WAITING"]
        if not due:
            return now
        now = max(again or now, *due[:1], now + timedelta(seconds=1))
    return now


def states(store):
    with store.begin() as tx:
        return {(p.kind, p.row_id): p.state for p in tx.pushes()}


def traced(store):
    with store.engine.connect() as connection:
        docs = connection.execute(select(trace_events.c.doc).order_by(trace_events.c.position))
        payloads = [json.loads(doc)["payload"] for doc in docs.scalars()]
    return [payload for payload in payloads if payload.get("tool") == "crm.push"]
