"""Why a message went, was held or was stopped: told from its traces, in one screen."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from test_restricted import FACTS, NOW, saying

from agent_runtime import log
from agent_runtime.domain import Contact, Verdict
from agent_runtime.explaining import ExplainError, explain
from agent_runtime.policies.permit import Judgement, authorise
from agent_runtime.store.engine import open_engine
from agent_runtime.store.rows import Approval, Message
from agent_runtime.store.sql import SqlStore

ANA = Contact(
    tenant_id="t",
    contact_id="c",
    person_id="p",
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
    mailbox="lena@mail.northbeam.example",
    owner_email="lena.vogt@northbeam.example",
)
PROPOSAL = saying(("We can take 20% off, [[FIRST_NAME]].", ()))
MESSAGE = Message(
    tenant_id="t",
    message_id="4f0cdeadbeef",
    thread_id="thread-p",
    person_id="p",
    contact_id="c",
    account_id="a-1",
    actor="agent",
    mailbox=ANA.mailbox,
    to_email=ANA.email,
    touch_class="reply",
    purpose="reply",
    action="answer",
    subject="Re: price",
    sentences=PROPOSAL.sentences,
    language="en",
    confidence=1.0,
    playbook="icp_prospecting",
    due_at=NOW,
)


@pytest.fixture
def store(tmp_path):
    store = SqlStore(open_engine(f"sqlite:///{tmp_path / 'runtime.db'}"), "t")
    with store.begin() as tx:
        tx.add_contact(ANA)
    return store


def judged(store, message, judgement, *, at=NOW):
    with store.begin() as tx:
        tx.add_message(message)
        journal = log.Journal(tx, FACTS.session, now=at, versions={"policy": "4"})
        checked = log.policy(message, judgement, is_first=True)
        journal.write("policy", message.message_id, "sending", payload=checked)
    return at


def test_a_stopped_message_names_the_rule_its_version_and_its_reason(store):
    """R226: who asks why a discount did not go out reads it in one screen."""
    judged(store, MESSAGE, authorise(PROPOSAL, FACTS))
    found = explain(store, "4f0c")
    (check,) = found.checks
    deciding = next(v for v in check["verdicts"] if v["decision"] != "allow")

    assert check["decided_by"] == deciding["rule"]
    assert "discounts@1" in found.as_text()
    assert "price cut without approved wording" in found.as_text()
    assert [v["rule"] for v in check["verdicts"]] == [
        v.rule for v in authorise(PROPOSAL, FACTS).verdicts
    ]
    assert found.receipts == ()
    assert "it has not left" in found.as_text()


def test_it_shows_to_whom_without_the_address(store):
    judged(store, MESSAGE, authorise(PROPOSAL, FACTS))
    told = str(asdict(explain(store, MESSAGE.message_id)))
    assert "a…@alder.example" in told
    assert ANA.email not in told


def test_a_message_that_was_held_approved_and_sent_shows_each_step(store):
    held = Judgement("defer", (Verdict("quiet_hours", 1, "defer", "night"),), until=NOW)
    judged(store, MESSAGE, held)
    later = NOW + timedelta(hours=9)
    judged(store, MESSAGE, Judgement("allow", (Verdict("quiet_hours", 1, "allow"),)), at=later)
    given = Approval(
        tenant_id="t",
        approval_id="a1",
        thread_id="thread-p",
        person_id="p",
        drafts=(),
        why="",
        heard="",
        made_at=NOW,
        state="APPROVED",
        message_id=MESSAGE.message_id,
        decided_by="lena",
    )
    sent = replace(MESSAGE, state="SENT", rfc_message_id="<4f0c@x>")
    with store.begin() as tx:
        journal = log.Journal(tx, FACTS.session, now=later, versions={})
        journal.write("review", "a1", payload=log.review(given, waited_s=60.0, changed=None))
        outgoing = {**log.outgoing(sent), "code": "250"}
        journal.write("message", sent.message_id, 1, "SENT", payload=outgoing)
    text = explain(store, MESSAGE.message_id).as_text()

    assert text.index("DEFER until") < text.index("ALLOW, every rule allows")
    assert "approved by lena" in text
    assert "SENT 250" in text
    assert len(text.splitlines()) < 40


def test_an_unknown_id_is_told_the_nearest_and_an_ambiguous_one_to_write_more(store):
    with pytest.raises(ExplainError, match="no message has been judged"):
        explain(store, "4f0c")
    judged(store, MESSAGE, authorise(PROPOSAL, FACTS))
    judged(store, replace(MESSAGE, message_id="4f0caaaa"), authorise(PROPOSAL, FACTS))
    with pytest.raises(ExplainError, match="4f0cdeadbeef"):
        explain(store, "4f0cdeadbeee")
    with pytest.raises(ExplainError, match="write more of it"):
        explain(store, "4f0c")
    with pytest.raises(ExplainError):
        explain(store, "")
