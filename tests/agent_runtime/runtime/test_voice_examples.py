"""Examples of the house voice: chosen by reviewers' marks, published in versions, about nobody."""

import json
from dataclasses import replace

import pytest
from conversation_world import LIBRARY, NOW
from hypothesis import given
from hypothesis import strategies as st
from runtime_people import ANA
from typer.testing import CliRunner

from agent_runtime import log
from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import Sentence, Session
from agent_runtime.drafting.choosing import chosen, said_of
from agent_runtime.drafting.examples_cli import app
from agent_runtime.drafting.publishing import ExamplesError
from agent_runtime.library.catalog import company_library
from agent_runtime.library.voice_examples import MOST, NONE_YET
from agent_runtime.log import event_id
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.rows import Approval, Message
from tests.agent_runtime.models.prompts_asked import prompt

PLAYBOOK = LIBRARY.playbook("inbound_response")
FACT = LIBRARY.contents["answer.pricing", "en"].fact
FRAME = LIBRARY.contents["frame.email", "en"].fact
OWN = "Relay is priced by systems, not by seats."


def said(number, text=OWN, **more):
    """A message of the agent, with greeting and signature as they are stored."""
    values = {
        "tenant_id": "northbeam",
        "message_id": f"m{number}",
        "thread_id": "thread-p-ana",
        "person_id": ANA.person_id,
        "contact_id": ANA.contact_id,
        "account_id": None,
        "actor": "agent",
        "mailbox": ANA.mailbox,
        "to_email": ANA.email,
        "touch_class": "reply",
        "purpose": "sales",
        "action": "answer",
        "subject": "Re: hello",
        "sentences": (
            Sentence("Hi [[FIRST_NAME]],", (FRAME,)),
            Sentence(text, (FACT,)),
            Sentence("I am an AI assistant.", (FRAME,)),
        ),
        "language": "en",
        "confidence": 0.9,
        "playbook": PLAYBOOK.id,
        "due_at": NOW,
        "state": "SENT",
    }
    return Message(**values | more)


def review(number, **payload):
    event = event_id(NOW, "review", number, json.dumps(payload, sort_keys=True))
    return TraceEvent(
        event_id=event,
        tenant_id="northbeam",
        kind="review",
        thread_id="thread-p-ana",
        person_id=ANA.person_id,
        contact_id=ANA.contact_id,
        occurred_at=NOW,
        versions={},
        payload={"message_id": f"m{number}", **payload},
    )


def let_go(number, **more):
    return review(number, **{"decision": "approved", "is_edited": False, "tags": []} | more)


def scored(number, tone, accuracy=5):
    return review(number, what="score", tone=tone, accuracy=accuracy, adherence=None)


def picked(messages, reviews, *, language="en", playbook=PLAYBOOK):
    by_id = {message.message_id: message for message in messages}
    heard = dict.fromkeys(by_id, "pricing_question")
    return chosen(said_of(reviews, by_id, heard), LIBRARY, playbook, language, now=NOW)


def test_what_was_let_go_unedited_or_scored_well_becomes_an_example():
    """R76, R239: between greeting and signature, with the intent and not the buyer's words."""
    first, second = said(1), said(2, "Pricing goes by the number of systems.")
    found = picked([first, second], [let_go(1), scored(2, tone=5)])
    by_why = {one.why: one for one in found}
    assert [s.text for s in by_why["sent_unedited"].sentences] == [OWN]
    assert by_why["sent_unedited"].heard == "pricing_question"
    assert [s.fact for s in by_why["scored_well"].sentences] == [FACT]
    assert len(found) <= MOST


@pytest.mark.parametrize(
    "fault",
    [
        let_go(1, is_edited=True),
        let_go(1, tags=["tone"]),
        review(1, decision="rejected", is_edited=False, tags=[]),
        review(1, what="tag", tags=["accuracy"]),
        review(1, what="rollback"),
        scored(1, tone=2),
    ],
    ids=["edited", "tagged_draft", "rejected", "tagged", "rolled_back", "scored_badly"],
)
def test_a_wording_that_anybody_found_fault_with_is_none(fault):
    """R76: tags flow back; the same words in another message are out as well."""
    found = picked([said(1), said(2)], [let_go(1), let_go(2), fault])
    assert all(one.why == "approved_text" for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "Relay is priced by systems; call +49 30 901820 about it.",
        "Relay is priced by systems, [[PERSON_1]] knows.",
        "Relay is priced by systems, and you use [[USAGE]].",
        "Relay is priced by systems, speak to Maria Kessler.",
        "Relay is priced by systems!",
    ],
    ids=["phone", "placeholder", "about_the_account", "name", "style"],
)
def test_nobodys_data_is_in_an_example(text):
    """R76, R198: what could be about a person is left out, and so is what is not our voice."""
    found = picked([said(1, text)], [let_go(1)])
    assert all(one.why == "approved_text" for one in found)


