"""A dry run writes nothing, and the real run then does exactly what it said."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from agent_runtime.domain import Choices
from agent_runtime.store.engine import open_engine
from agent_runtime.store.importing import load
from agent_runtime.store.sql import SqlStore
from pipelines import ingest
from pipelines.campaigns.running import carry_out, look
from pipelines.campaigns.words import as_markdown, as_text
from pipelines.lake import Lake
from pipelines.transforms.queue_table import read_tasks


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_dry_run_leaves_no_task_no_message_and_no_arm(paths, day_of):
    """R2: who would get what is known before anything is scheduled, and nothing is written."""
    before = files_of(paths.root)

    found = look(day_of())

    assert found.counts["gets"] == 2
    assert found.messages
    assert files_of(paths.root) == before
    assert not Lake(paths).tasks.exists()
    assert not Lake(paths).assignments.exists()
    assert not paths.store.exists()
    assert not paths.registry.exists()


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=4), timedelta(hours=3)])
def test_the_real_run_does_exactly_what_the_dry_run_said(paths, day_of, approved, late):
    """The same people, at the same instants, for the same reasons, and nobody else.

    The schedule is at 06:30 in Berlin: a dry run of the evening before foretells the run of the
    morning; one of a later hour foretells a run of that hour.
    """
    scheduled = datetime(2026, 1, 12, 5, 30, tzinfo=UTC)
    seen_at = scheduled - timedelta(hours=9) if late < timedelta(hours=1) else scheduled + late
    said = look(day_of(at=seen_at))
    approved()

    done = carry_out(day_of(at=scheduled + late), code_version="test")

    assert done.new == said.planned.new
    assert done.unlike == ()
    queued = {t.person_id: t.not_before for t in read_tasks(Lake(paths).tasks) if t.touch == 1}
    foretold = said.table.filter(pl.col("gets"))
    assert queued == dict(foretold.select("person_id", "first_at").iter_rows())
    load(paths, "northbeam", scheduled + late)
    engine = open_engine(f"sqlite:///{paths.store}")
    with SqlStore(engine, "northbeam").begin() as tx:
        stored = {t.task_id: tx.task(t.task_id) for t in done.new}
    engine.dispose()
    assert {t.task_id: t.not_before for t in done.new} == {
        name: task.due_at for name, task in stored.items()
    }


def test_running_a_day_again_adds_nothing(paths, day_of, approved):
    """R169: whoever has touches keeps them, and an arm never changes."""
    approved()
    first = carry_out(day_of(), code_version="test")
    arms = pl.read_parquet(Lake(paths).assignments)

    again = carry_out(day_of(), code_version="test")
    later = carry_out(day_of(date(2026, 1, 13)), code_version="test")

    assert (len(first.new) > 0, again.new, later.new) == (True, (), ())
    assert pl.read_parquet(Lake(paths).assignments).equals(arms)


def test_a_campaigns_day_is_the_batchs_day(paths, day_of, approved, tmp_path, export_writer, now):
    """The group of a campaign queues what the shared batch would for the same instant."""
    from agent_runtime.settings import Workspace

    other = Workspace(tmp_path / "batch")
    export_writer(other.exports)
    starts = look(day_of()).planned.now
    approved()
    carry_out(day_of(), code_version="test")

    ingest.run_batch(other, now=now, loads_store=False, has_checks=False)

    mine = {(t.person_id, t.touch, t.arm, t.mailbox) for t in read_tasks(Lake(paths).tasks)}
    batch = {(t.person_id, t.touch, t.arm, t.mailbox) for t in read_tasks(Lake(other).tasks)}
    assert mine == batch
    assert starts >= now
    same = ("person_id", "reason", "queued")
    assert (
        pl.read_parquet(Lake(paths).outcomes)
        .select(same)
        .equals(pl.read_parquet(Lake(other).outcomes).select(same))
    )


def test_everybody_is_told_of_with_a_reason_and_the_first_message_is_the_real_one(paths, day_of):
    """R2, R51: each person of the CRM stands in the dry run once, with when or why not."""
    found = look(day_of())

    assert found.table["person_id"].is_unique().all()
    assert found.table.height == found.planned.audience.height
    assert found.table.filter(pl.col("why") == "").is_empty()
    reasons = dict(found.table.select("contact_id", "why").iter_rows())
    assert reasons["c06"] == "no_consent"
    assert reasons["c13"] == "suppressed"
    first = found.messages[0]
    assert first.why_not == ""
    assert "[[" not in first.body
    text = as_text(found, paths, people=9, messages=1)
    assert "This is a dry run: nothing was written to the queue." in text
    assert first.subject in text
    assert "nobody has approved it" in text


def test_what_dagster_keeps_of_a_dry_run_names_nobody(paths, day_of):
    """Dagster's own storage is outside erasure and retention: ids and typed placeholders only."""
    found = look(day_of())
    kept = as_markdown(found) + str(found.table.to_dicts())

    contacts = Lake(paths).canonical()["contacts"]
    for column in ("email", "last_name"):
        for value in contacts[column].drop_nulls().to_list():
            assert value not in kept, value
    assert "[[FIRST_NAME]]" in kept


def test_who_said_stop_to_the_runtime_is_left_out_of_the_plan(paths, day_of, approved, now):
    """A stop that came by mail is known to the store alone, and the dry run knows it too."""
    approved()
    person = look(day_of()).planned.new[0].person_id
    engine = open_engine(f"sqlite:///{paths.store}")
    with SqlStore(engine, "northbeam").begin() as tx:
        tx.suppress(person, reason="opt_out", source="mail", now=now)
    engine.dispose()

    found = look(day_of())
    done = carry_out(day_of(), code_version="test")

    assert dict(found.table.select("person_id", "why").iter_rows())[person] == "suppressed"
    assert person not in {task.person_id for task in done.new}


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        (Choices(("email",)), "turned_off"),
        (Choices((), ("getting_to_know",)), "turned_off"),
        (Choices(("voice", "sms"), ("events",)), "gets"),
    ],
)
def test_who_turned_it_off_is_left_out_of_the_plan(paths, day_of, approved, now, choices, why):
    """R225: a choice is known to the store alone; what it does not concern is planned as before."""
    approved()
    person = look(day_of()).planned.new[0].person_id
    engine = open_engine(f"sqlite:///{paths.store}")
    with SqlStore(engine, "northbeam").begin() as tx:
        tx.save_choices(person, choices)
    engine.dispose()

    found = look(day_of())
    done = carry_out(day_of(), code_version="test")

    told = dict(found.table.select("person_id", "why").iter_rows())[person]
    assert (told == "turned_off") == (why == "turned_off")
    assert (person in {task.person_id for task in done.new}) == (why == "gets")
    said = "turned it off themselves" in as_text(found, paths, people=9, messages=0)
    assert said == (why == "turned_off")
