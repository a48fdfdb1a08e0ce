"""The daily batch: the first run, a day with one per cent changed, and a day without a change.

Each run is a process of its own, from the folder of exports to the runtime store, checks included,
with Dagster's events in SQLite. Dagster's overhead is what it takes to materialise the assets
beside the time inside their functions and checks, which are ours. Seconds of the processor stand
beside those of the wall, since whoever shares the machine lengthens only the latter.
"""

import inspect
import json
import os
import resource
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, timedelta
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from unittest.mock import patch

from tests.benchmarks.crm_export import START, write_export

CONTACTS, CHANGED = 100_000, 0.01
MOST_SHARE, MOST_OVERHEAD = 0.2, 0.3


def measure(contacts=CONTACTS):
    """Runs day 0, day 1 with its changes, and day 1 again; returns what each of them cost."""
    with TemporaryDirectory(prefix="parley-bench-") as name:
        folder = Path(name)
        exports = [
            write_export(folder / f"day{day}", contacts, day=day, changed=CHANGED) for day in (0, 1)
        ]
        runs = {
            said: _run(folder / "workspace", exports[day], day)
            for said, day in (("first", 0), ("day", 1), ("unchanged", 1))
        }
    first, day, unchanged = runs["first"], runs["day"], runs["unchanged"]
    if day["contacts_changed"] > 5 * CHANGED * contacts:
        raise AssertionError("more contacts were brought than had changed")
    return {
        "contacts": contacts,
        "changed": CHANGED,
        **runs,
        "day_share_of_first_wall": round(day["wall_s"] / first["wall_s"], 3),
        "day_share_of_first_cpu": round(day["cpu_s"] / first["cpu_s"], 3),
        "unchanged_share_of_first_wall": round(unchanged["wall_s"] / first["wall_s"], 3),
        "dagster_share_of_day": day["dagster_share"],
        "bounds": {"day_share_of_first": MOST_SHARE, "dagster_share": MOST_OVERHEAD},
    }


def _run(workspace, exports, day):
    """Runs a batch in a process of its own; the machine's load at its end stands beside it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.daily", str(workspace), str(exports), str(day)],
        check=True,
        capture_output=True,
        text=True,
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    return figures | {"load": round(os.getloadavg()[0], 1)}


def batch(workspace, exports, day):
    """Runs one batch in this process; returns seconds, the slowest assets and the most memory."""
    import dagster as dg

    from agent_runtime.settings import Workspace
    from pipelines import ingest

    spent, whole = Spent(), Spent()
    assets = (*ingest.INGEST, *ingest.CAMPAIGN, ingest.outreach.runtime_imports)
    for asset in assets:
        _time(asset, spent)
    now = START.replace(tzinfo=UTC) + timedelta(days=day)
    events = workspace / "dagster"
    events.mkdir(parents=True, exist_ok=True)
    materialize = whole.of("dagster", dg.materialize)
    with (
        dg.DagsterInstance.local_temp(str(events)) as instance,
        patch.object(dg, "materialize", materialize),
    ):
        with whole.on("batch"):
            ingest.run_batch(Workspace(workspace), exports=exports, now=now, instance=instance)
        brought = instance.get_latest_materialization_event(
            dg.AssetKey(["outreach", "runtime_imports"])
        ).asset_materialization.metadata["contacts_changed"]
    wall = whole.wall["dagster"] - spent.wall.total()
    cpu = whole.cpu["dagster"] - spent.cpu.total()
    return {
        "wall_s": round(whole.wall["batch"], 2),
        "cpu_s": round(whole.cpu["batch"], 2),
        "dagster_s": round(wall, 2),
        "dagster_cpu_s": round(cpu, 2),
        "dagster_share": round(wall / whole.wall["batch"], 3),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "contacts_changed": brought.value,
        "assets_s": {name: round(wall, 2) for name, wall in spent.wall.most_common()},
        "assets_cpu_s": {name: round(cpu, 2) for name, cpu in spent.cpu.most_common()},
    }


class Spent:
    """Seconds by name: of the wall, and of the processor on all of this process's threads."""

    def __init__(self):
        self.wall, self.cpu = Counter(), Counter()

    @contextmanager
    def on(self, name):
        """Counts the seconds inside the block."""
        wall, cpu = perf_counter(), process_time()
        try:
            yield
        finally:
            self.wall[name] += perf_counter() - wall
            self.cpu[name] += process_time() - cpu

    def of(self, name, function):
        """Returns a function whose seconds are counted, and between its results are not."""

        @wraps(function)
        def whole(*args, **kwargs):
            with self.on(name):
                return function(*args, **kwargs)

        @wraps(function)
        def in_parts(*args, **kwargs):
            results = function(*args, **kwargs)
            while True:
                with self.on(name):
                    result = next(results, None)
                if result is None:
                    return
                yield result

        return in_parts if inspect.isgeneratorfunction(function) else whole


def _time(asset, spent):
    """Counts the seconds inside an asset's or a check's own function."""
    decorated = asset.op.compute_fn
    timed = spent.of(asset.op.name, decorated.decorated_fn)
    asset.op._compute_fn = decorated._replace(decorated_fn=timed)


if __name__ == "__main__":
    place, source, number = sys.argv[1:]
    sys.stdout.write(json.dumps(batch(Path(place), Path(source), int(number))) + "\n")
