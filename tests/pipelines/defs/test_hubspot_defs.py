"""HubSpot's assets: nothing without a token, a pull with one, and a sensor for its webhooks."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from agent_runtime.news_port import CrmNews
from agent_runtime.settings import Settings, Workspace
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from pipelines.defs.hubspot import FILES, hubspot_events, hubspot_pull
from pipelines.lake import Lake
from pipelines.resources import BatchResource, HubSpotResource, WorkspaceResource
from pipelines.sources.landing import read_landed

sys.path.append(str(Path(__file__).parents[2] / "agent_runtime" / "crm"))

NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def account():
    from hubspot_reading import ReadableHubSpot
    from hubspot_stand_in import running

    made = ReadableHubSpot()
    made.add("contacts", email="ana@x.example")
    with running(made) as url:
        made.url = url
        yield made


@pytest.fixture
def resources(tmp_path, account):
    return {
        "workspace": WorkspaceResource(root=str(tmp_path), tenant_id="t", now=NOW.isoformat()),
        "batch": BatchResource(mapping="hubspot"),
        "hubspot": HubSpotResource(url=account.url),
    }


def test_without_a_token_nothing_is_asked_and_the_batch_goes_on(account, resources, monkeypatch):
    monkeypatch.delenv("PARLEY_HUBSPOT_TOKEN", raising=False)
    assert dg.materialize([hubspot_pull], resources=resources).success
    assert account.log == []
    context = dg.build_sensor_context(resources=resources)
    assert isinstance(hubspot_events(context), dg.SkipReason)


def test_with_a_token_the_tables_land_and_say_how_many_rows(
    account, resources, monkeypatch, tmp_path
):
    monkeypatch.setenv("PARLEY_HUBSPOT_TOKEN", "good")
    done = dg.materialize([hubspot_pull], resources=resources)
    (event,) = done.asset_materializations_for_node("hubspot_pull")[:1]
    rows = {
        one.asset_key.path[-1]: one.metadata.get("dagster/row_count")
        for one in done.asset_materializations_for_node("hubspot_pull")
    }
    assert event.asset_key.path[0] == FILES.path[0] == "sources"
    assert rows["hubspot_contacts"].value == 1
    assert read_landed(Lake(Workspace(tmp_path)).landing, "hubspot", "contacts").height == 1
    assert (tmp_path / "exports/hubspot/contacts.parquet").is_file()


def test_the_sensor_asks_for_a_pull_once_for_what_webhooks_named(
    account, resources, monkeypatch, tmp_path
):
    monkeypatch.setenv("PARLEY_HUBSPOT_TOKEN", "good")
    context = dg.build_sensor_context(resources=resources)
    assert "no runtime store" in hubspot_events(context).skip_message
    open_engine(f"sqlite:///{tmp_path}/runtime.db").dispose()
    assert "No webhook" in hubspot_events(context).skip_message
    store = open_store(Settings(workspace=tmp_path, tenant_id="t"))
    with store.begin() as tx:
        tx.add_news(CrmNews("t", "k1", "contacts", "101", "contact.creation", NOW, NOW))
    store.engine.dispose()
    assert hubspot_events(context).run_key == "k1"
