"""Takes pictures of the console from the demo: what somebody who signs in sees and can click.

That of a thread is of the story of `parley memory demo`: one person over several channels.
"""

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
WIDE = {"width": 1600, "height": 1000}
"""For a page of two columns; the picture is made as small as the others."""
AREAS = {
    "queue": ("Approvals", ""),
    "draft": ("Approvals", "row"),
    "coaching": ("Coaching", ""),
    "steering": ("Steering", ""),
    "dashboards": ("Dashboards", ""),
}
"""Name of each picture: the entry of the navigation that leads there, and whether to open a row."""
THREAD = {"thread": ("Threads", "row")}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
)
PARLEY = (sys.executable, "-c", "from pipelines.cli import main; main()")


def take(run: Path, browser: str, target: Path) -> list[Path]:
    """Writes a picture of each area that there is, and returns them.

    A copy of the demo is opened, so that nothing in it changes; only `parley serve` runs on it.
    """
    from playwright.sync_api import sync_playwright

    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=FLAGS)
        copy, story = Path(folder) / "demo", Path(folder) / "story"
        shutil.copytree(run, copy, ignore=shutil.ignore_patterns("mail", "logs", "*.lock"))
        taken = _walk(chromium, copy, AREAS, "admin", SIZE, target)
        with _entered(chromium, copy, "admin", SIZE) as page:
            taken += _policies(page, target)
        told = [*PARLEY, "memory", "demo", "-w", str(story)]
        subprocess.run(told, check=True, stdout=subprocess.DEVNULL)
        taken += _walk(chromium, story, THREAD, "rep", WIDE, target)
        chromium.close()
    return taken


def _walk(
    chromium: Any,
    workspace: Path,
    areas: dict[str, tuple[str, str]],
    role: str,
    size: dict[str, int],
    target: Path,
) -> list[Path]:
    with _entered(chromium, workspace, role, size) as page:
        found = (_picture(page, name, place, target) for name, place in areas.items())
        return [path for path in found if path]


@contextmanager
def _entered(chromium: Any, workspace: Path, role: str, size: dict[str, int]) -> Iterator[Any]:
    with _opened(workspace) as link:
        scale = SIZE["width"] / size["width"]
        looks = {"viewport": size, "color_scheme": "light", "device_scale_factor": scale}
        page = chromium.new_context(**looks).new_page()
        page.set_default_timeout(90_000)
        page.goto(link)
        page.get_by_role("button", name=re.compile(rf"\b{role}\b")).click()
        page.get_by_role("heading", name=re.compile("^Good day")).wait_for()
        yield page


def _picture(page: Any, name: str, place: tuple[str, str], target: Path) -> Path | None:
    entry, inside = place
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


def _policies(page: Any, target: Path) -> list[Path]:
    """Pictures of a change as a diff with its effect, and of what the rules go by."""
    _propose(page, "Banned claims", "guaranteed results\nrisk-free", "Legal: nobody may say these.")
    page.get_by_role("button", name="Put in force").click()
    page.get_by_text("is in force").first.wait_for()
    _propose(page, "Touches to a person", "2", "People who get three mails complain more often.")
    change = _still(page, target / "policy_change.png")
    page.get_by_role("link", name="Rules and autonomy").click()
    page.get_by_role("heading", level=1, name="Rules and autonomy").wait_for()
    page.set_viewport_size({**SIZE, "height": 1300})
    return [change, _still(page, target / "policies.png")]


def _propose(page: Any, title: str, value: str, why: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=re.compile("^Steering")).first.click()
    page.get_by_role("link", name="Rules and autonomy").click()
    page.get_by_role("link", name=f"Change {title}").first.click()
    page.locator("[name=value]").fill(value)
    page.locator("[name=why]").fill(why)
    page.get_by_role("button", name="Propose").click()
    page.get_by_role("button", name=re.compile("^Try it on the latest")).click()
    page.get_by_text("would have come out otherwise").wait_for()


def _still(page: Any, path: Path) -> Path:
    """Takes the page once nothing of the one before it fades out any more."""
    page.reload()
    page.wait_for_load_state("networkidle")
    page.mouse.move(640, 5)
    page.screenshot(path=path, animations="disabled")
    return path


@contextmanager
def _opened(workspace: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["serve", "--open", "--no-worker"]
    served = subprocess.Popen(
        [*PARLEY, *command, "--port", str(port), "-w", str(workspace)],
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
