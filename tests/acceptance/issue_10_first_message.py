"""From the last line of a demo to a first approved message, by what stands on the screen alone.

Whoever clicks here knows no address and no id: they run the command that the demo prints last,
open the link that it prints, and click what they can read.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
MOST_CLICKS = 4
LEAVES_WITHIN_S = 120
"""A worker that has just been started reads its models first."""


def _run(case: str) -> Result:
    with TemporaryDirectory() as folder:
        workspace = Path(folder) / "run"
        said = _parley("demo", "--size", "300", "--days", "12", "-w", str(workspace))
        return walk(workspace, said.strip().splitlines()[-1])


def walk(workspace: Path, opens: str) -> Result:
    """Opens a demo by the command that it has printed, and approves a message in it."""
    sys.path.insert(0, str(REPOSITORY / "tests/agent_runtime/console"))
    from served_console import looking

    program = shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    served, link = _open(opens)
    try:
        with looking(program, viewport={"width": 1280, "height": 800}) as (page, complaints):
            clicked = _approve_first(page, link)
            left = _see_it_leave(page, clicked["name"])
        mails = (workspace / "exchanger.jsonl").read_text(encoding="utf-8")
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(60)
    return {
        "opens": opens.split()[-4:],
        "clicks": clicked["labels"],
        "said": clicked["said"],
        "left": left,
        "taken": clicked["address"] in mails.splitlines()[-1],
        "complaints": complaints,
    }


def _approve_first(page: Any, link: str) -> dict[str, Any]:
    """Clicks labels, each once, until somebody is told that a message was approved."""
    labels: list[str] = []

    def click(what: Any) -> None:
        labels.append(" ".join(what.inner_text().split())[:40])
        what.click()

    page.goto(link)
    click(page.get_by_role("button", name=re.compile(r"\brep\b")))
    click(page.get_by_role("link", name=re.compile("Drafts waiting|Approvals")).first)
    first = page.get_by_role("row").nth(1).get_by_role("link").first
    name = first.inner_text().split(",")[0]
    click(first)
    page.get_by_role("heading", name=re.compile("^Option 1")).wait_for()
    address = page.get_by_text(re.compile(r"^\S+@\S+\.example$")).first.inner_text()
    click(page.get_by_role("button", name=re.compile("^Approve option 1")))
    said = page.get_by_text(re.compile("^Approved; it leaves now"))
    said.wait_for()
    return {"labels": labels, "said": said.inner_text().strip(), "address": address, "name": name}


def _see_it_leave(page: Any, name: str) -> str:
    """Reads in the thread, after the clicks that count, that a person approved and it was sent."""
    page.get_by_role("link", name="Threads", exact=True).click()
    page.get_by_role("link", name=name).first.click()
    until = monotonic() + LEAVES_WITHIN_S
    while monotonic() < until:
        told = page.get_by_role("list", name=re.compile("^Time line")).get_by_role("listitem")
        texts = [" ".join(one.split()) for one in told.all_inner_texts()]
        at = next((n for n, text in enumerate(texts) if text.startswith("Approved")), len(texts))
        sent = [one for one in texts[at:] if one.startswith("The agent wrote by mail")]
        if sent and "State:" not in sent[-1]:
            return sent[-1][:90]
        sleep(1)
        page.reload()
    return ""


def _open(command: str) -> "tuple[subprocess.Popen[str], str]":
    """Runs the command on a free port, and returns the link that it prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = subprocess.Popen(
        [*shlex.split(command), "--port", str(port)],
        cwd=REPOSITORY,
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert served.stdout is not None
    for line in served.stdout:
        if found := re.search(r"http://\S+", line):
            _wait_for(port)
            return served, found[0]
    raise RuntimeError(f"{command} ended without a link")


def _wait_for(port: int) -> None:
    until = monotonic() + 60
    while monotonic() < until:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.1)
    raise RuntimeError(f"nothing listens on {port}")


def _parley(*arguments: str) -> str:
    program = Path(sys.executable).with_name("parley")
    return subprocess.run(
        [str(program), *arguments],
        cwd=REPOSITORY,
        env=_environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path}


def _judge(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    passed = len(seen["clicks"]) <= MOST_CLICKS and seen["said"].startswith("Approved")
    passed &= bool(seen["left"]) and seen["taken"] and not seen["complaints"]
    clicks = " > ".join(seen["clicks"])
    told = f"{len(seen['clicks'])} clicks: {clicks}; {seen['said']} {seen['left']}"
    return Verdict(passed, told, f"at most {MOST_CLICKS} clicks, approved and left")


CHECKS = {"first-message": Check(cases=["demo"], sample=[], run=_run, judge=_judge)}
