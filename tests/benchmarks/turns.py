"""Durable turns a second, trace committed, against LangGraph with its SQLite checkpointer.

Both read the same mails with the same fake model in the same number of steps (perceive, retrieve,
plan, act, log), both have played a turn before the clock starts (`first_turn_s` is what that one
costs us: the words of the rules are compiled), and both have every turn on disk before the next one
begins: Parley in one transaction a turn, LangGraph with a checkpoint a step (`durability="sync"`).
A turn ends with its trace and its answer on disk; `sent` counts the claim of that answer and its
receipt as well, two more transactions that LangGraph has nothing like. What Parley's loop does in a
turn is the real work, LangGraph's nodes only pass a dictionary on: that favours LangGraph.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypedDict

from agent_runtime import loop
from agent_runtime.app import assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Consent, Contact, Session
from agent_runtime.library.catalog import load_library
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers
from agent_runtime.ports import Receipt
from agent_runtime.store.engine import open_engine
from agent_runtime.store.rows import Due, Inbound
from agent_runtime.store.sql import SqlStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

TURNS = 400
NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
STEPS = ("perceive", "retrieve", "plan", "act", "log")
ASKED = "Thanks for writing. What is the price for a team of forty people?"


def measure():
    model = ScriptedModel({"price": "pricing_question"})
    with TemporaryDirectory() as folder:
        own_s, sent_s, first_s, loop_ms = _parley(Path(folder), model)
        theirs_s = _langgraph(Path(folder), model)
    loop_ms.sort()
    return {
        "durable_turns_a_second": round(TURNS / own_s, 1),
        "sent_turns_a_second": round(TURNS / sent_s, 1),
        "langgraph_turns_a_second": round(TURNS / theirs_s, 1),
        "ratio": round(theirs_s / own_s, 2),
        "first_turn_s": round(first_s, 2),
        "loop_p50_ms": round(loop_ms[len(loop_ms) // 2], 2),
        "loop_p95_ms": round(loop_ms[int(len(loop_ms) * 0.95)], 2),
        "bound_p95_ms": 20,
    }


class _Nowhere:
    def send(self, mail, permit, *, permitted_words):
        return Receipt("sent", "250")


def _parley(folder: Path, model: ScriptedModel):
    engine = open_engine(f"sqlite:///{folder}/runtime.db")
    store = SqlStore(engine, "t")
    runtime = assemble(
        store,
        library=load_library(),
        model=model,
        calendar=MemoryCalendar({"o": OfficeHours("Europe/London")}),
        newcomers=Newcomers("t", (), None),
    )
    keys = _mails(store)
    loop_ms: list[float] = []
    decide = loop.decide

    def timed(*arguments):
        began = perf_counter()
        action = decide(*arguments)
        loop_ms.append((perf_counter() - began) * 1000)
        return action

    from agent_runtime import desk

    def sending(outbox, *arguments, **more):
        began = perf_counter()
        deliver(outbox, *arguments, **more)
        sending_s.append(perf_counter() - began)

    deliver, sending_s = Outbox.deliver, []
    desk.decide, Outbox.deliver = timed, sending
    try:
        began = perf_counter()
        runtime.desk.work(Due("inbound", keys[0]), _Nowhere(), now=NOW)
        first_s = perf_counter() - began
        loop_ms.clear()
        sending_s.clear()
        began = perf_counter()
        for key in keys[1:]:
            runtime.desk.work(Due("inbound", key), _Nowhere(), now=NOW)
        took_s = perf_counter() - began
    finally:
        desk.decide, Outbox.deliver = decide, deliver
    with store.begin() as tx:
        assert tx.session_of("p0").agent_turns == 1
    engine.dispose()
    assert len(sending_s) == TURNS
    return took_s - sum(sending_s), took_s, first_s, loop_ms


def _mails(store: SqlStore) -> list[str]:
    keys = []
    with store.begin() as tx:
        for number in range(TURNS + 1):
            person = f"p{number}"
            contact = Contact(
                tenant_id="t",
                contact_id=f"c{number}",
                person_id=person,
                account_id=f"a{number}",
                email=f"{person}@b.example",
                first_name="Ana",
                last_name="Ruiz",
                title="Head of RevOps",
                company="Alder",
                country="GB",
                language="en",
                time_zone="Europe/London",
                owner_id="o",
                owner_name="Lena Vogt",
                mailbox="relay@m.example",
            )
            session = Session("t", f"thread-{person}", person, f"c{number}", "icp_prospecting", "")
            publish_controls(tx, {"e": ("holdout",)})
            tx.add_contact(contact)
            tx.save_session(replace(session, state="contacted", subject="Hello"))
            tx.add_consents(person, [Consent("email", "prospecting", "consent", "form", NOW)])
            tx.add_assignment(
                Assignment(
                    tenant_id="t",
                    experiment_id="e",
                    unit_id=person,
                    person_id=person,
                    arm="agent",
                    layer="l",
                    spec_hash="h",
                    assigned_at=NOW,
                    how="hash",
                )
            )
            inbound = Inbound(
                tenant_id="t",
                key=f"k{number}",
                mailbox="relay@m.example",
                lane="relay@m.example",
                thread_id=session.thread_id,
                person_id=person,
                subject="Re: Hello",
                text=f"{ASKED} ({number})",
                rfc_message_id=f"<{number}@b.example>",
                in_reply_to="",
                received_at=NOW,
                due_at=NOW,
            )
            tx.add_inbound(inbound)
            keys.append(inbound.key)
    return keys


class _State(TypedDict):
    text: str
    intent: str
    answer: str


def _langgraph(folder: Path, model: ScriptedModel) -> float:
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, StateGraph

    def perceive(state: _State):
        return {"intent": model.understand(state["text"], "en")[0].name}

    def pass_on(state: _State):
        return {"answer": state["intent"]}

    graph = StateGraph(_State)
    for name in STEPS:
        graph.add_node(name, perceive if name == "perceive" else pass_on)
    for source, target in zip((START, *STEPS), (*STEPS, END), strict=True):
        graph.add_edge(source, target)
    with SqliteSaver.from_conn_string(str(folder / "langgraph.db")) as saver:
        compiled = graph.compile(checkpointer=saver)

        def turn(number: int):
            compiled.invoke(
                {"text": f"{ASKED} ({number})", "intent": "", "answer": ""},
                {"configurable": {"thread_id": str(number)}},
                durability="sync",
            )

        turn(0)
        began = perf_counter()
        for number in range(TURNS):
            turn(number + 1)
        return perf_counter() - began
