"""What people see of the language model: `parley status`, `parley doctor`, settings, the store."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from asking_world import LATER, asking
from runtime_people import ANA, NOW, THREAD

from agent_runtime.asking.ahead import AskAhead
from agent_runtime.asking.answers import KeptAnswer
from agent_runtime.asking.model_state import STATE
from agent_runtime.asking.second_opinion import SecondOpinion
from agent_runtime.errors import ParleyError
from agent_runtime.grounding.entailment import HttpEntailment
from agent_runtime.grounding.opinions import Opinions
from agent_runtime.mind import open_oracle, open_second_opinion
from agent_runtime.models.in_background import VllmInBackground
from agent_runtime.models.reply import Reply
from agent_runtime.models.server_check import check_server
from agent_runtime.models.vllm import VllmOptions
from agent_runtime.settings import Settings, load_settings
from agent_runtime.status import read_status
from agent_runtime.store.engine import open_engine
from agent_runtime.store.erasing import erase, known_as
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.pruning import prune
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata
from pipelines.doctor import examine
from tests.agent_runtime.models.prompts_asked import prompt
from tests.agent_runtime.models.vllm_stand_in import MODEL, serve

ANSWER = KeptAnswer(
    tenant_id="t",
    question="q1",
    asked_for="k1",
    thread_id=THREAD.thread_id,
    model="m",
    prompt="answer@1-x",
    asked_at=NOW,
    reply=Reply(text="Zanzibar", prompt_tokens=7),
    opinions=Opinions("nli@a1", (("of a sentence", 0.9, 0.05),)),
    state="ANSWERED",
)


@pytest.fixture(scope="module")
def server():
    with serve() as stand_in:
        yield stand_in


def settings(tmp_path, server, **more):
    return Settings(workspace=tmp_path, llm_url=server.url, llm_model=MODEL, **more)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore("t")
        return
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path}/t.db"
    engine = open_engine(url)
    yield SqlStore(engine, "t")
    metadata.drop_all(engine)
    engine.dispose()


def test_an_answer_is_kept_under_its_question_and_found_by_its_message(store):
    """R205: of one question the message's own answer stands, and a failure behind all others."""
    later = NOW + timedelta(minutes=1)
    another = replace(ANSWER, asked_for="k2", asked_at=later)
    failed = replace(ANSWER, asked_for="k3", asked_at=later, state="FAILED")
    with store.begin() as tx:
        assert tx.answer_to("q1", message_key="k1") is None
        tx.save_answer(replace(ANSWER, state="FAILED"))
        for answer in (ANSWER, another, failed):
            tx.save_answer(answer)
    with store.begin() as tx:
        assert tx.answer_to("q1", message_key="k1") == ANSWER
        assert tx.answer_to("q1", message_key="k3") == another
        assert tx.answer_for("k3") == failed
        assert tx.answer_for("k4") is None


def test_what_a_model_wrote_goes_when_its_time_has_come(tmp_path):
    """R198, R240: its words are emptied with the others; what it took stays a figure."""
    engine = open_engine(f"sqlite:///{tmp_path}/t.db")
    store = SqlStore(engine, "t")
    with store.begin() as tx:
        tx.save_answer(ANSWER)
        tx.save_answer(replace(ANSWER, question="q2", asked_at=NOW + timedelta(days=900)))
        _something_old(tx)
    counts = prune(store, None, now=NOW + timedelta(days=900))
    assert counts["answers of models"] == 1
    with store.begin() as tx:
        kept = tx.answer_to("q1", message_key="k1")
        assert (kept.reply.text, kept.reply.prompt_tokens) == ("", 7)
        assert kept.opinions == Opinions("nli@a1")
        assert "retention" in kept.removed
        assert tx.answer_to("q2", message_key="k1").reply.text == "Zanzibar"
    engine.dispose()


def test_what_a_model_wrote_goes_with_the_person_it_was_about(tmp_path):
    """R240: erasing one person empties the answers in their thread, and nobody else's."""
    engine = open_engine(f"sqlite:///{tmp_path}/t.db")
    store = SqlStore(engine, "t")
    with store.begin() as tx:
        tx.add_contact(ANA)
        tx.save_answer(ANSWER)
        tx.save_answer(replace(ANSWER, question="q2", thread_id="thread-p-other"))
    erase(store, known_as(store, [ANA.email]), now=LATER)
    with store.begin() as tx:
        assert tx.answer_to("q1", message_key="k1").reply.text == ""
        assert tx.answer_to("q1", message_key="k1").opinions.pairs == ()
        assert tx.answer_to("q2", message_key="k1").reply.text == "Zanzibar"
    engine.dispose()


