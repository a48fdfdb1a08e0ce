"""A workspace whose export was read, and the shipped campaign in it."""

import shutil
from datetime import date

import dagster as dg
import pytest
import yaml

from agent_runtime.settings import Workspace
from pipelines import ingest
from pipelines.campaign import SHIPPED
from pipelines.campaigns.approving import approve
from pipelines.campaigns.book import read_book
from pipelines.campaigns.running import Day
from pipelines.defs import segments
from pipelines.resources import WorkspaceResource

TENANT = "northbeam"


@pytest.fixture(scope="session")
def read_export(tmp_path_factory, export_writer, now):
    """A workspace as it is after the nightly read: tables and facts, and nobody queued."""
    paths = Workspace(tmp_path_factory.mktemp("campaigns"))
    export_writer(paths.exports)
    ingest.run_ingest(paths.exports, "sandbox", paths, now=now, has_checks=False)
    workspace = WorkspaceResource(root=str(paths.root), tenant_id=TENANT, now=now.isoformat())
    dg.materialize(
        [segments.contact_facts],
        resources={"workspace": workspace},
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    return paths


@pytest.fixture
def paths(read_export, tmp_path):
    """A copy of that workspace for one test."""
    shutil.copytree(read_export.root, tmp_path / "w")
    return Workspace(tmp_path / "w")


@pytest.fixture
def write_campaign(paths):
    """Writes a campaign of the workspace: the shipped one with some fields changed."""

    def write(name="prospecting", **changes):
        document = yaml.safe_load((SHIPPED / "prospecting.yaml").read_text("utf-8"))
        folder = paths.root / "campaigns"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(document | changes), "utf-8")
        return path

    return write


@pytest.fixture
def page(paths):
    """The campaign of the workspace."""

    def find(name="prospecting"):
        return read_book(paths.root).page(name)

    return find


@pytest.fixture
def day_of(paths, page, now):
    """A day of the campaign, by default the first one, in the morning."""

    def make(day=date(2026, 1, 12), *, name="prospecting", at=now):
        return Day(paths, TENANT, page(name).campaign, day, at)

    return make


@pytest.fixture
def approved(paths, page, now):
    """Approves the campaign as it is now."""

    def stand_for(name="prospecting", by="Ada Roe"):
        return approve(paths, page(name), by=by, now=now)

    return stand_for
