"""`parley experiment off-policy`: from traces and warehouse to values, or to why there are none."""

import json
from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.contracts import TraceEvent
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from pipelines.errors import PipelineError
from pipelines.experiment_cli import app
from pipelines.off_policy.policies import policy_of, with_policy
from pipelines.off_policy.replayed import UNTOLD, of_replay
from pipelines.off_policy.turns import Wanted, table_of

START = datetime(2026, 1, 12, 9, tzinfo=UTC)
LATER = START + timedelta(days=40)
OPENERS = [["icp.opener"], ["icp.opener_plain"]]


def payload(n, *, chosen=0, share=0.2, decision="allow", reason="touch_1_due", texts=OPENERS):
    """A first touch; the second opener is tried in a tenth of the threads."""
    candidates = [
        {"action": "send_touch", "reason": "touch_1_due", "draft": "+".join(text)} for text in texts
    ]
    return {
        "turn_id": f"task-{n}",
        "observation": {"kind": "due", "touch": 1},
        "perception": None,
        "playbook": "icp_prospecting",
        "state_before": "new",
        "campaign_id": "prospecting",
        "candidates": candidates,
        "chosen": {"action": "send_touch", "reason": reason, "decision": decision},
        "exploration": {
            "share": share,
            "draw": 0.5,
            "chosen": chosen,
            "pool": list(range(len(texts))),
            "chances": [1 - share / 2, share / 2] if len(texts) == 2 else [1.0],
            "contents": texts,
        },
        "basis": {"contact": {"language": "de", "country": "DE"}, "session": {}},
    }


def table(*payloads, wanted=None, thread=None):
    rows = [(thread or f"t-{n}", f"p-{n}", START, one) for n, one in enumerate(payloads)]
    return table_of(rows, last_event_at=LATER, wanted=wanted or Wanted())


def test_a_turn_s_options_are_what_the_rules_allowed_with_their_chances():
    found = table(payload(0, chosen=1))
    assert found.options.select("action", "logged", "is_chosen").rows() == [
        ("send_touch icp.opener", 0.9, False),
        ("send_touch icp.opener_plain", 0.1, True),
    ]
    assert found.turns.select("kind", "touch", "language", "campaign").row(0) == (
        "due",
        1,
        "de",
        "prospecting",
    )


def test_what_took_the_place_of_every_candidate_was_certain():
    """R81: a stopped turn has one option, and a policy that would not be stopped has no overlap."""
    stopped = payload(1, decision="block", reason="touch_1_due")
    by_hand = payload(2, reason="stopped_by_claims") | {"exploration": None}
    found = table(payload(0), stopped, by_hand, thread="t")
    alone = found.options.filter(pl.len().over("turn") == 1)
    assert alone.select("action", "logged").rows() == [
        ("send_touch (touch_1_due, block)", 1.0),
        ("send_touch (stopped_by_claims)", 1.0),
    ]


def test_a_touch_that_had_to_wait_counts_once_by_its_last_word():
    waits, goes = payload(0, decision="defer"), payload(0, chosen=1)
    found = table(waits, goes, thread="t")
    assert len(found.turns) == 1
    assert found.options["is_chosen"].to_list() == [False, True]


def test_threads_that_the_agent_left_alone_have_no_policy():
    held = payload(0, decision="block"), payload(1, reason="inbound_control")
    assert len(table(*held, payload(2)).turns) == 1
    with pytest.raises(PipelineError, match="no thread in which the agent did anything"):
        table(*held)
    with pytest.raises(PipelineError, match="campaign 'other'"):
        table(payload(0), wanted=Wanted(campaign="other"))


@pytest.mark.parametrize(
    ("said", "chances"),
    [
        ("best", [1.0, 0.0]),
        ("even", [0.5, 0.5]),
        ("say=icp.opener_plain", [0.0, 1.0]),
        ("never=icp.opener", [0.0, 1.0]),
        ("never=icp.opener_plain", [1.0, 0.0]),
    ],
)
def test_policies_that_can_be_said_in_a_word(said, chances):
    options = with_policy(table(payload(0)).options, policy_of(said))
    assert options["policy"].to_list() == pytest.approx(chances)


