"""Drafts that wait, as real turns have made them, for as many people as a test asks for."""

import sys
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from agent_runtime.autonomy import flag_of
from agent_runtime.domain import Contact

RUNTIME = str(Path(__file__).parents[1] / "runtime")
"""Where the world of conversations lies, whose modules name each other without their folder."""

SAID = {
    "What is the price?": 0.95,
    "Is it secure? Where is our data kept, and do you hold SOC 2?": 0.9,
    "Can we talk next week?": 0.92,
    "We use something else already and are quite happy with it.": 0.72,
    "Sounds interesting, tell me more.": 0.97,
    "Please send me something to read.": 0.55,
}
"""What a buyer writes, and how sure the reading of it is."""
LANGUAGES = ("en", "en", "de", "fr", "es", "it", "pt")
NAMES = ("Ana Ruiz", "Jonas Weber", "Chiara Conti", "Luis Prado", "Emma Petit", "Noah Smith")
FIRMS = ("Alder", "Kranwerk", "Vento", "Lumen", "Brisa", "Granit")


@cache
def made():
    """One approval of each message."""
    if RUNTIME not in sys.path:
        sys.path.append(RUNTIME)
    from conversation_world import NOW, Wire, mail, new_world, work_all

    found = []
    for text, confidence in SAID.items():
        store, runtime = new_world()
        work_all(store, runtime, Wire(), NOW)
        store.set_flag(flag_of("icp_prospecting"), "assistive")
        runtime.desk.model.confidence = confidence
        runtime.inbox.receive(mail(text), now=NOW)
        work_all(store, runtime, Wire(), NOW + timedelta(minutes=3))
        found += store.open_approvals()
    return tuple(found)


def person(number, tenant_id="t"):
    """Somebody invented."""
    first, last = NAMES[number % len(NAMES)].split()
    return Contact(
        tenant_id=tenant_id,
        contact_id=f"c-{number}",
        person_id=f"q-{number}",
        account_id=f"a-{number}",
        email=f"{first.lower()}.{number}@{FIRMS[number % len(FIRMS)].lower()}.example",
        first_name=first,
        last_name=last,
        title="Head of RevOps",
        company=f"{FIRMS[number % len(FIRMS)]} {number}",
        country="DE",
        language=LANGUAGES[number % len(LANGUAGES)],
        time_zone="Europe/Berlin",
        owner_id="o-1",
        owner_name="Lena Vogt",
        mailbox="relay-lena@mail.northbeam.example",
    )


def let_wait(tx, number, contact, *, now):
    """Writes the approval of a number for somebody."""
    like = made()[number % len(made())]
    thread = f"thread-{contact.person_id}"
    language = contact.language
    drafts = tuple(
        replace(
            draft,
            message=replace(
                draft.message,
                tenant_id=contact.tenant_id,
                message_id=f"{draft.message.message_id}-{number}",
                thread_id=thread,
                person_id=contact.person_id,
                contact_id=contact.contact_id,
                to_email=contact.email,
                language=language,
            ),
        )
        for draft in like.drafts
    )
    waited = timedelta(minutes=7 * (number % 997) + 3)
    approval = replace(
        like,
        tenant_id=contact.tenant_id,
        approval_id=f"{number:04x}{like.approval_id}"[:12],
        thread_id=thread,
        person_id=contact.person_id,
        drafts=drafts,
        made_at=now - waited,
    )
    tx.save_approval(approval)
    return approval


def fill_queue(store, count, *, now):
    """Writes a queue of invented people."""
    for begin in range(0, count, 500):
        with store.begin() as tx:
            for number in range(begin, min(begin + 500, count)):
                contact = person(number, store.tenant_id)
                tx.add_contact(contact)
                let_wait(tx, number, contact, now=now)
