"""Suppression lists: domain and account level, import, and what lifting asks for."""

from dataclasses import replace

import pytest
from test_explaining import ANA
from test_restricted import FACTS, NOW, saying
from typer.testing import CliRunner

from agent_runtime.policies.contact import suppression
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.sql import SqlStore
from agent_runtime.suppress_cli import suppress
from agent_runtime.suppression import Stop, SuppressionError, add, lift, read_csv, stop_of

TOUCH = replace(saying(("Hi.", ())), touch_class="proactive", action="send_touch")
REPLY = saying(("Hi.", ()))


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        store = MemoryStore("t")
    else:
        store = SqlStore(open_engine(f"sqlite:///{tmp_path / 'runtime.db'}"), "t")
    with store.begin() as tx:
        tx.add_contact(ANA)
    return store


def listed(store, scope, value, reason="competitor"):
    with store.begin() as tx:
        return add(tx, scope, value, reason=reason, source="test", now=NOW)


def stop(store, contact=ANA):
    with store.begin() as tx:
        return stop_of(tx, contact)


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("email", "ANA@alder.example"),
        ("domain", "alder.example"),
        ("domain", "@Alder.example"),
        ("account", "A-1"),
    ],
)
def test_an_address_a_domain_and_an_account_are_each_enough(store, scope, value):
    """R225: a list entry stops what we start; when they write, a person answers."""
    assert stop(store) == Stop()
    assert listed(store, scope, value)
    assert not listed(store, scope, value)
    facts = replace(FACTS, listed=stop(store).listed)

    assert suppression(TOUCH, facts).decision == "block"
    assert suppression(REPLY, facts).decision == "escalate"
    assert suppression(REPLY, replace(facts, actor="human")).decision == "allow"


def test_a_domain_holds_for_its_subdomains_and_for_no_other_domain(store):
    listed(store, "domain", "alder.example")
    assert stop(store, replace(ANA, email="x@mail.alder.example")).listed
    assert not stop(store, replace(ANA, email="x@notalder.example")).listed
    assert not stop(store, replace(ANA, email="x@alder.example.org")).listed


def test_who_unsubscribed_gets_no_answer_either_and_is_suppressed_as_a_person(store):
    listed(store, "email", ANA.email, "unsubscribed")
    with store.begin() as tx:
        assert tx.suppressed(ANA.person_id) == "unsubscribed"
    assert suppression(REPLY, replace(FACTS, suppressed=stop(store).reason)).decision == "block"


@pytest.mark.parametrize("reason", ["unsubscribed", "opt_out", "complaint"])
def test_what_a_person_asked_for_is_lifted_only_on_proof(store, reason):
    """R225: nobody lifts an opt-out by command alone."""
    with store.begin() as tx:
        tx.suppress(ANA.person_id, reason=reason, source="m1", now=NOW)
        with pytest.raises(SuppressionError, match="proof of a new consent"):
            lift(tx, ANA.email, why="rep says so", proof="", now=NOW)
        assert tx.suppressed(ANA.person_id) == reason
        with pytest.raises(SuppressionError, match="why is empty"):
            lift(tx, ANA.email, why=" ", proof="form-4711", now=NOW)
        assert lift(tx, ANA.email, why="asked", proof="form-4711", now=NOW) == (reason,)
    assert stop(store) == Stop()
    with store.begin() as tx:
        (kept,) = tx.listings()
    assert (kept.reason, kept.proof, kept.lifted_why) == (reason, "form-4711", "asked")


def test_a_competitor_is_lifted_with_a_reason_and_listed_again(store):
    listed(store, "domain", "alder.example")
    with store.begin() as tx:
        assert lift(tx, "alder.example", why="bought by us", proof="", now=NOW) == ("competitor",)
        with pytest.raises(SuppressionError, match="is on no list"):
            lift(tx, "alder.example", why="again", proof="", now=NOW)
    assert stop(store) == Stop()
    assert listed(store, "domain", "alder.example")
    assert stop(store).listed


@pytest.mark.parametrize(
    ("scope", "value", "reason", "said"),
    [
        ("email", "ana", "partner", "is no email"),
        ("domain", "alder", "partner", "is no domain"),
        ("domain", "a@b.example", "partner", "is no domain"),
        ("email", "a@b.example", "dislike", "use one of"),
    ],
)
def test_an_entry_that_cannot_mean_anything_is_refused(store, scope, value, reason, said):
    with pytest.raises(SuppressionError, match=said):
        listed(store, scope, value, reason)


def test_a_file_needs_its_columns(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("mail,why\na@b.example,x\n")
    with pytest.raises(SuppressionError, match="it needs reason and at least one of email"):
        list(read_csv(file))
    with pytest.raises(SuppressionError, match="no such file"):
        list(read_csv(tmp_path / "none.csv"))


def test_the_command_imports_what_it_can_and_names_the_rest(tmp_path, monkeypatch):
    open_engine(f"sqlite:///{tmp_path / 'runtime.db'}").dispose()
    monkeypatch.setattr("agent_runtime.suppress_cli.read_now", lambda _: NOW)
    file = tmp_path / "list.csv"
    file.write_text(
        "email,domain,account,reason\n,rival.example,,competitor\nx,,,partner\n,,a-9,in_deal\n"
    )
    where = ["-w", str(tmp_path)]
    run = CliRunner().invoke

    dry = run(suppress, ["import", str(file), "--dry-run", *where])
    assert "2 would be added" in dry.output
    assert "no address, domain or account is listed" in run(suppress, ["list", *where]).output
    done = run(suppress, ["import", str(file), *where])
    assert done.exit_code == 1
    assert "line 3: email 'x' is no email" in done.output
    assert "rival.example  competitor" in run(suppress, ["list", *where]).output
    lifted = run(suppress, ["lift", "a-9", "--why", "deal lost", *where])
    assert "lifted (in_deal)" in lifted.output
    exported = run(suppress, ["export", "-", *where]).output
    assert "deal lost" in exported
