"""A small company whose days were played and whose drafts wait, behind the real `parley serve`."""

import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path
from time import monotonic, sleep
from typing import Any

REPOSITORY = Path(__file__).parents[2]
PLAYBOOK = "icp_prospecting"
PASSWORD = "four words that differ"
STARTS_WITHIN_S = 300


@dataclass(frozen=True)
class Company:
    """The company, its store, and where its console is served."""

    settings: Any
    store: Any
    url: str

    def mails(self, address: str) -> list[EmailMessage]:
        """Returns the mails that the exchanger has put into a mailbox, the earliest first."""
        box = self.settings.paths.mail / address
        files = sorted(
            (path for part in ("new", "cur") for path in (box / part).glob("*")),
            key=lambda path: path.name,
        )
        return [
            message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
            for path in files
        ]

    def write(self, sender: str, to: str, text: str, *, answers: EmailMessage) -> None:
        """Sends a mail of a buyer to the exchanger, as an answer to another."""
        from agent_runtime.endpoints import wait_for_endpoints

        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, to, f"Re: {answers['Subject']}"
        mail["Message-ID"] = f"<{os.urandom(8).hex()}@{sender.partition('@')[2]}>"
        mail["In-Reply-To"] = mail["References"] = str(answers["Message-ID"])
        mail.set_content(text)
        endpoints = wait_for_endpoints(self.settings)
        with smtplib.SMTP(endpoints.smtp_host, endpoints.smtp_port, timeout=30) as server:
            server.send_message(mail)


def email_of(role: str) -> str:
    """Returns the address by which somebody of a role signs in."""
    return f"{role}@northbeam.example"


def body_of(mail: EmailMessage) -> bytes:
    """Returns the words of a mail as they were written, without the ends of lines of SMTP."""
    part = mail.get_body(("plain",))
    assert part is not None
    return part.get_content().replace("\r\n", "\n").encode()


@contextmanager
def played_company(folder: Path) -> Iterator[Company]:
    """Plays a company to the morning after its last day, and serves its console."""
    prepare_path()
    from agent_runtime.status import open_store
    from agent_runtime.supervisor import DAYS, MORNING, Supervisor
    from pipelines.demo_morning import put_people_before
    from tests.processes import prepare

    settings = prepare(folder, seed=7, size=240, days=2, hold_250_s=0.0)
    Supervisor(settings, DAYS).run(lambda: None)
    store = open_store(settings)
    put_people_before(settings, store, PLAYBOOK)
    Supervisor(settings, MORNING).run(lambda: None)
    add_people(store)
    sys.path.append(str(REPOSITORY / "tests/agent_runtime/console"))
    from published_world import publish

    publish(settings.paths)
    with served(settings) as url:
        yield Company(settings, store, url)


@contextmanager
def read_out_company(folder: Path) -> Iterator[Company]:
    """Plays a small demo, with its tables, experiments and dashboards, and serves its console."""
    prepare_path()
    from agent_runtime.settings import load_settings
    from agent_runtime.status import open_store
    from pipelines.demo import run
    from pipelines.demo_plan import Plan

    plan = Plan(
        size=240, seed=7, days=4, effect=0.3, data="", mapping="sandbox", segment="", campaign=""
    )
    run(plan, folder / "demo")
    settings = load_settings(folder / "demo")
    store = open_store(settings)
    add_people(store)
    with served(settings, "--no-worker") as url:
        yield Company(settings, store, url)


def prepare_path() -> None:
    """Lets the processes that are started find what this one has found."""
    sys.path[:0] = [str(REPOSITORY)]
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH", "")))
    )


def add_people(store: Any) -> None:
    """Adds one account for each role."""
    from agent_runtime.console.frame.roles import ROLES
    from agent_runtime.console.people.passwords import Passwords
    from agent_runtime.console.people.users import add_user

    secret = Passwords().hashed(PASSWORD)
    with store.begin() as tx:
        for role in ROLES:
            who = f"{role.capitalize()} Roe"
            add_user(
                tx, email_of(role), role=role, name=who, password=secret, now=datetime.now(UTC)
            )


@contextmanager
def served(settings: Any, *more: str) -> Iterator[str]:
    """Runs `parley serve` on a workspace, with its worker, and yields its address."""
    import httpx

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-c", "from pipelines.cli import main; main()", "serve", "--port", str(port)]
    log = settings.workspace / "serve.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, *command, "-w", str(settings.workspace), *more],
            cwd=REPOSITORY,
            stdout=out,
            stderr=out,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until = monotonic() + STARTS_WITHIN_S
        while True:
            try:
                if httpx.get(f"{url}/console/sign-in", timeout=10).status_code == 200:
                    break
            except httpx.TransportError:
                if server.poll() is not None or monotonic() > until:
                    raise RuntimeError(f"it does not answer: {log.read_text()[-2000:]}") from None
                sleep(0.3)
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def sign_in(page: Any, url: str, role: str) -> None:
    """Signs somebody in by the labels of the form."""
    page.goto(f"{url}/console/")
    page.get_by_label("Work e-mail").fill(email_of(role))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name=re.compile("^Good day")).wait_for()


def within(seconds: float, found: Any) -> Any:
    """Returns what is found before the time is over, or whatever it was last."""
    until = monotonic() + seconds
    while not (what := found()) and monotonic() < until:
        sleep(0.3)
    return what
