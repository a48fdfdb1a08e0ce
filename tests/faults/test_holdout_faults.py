"""Faults that could make an agent write to a holdout: edits on disk, old backups, late merges."""

import re
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from agent_runtime.app import assemble
from agent_runtime.library.catalog import load_library
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import read_newcomers
from agent_runtime.ports import Receipt
from agent_runtime.sandbox.company import write_company
from agent_runtime.sandbox.world import LAUNCH_AT
from agent_runtime.settings import Workspace
from agent_runtime.store.importing import load_into
from agent_runtime.store.memory import MemoryStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.office_hours import office_hours
from experiments.errors import RegistryError, SpecEditedError
from experiments.spec import SHIPPED_SPECS
from pipelines.campaign import SHIPPED
from pipelines.ingest import run_batch
from pipelines.transforms.identity import EVENTS

TENANT = "northbeam"


class Wire:
    """Keeps whom each mail went to."""

    def __init__(self):
        self.sent = Counter()

    def send(self, mail, permit, *, permitted_words):
        self.sent[mail.recipient] += 1
        return Receipt("sent", "250")


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """A company whose people are assigned and queued, with the authored files in its own folder."""
    paths = Workspace(tmp_path_factory.mktemp("holdout") / "run")
    write_company(paths.exports, paths.sandbox, 3, 160)
    authored = paths.root / "authored"
    authored.mkdir(parents=True)
    campaign = (SHIPPED / "prospecting.yaml").read_text("utf-8")
    spec = authored / "spec.yaml"
    shutil.copy(SHIPPED_SPECS / "icp-prospecting.yaml", spec)
    named = campaign.replace("experiment: icp-prospecting", f"experiment: {spec}")
    (authored / "campaign.yaml").write_text(named, "utf-8")
    batch_of(paths, authored / "campaign.yaml")
    return paths


def batch_of(paths, campaign):
    more = {"now": LAUNCH_AT, "loads_store": False, "has_checks": False}
    run_batch(paths, campaign=str(campaign), **more)


@pytest.fixture
def run(batch, tmp_path):
    """A copy of it that a test may damage."""
    shutil.copytree(batch.root, tmp_path / "run")
    return Workspace(tmp_path / "run")


def load(store, run):
    load_into(store, run, TENANT, LAUNCH_AT)


def play(store):
    """Works every touch of ten days and returns whom the agent wrote to."""
    newcomers = read_newcomers(store, TENANT)
    runtime = assemble(
        store,
        library=load_library(),
        model=ScriptedModel({}),
        calendar=MemoryCalendar(office_hours(newcomers.owners)),
        newcomers=newcomers,
    )
    wire = Wire()
    for hours in range(0, 24 * 10, 6):
        while due := store.take_due(LAUNCH_AT + timedelta(hours=hours)):
            for _, row in due:
                runtime.desk.work(row, wire, now=LAUNCH_AT + timedelta(hours=hours))
    return wire.sent


def arms(run):
    frame = pl.read_parquet(run.lake / "assignments.parquet")
    return dict(frame.select("person_id", "arm").iter_rows())


def addresses(run, people):
    contacts = pl.read_parquet(run.canonical / "contacts.parquet")
    of_them = contacts.filter(pl.col("person_id").is_in(list(people)))
    return set(of_them.get_column("email").drop_nulls())


def of_arm(run, arm):
    return sorted(person for person, found in arms(run).items() if found == arm)


def merge(run, pairs):
    path = run.lake / "person_events.parquet"
    rows = [
        (TENANT, f"late{n}", "merged", goes, stays, "c", "email", f"h{n}", datetime.now(UTC))
        for n, (goes, stays) in enumerate(pairs)
    ]
    news = pl.DataFrame(rows, schema=EVENTS, orient="row")
    pl.concat([pl.read_parquet(path), news]).write_parquet(path)


def test_without_a_fault_every_treated_person_is_written_to_and_no_holdout(run):
    """So that the tests below can fail."""
    store = MemoryStore(TENANT)
    load(store, run)
    sent = play(store)
    assert set(sent) <= addresses(run, of_arm(run, "agent"))
    assert len(sent) > 5


def test_merges_that_were_learnt_after_the_queue_was_built_stop_what_is_queued(run):
    """R169: on both sides, and through a third person."""
    treated, held = of_arm(run, "agent"), of_arm(run, "holdout")
    store = MemoryStore(TENANT)
    load(store, run)
    bound = treated[:3]
    merge(run, [(held[0], bound[0]), (bound[1], held[1]), (held[2], "p-x"), ("p-x", bound[2])])
    load(store, run)
    sent = play(store)
    assert not set(sent) & addresses(run, {*held, *bound})
    assert set(sent) & addresses(run, treated[3:])


@pytest.mark.parametrize("kind", ["flipped", "lost"])
def test_an_assignment_table_from_an_old_backup_lets_nobody_be_written_to_wrongly(run, kind):
    """R169: arms flipped in a restored table, and arms that it does not have yet."""
    true_arms, held = arms(run), of_arm(run, "holdout")
    path = run.lake / "assignments.parquet"
    table = pl.read_parquet(path)
    store = MemoryStore(TENANT)
    if kind == "flipped":
        load(store, run)
        other = pl.when(pl.col("arm") == "agent").then(pl.lit("holdout")).otherwise(pl.lit("agent"))
        table.with_columns(other.alias("arm")).write_parquet(path)
        load(store, run)
        assert play(store) == Counter()
        return
    lost = sorted(true_arms)[::2]
    table.filter(~pl.col("person_id").is_in(lost)).write_parquet(path)
    load(store, run)
    sent = play(store)
    assert not set(sent) & addresses(run, {*held, *lost})
    assert sent


def test_a_spec_that_was_edited_on_disk_assigns_and_queues_nobody(run):
    """R169, R176: the control of the registered version stays the control."""
    before = arms(run)
    authored = run.root / "authored"
    spec, campaign = authored / "spec.yaml", authored / "campaign.yaml"
    named = re.sub(r"experiment: .*", f"experiment: {spec}", campaign.read_text("utf-8"))
    campaign.write_text(named, "utf-8")
    text = spec.read_text("utf-8")
    spec.write_text(text.replace("control: holdout", "control: agent"), "utf-8")
    with pytest.raises(SpecEditedError, match="another content"):
        batch_of(run, campaign)
    assert arms(run) == before
    edited = text.replace("control: holdout", "control: agent")
    raised = re.sub(r"(?m)^version: (\d+)$", lambda was: f"version: {int(was[1]) + 1}", edited)
    spec.write_text(raised, "utf-8")
    with pytest.raises(RegistryError, match="field 'control' is 'agent'"):
        batch_of(run, campaign)
    assert arms(run) == before
    store = MemoryStore(TENANT)
    load(store, run)
    assert not set(play(store)) & addresses(run, [p for p, arm in before.items() if arm != "agent"])
