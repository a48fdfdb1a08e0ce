"""A person outside, the pages for them, and the permit that is asked about them afterwards."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from desk_world import LIBRARY, NOW, Desk
from pydantic import SecretStr

from agent_runtime.arms import CONTROLS
from agent_runtime.channels.email.page_links import PageLinks
from agent_runtime.channels.email.signing import Keyring
from agent_runtime.console.prospects.area import AREA
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Consent, Contact, Proposal, Sentence, Session
from agent_runtime.gather import gather
from agent_runtime.library.content import SLOT_VALUES
from agent_runtime.policies.permit import authorise
from agent_runtime.settings import Settings

SECRET = "second-secret-" * 2
KEYS = Keyring((("2", SECRET),))
ANA = Contact(
    tenant_id="t",
    contact_id="c-ana",
    person_id="p-ana",
    account_id="a-1",
    email="ana.ruiz@alder.example",
    first_name="Ana",
    last_name="Ruiz",
    title="Head of RevOps",
    company="Alder",
    country="GB",
    language="en",
    time_zone="Europe/London",
    owner_id="o-1",
    owner_name="Lena Vogt",
    owner_email="lena@northbeam.example",
    mailbox="relay@mail.northbeam.example",
)
BO = replace(ANA, contact_id="c-bo", person_id="p-bo", email="bo@birch.example", account_id="a-2")
LEAVE = tuple(
    Consent(channel, purpose, "consent", "web form", datetime(2025, 11, 3, tzinfo=UTC))
    for channel in ("email", "sms", "voice", "linkedin")
    for purpose in ("prospecting", "nurture", "event", "meetings")
)


class Outside:
    """A console with people outside, and what they and the permit see."""

    def __init__(self, folder, *, people=(ANA, BO), library=LIBRARY, **settings):
        made = Settings(
            workspace=folder, tenant_id="t", signing_keys=SecretStr(f"2:{SECRET}"), **settings
        )
        self.desk = Desk(folder, settings=made, areas=(AREA,), library=library)
        self.store, self.office = self.desk.store, self.desk.office
        self.links = PageLinks("http://localhost", KEYS, "t")
        with self.store.begin() as tx:
            for person in people:
                add_person(tx, person)

    def path(self, person=ANA, *, made=None, tab=""):
        link = self.links(person.person_id, "m-1", made or self.desk.now)
        return f"/for-you/{link.rpartition('/')[2]}{tab}"

    def browser(self):
        return self.desk.browser()

    def asked(self, *, channel="email", purpose="prospecting", person=ANA, **more):
        """What the permit says of a touch that would leave at this moment."""
        frame = LIBRARY.live("frame.email", language="en", now=NOW)
        proposal = Proposal(
            **{
                "action": "send_touch",
                "touch_class": "proactive",
                "channel": channel,
                "purpose": purpose,
                "subject": "A question",
                "sentences": tuple(
                    Sentence(p.format_map(SLOT_VALUES), (frame.fact,)) for p in frame.paragraphs
                ),
                "language": "en",
                "confidence": 1.0,
            }
            | more
        )
        with self.store.begin() as tx:
            facts = gather(
                tx,
                session=session_of(person),
                contact=person,
                actor="agent",
                mailbox=person.mailbox,
                library=LIBRARY,
                now=self.desk.now,
                is_proactive=True,
                channel=channel,
            )
        return {v.rule: v.decision for v in authorise(proposal, facts).hits}

    def later(self, **by):
        self.desk.now += timedelta(**by)


def add_person(tx, person):
    """Somebody with every permission, a number, and a thread in the agent's arm."""
    tx.publish(CONTROLS, json.dumps({"e": ["holdout"]}))
    tx.add_contact(person)
    tx.add_consents(person.person_id, LEAVE)
    tx.add_address(
        "sms", f"+447700900{sum(map(ord, person.person_id)):03d}"[:13], person.person_id, now=NOW
    )
    tx.save_session(session_of(person))
    tx.add_assignment(
        Assignment(
            tenant_id="t",
            experiment_id="e",
            unit_id=person.person_id,
            person_id=person.person_id,
            arm="agent",
            layer="l",
            spec_hash="h",
            assigned_at=NOW,
            how="online",
        )
    )


def session_of(person):
    return Session(
        "t",
        f"thread-{person.person_id}",
        person.person_id,
        person.contact_id,
        "icp_prospecting",
        "engaged",
        touches_sent=1,
    )
