"""`parley costs` on the small campaign: counts by hand, from the events and nothing else."""

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from pipelines.costs.cli import app
from pipelines.errors import PipelineError


def ask(*words):
    ran = CliRunner().invoke(app, [*map(str, words)], catch_exceptions=True)
    if isinstance(ran.exception, PipelineError):
        raise ran.exception
    assert ran.exit_code == 0, ran.output
    return ran.output


@pytest.fixture(scope="module")
def january(built):
    words = ("invoice", "--workspace", built.root, "--month", "2026-01", "--json")
    return json.loads(ask(*words))


@pytest.fixture(scope="module")
def events(world):
    return [e for e in world.events if f"{e.occurred_at:%Y-%m}" == "2026-01"]


@pytest.fixture(scope="module")
def treated(world):
    return {p.person_id for p in world.persons if p.arm != "holdout"}


def bounced(events):
    """Ids of mails that came back."""
    return {
        e.payload["message_id"]
        for e in events
        if e.kind == "delivery" and e.payload["status"] == "bounced"
    }


def sent_by_agent(events, treated):
    """Mails that the ledger has of the agent, without those that came back."""
    back = bounced(events)
    return [
        e
        for e in events
        if e.kind == "cost"
        and (e.payload["item"], e.payload["actor"]) == ("message", "agent")
        and e.person_id in treated
        and e.payload["message_id"] not in back
    ]


def quantities(document):
    return {line["name"]: int(line["quantity"]) for line in document["lines"]}


def test_the_counts_of_an_invoice_tie_to_the_events(january, events, treated):
    """R215: mails that were accepted, threads in which somebody answered; nothing else."""
    mails = sent_by_agent(events, treated)
    answered = {
        e.thread_id
        for e in events
        if e.kind == "message" and e.payload["direction"] == "in" and not e.payload["auto_reply"]
    }
    conversations = {e.thread_id for e in mails} & answered
    assert (len(mails), len(conversations)) > (20, 5)
    found = quantities(january)
    assert (found["mails"], found["conversations"]) == (len(mails), len(conversations))


def test_the_ledger_holds_what_is_billed_and_what_is_not(january, built):
    for tie in january["ledger"]:
        whole, left, billed = (Decimal(tie[k]) for k in ("in_ledger", "not_billed", "billed"))
        assert whole == left + billed
    [mails] = [tie for tie in january["ledger"] if tie["unit"] == "mail"]
    assert int(mails["billed"]) == quantities(january)["mails"]


def test_sends_of_unknown_fate_are_counted_and_not_billed(january, events):
    """R212: what nobody can tell to have left, what left later and what came back is free."""
    lost = [e for e in events if e.kind == "message" and e.payload["state"] == "UNKNOWN"]
    left = january["not_billed"]
    assert lost
    free = len(lost) + len(bounced(events))
    assert int(left["Sends of unknown fate"]) + int(left["Failed sends"]) == free


def test_two_months_add_up_to_the_run(january, built, world, treated):
    february = json.loads(ask("invoice", "--workspace", built.root, "--month", "2026-02", "--json"))
    both = quantities(january)["mails"] + quantities(february)["mails"]
    assert both == len(sent_by_agent(world.events, treated))


def test_the_page_is_written_and_says_what_the_terminal_says(built, tmp_path):
    out = tmp_path / "invoice.html"
    said = ask("invoice", "--workspace", built.root, "--month", "2026-01", "--out", out)
    assert f"written to {out}" in " ".join(said.replace("\n", "").split())
    page = out.read_text(encoding="utf-8")
    assert "NORTHBEAM-2026-01" in page


def test_cost_per_meeting_comes_from_a_finished_run(built, events, world, treated):
    """R213, R214: volumes and meetings that are not given are measured."""
    words = ("calculate", "--volume", "conversations=1000", "--workspace", built.root, "--json")
    found = json.loads(ask(*words))
    met = {
        e.person_id
        for e in world.events
        if e.kind == "meeting" and e.payload["status"] == "confirmed" and e.person_id in treated
    }
    replies = [
        e.thread_id
        for e in world.events
        if e.kind == "message" and e.payload["direction"] == "in" and not e.payload["auto_reply"]
    ]
    mails = sent_by_agent(world.events, treated)
    conversations = len({e.thread_id for e in mails} & set(replies))
    rate = Decimal(found["meeting_rate"])
    assert rate == (Decimal(len(met)) / conversations).quantize(Decimal("0.0001"))
    sources = {line["name"]: line["source"] for line in found["lines"]}
    assert sources["mails"].startswith("measured in ")
    first = found["at"][0]
    each = Decimal(first["cost_usd"]) / (1000 * rate)
    assert Decimal(first["per_meeting_usd"]) == each.quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--month", "2031-05"], "holds 2026-01-13 to 2026-02-..; choose 2026-01 to 2026-02"),
        (["--month", "May"], "this is no month; give it as 2026-01"),
        (["--month", "2026-01", "--tenant", "acme"], "has none of this name; use one of northbeam"),
        (["--month", "2026-01", "--seats", "many"], "--seats 'many': this must be a number from 0"),
        (
            ["--month", "2026-01", "--out", "/none/x.html"],
            "--out /none/x.html: it cannot be written",
        ),
    ],
)
def test_a_mistake_is_one_sentence(words, sentence, built):
    with pytest.raises(PipelineError, match=sentence):
        ask("invoice", "--workspace", built.root, *words)


def test_a_workspace_without_a_run_is_one_sentence(tmp_path):
    with pytest.raises(PipelineError, match="there is no such file; `make demo`"):
        ask("invoice", "--workspace", tmp_path, "--month", "2026-01")
