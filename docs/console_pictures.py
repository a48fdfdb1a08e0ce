"""Takes pictures of the console from the demo: what somebody who signs in sees and can click."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

SIZE = {"width": 1280, "height": 800}
AREAS = {
    "queue": ("Approvals", ""),
    "draft": ("Approvals", "row"),
    "thread": ("Threads", "row"),
    "coaching": ("Coaching", ""),
    "steering": ("Steering", ""),
    "dashboards": ("Dashboards", ""),
}
"""Name of each picture: the entry of the navigation that leads there, and whether to open a row."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
)


def take(run: Path, browser: str, target: Path) -> list[Path]:
    """Writes a picture of each area that there is, and returns them.

    A copy of the demo is opened, so that nothing in it changes; only `parley serve` runs on it.
    """
    from playwright.sync_api import sync_playwright

    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        copy = Path(folder) / "demo"
        shutil.copytree(run, copy, ignore=shutil.ignore_patterns("mail", "logs", "*.lock"))
        with _opened(copy) as link:
            chromium = driver.chromium.launch(executable_path=browser, args=FLAGS)
            page = chromium.new_context(viewport=SIZE, color_scheme="light").new_page()
            page.set_default_timeout(90_000)
            page.goto(link)
            page.get_by_role("button", name=re.compile(r"\badmin\b")).click()
            page.get_by_role("heading", name=re.compile("^Good day")).wait_for()
            taken = [path for name in AREAS if (path := _picture(page, name, target))]
            chromium.close()
    return taken


def _picture(page: Any, name: str, target: Path) -> Path | None:
    entry, inside = AREAS[name]
    link = page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{entry}"))
    if link.count() == 0:
        return None
    link.first.click()
    page.get_by_role("heading", level=1).wait_for()
    if inside == "row":
        rows = page.get_by_role("row")
        answered = rows.filter(has_text="They:")
        (answered.first if answered.count() else rows.nth(1)).get_by_role("link").first.click()
        page.get_by_role("heading", level=1).wait_for()
    draws = page.get_by_role("button", name=re.compile("^Draw "))
    if draws.count():
        draws.first.click()
    page.wait_for_load_state("networkidle")
    path = target / f"{name}.png"
    page.mouse.move(640, 5)
    page.screenshot(path=path)
    return path


@contextmanager
def _opened(workspace: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-c", "from pipelines.cli import main; main()", "serve", "--open", "--no-worker"]
    served = subprocess.Popen(
        [sys.executable, *command, "--port", str(port), "-w", str(workspace)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        link = next(found[0] for line in served.stdout if (found := re.search(r"http://\S+", line)))
        _wait_for(port, served)
        yield link
    finally:
        served.terminate()
        served.wait(30)


def _wait_for(port: int, served: "subprocess.Popen[str]") -> None:
    from time import sleep

    while served.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.1)
    raise RuntimeError("parley serve ended")
