"""A HubSpot account becomes canonical tables, and says what is missing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from crm_world import ANA
from typer.testing import CliRunner

from agent_runtime.news_port import CrmNews
from agent_runtime.settings import Settings, Workspace
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from pipelines.errors import PipelineError
from pipelines.ingest import app, run_ingest
from pipelines.lake import Lake
from pipelines.sources.hubspot.objects import read_scopes
from pipelines.sources.hubspot.reader import HubSpotReader, Patience
from pipelines.sources.hubspot.run import properties_of, run_hubspot
from pipelines.sources.mapping import SHIPPED, load_mapping
from pipelines.sources.pulling import pull, read_source
from pipelines.sources.secret import Secrets

LATER = datetime(2026, 2, 1, tzinfo=UTC)


def canonical(folder):
    tables = Lake(Workspace(folder)).canonical()
    return {name: frame.to_dicts() for name, frame in tables.items()}


@pytest.fixture
def ingest(address, tmp_path):
    """Pulls and maps as the command does, without its checks of quality; returns run and tables."""

    def run(mapping="hubspot", **more):
        patience = Patience(backoff=0.0)
        paths = Workspace(tmp_path)
        with HubSpotReader(address, "good", patience=patience, searches_a_second=1e6) as reader:
            done = run_hubspot(reader, paths, load_mapping(mapping), now=LATER, **more)
        run_ingest(done.folder, mapping, paths, now=LATER, has_checks=False)
        return done, canonical(tmp_path)

    return run


@pytest.fixture
def full(account):
    """An account with one of everything."""
    account.owners["9"] = {
        "first": "Lena",
        "last": "Vogt",
        "email": "lena@n.example",
        "team": "DACH",
    }
    account.owners["8"] = {
        "first": "Old",
        "last": "Rep",
        "email": "old@n.example",
        "archived": True,
    }
    one = account.add(
        "companies",
        name="Alder",
        domain="alder.example",
        country="Germany",
        numberofemployees="250",
        hubspot_owner_id="9",
    )
    two = account.add("companies", name="Birch", country="Atlantis")
    ana = account.add(
        "contacts",
        email="Ana@alder.example",
        firstname="Ana",
        phone="030 123456",
        country="Deutschland",
        hs_language="de-de",
        hs_timezone="europe_slash_berlin",
        hubspot_owner_id="9",
        lifecyclestage="Lead",
        plan="gold",
    )
    account.link("contacts", ana, "companies", two, 279)
    account.link("contacts", ana, "companies", one, 1)
    no = account.add("contacts", email="no@alder.example", hs_email_optout="true")
    partly = account.add("contacts", email="partly@alder.example")
    account.subscribe("ana@alder.example", "1", "SUBSCRIBED", legalBasis="CONSENT_WITH_NOTICE")
    account.subscribe("partly@alder.example", "2", "UNSUBSCRIBED")
    closed = {"hs_is_closed": "true", "closedate": "2026-01-01T12:00:00Z", "pipeline": "default"}
    won = account.add(
        "0-3",
        dealname="Won",
        dealstage="closedwon",
        amount="900",
        hs_is_closed_won="true",
        **closed,
    )
    open_ = account.add(
        "0-3",
        dealname="Open",
        pipeline="default",
        dealstage="appointmentscheduled",
        amount="500",
        deal_currency_code="EUR",
        closedate="2027-01-01T12:00:00Z",
    )
    account.link("0-3", won, "contacts", ana, 3)
    account.link("0-3", won, "companies", one, 5)
    call = account.add("calls", hs_timestamp="2026-01-01T09:00:00Z", hs_call_title="Intro")
    account.link("calls", call, "contacts", ana, 194)
    account.link("calls", call, "contacts", no, 194)
    account.add("meetings", hs_timestamp="2027-01-01T09:00:00Z", hs_meeting_title="Ahead")
    account.add("tasks", hs_timestamp="2026-01-01T09:00:00Z", hs_task_status="NOT_STARTED")
    ids = dict(one=one, two=two, ana=ana, no=no, partly=partly, won=won, open=open_, call=call)
    return ids


def test_an_account_becomes_canonical_tables_by_one_command(full, address, tmp_path):
    """R51 R193: a refusal of any mail stops every one; a yes has a basis, a source and a date."""
    said = CliRunner().invoke(
        app,
        ["--source", "hubspot", "-w", str(tmp_path), "--now", "2026-02-01", "--json"],
        env={"PARLEY_HUBSPOT_TOKEN": "good", "PARLEY_HUBSPOT_URL": address},
    )
    assert said.exit_code == 0, said.output
    report, tables = json.loads(said.stdout), canonical(tmp_path)
    assert report["pull"]["is_whole"]
    accounts = {row["account_id"]: row for row in tables["accounts"]}
    assert accounts[full["one"]]["country"] == "DE"
    assert accounts[full["one"]]["employees"] == 250
    assert accounts[full["two"]]["country"] is None
    contacts = {row["contact_id"]: row for row in tables["contacts"]}
    ana = contacts[full["ana"]]
    assert ana["account_id"] == full["one"], "the primary company, though it is not the first"
    assert (ana["email"], ana["phone"]) == ("ana@alder.example", "+4930123456")
    assert (ana["country"], ana["language"], ana["time_zone"]) == ("DE", "de", "Europe/Berlin")
    assert [contacts[full[n]]["do_not_contact"] for n in ("ana", "no", "partly")] == [
        False,
        True,
        False,
    ]
    owners = {row["owner_id"]: (row["name"], row["active"]) for row in tables["owners"]}
    assert owners == {"9": ("Lena Vogt", True), "8": ("Old Rep", False)}
    won, still_open = (
        next(row for row in tables["opportunities"] if row["opportunity_id"] == full[name])
        for name in ("won", "open")
    )
    assert (won["stage"], won["is_won"], won["amount_usd"]) == ("closedwon", True, 900.0)
    assert (won["account_id"], won["contact_id"]) == (full["one"], full["ana"])
    assert won["closed_at"] is not None
    assert still_open["is_won"] is None
    assert still_open["closed_at"] is None, "a forecast is no closing"
    assert still_open["amount_usd"] is None, "euros are no dollars"
    done = {(row["activity_id"], row["contact_id"]) for row in tables["activities"]}
    ids = {full["ana"], full["no"]}
    assert done == {(f"call:{full['call']}:{one}", one) for one in ids}
    (yes,) = [row for row in tables["consents"] if row["status"] == "granted"]
    assert (yes["purpose"], yes["basis"], yes["source_text"]) == ("prospecting", "consent", "form")
    assert yes["recorded_at"].year == 2026
    stopped = pl.read_parquet(Lake(Workspace(tmp_path)).suppressions)
    assert set(stopped.get_column("contact_id")) == {full["no"], full["partly"]}


def test_a_merged_contact_is_the_person_that_it_was_and_its_refusal_holds(full, account, ingest):
    """Whoever refused cannot be written to again because somebody tidied up."""
    _, before = ingest()
    merged = account.merge("contacts", full["ana"], full["partly"])
    _, after = ingest()
    assert {row["contact_id"] for row in after["contacts"]} == {full["no"], merged}
    persons = {row["contact_id"]: row["person_id"] for row in before["contacts"]}
    (now,) = [row["person_id"] for row in after["contacts"] if row["contact_id"] == merged]
    assert now in (persons[full["ana"]], persons[full["partly"]])
    (no,) = [row for row in after["consents"] if row["status"] == "withdrawn"]
    assert (no["email"], no["contact_id"]) == ("partly@alder.example", merged)


def test_what_was_not_learnt_of_an_address_counts_as_no_consent(full, account, ingest):
    _, before = ingest()
    assert any(row["status"] == "granted" for row in before["consents"])
    account.subscribe("ana@alder.example", "1", "UNSUBSCRIBED")
    account.edit("contacts", full["ana"], email="ana@alder.example")
    account.unanswered.add("ana@alder.example")
    run, after = ingest()
    assert not any(row["status"] == "granted" for row in after["consents"])
    assert any("not learnt of 1 addresses" in gap for gap in run.pull.gaps())


def test_a_token_that_loses_its_scope_leaves_nobody_with_an_old_yes(full, account, ingest):
    ingest()
    account.forbidden = {"statuses"}
    account.edit("contacts", full["no"], firstname="No")
    run, after = ingest()
    assert "--full" in run.pull.refused["subscriptions"]
    assert not any(row["status"] == "granted" for row in after["consents"])
    account.forbidden = set()
    _, after = ingest()
    assert not any(row["status"] == "granted" for row in after["consents"]), "not read yet"
    _, after = ingest(is_full=True)
    assert any(row["status"] == "granted" for row in after["consents"])


def test_a_mapping_of_ones_own_asks_for_ones_own_properties(full, ingest, tmp_path):
    """R192: field by field, down to properties that only this account has."""
    text = (SHIPPED / "hubspot.yaml").read_text(encoding="utf-8")
    place = "          do_not_contact: {first_of: [hs_email_optout, {const: false}]}\n"
    assert place in text
    mine = tmp_path / "mine.yaml"
    mine.write_text(text.replace(place, f"{place}        attributes:\n          plan: plan\n"))
    assert properties_of(load_mapping(str(mine)))["contacts"] == ["plan"]
    _, tables = ingest(str(mine))
    assert {row["contact_id"]: row["x_plan"] for row in tables["contacts"]}[full["ana"]] == "gold"


def test_what_webhooks_named_is_pulled_and_refusals_are_listed(full, account, ingest, tmp_path):
    open_engine(f"sqlite:///{tmp_path}/runtime.db").dispose()
    store = open_store(Settings(workspace=tmp_path))
    at = datetime(2026, 1, 31, tzinfo=UTC)
    new = account.add("contacts", email="new@alder.example")
    account.unindexed.add(new)
    said = CrmNews(
        "northbeam", "k1", "contacts", new, "contact.propertyChange", at, at, stop="open"
    )
    with store.begin() as tx:
        tx.add_news(said)
        tx.add_news(
            replace(said, news_id="k2", record_id=full["one"], kind="companies", stop="none")
        )
    run, tables = ingest(store=store)
    assert new in {row["contact_id"] for row in tables["contacts"]}
    assert (run.named, run.listed) == (2, 1)
    with store.begin() as tx:
        assert not tx.news_waiting()
        assert not tx.stops_open()
        assert tx.listing("email", "new@alder.example") is not None
        assert tx.listing("email", ANA.email) is None
    store.engine.dispose()


def test_a_pull_that_is_cut_off_leaves_the_files_as_they_were(full, account, ingest):
    _, before = ingest()
    account.now += timedelta(hours=1)
    account.edit("contacts", full["ana"], firstname="Anna")
    account.faults.extend([None] * 9 + [(429, {"Retry-After": "9999"})])
    with pytest.raises(PipelineError, match=r"asks to wait 9999 s.*has landed"):
        ingest()
    account.faults.clear()
    _, after = ingest()
    assert before["contacts"] != after["contacts"]


def test_without_a_token_it_says_which_one(tmp_path):
    said = CliRunner().invoke(app, ["--source", "hubspot", "-w", str(tmp_path)])
    assert "PARLEY_HUBSPOT_TOKEN is empty" in str(said.exception)


def test_the_scopes_are_listed_and_are_for_reading_only():
    """R194: from the same list that the pull reads by."""
    said = CliRunner().invoke(app, ["--source", "hubspot", "--scopes"])
    assert said.stdout.split() == [*read_scopes()]
    assert not [one for one in read_scopes() if "write" in one]


def test_it_is_a_source_of_the_workspace_like_any_other(account, address, tmp_path):
    """`parley sources` checks it, pulls it, and says what is not readable."""
    account.add("contacts", email="ana@x.example")
    account.forbidden = {"emails"}
    (tmp_path / "hubspot.yaml").write_text(f"kind: hubspot\nsource: hubspot\nurl: {address}\n")
    source = read_source(tmp_path / "hubspot.yaml")
    secrets = Secrets({"PARLEY_HUBSPOT_TOKEN": "good"})
    counted = {one.table: (one.rows, one.note) for one in source.check(secrets)}
    assert counted["contacts"] == (1, "")
    assert counted["emails"][0] is None
    assert "403" in counted["emails"][1]
    landed = pull(source, tmp_path / "landing", secrets, now=LATER)
    assert {one.name: one.new for one in landed.tables}["contacts"] == 1
    account.faults.extend([None] * 9 + [(429, {"Retry-After": "9999"})])
    with pytest.raises(PipelineError, match="has landed"):
        pull(source, tmp_path / "landing", secrets, now=LATER)
