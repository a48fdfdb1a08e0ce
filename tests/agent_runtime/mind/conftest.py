from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_runtime.domain import Contact, Observation, Session

NOW = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)

CONTACT = Contact(
    tenant_id="northbeam",
    contact_id="c-1",
    person_id="p-1",
    account_id="a-1",
    email="anna.berg@kranwerk.example",
    first_name="Anna",
    last_name="Berg",
    title="Head of Revenue Operations",
    company="Kranwerk GmbH",
    country="DE",
    language="en",
    time_zone="Europe/Berlin",
    owner_id="o-1",
    owner_name="Sara Lindqvist",
    mailbox="relay-sara-lindqvist@mail.northbeam.example",
)

SESSION = Session(
    tenant_id="northbeam",
    thread_id="t-1",
    person_id="p-1",
    contact_id="c-1",
    playbook="icp_prospecting",
    state="new",
)


@pytest.fixture(scope="session")
def now():
    return NOW


@pytest.fixture(scope="session")
def contact():
    return CONTACT


@pytest.fixture(scope="session")
def session():
    return SESSION


@pytest.fixture(scope="session")
def mail():
    def build(text, **more):
        return Observation("mail", "obs-1", NOW, text=text, **more)

    return build


@pytest.fixture(scope="session")
def due():
    def build(touch):
        return Observation("due", f"task-{touch}", NOW, touch=touch, task_id=f"task-{touch}")

    return build


@pytest.fixture(scope="session")
def change():
    return replace
