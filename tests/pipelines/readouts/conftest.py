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
    run_readout(workspace, now=END, spec_path=spec)
    return workspace
