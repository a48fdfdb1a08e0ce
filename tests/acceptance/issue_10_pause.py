"""Somebody clicks "Pause all" while a campaign runs at full load; then nothing more is sent.

Real processes: the sandbox's exchanger takes mails by SMTP, a worker sends as fast as it can, and
the click comes through the console that `parley serve` serves. The database itself notes, by the
wall clock, when a message enters SENDING.
"""

import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time
from typing import Any

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
BOUND_S = 5.0
WATCHED_S = 20.0
"""For so long nothing may be sent after the bound."""
BEFORE = 40
"""Messages that have been sent when somebody clicks."""
LATELY_S, LEAST_LATELY = 10.0, 3
"""So many of them in so short a time: it is in the middle of sending."""
PASSWORD = "four words that differ"
EMAIL = "ada@northbeam.example"
NOTES = """
create table sending_notes (at real not null, actor text, touch_class text, message_id text);
create trigger note_sending after update of state on messages
when new.state = 'SENDING' and old.state <> 'SENDING'
begin
  insert into sending_notes values (
    (julianday('now') - 2440587.5) * 86400.0,
    json_extract(new.doc, '$.actor'), new.touch_class, new.message_id);
end;
"""


def _run(case: str) -> Result:
    sys.path[:0] = [str(REPOSITORY)]
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH", "")))
    )
    from tests.processes import Processes, prepare

    with TemporaryDirectory() as name:
        settings = prepare(Path(name), seed=5, size=600, days=10, hold_250_s=0.01)
        _add_user(settings)
        with closing(_open(settings)) as database:
            database.executescript(NOTES)
        processes = Processes(settings)
        try:
            processes.start("sandbox")
            processes.start("worker")
            with _served(settings) as url:
                return _clicked(settings, processes, url) | {"load": round(os.getloadavg()[0], 1)}
        finally:
            processes.stop()


def _clicked(settings: Any, processes: Any, url: str) -> Result:
    import httpx

    with httpx.Client(base_url=url, follow_redirects=True, timeout=60) as browser:
        _submit(browser, "/console/sign-in", "/console/sign-in", email=EMAIL, password=PASSWORD)
        if not processes.wait(lambda: _is_busy(settings), seconds=400):
            raise RuntimeError(f"never at full load: {len(_notes(settings))} messages sent")
        page = browser.get("/console/steering")
        began = time()
        answer = _post(browser, page.text, "/console/steering/pause", why="Complaints are up")
        clicked = time()
        is_told = "Paused" in answer.text and "Complaints are up" in answer.text
        sleep(BOUND_S + WATCHED_S)
        after = [one for one in _notes(settings) if one["at"] > began]
        waiting = _waiting(settings)
        is_alive = not processes.has_died("worker") and not processes.has_died("sandbox")
        resumed = time()
        _submit(browser, "/console/steering", "/console/steering/resume", why="The list is clean")
        goes_on = processes.wait(
            lambda: any(one["at"] > resumed for one in _notes(settings)), seconds=200
        )
    ended = clicked + BOUND_S + WATCHED_S
    late = [one for one in after if clicked + BOUND_S < one["at"] <= ended]
    within = [one["at"] - began for one in after if one["at"] <= ended]
    lately = [one for one in _notes(settings) if began - LATELY_S < one["at"] <= began]
    return {
        "sent_before": sum(one["at"] <= began for one in _notes(settings)),
        "in_the_last_10_s": len(lately),
        "request_s": round(clicked - began, 2),
        "after_the_click": len(within),
        "last_s": round(max(within, default=0.0), 2),
        "late": len(late),
        "late_by": sorted({f"{one['actor']} {one['touch_class']}" for one in late}),
        "still_waiting": waiting,
        "is_told": is_told,
        "is_alive": is_alive,
        "goes_on": goes_on,
    }


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, figures = True, []
    for case, seen in results.items():
        passed &= seen["late"] == 0 and seen["is_told"] and seen["is_alive"]
        passed &= seen["goes_on"] and seen["still_waiting"] > 0
        passed &= seen["in_the_last_10_s"] >= LEAST_LATELY
        figures.append(f"{case}: " + ", ".join(f"{name} {value}" for name, value in seen.items()))
    bound = f"0 messages enter SENDING later than {BOUND_S:g} s after the click"
    return Verdict(bool(passed), " | ".join(figures), bound)


def _add_user(settings: Any) -> None:
    from datetime import UTC, datetime

    from agent_runtime.console.people.passwords import Passwords
    from agent_runtime.console.people.users import add_user
    from agent_runtime.status import open_store

    with open_store(settings).begin() as tx:
        secret = Passwords().hashed(PASSWORD)
        add_user(tx, EMAIL, role="revops", name="Ada Roe", password=secret, now=datetime.now(UTC))


@contextmanager
def _served(settings: Any) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    workspace = str(settings.workspace)
    command = [
        "-c",
        "from pipelines.cli import main; main()",
        "serve",
        "--no-worker",
        "-w",
        workspace,
    ]
    with (settings.workspace / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command, "--port", str(port)], stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, server, settings.workspace / "serve.log")
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    import httpx

    until = monotonic() + 240
    while monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{url}/console/sign-in", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            sleep(0.3)
    raise RuntimeError(f"parley serve does not answer: {log.read_text()[-2000:]}")


def _submit(browser: Any, page: str, path: str, **fields: str) -> Any:
    return _post(browser, browser.get(page).text, path, **fields)


def _post(browser: Any, page: str, path: str, **fields: str) -> Any:
    found = re.search(r'name="csrf" (?:content|value)="([^"]*)"', page)
    assert found, f"{path}: its page has no token"
    answer = browser.post(path, data={"csrf": found.group(1), **fields})
    said = re.sub(r"<[^>]*>", " ", answer.text)[-900:]
    assert answer.status_code == 200, (path, answer.status_code, said)
    return answer


def _is_busy(settings: Any) -> bool:
    notes = _notes(settings)
    lately = [one for one in notes if one["at"] > time() - LATELY_S]
    return len(notes) >= BEFORE and len(lately) >= LEAST_LATELY


def _notes(settings: Any) -> list[dict[str, Any]]:
    with closing(_open(settings)) as database:
        rows = database.execute("select at, actor, touch_class from sending_notes order by at")
        return [{"at": at, "actor": who, "touch_class": what} for at, who, what in rows]


def _waiting(settings: Any) -> int:
    """Touches and messages that are there to be sent."""
    with closing(_open(settings)) as database:
        (tasks,) = database.execute("select count(*) from tasks where state = 'WAITING'").fetchone()
        query = "select count(*) from messages where state = 'READY'"
        (messages,) = database.execute(query).fetchone()
        return tasks + messages


def _open(settings: Any) -> sqlite3.Connection:
    return sqlite3.connect(settings.paths.store, timeout=60)


CHECKS = {"pause-all": Check(cases=["clicked"], sample=[], run=_run, judge=_judge)}
