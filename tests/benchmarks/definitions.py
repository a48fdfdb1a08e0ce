"""`dg check defs`: CPU seconds of our definitions beside an empty project's, in the same run.

Ours are those of a workspace with ten campaigns, each with every kind of sensor.

The manifest of the dbt project is parsed ahead; one run of each before the first that counts. The
least of three stands, since whoever shares a core can only add to it.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from pipelines.campaign import SHIPPED
from pipelines.manifest import ensure_manifest

OURS = Path(__file__).resolve().parents[2]
BOUND_CPU_S = 10.0
RUNS = 3
CAMPAIGNS = 10

_EMPTY = {
    "pyproject.toml": """
[project]
name = "empty"
version = "0"
[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "empty"
code_location_target_module = "empty.definitions"
defs_module = "empty.defs"
""",
    "empty/__init__.py": "",
    "empty/definitions.py": """
from pathlib import Path
from dagster import definitions, load_from_defs_folder

@definitions
def defs():
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
""",
    "empty/defs/one.py": """
import dagster as dg

@dg.asset
def one(): ...
""",
}


def measure() -> dict[str, float | bool]:
    """Returns the least CPU seconds of both, run in turn, and what ours costs beside the empty."""
    ensure_manifest()
    with TemporaryDirectory() as folder:
        empty = Path(folder)
        for name, text in _EMPTY.items():
            (empty / name).parent.mkdir(parents=True, exist_ok=True)
            (empty / name).write_text(text, encoding="utf-8")
        ten = _write_campaigns(empty / "run")
        for project in (OURS, empty):
            _cpu_s(project, ten)
        pairs = [(_cpu_s(OURS, ten), _cpu_s(empty, ten)) for _ in range(RUNS)]
    ours, bare = (min(side) for side in zip(*pairs, strict=True))
    return {
        "cpu_s": round(ours, 2),
        "empty_project_cpu_s": round(bare, 2),
        "ratio": round(ours / bare, 2),
        "campaigns": CAMPAIGNS,
        "bound_cpu_s": BOUND_CPU_S,
        "is_within_bound": ours <= BOUND_CPU_S,
    }


def _write_campaigns(workspace: Path) -> Path:
    document = yaml.safe_load((SHIPPED / "prospecting.yaml").read_text("utf-8"))
    triggers = [{"event": "funding", "window_days": 14}]
    (workspace / "campaigns").mkdir(parents=True)
    for n in range(CAMPAIGNS):
        text = yaml.safe_dump(document | {"id": f"campaign-{n}", "triggers": triggers})
        (workspace / "campaigns" / f"campaign_{n}.yaml").write_text(text, "utf-8")
    return workspace


def _cpu_s(project: Path, workspace: Path) -> float:
    """Returns what one check costs, its code server included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [str(Path(sys.executable).with_name("dg")), "check", "defs"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), "PARLEY_WORKSPACE": str(workspace)},
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
