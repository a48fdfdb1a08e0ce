"""The real `dagster dev` on a workspace of the sandbox, and what a RevOps person clicks there."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from urllib.request import Request, urlopen

REPOSITORY = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
PATIENCE_S = 900
"""A machine that several people share may take long to start a server of this size."""
IN_ORDER = (
    "sources",
    "crm",
    "segments",
    "assignment",
    "campaign_prospecting",
    "outreach",
    "traces",
    "warehouse",
    "readouts",
)
LOCATION = "pipelines.definitions"


def make_world(root, home, *, size=400):
    """Writes a company and reads it, each run kept in the Dagster that will show it."""
    import dagster as dg

    from agent_runtime.sandbox.company import write_company
    from agent_runtime.settings import Workspace
    from pipelines import ingest
    from pipelines.defs import segments
    from pipelines.resources import WorkspaceResource

    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: false}\n")
    paths, now = Workspace(root), datetime(2026, 1, 12, tzinfo=UTC)
    write_company(paths.exports, paths.sandbox, 7, size)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        ingest.run_ingest(paths.exports, "sandbox", paths, now=now, instance=instance)
        workspace = WorkspaceResource(root=str(root), tenant_id="northbeam", now=now.isoformat())
        dg.materialize(
            [segments.contact_facts],
            resources={"workspace": workspace},
            instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    return paths


@contextmanager
def dagster_dev(root, home):
    """Yields the address of a server on loopback; it and its children end with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("dagster"), "dev", "-m", LOCATION]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*map(str, command), "-h", "127.0.0.1", "-p", str(port)],
            cwd=REPOSITORY,
            env={**os.environ, "DAGSTER_HOME": str(home), "PARLEY_WORKSPACE": str(root)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        wait(
            lambda: (
                ask(
                    base,
                    "{ workspaceOrError { __typename ... on Workspace { "
                    "locationEntries { loadStatus locationOrLoadError { __typename } } } } }",
                )["workspaceOrError"]["locationEntries"][0]["locationOrLoadError"]["__typename"]
                == "RepositoryLocation"
            ),
            "the code location",
        )
        yield base
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def browser_page(*, width=1600, height=1000):
    """Yields a page of the system's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=list(FLAGS),
            timeout=PATIENCE_S * 1000,
        )
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=2)
        page.set_default_timeout(PATIENCE_S * 1000)
        yield page
        browser.close()


def walk(folder, *, pictures=None, width=1600, height=1000):
    """Makes a world and clicks through a campaign's life; returns what the pages and stores say.

    Args:
        folder: An empty one, for the workspace and for Dagster's home.
        pictures: Where pictures of the pages are put; None takes none.
        width: Of the window, pixels.
        height: Of the window, pixels.
    """
    from pipelines.campaigns.runtime import open_runtime

    root, home = folder / "run", folder / "dagster"
    paths = make_world(root, home)

    def paused():
        with open_runtime(paths, "northbeam") as runtime:
            return runtime.why_paused("prospecting")

    with dagster_dev(root, home) as base, browser_page(width=width, height=height) as page:
        on = Clicks(base, page, pictures)
        left = on.graph()
        described = on.descriptions()
        schedule = on.switch("prospecting_daily")
        dry = on.materialise("campaign_prospecting/dry_runs")
        said = on.dry_run()
        nothing_queued = not (paths.lake / "outreach_tasks.parquet").exists()
        pause = on.launch("pause_prospecting")
        why = paused()
        resume, after = on.launch("resume_prospecting"), paused()
    return {
        "order": sorted(IN_ORDER, key=lambda name: left[name]),
        "assets": len(described),
        "without_description": sorted(k for k, text in described.items() if not text),
        "schedule": schedule,
        "dry_run": dry,
        "dry_run_says": "people would get" in said,
        "nothing_queued": nothing_queued,
        "pause": [pause, why],
        "resume": [resume, after],
    }


def wait(is_so, what):
    """Waits until something is so; what is not there yet is not so."""
    until = monotonic() + PATIENCE_S
    while monotonic() < until:
        try:
            if found := is_so():
                return found
        except (OSError, KeyError, TypeError, IndexError, ValueError):
            pass
        sleep(1)
    raise TimeoutError(what)


def ask(base, query, **variables):
    """Returns what the server's own API says, to hold against what the page shows."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = Request(f"{base}/graphql", body, {"Content-Type": "application/json"})
    return json.loads(urlopen(request, timeout=120).read())["data"]


def _around(boxes, margin=24):
    left, top, right, bottom = (
        edge(box[n] for box in boxes) for n, edge in enumerate((min, min, max, max))
    )
    return {
        "x": left - margin,
        "y": top - margin,
        "width": right - left + 2 * margin,
        "height": bottom - top + 2 * margin,
    }


class Clicks:
    """What somebody does on the pages of a server."""

    def __init__(self, base, page, pictures=None):
        self.base, self.page, self.pictures = base, page, pictures

    def go(self, path):
        self.page.goto(f"{self.base}{path}", wait_until="domcontentloaded")

    def look(self, name, **how):
        """Takes a picture, once the page has had a moment to finish."""
        if self.pictures is not None:
            self.page.wait_for_timeout(3000)
            more = {"scale": "css", "timeout": PATIENCE_S * 1000} | how
            self.page.screenshot(path=str(self.pictures / f"{name}.png"), **more)

    def graph(self):
        """Opens the asset graph; returns from left to right where each group stands, in pixels."""
        self.go("/asset-groups")
        found = {}

        def places():
            for name in IN_ORDER:
                head, tail = name[:4], name.rsplit("_", 1)[-1]
                boxes = self.page.evaluate(
                    "([head, tail]) => [...document.querySelectorAll('foreignObject, svg text')]"
                    ".filter(e => e.textContent.trim().startsWith(head)"
                    " && e.textContent.includes(tail))"
                    ".map(e => e.getBoundingClientRect()).filter(b => b.width > 0)"
                    ".sort((a, b) => a.width - b.width).map(b => [b.x, b.y, b.right, b.bottom])",
                    [head, tail],
                )
                if boxes:
                    found[name] = boxes[0]
            return len(found) == len(IN_ORDER)

        wait(places, f"groups on the page: {sorted(found)}")
        every = self.page.evaluate(
            "() => [...document.querySelectorAll('foreignObject')]"
            ".map(e => e.getBoundingClientRect()).filter(b => b.width > 0)"
            ".map(b => [b.x, b.y, b.right, b.bottom])"
        )
        clip = _around([*found.values(), *every])
        self._hide_zoom(clip)
        self.look("dagster_graph", scale="device", clip=clip)
        return {name: box[0] for name, box in found.items()}

    def _hide_zoom(self, clip):
        """Hides the narrow bar that lies over the lower right corner of the graph."""
        corner = [clip["x"] + clip["width"] - 36, clip["y"] + clip["height"] - 12]
        self.page.evaluate(
            "([x, y]) => { let at = document.elementFromPoint(x, y);"
            " const isNarrow = (e) => e && e.getBoundingClientRect().width < 100;"
            " while (isNarrow(at) && isNarrow(at.parentElement)) at = at.parentElement;"
            " if (isNarrow(at)) at.style.visibility = 'hidden'; }",
            corner,
        )

    def descriptions(self):
        """Returns every asset with its description; one of them is also read on its page."""
        nodes = ask(self.base, "{ assetNodes { assetKey { path } description groupName } }")
        told = {"/".join(n["assetKey"]["path"]): n["description"] for n in nodes["assetNodes"]}
        self.go("/assets/campaign_prospecting/queues")
        shown = told["campaign_prospecting/queues"].split(":")[0]
        self.page.get_by_text(shown).first.wait_for()
        return told

    def switch(self, schedule):
        """Clicks the switch of a schedule; returns its state afterwards."""
        self.go(f"/locations/{LOCATION}/schedules/{schedule}")
        box = self.page.locator("input[type=checkbox]").first
        box.wait_for(state="attached")
        was = self.schedule_state(schedule)
        self.page.locator("label", has=box).first.click()
        now = wait(lambda: (s := self.schedule_state(schedule)) != was and s, schedule)
        self.look("dagster_schedule")
        return now

    def schedule_state(self, name):
        query = (
            "query($name: String!) { scheduleOrError(scheduleSelector: {repositoryName: "
            '"__repository__", repositoryLocationName: "pipelines.definitions", scheduleName: '
            "$name}) { ... on Schedule { scheduleState { status } } } }"
        )
        return ask(self.base, query, name=name)["scheduleOrError"]["scheduleState"]["status"]

    def materialise(self, asset):
        """Clicks an asset's Materialize and its latest day; returns how the run ended."""
        before = self.runs()
        self.go(f"/assets/{asset}")
        self.page.get_by_role("button", name="Materialize").first.click()
        latest = self.page.get_by_role("button", name="Latest", exact=True)
        confirm = self.page.get_by_role("button", name="Confirm", exact=True)
        latest.or_(confirm).first.wait_for()
        if confirm.count():
            confirm.click()
        latest.click()
        self.page.get_by_role("button", name="Launch 1 run").click()
        return self._ended(before)

    def launch(self, job):
        """Clicks Launch Run in a job's launchpad; returns how the run ended."""
        before = self.runs()
        self.go(f"/locations/{LOCATION}/jobs/{job}/playground")
        button = self.page.get_by_role("button", name="Launch Run").first
        button.wait_for()
        button.click()
        return self._ended(before)

    def dry_run(self):
        """Opens what the dry run said, as the asset's page shows it."""
        self.go("/assets/campaign_prospecting/dry_runs?view=events")
        link = self.page.get_by_text("Show markdown").first
        link.wait_for()
        link.click()
        self.page.get_by_text("This is a dry run").first.wait_for()
        self.look("dagster_dry_run")
        return self.page.inner_text("body")

    def runs(self):
        query = "{ runsOrError { ... on Runs { results { runId status } } } }"
        found = ask(self.base, query)["runsOrError"]["results"]
        return {run["runId"]: run["status"] for run in found}

    def _ended(self, before):
        def end():
            fresh = [status for name, status in self.runs().items() if name not in before]
            return fresh and fresh[0] in {"SUCCESS", "FAILURE", "CANCELED"} and fresh[0]

        return wait(end, "the end of the run")
