"""A small campaign of the sandbox, played once, whose turns lie in a workspace to be replayed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_runtime.library.catalog import load_library
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.sandbox.company import write_company
from agent_runtime.sandbox.fast import play
from agent_runtime.sandbox.simulation import Simulation
from agent_runtime.sandbox.truth import Params
from agent_runtime.sandbox.world import LAUNCH_AT
from agent_runtime.settings import Workspace, load_settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from pipelines.ingest import run_batch
from pipelines.replays.cli import app


@pytest.fixture(scope="session")
def played(tmp_path_factory) -> Path:
    """A workspace with the traces of a small campaign; tests only read it."""
    root = tmp_path_factory.mktemp("played")
    paths = Workspace(root)
    write_company(paths.exports, paths.sandbox, 13, 110)
    run_batch(paths, now=LAUNCH_AT, loads_store=False, has_checks=False)
    simulation = Simulation(Params(seed=13, planted_effect=0.3, base_rate=0.1), LAUNCH_AT, 6)
    settings = load_settings(root)
    store = play(
        paths,
        simulation,
        tenant_id=settings.tenant_id,
        library=load_library(),
        model=load_embedded_model(cache=settings.cache),
    )
    open_engine(f"sqlite:///{paths.store}").dispose()
    with open_store(settings).begin() as tx:
        for event in store.events:
            tx.trace(event)
    return root


@pytest.fixture
def replayed(played):
    """Runs `parley replay --json` on the campaign; returns its exit code and what it found."""

    def run(*words: str):
        told = CliRunner().invoke(app, [*words, "--json", "-w", str(played)])
        assert told.exit_code in (0, 1), told.output
        return told.exit_code, json.loads(told.stdout)

    return run