def test_where_a_policy_has_nothing_to_say_it_does_as_was_done():
    one = payload(1, texts=[["icp.opener"]])
    options = table(payload(0), one).options
    for said in ("say=icp.opener_plain", "never=icp.opener"):
        alone = with_policy(options, policy_of(said)).filter(pl.len().over("turn") == 1)
        assert alone["policy"].to_list() == [1.0]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("better", "write best, even, say=TEXT or never=TEXT"),
        ("say=nothing", "no turn could have said 'nothing'; .* icp.opener, icp.opener_plain"),
    ],
)
def test_a_policy_that_nobody_could_follow_is_one_sentence(said, words):
    with pytest.raises(PipelineError, match=words):
        with_policy(table(payload(0)).options, policy_of(said))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """2,000 threads: the second opener is answered by three of ten, the first by one."""
    root = tmp_path_factory.mktemp("off_policy")
    open_engine(f"sqlite:///{root}/runtime.db").dispose()
    settings = load_settings(root)
    store = open_store(settings)
    replies = []
    with store.begin() as tx:
        for n in range(2000):
            is_plain = n % 10 == 0
            thread = f"thread-{n}"
            tx.trace(event(n, thread, START, "turn", payload(n, chosen=int(is_plain))))
            if (n // 10) % 10 < (3 if is_plain else 1):
                replies.append((thread, START + timedelta(days=2)))
        tx.trace(event(9999, "thread-0", LATER, "cost", {}))
    with duckdb.connect(str(settings.paths.warehouse)) as warehouse:
        warehouse.execute(
            "create table fct_messages (thread_id varchar, occurred_at timestamp, "
            "is_reply boolean, is_positive boolean);"
            "create table fct_meetings (thread_id varchar, set_at timestamp, is_set boolean);"
            "create table fct_suppressions (thread_id varchar, occurred_at timestamp, "
            "is_opt_out boolean);"
        )
        rows = [(thread, at.replace(tzinfo=None)) for thread, at in replies]
        warehouse.executemany("insert into fct_messages values (?, ?, true, true)", rows)
    return root


def event(n, thread, at, kind, told):
    return TraceEvent(
        event_id=f"{kind}-{n:08}",
        tenant_id="northbeam",
        kind=kind,
        thread_id=thread,
        person_id=f"person-{n}",
        contact_id=None,
        occurred_at=at,
        versions={},
        payload=told,
    )


def run(workspace, *words):
    return CliRunner().invoke(app, ["off-policy", "-w", str(workspace), *words])


def test_the_command_reads_traces_and_warehouse(workspace):
    """R81: what always saying the other opener would have brought, before anybody gets it."""
    told = run(workspace, "--policy", "say=icp.opener_plain", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)["policies"][0]
    reply, meeting, opt_out = found["rewards"]
    assert found["overlap"]["effective_size"] == pytest.approx(200)
    value = reply["estimates"]["doubly_robust"]
    assert value["ci"][0] < 0.3 < value["ci"][1]
    assert value["value"] == pytest.approx(0.3, abs=0.03)
    assert reply["estimates"]["difference"]["ci"][0] > 0.05
    assert meeting["refusals"][0]["rule"] == opt_out["refusals"][0]["rule"] == "few_events"


def test_it_says_in_words_and_on_a_page_what_it_refuses(workspace, tmp_path):
    page = tmp_path / "page" / "off_policy.html"
    told = run(workspace, "--policy", "even", "--policy", "never=icp.opener", "--html", str(page))
    assert told.exit_code == 0, told.output
    assert "refused (few_events): meeting came so seldom" in " ".join(told.output.split())
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert html.count("<svg") == 5, "a picture for each reward, and one of each policy's overlap"
    assert "never=icp.opener" in html


def test_a_window_that_nobody_has_lived_through_is_one_sentence(workspace):
    told = run(workspace, "--policy", "best", "--window-days", "60")
    assert isinstance(told.exception, PipelineError)
    assert "no window has closed; name a shorter one" in str(told.exception)


def test_a_workspace_without_traces_is_one_sentence(tmp_path):
    told = run(tmp_path, "--policy", "best")
    assert isinstance(told.exception, PipelineError)
    assert "there are no traces" in str(told.exception)


def replayed(**change):
    """A turn of a replay whose new versions prefer the second opener."""
    known = ("playbook", "campaign_id", "arm", "kind", "channel", "state", "language", "intent")
    row = {
        **dict.fromkeys(known, ""),
        "thread_id": "t",
        "person_id": "p",
        "turn_id": "task-1",
        "at": START,
        "touch": 1,
        "confidence": None,
        "candidates": [
            {"action": "send_touch", "reason": "due", "words": words} | {"then": then, "now": now}
            for words, then, now in (("aaaa", 0.9, 0.1), ("bbbb", 0.1, 0.9))
        ],
        **{f"{name}_then": value for name, value in DID.items()},
        **{f"{name}_now": value for name, value in (DID | {"words": "bbbb"}).items()},
    }
    return row | change


DID = {"action": "send_touch", "reason": "due", "words": "aaaa", "decision": "allow"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("send_touch (due) aaaa", 0.9, 0.1), ("send_touch (due) bbbb", 0.1, 0.9)]),
        (
            {"decision_now": "block", "words_now": "aaaa"},
            [
                ("send_touch (due) aaaa", 0.9, 0.0),
                ("send_touch (due) bbbb", 0.1, 0.0),
                ("send_touch (due, block)", 0.0, 1.0),
            ],
        ),
        (
            {"action_now": None, "reason_now": None, "words_now": None, "decision_now": None},
            [
                ("send_touch (due) aaaa", 0.9, 0.0),
                ("send_touch (due) bbbb", 0.1, 0.0),
                (UNTOLD, 0.0, 1.0),
            ],
        ),
        (
            {
                "candidates": [],
                "action_now": "hand_off",
                "reason_now": "stopped_by_claims",
                "words_now": "",
            },
            [("send_touch (due) aaaa", 1.0, 0.0), ("hand_off (stopped_by_claims)", 0.0, 1.0)],
        ),
    ],
)
def test_a_replayed_turn_is_a_logged_turn_with_the_new_versions_as_policy(change, expected):
    """R81, R175: a touch that new versions stop is another option than the same words sent."""
    _, options = of_replay(pl.DataFrame([replayed(**change)]), last_event_at=LATER)
    assert options.select("action", "logged", "policy").rows() == expected
    assert options.filter("is_chosen")["action"].to_list() == ["send_touch (due) aaaa"]
