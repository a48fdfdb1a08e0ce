"""A company's servers on this machine: exchanger, calendar, worker, web side."""

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic, sleep
from urllib.request import Request, urlopen

from websockets.sync.client import connect

from agent_runtime.arms import publish_controls
from agent_runtime.clock import write_now
from agent_runtime.crash import VARIABLE
from agent_runtime.human_queue import HumanAnswer, HumanQueue
from agent_runtime.newcomers import EXPERIMENT, OWNERS, OnlineExperiment, Owner
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

NIGHT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
"""Three in the morning in New York."""
OWNER = Owner(
    "o-1", "Lena Vogt", "lena@northbeam.example", "relay-lena@mail.northbeam.example", "UTC"
)
ARM = {"experiment_id": "online", "layer": "l", "salt": "s", "spec_hash": "h"}


class Worker:
    """The worker's process, to be killed and started anew."""

    def __init__(self, command, environment, folder, running):
        self._command, self._environment = command, environment
        self._folder, self._running = folder, running

    @property
    def has_died(self):
        return self._running[0].poll() is not None

    def kill(self):
        self._running[0].kill()
        self._running[0].wait()

    def start(self, *, crash_at=""):
        environment = self._environment | ({VARIABLE: crash_at} if crash_at else {})
        with (self._folder / "processes.log").open("ab") as out:
            self._running[0] = subprocess.Popen(
                self._command, env=environment, stdout=out, stderr=out
            )


class Site:
    """A company's servers on this machine."""

    def __init__(self, settings, store, port, sent, exchanger):
        self.settings, self.store, self.port, self.sent = settings, store, port, sent
        self.exchanger = exchanger

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def post(self, path, fields):
        headers = {"content-type": "application/json", "origin": self.url}
        request = Request(f"{self.url}{path}", json.dumps(fields).encode(), headers)
        return json.loads(urlopen(request, timeout=10).read())

    def chat(self):
        return connect(f"ws://127.0.0.1:{self.port}/chat/ws", origin=self.url)

    def answer(self, text):
        """A person of ours answers what waits."""
        people = HumanQueue(self.store, {})
        (task,) = within(60, people.open_tasks)
        people.answer(task.task_id, HumanAnswer(text, 1.0), now=NIGHT)


def within(seconds, find):
    until = monotonic() + seconds
    while not (found := find()):
        assert monotonic() < until, "it did not happen in time"
        sleep(0.05)
    return found


@contextmanager
def running_site(folder, **more):
    """Yields a site below a folder; `more` are variables of its environment."""
    settings = Settings(workspace=folder)
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    write_now(engine, NIGHT)
    store = SqlStore(engine, settings.tenant_id)
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
        publish_controls(tx, {"online": ("holdout",)})
        online = OnlineExperiment(**ARM, shares={"agent": 1.0})
        tx.publish("online_experiment", EXPERIMENT.dump_json(online).decode())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "exchanger.jsonl"
    with (
        Exchanger(settings.paths.mail, log, lambda _: True, lambda: NIGHT) as exchanger,
        serve_calendar(settings.paths.calendar, {OWNER.owner_id: OWNER.time_zone}) as calendar,
    ):
        environment = {
            **os.environ,
            "PARLEY_WORKSPACE": str(folder),
            "PARLEY_SMTP_PORT": str(exchanger.port),
            "PARLEY_CALDAV_URL": calendar.url,
            **more,
        }
        serve = [
            sys.executable,
            "-c",
            "from pipelines.cli import main; main()",
            "serve",
            "--no-worker",
            "--port",
            str(port),
        ]
        commands = ([sys.executable, "-m", "agent_runtime"], serve)
        with (folder / "processes.log").open("ab") as out:
            running = [
                subprocess.Popen(c, env=environment, stdout=out, stderr=out) for c in commands
            ]
        made = Site(settings, store, port, lambda: _mails(log), exchanger)
        made.calendar_url = calendar.url
        made.worker = Worker(commands[0], environment, folder, running)
        try:
            warm_up(made, running, folder)
            yield made
        finally:
            for process in running:
                process.terminate()
                process.wait(20)
            engine.dispose()


def _mails(log):
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def warm_up(site, running, folder):
    """Waits until both are there and the worker has read its models once."""

    def is_up():
        assert all(p.poll() is None for p in running), (folder / "processes.log").read_text()
        try:
            return urlopen(f"{site.url}/chat/widget.js", timeout=2).status == 200
        except OSError:
            return False

    within(60, is_up)
    with site.chat() as window:
        begin(window)
        say(window, "warm", "What is the price?")
        assert hear(window, "message", seconds=120)["line"]["by"] == "agent"


def begin(window, token=""):
    window.send(json.dumps({"v": 1, "type": "hello", "token": token}))
    return hear(window, "hello")


def say(window, message_id, text):
    said = {"v": 1, "type": "say", "id": message_id, "text": text}
    window.send(json.dumps(said))


def hear(window, kind, *, seconds=10):
    until = monotonic() + seconds
    while (message := json.loads(window.recv(timeout=until - monotonic())))["type"] != kind:
        pass
    return message
