"""A contact and its facts for tests of the runtime."""

from dataclasses import replace
from datetime import UTC, datetime

from agent_runtime.domain import Consent, Contact, Proposal, Sentence, Session
from agent_runtime.policies.facts import Facts, Sent

NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)

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
    mailbox="relay-lena-vogt@mail.northbeam.example",
    owner_email="lena.vogt@northbeam.example",
)
CONSENT = Consent("email", "prospecting", "consent", "form", NOW)
THREAD = Session(
    tenant_id="t",
    thread_id="thread-p-ana",
    person_id="p-ana",
    contact_id="c-ana",
    playbook="icp_prospecting",
    state="start",
)


class Anything:
    """Approves every wording; the grounding rule has tests of its own."""

    def is_approved(self, fact: str, *, text: str, language: str, now: datetime) -> bool:
        return True

    def texts_of(self, fact: str, *, language: str, now: datetime) -> tuple[str, ...]:
        return ()

    def discloses(self, fact: str) -> bool:
        return fact.startswith("frame")


FACTS = Facts(
    now=NOW,
    actor="agent",
    session=THREAD,
    approvals=Anything(),
    recipient=ANA.email,
    mailbox=ANA.mailbox,
    country="DE",
    time_zone="Europe/Berlin",
    owner_id="o-1",
    arms=(("e", "agent"),),
    controls={"e": ("holdout",)},
    consents=(CONSENT,),
    autonomy="autonomous",
    sent=Sent(),
)
TOUCH = Proposal(
    action="send_touch",
    touch_class="proactive",
    channel="email",
    purpose="prospecting",
    subject="A question",
    sentences=(Sentence("Hello [[FIRST_NAME]].", ("opener@1", "frame@1")),),
    language="en",
    confidence=1.0,
)
REPLY = replace(TOUCH, action="answer", touch_class="reply", purpose="reply")
STOPPED = replace(TOUCH, action="confirm_stop", touch_class="transactional", purpose="stop")
