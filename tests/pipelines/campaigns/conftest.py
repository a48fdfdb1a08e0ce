"""A workspace whose export was read, and the shipped campaign in it."""

import shutil
from datetime import date

import pytest
import yaml

from agent_runtime.settings import Workspace
from pipelines.campaign import SHIPPED
from pipelines.campaigns.approving import approve
from pipelines.campaigns.book import read_book
from pipelines.campaigns.running import Day

TENANT = "northbeam"


@pytest.fixture(scope="session")
def read_export(tmp_path_factory, export_writer, nightly_read):
    """A workspace as it is after the nightly read: tables and facts, and nobody queued."""
    paths = Workspace(tmp_path_factory.mktemp("campaigns"))
    export_writer(paths.exports)
    nightly_read(paths)
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
