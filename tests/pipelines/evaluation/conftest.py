"""A workspace, and `parley evaluate` on a few cases of each kind."""

import json

import pytest
from typer.testing import CliRunner

from pipelines.evaluation.cli import app

FEW = ("--sample", "5", "--json")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("evaluated")


@pytest.fixture(scope="session")
def evaluate():
    """Runs the command and returns what it says, as JSON where that is asked for."""

    def run(workspace, *options):
        done = CliRunner().invoke(
            app, ["-w", str(workspace), *FEW, *options], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout.splitlines()[-1])

    return run
