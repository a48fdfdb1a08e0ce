"""The console on a real server, and a Chromium that looks at it and has axe judge each page."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from waiting_drafts import fill_queue

from agent_runtime.clock import write_now
from agent_runtime.console.people.demo import open_demo
from agent_runtime.console.serve import open_app
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine

AXE = Path(__file__).parent / "axe/axe.min.js"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)


@contextmanager
def served(folder, *, drafts):
    """Yields the link into the console of a demo in which so many drafts wait."""
    (folder / "plan.json").write_text(json.dumps({"data": ""}))
    open_engine(f"sqlite:///{folder / 'runtime.db'}").dispose()
    settings = Settings(workspace=folder, tenant_id="t")
    store = open_store(settings)
    write_now(store.engine, NOW)
    fill_queue(store, drafts, now=NOW)
    app = open_app(settings, is_demo=True)
    secret = open_demo(settings, store, host="127.0.0.1", now=datetime.now(UTC))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/console/enter/{secret}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def looking(program, **context):
    """Yields a page of a fresh browser, and what it complained of."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        try:
            page = browser.new_context(**context).new_page()
            complaints = []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
            yield page, complaints
        finally:
            browser.close()


_STANDS = """async () => {
  for (let still = 0; still < 20; still++) {
    await new Promise(requestAnimationFrame);
    const moves = one => one.playState === "running" && one.effect.getTiming().iterations < 100;
    if (!document.getAnimations().some(moves) && still > 1) return;
    await new Promise(done => setTimeout(done, 30));
  }
}"""
"""Colours that are changing are read wrongly."""


def violations(page):
    """What axe finds that breaks WCAG 2.2 AA, gravest rules only: rule, and where."""
    page.evaluate(_STANDS)
    page.evaluate(AXE.read_text(encoding="utf-8") + "; true")
    script = "tags => axe.run({runOnly: {type: 'tag', values: tags}})"
    found = page.evaluate(script, WCAG)["violations"]
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def overflow(page):
    """By how many pixels a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
