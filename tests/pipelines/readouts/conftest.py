"""A whole readout of a small made-up campaign, made once."""

import sys
from pathlib import Path

import pytest

from agent_runtime.settings import Workspace

sys.path.append(str(Path(__file__).parents[2] / "dbt"))


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace of a campaign of 300 people after `run_readout`."""
    from campaign_world import World
    from trace_payloads import DAY_0, END
    from world_files import write_sandbox_truth, write_world

    from experiments.registry import register
    from experiments.spec import SHIPPED_SPECS, load_spec
    from pipelines.readout import run_readout

    workspace = Workspace(tmp_path_factory.mktemp("readout"))
    world = World(people=300, base_rate=0.1, lift=0.2, bustle=2)
    write_world(workspace, world)
    write_sandbox_truth(workspace, world)
    spec = SHIPPED_SPECS / "icp-prospecting.yaml"
    register(
        workspace.registry, load_spec(spec), approver="Ada Roe", code_version="0.1.0", now=DAY_0
    )
    run_readout(workspace, tenant_id="northbeam", now=END, spec_path=spec)
    return workspace


READ = (
    "meetings_set",
    "positive_intent_rate",
    "compliance_pass_rate",
    "unsubscribe_rate",
    "program_cost_usd",
    "first_response_minutes",
    "meeting_rate",
    "accuracy_score",
)
"""What the dashboards of the tests hold: all kinds of metric, and one that nobody measured."""


@pytest.fixture(scope="session")
def dashboards(ran: Workspace) -> Workspace:
    """The workspace of `ran` with dashboards over a few metrics; each more costs planning."""
    from pipelines.lake import write
    from pipelines.readouts.dashboards.build import build_dashboards
    from pipelines.readouts.dashboards.definitions import Split
    from pipelines.readouts.slices import metric_slices, slices_path

    splits = [Split("unsubscribe_rate", "arm"), Split("meeting_rate", "arm")]
    write(metric_slices(ran.warehouse, READ, splits), slices_path(ran))
    build_dashboards(ran)
    return ran
