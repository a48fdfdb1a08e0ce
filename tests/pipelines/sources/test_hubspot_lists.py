"""R191: who is on which list of marketing automation comes in, and segments may ask for it."""

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from agent_runtime.settings import Workspace
from pipelines.ingest import app
from pipelines.lake import Lake
from pipelines.sources.hubspot.export import export_hubspot
from pipelines.sources.hubspot.progress import Wanted
from pipelines.sources.landing import read_landed
from pipelines.sources.mapping import SHIPPED
from pipelines.transforms.consent import bases, suppressions
from pipelines.transforms.facts import contact_facts
from pipelines.transforms.segment import Segment, members

WEBINAR, NEWS = "Webinar March / 2026", "News"


def on_lists(pull):
    found = read_landed(pull.landing, "hubspot", "list_members")
    return set(found.select("list_name", "record_id").iter_rows())


@pytest.fixture
def people(account):
    return [account.add("contacts", email=f"p{n}@x.example") for n in range(3)]


def test_members_of_named_lists_are_read_whole_each_time(account, pull, people):
    ana, bo, cy = people
    webinar = account.lists.add(WEBINAR, members=[ana, bo])
    account.lists.add(NEWS, members=[cy])
    account.lists.add("Nobody asked for this", members=people)
    report = pull(wanted=Wanted(lists=(WEBINAR, NEWS)))
    assert report.is_whole
    assert on_lists(pull) == {(WEBINAR, ana), (WEBINAR, bo), (NEWS, cy)}
    del account.lists.lists[webinar]["members"][ana]
    account.lists.lists[webinar]["members"][cy] = "2026-01-12T09:00:00Z"
    pull(wanted=Wanted(lists=(WEBINAR, NEWS)))
    assert on_lists(pull) == {(WEBINAR, bo), (WEBINAR, cy), (NEWS, cy)}
    account.lists.lists[webinar]["members"].clear()
    pull(wanted=Wanted(lists=(WEBINAR, NEWS)))
    assert on_lists(pull) == {(NEWS, cy)}


def test_a_list_of_many_pages_is_read_to_its_end(account, pull):
    people = [account.add("contacts", email=f"p{n}@x.example") for n in range(260)]
    account.lists.add(NEWS, members=people)
    pull(wanted=Wanted(lists=(NEWS,)))
    assert len(on_lists(pull)) == 260


def test_a_list_that_cannot_be_read_is_named_and_loses_nobody(account, pull, people):
    number = account.lists.add(NEWS, members=people)
    pull(wanted=Wanted(lists=(NEWS,)))
    account.lists.lists[number]["name"] = "Newsletter"
    report = pull(wanted=Wanted(lists=(NEWS,)))
    assert any("'News'" in gap for gap in report.gaps())
    assert len(on_lists(pull)) == 3


def test_the_export_has_the_members_of_the_lists_that_are_named_now(account, pull, people):
    account.lists.add(NEWS, members=people[:1])
    pull(wanted=Wanted(lists=(NEWS,)))
    folder = pull.landing.parent / "files"
    export_hubspot(pull.landing, folder, now=pull.now, lists=(NEWS,))
    (row,) = pl.read_parquet(folder / "list_members.parquet").iter_rows(named=True)
    assert (row["list_name"], row["record_id"], row["email"]) == (NEWS, people[0], "p0@x.example")
    export_hubspot(pull.landing, folder, now=pull.now)
    assert pl.read_parquet(folder / "list_members.parquet").is_empty()


DO_NOT_MAIL = "Do not mail"


@pytest.fixture
def lake(account, address, people, tmp_path):
    """Ingested: the first person came to a webinar, the second stands on a list of refusals."""
    account.lists.add(WEBINAR, members=people[:2])
    account.lists.add(DO_NOT_MAIL, members=people[1:2])
    mapping = yaml.safe_load((SHIPPED / "hubspot.yaml").read_text("utf-8"))
    (file,) = [one for one in mapping["files"] if one["path"] == "list_members.parquet"]
    refusal = {
        "table": "consents",
        "when": {"column": "list_name", "is_in": [DO_NOT_MAIL]},
        "fields": {
            "consent_id": {"template": "{list_name}:{record_id}"},
            "contact_id": "record_id",
            "email": "email",
            "channel": {"const": "email"},
            "purpose": {"const": "prospecting"},
            "status": {"const": "denied"},
            "source_text": "list_name",
            "recorded_at": "since",
        },
    }
    file["routes"].append(refusal)
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(mapping), "utf-8")
    said = CliRunner().invoke(
        app,
        ["--source", "hubspot", "--mapping", str(own), "-w", str(tmp_path), "--now", "2026-02-01"],
        env={
            "PARLEY_HUBSPOT_TOKEN": "good",
            "PARLEY_HUBSPOT_URL": address,
            "PARLEY_HUBSPOT_LISTS": f'["{WEBINAR}", "{DO_NOT_MAIL}"]',
        },
    )
    assert said.exit_code == 0, said.output
    return Lake(Workspace(tmp_path))


def test_a_segment_asks_for_a_list_and_says_why_somebody_is_out(lake, pull, people):
    """R54: in brackets it is exactly this list."""
    facts = contact_facts(lake.canonical(), now=pull.now)
    must = {"field": "lists.names", "op": "contains", "value": f"[{WEBINAR}]"}
    rules = [{"id": "came_to_the_webinar", "must": must}]
    segment = Segment(id="guests", version=1, description="Guests.", rules=rules)
    found = {row["contact_id"]: row for row in members(facts, segment).iter_rows(named=True)}
    assert [found[one]["is_member"] for one in people] == [True, True, False]
    assert found[people[2]]["reason"] == f"must be: lists.names contains [{WEBINAR}]"


def test_a_list_of_refusals_stops_and_a_list_is_never_a_consent(lake, people):
    tables = lake.canonical()
    stopped = suppressions(tables, lake.quarantine())
    assert set(stopped["contact_id"]) == {people[1]}
    assert stopped["source_text"].to_list() == [DO_NOT_MAIL]
    assert bases(tables, "prospecting").is_empty()