def test_status_says_that_the_breaker_is_open_and_why(tmp_path, server):
    """R230: a server that is down is to be seen, with its last error."""
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    store = SqlStore(engine, "northbeam")
    server.behave("error_500")
    oracle = VllmInBackground(VllmOptions(server.url, MODEL))
    second = SecondOpinion(HttpEntailment("http://127.0.0.1:9/predict"))
    ahead = AskAhead(store, oracle, second=second)
    for number in range(6):
        with store.begin() as tx:
            ahead.begin(tx, {f"k{number}": ("thread", prompt(f"Question {number}?"))})
        ahead.settle(f"k{number}", now=LATER)
    oracle.close()
    engine.dispose()
    status = read_status(settings(tmp_path, server))
    assert status.language_model.breaker == "open"
    assert status.language_model.failed == 6
    assert "server_error" in status.as_text()
    assert f"model       {MODEL}: BREAKER OPEN" in status.as_text()
    assert "entailment  http://127.0.0.1:9/predict: answers" in status.as_text()
    assert json.loads(json.dumps(status.as_dict()))["language_model"]["breaker"] == "open"


def test_status_says_nothing_of_a_model_that_nobody_set_up(tmp_path):
    open_engine(f"sqlite:///{tmp_path}/runtime.db").dispose()
    status = read_status(Settings(workspace=tmp_path))
    assert status.language_model is None
    assert "model  " not in status.as_text()


def test_the_state_counts_what_was_answered(server):
    with asking(server.behave()) as world:
        world.writes("What is the price?")
        world.work()
    state = json.loads(world.store.published(STATE))
    assert (state["breaker"], state["answered"], state["failed"]) == ("closed", 1, 0)


def test_doctor_believes_only_an_answer_by_the_schema(tmp_path, server):
    """R230: a server that ignores the schema answers 200, and is found out."""
    server.behave()
    assert check_server(settings(tmp_path, server))[0] == "ok"
    server.behave("no_schema")
    state, says = check_server(settings(tmp_path, server))
    assert (state, "ignores the JSON schema" in says) == ("failed", True)


def test_doctor_warns_of_a_server_that_does_not_tell_what_was_cached(tmp_path, server):
    """R205: all of a prompt would be priced as new."""
    server.behave("tells_no_details")
    state, says = check_server(settings(tmp_path, server))
    assert (state, "--enable-prompt-tokens-details" in says) == ("warning", True)


def test_doctor_warns_of_a_context_that_a_long_mail_passes(tmp_path, server):
    server.behave().max_model_len = 4096
    state, says = check_server(settings(tmp_path, server))
    assert (state, "--max-model-len 8192" in says) == ("warning", True)


def test_doctor_says_that_tokens_without_a_price_hold_up_a_budget(monkeypatch, server):
    """R205: before a campaign waits for them, with the command that sets them."""
    server.behave()
    monkeypatch.setenv("PARLEY_LLM_URL", server.url)
    monkeypatch.setenv("PARLEY_LLM_MODEL", MODEL)
    found = next(one for one in examine() if one.name == "language model")
    assert found.state == "warning"
    assert "a budget in money waits" in found.says
    assert "parley costs llm sets one" in found.says


def test_doctor_names_a_model_that_is_not_served(tmp_path, server):
    server.behave()
    wrong = settings(tmp_path, server).model_copy(update={"llm_model": "another"})
    state, says = check_server(wrong)
    assert state == "failed"
    assert "'another' is not served" in says
    assert MODEL in says


def test_doctor_names_a_server_that_does_not_answer(tmp_path):
    with serve() as gone:
        pass
    state, says = check_server(settings(tmp_path, gone))
    assert state == "failed"
    assert "PARLEY_LLM_URL" in says


def test_a_server_without_a_model_is_a_mistake_that_is_named(tmp_path, server):
    with pytest.raises(ParleyError, match="PARLEY_LLM_MODEL is empty"):
        open_oracle(Settings(workspace=tmp_path, llm_url=server.url))
    assert open_oracle(Settings(workspace=tmp_path)) is None


def test_only_who_names_a_server_of_entailment_asks_one(tmp_path):
    assert open_second_opinion(Settings(workspace=tmp_path)) is None
    url = "http://127.0.0.1:9/predict"
    second = open_second_opinion(Settings(workspace=tmp_path, entailment_url=url))
    assert (second.version, second.state) == (url, "closed")
    second.close()


def test_a_time_limit_of_nothing_is_refused(monkeypatch):
    monkeypatch.setenv("PARLEY_LLM_TOTAL_S", "0")
    with pytest.raises(ParleyError, match="PARLEY_LLM_TOTAL_S"):
        load_settings()


def _something_old(tx):
    """The run looks for old rows by their index before it reads anything."""
    from test_stores import INBOUND

    tx.add_inbound(INBOUND)
    tx.close_inbound(INBOUND.key)
