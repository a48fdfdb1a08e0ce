"""A person who was erased is nowhere in the lake, and no later pull or batch brings them back."""

import json
from datetime import timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.channels.voice.recording.shelf import Label, Shelf
from agent_runtime.contracts import TraceEvent
from agent_runtime.erasures import hash_of
from agent_runtime.settings import Settings, Workspace
from agent_runtime.store.engine import open_engine
from agent_runtime.store.export import export_traces
from agent_runtime.store.pruning import prune
from agent_runtime.store.sql import SqlStore
from pipelines.erase_cli import app, run_erase
from pipelines.identity import decisions
from pipelines.identity.decisions import Decision
from pipelines.ingest import run_ingest
from pipelines.lake import Lake
from pipelines.sources.landing import land, landed_path, read_landed
from pipelines.sources.quiet import load_dlt


def texts(folder):
    """All that the Parquet files of a folder hold, by file."""
    return {
        str(path.relative_to(folder)): str(pl.read_parquet(path).write_json())
        for path in sorted(folder.rglob("*.parquet"))
    }


def naming(folder, *words):
    return {name for name, text in texts(folder).items() if any(w in text for w in words)}


@pytest.fixture
def settings(tmp_path):
    return Settings(workspace=tmp_path / "run", tenant_id="northbeam", mapping="sandbox")


@pytest.fixture
def ingested(settings, small_export, now):
    run_ingest(small_export, "sandbox", settings.paths, now=now, has_checks=False)
    return settings


def contact(settings):
    """Of somebody who has a deal and an activity in the small export."""
    tables = Lake(settings.paths).canonical()
    acted = tables["activities"].get_column("contact_id").drop_nulls()
    people = tables["contacts"].filter(pl.col("email").is_not_null())
    return people.filter(pl.col("contact_id").is_in(acted.to_list())).row(0, named=True)


def test_recordings_go_with_whoever_is_erased(ingested, now):
    """R198: the sound of their calls, and of nobody else's."""
    shelf, who = Shelf(ingested.paths.recordings), contact(ingested)
    for call_id, person in (("theirs", who["person_id"]), ("other", "somebody-else")):
        label = Label(call_id, "northbeam", person, "thread", now, "given in the call")
        (shelf.begin(label) / "them.flac").write_bytes(b"sound")
    dry = run_erase(ingested, [who["email"]], dry_run=True, now=now)
    assert dry.erased["recordings of calls"] == 1
    assert shelf.of_call("theirs") is not None
    assert run_erase(ingested, [who["email"]], now=now).erased["recordings of calls"] == 1
    assert [one.label.call_id for one in shelf.all()] == ["other"]


def test_nothing_in_the_lake_names_who_was_erased(ingested, small_export, now):
    """R198: raw files, tables, quarantine and history of identity; others stay as they were."""
    lake, who = Lake(ingested.paths), contact(ingested)
    words = who["email"], f'"{who["contact_id"]}"'
    others = pl.read_parquet(lake.persons).filter(pl.col("person_id") != who["person_id"])
    before = naming(lake.paths.lake, *words)
    assert any(name.startswith("raw/") for name in before)
    assert any(name.startswith("canonical/activities") for name in before)

    dry = run_erase(ingested, [who["email"]], dry_run=True, now=now)
    assert naming(lake.paths.lake, *words) == before
    assert not lake.erasures.exists()
    went = run_erase(ingested, [who["email"]], now=now)
    assert went.known
    assert went.erased == dry.erased
    assert naming(lake.paths.lake, *words) == set()
    assert who["email"] not in lake.erasures.read_text()

    for instant in (now, now + timedelta(days=1)):
        run_ingest(small_export, "sandbox", ingested.paths, now=instant, has_checks=False)
        assert naming(lake.paths.lake, *words) == set(), "a replay brings nobody back"
    assert pl.read_parquet(lake.persons).equals(others)
    store = SqlStore(open_engine(f"sqlite:///{ingested.paths.store}"), "northbeam")
    with store.begin() as tx:
        assert tx.suppressed(who["person_id"])
    store.engine.dispose()


def test_an_erasure_is_a_repeat_of_itself(ingested, now):
    who = contact(ingested)
    run_erase(ingested, [who["email"]], now=now)
    said = Lake(ingested.paths).erasures.read_text()
    assert run_erase(ingested, [who["email"]], now=now).erased == {}
    assert Lake(ingested.paths).erasures.read_text() == said