def test_a_fact_that_is_not_live_and_the_words_of_a_person_are_none():
    gone = said(1, sentences=(Sentence(OWN, ("answer.gone@9",)),))
    by_hand = said(2, actor="human")
    found = picked([gone, by_hand], [let_go(1), let_go(2)])
    assert all(one.why == "approved_text" for one in found)


@given(st.permutations([let_go(1), let_go(2), scored(2, tone=5), let_go(3), scored(4, tone=1)]))
def test_the_order_of_reviews_changes_nothing(reviews):
    """R76: the same reviews choose the same examples, in the same order."""
    texts = (OWN, "Pricing goes by systems.", "Seats do not count, systems do.", "By systems.")
    messages = [said(number, text) for number, text in enumerate(texts, 1)]
    found = picked(messages, reviews)
    assert found == picked(messages, sorted(reviews, key=lambda event: event.event_id))
    assert found[0].sentences[0].text == texts[1]


@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "pt", "it"])
def test_approved_texts_fill_what_is_left(language):
    """R239: short approved answers, in every language, never more than the cap."""
    found = picked([], [], language=language)
    assert 0 < len(found) <= MOST
    assert len({one.heard for one in found}) == len(found)


@pytest.fixture
def workspace(tmp_path):
    """A workspace with one answer that its reviewer let go as it was."""
    with open_store(_made(tmp_path)).begin() as tx:
        tx.add_contact(replace(ANA, tenant_id="northbeam"))
        tx.add_message(said(1))
        tx.save_approval(
            Approval("northbeam", "a1", "thread-p-ana", "p-ana", (), "", "", NOW, "k1",
                     state="APPROVED", message_id="m1")
        )  # fmt: skip
        session = Session("northbeam", "thread-p-ana", "p-ana", "c-ana", PLAYBOOK.id, "new")
        journal = log.Journal(tx, session, now=NOW, versions={})
        journal.write(
            "turn", "k1", payload={"turn_id": "k1", "perception": {"primary": "interested"}}
        )
        tx.trace(let_go(1))
    return tmp_path


def _made(folder):
    from agent_runtime.clock import write_now
    from agent_runtime.store.engine import open_engine

    engine = open_engine(f"sqlite:///{folder}/runtime.db")
    write_now(engine, NOW)
    engine.dispose()
    return load_settings(folder)


def run(workspace, *words):
    return CliRunner().invoke(app, [*words, "-w", str(workspace)], catch_exceptions=False)


def test_a_version_is_published_shown_and_restored(workspace):
    """R76, R228: nothing changes before somebody publishes, and every version stays."""
    folder = load_settings(workspace).paths.library
    assert "no example is published" in run(workspace, "show").stdout
    dry = run(workspace, "publish", "--dry-run").stdout
    assert OWN in dry
    assert not folder.exists()
    told = json.loads(run(workspace, "publish", "--by", "maya", "--json").stdout)
    assert told["version"] == 1
    assert any(one["why"] == "sent_unedited" for one in told["added"])
    assert "version 1 stays" in run(workspace, "publish").stdout
    with open_store(load_settings(workspace)).begin() as tx:
        tx.trace(review(1, what="tag", tags=["tone"]))
    second = json.loads(run(workspace, "publish", "--json").stdout)
    assert OWN in [one["sentences"][0]["text"] for one in second["removed"]]
    restored = json.loads(run(workspace, "restore", "1", "--json").stdout)
    assert restored["version"] == 3
    assert [path.name for path in sorted(folder.glob("*/examples/*"))] == [
        "0001.yaml",
        "0002.yaml",
        "0003.yaml",
    ]
    shown = run(workspace, "show", PLAYBOOK.id, "--language", "en").stdout
    assert "version 3" in shown
    assert OWN in shown
    with pytest.raises(ExamplesError, match="there are 1, 2, 3"):
        run(workspace, "restore", "9")


def test_published_examples_stand_in_the_prefix_and_in_its_version(workspace):
    """R62, R228: the same bytes for every turn; another version is another prompt."""
    folder = load_settings(workspace).paths.library
    before = prompt()
    assert NONE_YET in before.prefix
    run(workspace, "publish")
    library = company_library(folder)
    one, other = prompt("What is it?", library=library), prompt("Who?", library=library)
    assert one.prefix == other.prefix != before.prefix
    assert OWN in one.prefix
    assert one.version.endswith("+examples@1")
    german = prompt("Was ist das?", language="de", library=library)
    assert OWN not in german.prefix
