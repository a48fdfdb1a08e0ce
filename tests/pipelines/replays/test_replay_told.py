"""How a replay is told: the page side by side, the table of an estimator, the command's words."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_changes import recorded
from typer.testing import CliRunner

from agent_runtime.replaying.comparison import Comparison
from agent_runtime.replaying.named import named_in
from agent_runtime.settings import load_settings
from pipelines.replays.cli import app, spelt
from pipelines.replays.page import pieces, render_page
from pipelines.replays.running import Wanted, replay_turns
from pipelines.replays.table import replayed_table
from pipelines.replays.told import remarks, summary

STRICT = named_in(["policy=caps.per_person=1"])

TEXTS = st.lists(st.sampled_from(["Hi A,", "One two three.", "One two four.", "Bye", "<b>"])).map(
    "\n\n".join
)


@pytest.fixture(scope="module")
def compared(played):
    return replay_turns(load_settings(played), STRICT, Wanted())


@given(TEXTS, TEXTS)
def test_pieces_of_two_texts_put_together_are_the_texts(then, now):
    left, right = pieces(then, now)
    assert "".join(piece.text for piece in left) == then
    assert "".join(piece.text for piece in right) == now
    assert [p.text for p in left if p.kind == "both"] == [p.text for p in right if p.kind == "both"]


def test_the_page_shows_then_and_now_and_escapes_what_strangers_wrote(compared):
    """R81: nobody's words are markup."""
    hostile = [
        replace(turn, observed={**turn.observed, "text": "<script>alert(1)</script>"})
        for turn in compared.turns
    ]
    threads = {turn.thread_id for turn in compared.changed if turn.observed["kind"] == "due"}
    assert threads
    page = render_page(replace(compared, turns=tuple(hostile)), STRICT)
    assert f"{len(compared.changed)} of {len(compared.turns)} decisions would change" in page
    assert "ended by caps" in page
    assert "<script>" not in page
    assert all(thread in page for thread in threads)


def test_a_page_of_nothing_is_a_page():
    empty = render_page(Comparison(()), STRICT)
    assert "No turn is recorded yet" in empty


def test_the_table_has_what_an_estimator_needs_of_every_turn(compared):
    """R81: one row a turn; a decision that stands has its logged probability, another has 0."""
    table = replayed_table(compared.turns)
    assert table.height == len(compared.turns)
    assert table["propensity_then"].is_between(0, 1, closed="right").all()
    stands = ~table["is_changed"]
    assert (table.filter(stands)["propensity_now_of_then"] == 1).all()
    assert (table.filter(~stands)["propensity_now_of_then"] == 0).all()
    changed = table.filter(~stands)
    assert changed["hits_now"].list.contains("caps").all()
    touches = table.filter(action_then="send_touch").explode("candidates").unnest("candidates")
    chosen = touches.filter(action="send_touch", then=1.0)
    assert (chosen["words"] == chosen["words_then"]).all()


def test_a_turn_that_only_a_model_can_say_has_no_probability(compared):
    turn = compared.turns[0]
    waiting = replace(turn, now=None, outcome=replace(turn.outcome, action=None))
    (row,) = replayed_table([waiting]).to_dicts()
    assert (row["action_now"], row["propensity_now_of_then"]) == (None, None)


def test_later_turns_of_a_changed_thread_are_marked(compared):
    following = [turn for turn in compared.turns if turn.follows_change]
    changed = {turn.thread_id: turn.at for turn in reversed(compared.changed)}
    assert all(turn.at >= changed[turn.thread_id] for turn in following)
    assert any("come after a change" in line for line in remarks(compared)) == bool(following)
    assert "policy=caps.per_person=1" in summary(compared, STRICT)


def test_several_versions_may_follow_one_with():
    """The form of the issue, and that of every other option, are the same."""
    words = ["--with", "playbook=a.yaml", "prompt=b.md", "policy=c.d=1", "scenario", "thread-1"]
    assert spelt(words) == [
        *("--with", "playbook=a.yaml", "--with", "prompt=b.md", "--with", "policy=c.d=1"),
        *("scenario", "thread-1"),
    ]


def test_only_turns_of_the_time_and_playbook_asked_for_are_replayed(replayed, played):
    turns = recorded(played / "runtime.db")
    instants = sorted(datetime.fromisoformat(turn.facts["now"]) for turn in turns)
    since = (instants[0] + timedelta(days=2)).replace(hour=0, minute=0, second=0)
    until = since + timedelta(days=2)
    within = [at for at in instants if since <= at < until]
    _, found = replayed("--since", f"{since:%Y-%m-%d}", "--until", f"{until:%Y-%m-%d}")
    assert found["turns"] == len(within) > 0
    _, found = replayed("--playbook", "inbound_response")
    assert found["turns"] == sum(t.payload["playbook"] == "inbound_response" for t in turns) > 0
    told = CliRunner().invoke(app, ["--since", "2030-01-01", "-w", str(played)])
    assert "no turn is recorded yet" in told.stdout
    told = CliRunner().invoke(app, ["--since", "2030-01-02", "--until", "2030-01-01"])
    assert told.exit_code == 2


def test_the_model_that_nobody_has_set_up_is_said_to_be_missing(replayed, played):
    """R81: a new prompt says per turn that it needs the model; --ask says what to set."""
    words = ["--with", "model=some-model"]
    code, found = replayed(*words)
    assert code == 1
    assert {one["model"] for one in found["needs_the_model"]} == {"some-model"}
    told = CliRunner().invoke(app, [*words, "--ask", "-w", str(played)])
    assert "set PARLEY_LLM_URL" in str(told.exception)