def test_an_older_erasure_left_words_in_the_lake_and_this_one_takes_them(settings, now):
    """R198: the summary of a call counts as words since; a repeat then finds nothing."""
    said = {"duration_s": 28.9, "retention": "2026-03-01 erasure", "summary": "Maria Lopez"}
    settings.paths.root.mkdir(parents=True)
    store = SqlStore(open_engine(f"sqlite:///{settings.paths.store}"), "northbeam")
    with store.begin() as tx:
        tx.trace(
            TraceEvent(
                event_id="call-1",
                tenant_id="northbeam",
                kind="call",
                thread_id="thread-p-1",
                person_id="p-1",
                contact_id=None,
                occurred_at=now,
                versions={},
                payload=said,
            )
        )
        tx.write_traces()
    export_traces(store.engine, settings.paths, tenant_id="northbeam")
    store.engine.dispose()
    folder = settings.paths.traces
    assert naming(folder, "Maria Lopez")
    went = run_erase(settings, ["p-1"], now=now).erased
    assert (went["traces"], went["traces in the lake"]) == (1, 1)
    assert not naming(folder, "Maria Lopez")
    assert naming(folder, "28.9")
    assert run_erase(settings, ["p-1"], now=now).erased == {}


def people(rows, **hints):
    dlt = load_dlt()

    def contacts():
        yield rows

    said = {
        "incremental": dlt.sources.incremental("changed", initial_value=-1),
        "primary_key": "id",
        "write_disposition": "merge",
    }
    return dlt.resource(contacts, name="contacts", **(said | hints))


def rows(changed=0, **more):
    return [
        {"id": str(n), "changed": changed, "email": f"p{n}@alder.example", "name": f"P {n}"} | more
        for n in range(30)
    ]


def test_a_landed_person_goes_and_no_later_pull_brings_them_back(settings, now):
    """R198: neither news of them, nor a full pull; and nobody else is news because of it."""
    folder = Lake(settings.paths).landing
    land(people(rows()), folder, "crm", now=now)
    dry = run_erase(settings, ["P7@alder.example"], dry_run=True, now=now)
    assert dry.erased["landing/crm"] == 1
    assert naming(folder, "p7@")
    run_erase(settings, ["P7@alder.example"], now=now)
    assert not naming(folder, "p7@", '"P 7"')

    same = land(people(rows()), folder, "crm", now=now + timedelta(hours=1)).tables[0]
    assert (same.new, same.changed, same.gone) == (0, 0, 0)
    stays = pl.read_parquet(landed_path(folder, "crm", "contacts"))
    assert stays.get_column("_landed_at").n_unique() == 1
    other = [row | {"email": "new@alder.example"} for row in rows(changed=5)]
    newer = land(people(other), folder, "crm", now=now + timedelta(days=1)).tables[0]
    assert (newer.new, newer.changed) == (0, 29), "known by its key, whatever its address is now"
    full = land(
        people(rows(changed=6), write_disposition="replace"),
        *(folder, "crm"),
        now=now + timedelta(days=2),
        is_full=True,
    ).tables[0]
    assert (full.rows, full.new, full.gone) == (29, 0, 0)
    assert "7" not in read_landed(folder, "crm", "contacts").get_column("id").to_list()


def test_tables_about_something_else_lose_the_cell_and_keep_the_row(settings, now):
    folder = Lake(settings.paths).landing
    dlt = load_dlt()

    @dlt.resource(name="companies", primary_key="id", write_disposition="merge")
    def companies():
        yield [{"id": "1", "name": "Alder", "main_contact": "Write to p7@alder.example."}]

    @dlt.resource(name="notes", primary_key="id", write_disposition="merge")
    def notes():
        yield [
            {"id": "n1", "linked_contacts": '[{"id": "7", "types": [1]}]', "body": "P 7 rang"},
            {"id": "n2", "linked_contacts": '[{"id": "8", "types": [7]}]', "body": "P 8 rang"},
        ]

    @dlt.resource(name="list_members", primary_key=("list_name", "record_id"))
    def members():
        yield [{"list_name": "a", "record_id": one} for one in ("7", "8")]

    @dlt.resource(name="topics", primary_key=("subscriber", "topic"), write_disposition="merge")
    def topics():
        yield [{"subscriber": f"p{n}@alder.example", "topic": "news"} for n in (7, 8)]

    land(people(rows()), folder, "crm", now=now)
    land(members(), folder, "lists", now=now)
    land(topics(), folder, "topics", now=now)
    land(companies(), folder, "firms", now=now)
    land(notes(), folder, "hs", now=now)
    # The store knows which contact has the address, since nothing was ingested here.
    lake = Lake(settings.paths)
    lake.paths.canonical.mkdir(parents=True)
    known = {"contact_id": "7", "email": "p7@alder.example", "person_id": "p-7"}
    pl.DataFrame([known]).write_parquet(lake.paths.canonical / "contacts.parquet")
    pl.DataFrame([known]).write_parquet(lake.persons)
    run_erase(settings, ["p7@alder.example"], now=now)
    firms = read_landed(folder, "firms", "companies")
    assert firms.select("name", "main_contact").rows() == [("Alder", None)]
    assert read_landed(folder, "hs", "notes").get_column("id").to_list() == ["n2"]
    assert read_landed(folder, "lists", "list_members").get_column("record_id").to_list() == ["8"]
    assert read_landed(folder, "topics", "topics").height == 1


