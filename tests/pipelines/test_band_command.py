"""`parley autonomy band` on a store on disk: what is shown, put in force, drawn and closed."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.band.keeping import publish, state_of_band
from agent_runtime.band.noting import note_found
from agent_runtime.band.rows import BandMessage
from agent_runtime.clock import write_now
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import load_library
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store, read_status
from agent_runtime.store.engine import open_engine
from pipelines.band_cli import autonomy
from pipelines.defs.safe_bands import safe_bands
from pipelines.errors import PipelineError
from pipelines.resources import WorkspaceResource
from pipelines.safe_band import renew, terms_of
from pipelines.safe_band_daily import SAFE_BANDS, as_table, renew_all

NOW = datetime(2026, 1, 20, 9, tzinfo=UTC)
PLAYBOOK = "nurture"


def judged(number, *, state="RIGHT", category="answer/answer.integration/en", **more):
    row = BandMessage(
        tenant_id="northbeam",
        message_id=f"m{number}",
        playbook=PLAYBOOK,
        category=category,
        confidence=0.85 + 0.1 * (number % 10) / 10,
        share=1.0,
        weight=1.0,
        made_at=NOW - timedelta(days=10) + timedelta(minutes=number),
        went=False,
        state=state,
    )
    return replace(row, **more)


@pytest.fixture
def workspace(tmp_path):
    """A workspace in which people have judged 500 drafts, all right but the unsure ones."""
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    write_now(engine, NOW)
    engine.dispose()
    with store_of(tmp_path).begin() as tx:
        for number in range(500):
            tx.save_band_message(judged(number))
    return tmp_path


def store_of(workspace):
    return open_store(load_settings(workspace))


def band(workspace, *words):
    return CliRunner().invoke(autonomy, ["band", *words, "-w", str(workspace)])


def said(workspace, *words):
    done = band(workspace, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_before_a_calibration_it_says_what_holds_and_what_it_takes(workspace):
    """R227."""
    told = band(workspace, "show", PLAYBOOK).output
    assert "no band is calibrated" in told
    assert "500 messages are judged" in told
    assert said(workspace, "show", PLAYBOOK)["band"] is None
    assert "never calibrated" in band(workspace, "history", PLAYBOOK).output
    drawn = band(workspace, "show", PLAYBOOK, "--picture", str(workspace / "x.html"))
    assert isinstance(drawn.exception, PipelineError)


def test_a_calibration_is_tried_dry_put_in_force_and_remembered(workspace):
    """R72, R227: a record with a version and a hash of its evidence."""
    dry = band(workspace, "calibrate", PLAYBOOK, "--dry-run").output
    assert "from 0.8" in dry
    assert "nothing was changed" in dry
    assert said(workspace, "show", PLAYBOOK)["band"] is None
    record = said(workspace, "calibrate", PLAYBOOK, "--by", "lena")
    (own,) = record["bands"]
    assert own["category"] == "answer/answer.integration/en"
    assert own["threshold"] >= 0.8
    assert len(record["evidence"]) == 64
    assert said(workspace, "show", PLAYBOOK)["band"]["record"] == record
    (entry,) = said(workspace, "history", PLAYBOOK)
    assert (entry["what"], entry["version"]) == ("calibrated", record["version"])
    assert "by lena" in entry["why"]
    again = said(workspace, "calibrate", PLAYBOOK)
    assert again["evidence"] == record["evidence"]


def test_what_went_unread_and_was_found_wrong_is_no_evidence_but_on_the_account(workspace):
    store = store_of(workspace)
    with store.begin() as tx:
        tx.save_band_message(judged(900, state="UNREAD", went=True, is_drawn=False))
        note_found(tx, "m900", how="complaint", now=NOW)
    record = renew(store, load_library().playbook(PLAYBOOK), by="t", now=NOW)
    assert record.judged == 500


def test_a_closed_band_is_said_and_only_new_judgements_open_it(workspace):
    """R72: by hand it closes with a reason; nothing but evidence opens it."""
    said(workspace, "calibrate", PLAYBOOK)
    nothing = band(workspace, "close", PLAYBOOK, "--why", " ")
    assert isinstance(nothing.exception, PipelineError)
    assert band(workspace, "close", PLAYBOOK, "--why", "new price list").exit_code == 0
    assert any("new price list" in line for line in read_status(load_settings(workspace)).narrowed)
    assert "NARROWED" in read_status(load_settings(workspace)).as_text()
    record = said(workspace, "calibrate", PLAYBOOK)
    assert not [one for one in record["bands"] if one["threshold"] is not None]
    store = store_of(workspace)
    with store.begin() as tx:
        for number in range(600, 1_000):
            at = NOW + timedelta(minutes=number)
            tx.save_band_message(judged(number, made_at=at))
    write_now(store.engine, NOW + timedelta(days=1))
    (opened,) = said(workspace, "calibrate", PLAYBOOK)["bands"]
    assert opened["judged"] == 400
    assert opened["threshold"] is not None
    assert read_status(load_settings(workspace)).narrowed == ()


def test_closing_what_was_never_calibrated_says_what_to_do(workspace):
    done = band(workspace, "close", PLAYBOOK, "--why", "x")
    assert "assistive" in str(done.exception)
    unknown = band(workspace, "show", "nobody")
    assert isinstance(unknown.exception, ParleyError)


def test_the_page_of_pictures_holds_every_category(workspace):
    store = store_of(workspace)
    with store.begin() as tx:
        for number in range(700, 900):
            wrong = judged(number, state="WRONG", category="answer/answer.security/en")
            tx.save_band_message(wrong)
    said(workspace, "calibrate", PLAYBOOK)
    page = workspace / "band.html"
    assert band(workspace, "show", PLAYBOOK, "--picture", str(page)).exit_code == 0
    text = page.read_text("utf-8")
    assert "answer / answer.integration / en" in text
    assert "answer / answer.security / en" in text
    assert text.index("integration / en</h2>") < text.index("security / en</h2>")
    assert "Closed: 200 judged messages show no safe confidence." in text


def test_a_share_that_is_none_is_refused_by_name(workspace):
    done = band(workspace, "calibrate", PLAYBOOK, "--most-errors", "5")
    assert "field most_errors, the value 5" in str(done.exception)


def test_a_bound_may_be_stricter_than_the_playbook_and_stays_so(workspace):
    looser = band(workspace, "calibrate", PLAYBOOK, "--most-errors", "0.2")
    assert "allows at most 0.05" in str(looser.exception)
    assert said(workspace, "calibrate", PLAYBOOK, "--most-errors", "0.04")["terms"] == {
        **asdict(terms_of(load_library().playbook(PLAYBOOK))),
        "most_errors": 0.04,
        "opens_at": 0.02,
    }
    assert said(workspace, "calibrate", PLAYBOOK)["terms"]["most_errors"] == 0.04


def test_the_sample_of_an_autonomous_agent_is_listed(workspace):
    assert "nothing of nurture waits" in band(workspace, "sample", PLAYBOOK).output
    with store_of(workspace).begin() as tx:
        tx.save_band_message(judged(950, state="SAMPLED", went=True, share=0.15))
    (row,) = said(workspace, "sample", PLAYBOOK)
    assert (row["message_id"], row["state"]) == ("m950", "SAMPLED")
    assert "m950" in band(workspace, "sample", PLAYBOOK).output


def test_every_day_only_playbooks_with_a_band_are_calibrated(workspace):
    """R227: the table says what is in force."""
    store, library = store_of(workspace), load_library()
    assert renew_all(store, library.playbooks.values(), now=NOW) == ()
    assert as_table(()).schema == SAFE_BANDS
    renew(store, library.playbook(PLAYBOOK), by="t", now=NOW)
    later = NOW + timedelta(days=1)
    records = renew_all(store, library.playbooks.values(), now=later)
    assert [record.playbook for record in records] == [PLAYBOOK]
    assert as_table(records)["made_at"].to_list() == [later]


def test_dagster_publishes_and_writes_what_is_in_force(workspace):
    """R227: an asset of the daily graph; the permit reads what it published."""
    resource = WorkspaceResource(root=str(workspace), tenant_id="northbeam")
    said(workspace, "calibrate", PLAYBOOK)
    done = dg.materialize([safe_bands], resources={"workspace": resource})
    (made,) = done.asset_materializations_for_node("readouts__safe_bands")
    assert made.metadata["playbooks"].value == 1
    table = pl.read_parquet(workspace / "lake" / "metrics" / "safe_bands.parquet")
    assert table.schema == SAFE_BANDS
    assert table["playbook"].to_list() == [PLAYBOOK]
    with store_of(workspace).begin() as tx:
        assert state_of_band(tx, PLAYBOOK).record.version == table["version"][0]


def test_messages_unlike_those_before_are_read_more_often(workspace):
    """Where confidence rises by itself, a person looks closer before anything was judged."""
    store, playbook = store_of(workspace), load_library().playbook(PLAYBOOK)
    with store.begin() as tx:
        for number in range(500, 700):
            tx.save_band_message(judged(number, confidence=0.3, state="WRONG"))
    first = renew(store, playbook, by="t", now=NOW)
    assert 0.6 < first.bands[0].share < 0.9
    with store.begin() as tx:
        for number in range(1_000, 1_060):
            at = NOW + timedelta(minutes=number)
            tx.save_band_message(judged(number, state="UNREAD", went=True, made_at=at))
    second = renew(store, playbook, by="t", now=NOW + timedelta(days=2))
    assert second.bands[0].is_shifted
    assert not first.bands[0].is_shifted
    with store.begin() as tx:
        assert state_of_band(tx, PLAYBOOK).record == second
        publish(tx, first, by="t", now=NOW)
    assert terms_of(playbook).most_errors == 0.05
    assert pl.DataFrame(schema=SAFE_BANDS).is_empty()
