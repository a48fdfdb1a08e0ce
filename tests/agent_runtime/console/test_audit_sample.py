"""`parley audit sample`: acts and decisions for an auditor, in which nobody is named."""

import csv

import pytest
from desk_world import Desk
from thread_world import ASKED, write_thread
from typer.testing import CliRunner

from agent_runtime.console.audit.cli import audit
from agent_runtime.console.frame.audit import Act, write_alone

STEERING = "/console/steering"


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def sampled(desk, tmp_path, monkeypatch):
    """Takes a sample; returns both tables and all that is in the files."""
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")

    def take(*words):
        target = tmp_path / "sample"
        done = CliRunner().invoke(audit, ["sample", str(target), "-w", str(tmp_path), *words])
        assert done.exit_code == 0, done.exception
        texts = [
            (target / name).read_text("utf-8-sig") for name in ("audit-log.csv", "decisions.csv")
        ]
        return *(list(csv.DictReader(text.splitlines())) for text in texts), "".join(texts)

    return take


def logged(desk, **values):
    fields = {"request_id": "r-1", "at": desk.now, "role": "admin", "result": "done"}
    write_alone(desk.store, Act(**{"action": "people.role", "record": "", **fields, **values}))


def test_acts_and_decisions_are_there_and_nobody_is_named(desk, sampled):
    for number in range(2):
        write_thread(desk.store, number)
    steers = desk.browser("revops")
    steers.see(STEERING)
    steers.submit(f"{STEERING}/pause", why="complaints of zoltan.kovacs@kranwerk.example")
    desk.add("admin", email="ana@northbeam.example", name="Ana Silva")
    logged(
        desk,
        actor="ana@northbeam.example",
        record="user:revops-0@northbeam.example",
        detail="Ana Silva of ana@northbeam.example rang +49 30 1234567",
        address="203.0.113.9",
    )
    acts, decisions, text = sampled()
    assert {"steering.pause_all", "people.role"} <= {row["action"] for row in acts}
    assert all(row["result"] and row["at"] for row in acts)
    (given,) = [row for row in acts if row["action"] == "people.role"]
    (paused,) = [row for row in acts if row["action"] == "steering.pause_all"]
    assert given["record"] == f"user:{paused['actor']}", "one pseudonym for one person"
    assert given["actor"].startswith("admin-")
    assert {row["decision"] for row in decisions if row["kind"] == "policy"} == {"allow"}
    assert {row["thread"] for row in decisions} == {"thread-1", "thread-2"}
    for secret in ("@", "Ana Silva", "Ruiz", "kranwerk", "1234567", "203.0.113", ASKED, "p-ana"):
        assert secret not in text, secret


def test_a_sample_is_as_long_as_asked_and_is_itself_in_the_log(desk, sampled):
    write_thread(desk.store, times=4)
    for number in range(6):
        logged(desk, actor="ana@northbeam.example", request_id=f"r-{number}")
    acts, decisions, _ = sampled("--entries", "3")
    assert (len(acts), len(decisions)) == (3, 3)
    acts, _, _ = sampled("--entries", "3")
    assert (acts[0]["action"], acts[0]["detail"]) == ("audit.sample", "3 entries")
    assert acts[0]["actor"].startswith("command-")