def test_identity_keeps_its_decisions_and_forgets_whom_they_compared(settings, now):
    lake = Lake(settings.paths)
    common = {"tenant_id": "northbeam", "kind": "merge", "decided_by": "match", "decided_at": now}
    one = Decision(
        person_id="p-7", other_person_id="p-8", left_id="7", right_id="8",
        reasons="same name Ada King", **common,
    )  # fmt: skip
    other = Decision(
        person_id="p-1", other_person_id="p-2", left_id="1", right_id="2",
        reasons="same name Bo Lind", **common,
    )  # fmt: skip
    decisions.append(lake.identity_decisions, [one, other])
    standing = decisions.standing(decisions.read(lake.identity_decisions))
    lake.paths.canonical.mkdir(parents=True)
    known = {"contact_id": "7", "email": "p7@alder.example", "person_id": "p-7"}
    pl.DataFrame([known]).write_parquet(lake.paths.canonical / "contacts.parquet")
    pl.DataFrame([known]).write_parquet(lake.persons)
    run_erase(settings, ["p-7"], now=now)
    after = decisions.read(lake.identity_decisions)
    assert decisions.standing(after) == standing
    assert "Ada" not in str(after.to_dicts())
    assert "Bo Lind" in str(after.to_dicts())


def test_the_command_asks_first_and_says_which_files_still_name_them(ingested, small_export):
    """R198: a file of another system is not ours to change, and is named."""
    who = contact(ingested)["email"]
    run = CliRunner().invoke
    at = ["--workspace", str(ingested.workspace)]
    env = {"PARLEY_EXPORTS": str(small_export)}
    asked = run(app, [who, *at], env=env)
    assert asked.exit_code != 0
    assert "--dry-run" in str(asked.exception)
    said = json.loads(run(app, [who, *at, "--yes", "--json"], env=env).stdout)
    assert said["known"]
    assert any("crm_contacts.csv" in path for path in said["left_in"])
    lines = Lake(Workspace(ingested.workspace)).erasures.read_text().splitlines()
    hashes = {json.loads(line)["hash"] for line in lines}
    assert hash_of("northbeam", "email", who) in hashes


def test_what_a_source_has_deleted_goes_from_landing_when_its_time_has_come(settings, now):
    """R198: no other row is touched, so that none is read as news."""
    folder, paths = Lake(settings.paths).landing, settings.paths
    land(people(rows()), folder, "crm", now=now)
    later = now + timedelta(days=1)
    fewer = people(rows()[:28], write_disposition="replace")
    land(fewer, folder, "crm", now=later, is_full=True)
    store = SqlStore(open_engine(f"sqlite:///{paths.store}"), "northbeam")
    path = landed_path(folder, "crm", "contacts")
    before = pl.read_parquet(path)

    def prune_at(days, **options):
        return prune(store, paths, now=later + timedelta(days=days), **options)["landed rows"]

    assert prune_at(30) == 0
    assert prune_at(31, dry_run=True) == 2
    assert pl.read_parquet(path).equals(before)
    assert prune_at(8, landing_days=7, dry_run=True) == 2
    assert prune_at(31) == 2
    assert prune_at(31) == 0
    assert pl.read_parquet(path).equals(before.filter(pl.col("_gone_at").is_null()))
    again = land(people(rows()[:28]), folder, "crm", now=now + timedelta(days=40)).tables[0]
    assert (again.rows, again.new, again.changed, again.gone) == (28, 0, 0, 0)
    store.engine.dispose()
