"""One small campaign, built once: about 60 people who live through every case."""

from pathlib import Path

import pytest
from campaign_world import World

from agent_runtime.settings import Workspace


@pytest.fixture(scope="session")
def world() -> World:
    """Sixty people, so busy that everything happens at least once."""
    return World(people=64, seed=10, base_rate=0.12, lift=0.25, bustle=5, has_aftermath=True)


@pytest.fixture(scope="session")
def built(world: World, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace of the small campaign, with its warehouse."""
    from world_files import write_world

    from pipelines.warehouse import build_warehouse

    root: Path = tmp_path_factory.mktemp("campaign")
    workspace = Workspace(root)
    write_world(workspace, world)
    build_warehouse(workspace, tenant_id="northbeam")
    return workspace
